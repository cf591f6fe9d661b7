// Context accesses: which are allowed (abi/ctx.def) and what they do to the Packet behind the context.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "abi/tables.h"
#include "packet/packet.h"

namespace saya::abi {

enum class CtxAccess : uint8_t { packet_pointer, read, flag, read_full, read_write, full, scratch, queue, devmap };

/// One row of ctx.def. A program's r1 is the Packet's address, and an access at `offset` of the context becomes an
/// access at `member_offset` of the Packet: as the kernel's convert_ctx_access() does, for every engine.
struct CtxField {
  Hook hook;
  std::string_view name;
  uint16_t offset;
  uint16_t size;
  CtxAccess access;
  uint16_t member_offset;
  uint8_t member_size;
  std::string_view doc;
};
std::span<const CtxField> ctx_fields() noexcept;
/// sizeof(struct xdp_md) = 24, sizeof(struct __sk_buff) = 192.
uint32_t ctx_size(Hook hook) noexcept;

/// The field that an access of `size` bytes at `offset` reads or writes; null where the kernel says
/// "invalid bpf_context access off=O size=S". `devmap`: of a program whose expected attach type is BPF_XDP_DEVMAP.
const CtxField* find_ctx_access(Hook hook, uint32_t offset, uint32_t size, bool write, bool devmap = false) noexcept;

/// The bytes of a Packet that a load reads, zero-extended; none: the load gives zero.
struct MemberBytes {
  uint16_t offset;  ///< In the Packet.
  uint8_t size;     ///< 0, 1, 2, 4 or 8. A packet pointer has 8, whatever the program asked for.
};
/// What a load that find_ctx_access() allowed becomes. A load as wide as a member or wider reads all of it, wherever in
/// the field it starts: with protocol = 8, both halves of the 4-byte field read as 8 (measured on Linux 6.18).
MemberBytes member_bytes(const CtxField& field, uint32_t offset, uint32_t size) noexcept;

/// Performs an access that find_ctx_access() allowed.
uint64_t ctx_load(const CtxField& field, const Packet& packet, uint32_t offset, uint32_t size) noexcept;
void ctx_store(const CtxField& field, Packet& packet, uint32_t offset, uint32_t size, uint64_t value) noexcept;

}  // namespace saya::abi
