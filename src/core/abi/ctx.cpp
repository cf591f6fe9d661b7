// Context fields as rows; meaning held to Linux 6.18 net/core/filter.c (xdp_convert_ctx_access,
// bpf_convert_ctx_access).
#include "abi/ctx.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>

#include "base/bytes.h"

namespace saya::abi {
namespace {

// Packet is standard layout but for its unions of class types; GCC documents offsetof for it as supported.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
constexpr CtxField kFields[] = {
#define SAYA_CTX(hook, name, offset, size, access, member, doc)         \
  {Hook::hook,                                                          \
   #name,                                                               \
   offset,                                                              \
   size,                                                                \
   CtxAccess::access,                                                   \
   static_cast<uint16_t>(offsetof(Packet, member)),                     \
   static_cast<uint8_t>(sizeof(static_cast<Packet*>(nullptr)->member)), \
   doc},
#include "abi/ctx.def"
};
#pragma GCC diagnostic pop

constexpr uint32_t kNoQueueMapping = 0xffff;

bool width_allowed(const CtxField& field, uint32_t size, bool write, bool devmap) {
  switch (field.access) {
    case CtxAccess::devmap:
      if (!devmap) return false;
      [[fallthrough]];
    case CtxAccess::packet_pointer:
    case CtxAccess::read_full: return !write && size == field.size;
    case CtxAccess::full: return size == field.size;
    case CtxAccess::flag:
    case CtxAccess::read: return !write && size <= 4;
    case CtxAccess::read_write:
    case CtxAccess::queue: return write ? size == field.size : size <= 4;
    case CtxAccess::scratch: return size <= 8;
  }
  return false;
}

}  // namespace

std::span<const CtxField> ctx_fields() noexcept { return kFields; }

uint32_t ctx_size(Hook hook) noexcept { return hook == Hook::xdp ? 24 : 192; }

const CtxField* find_ctx_access(Hook hook, uint32_t offset, uint32_t size, bool write, bool devmap) noexcept {
  if (!std::has_single_bit(size) || offset % size != 0 || offset >= ctx_size(hook)) return nullptr;
  for (const CtxField& field : kFields)
    if (field.hook == hook && offset >= field.offset && offset + size <= uint32_t{field.offset} + field.size)
      return width_allowed(field, size, write, devmap) ? &field : nullptr;
  return nullptr;
}

MemberBytes member_bytes(const CtxField& field, uint32_t offset, uint32_t size) noexcept {
  if (field.access == CtxAccess::packet_pointer || (size >= field.member_size && field.access != CtxAccess::flag))
    return {field.member_offset, field.member_size};
  const uint32_t skip = offset - field.offset;
  if (skip >= field.member_size) return {field.member_offset, 0};
  return {static_cast<uint16_t>(field.member_offset + skip),
          static_cast<uint8_t>(std::min(size, field.member_size - skip))};
}

uint64_t ctx_load(const CtxField& field, const Packet& packet, uint32_t offset, uint32_t size) noexcept {
  const MemberBytes bytes = member_bytes(field, offset, size);
  const std::byte* const from = reinterpret_cast<const std::byte*>(&packet) + bytes.offset;
  switch (bytes.size) {  // Not one memcpy: a value put together from pieces stalls the load that follows.
    case 1: return load<uint8_t>(from);
    case 2: return load<uint16_t>(from);
    case 4: return load<uint32_t>(from);
    case 8: return load<uint64_t>(from);
    default: return 0;
  }
}

void ctx_store(const CtxField& field, Packet& packet, uint32_t offset, uint32_t size, uint64_t value) noexcept {
  // The kernel compares the whole register, not the 32 bits that it would store.
  if (field.access == CtxAccess::queue && value >= kNoQueueMapping) return;
  const uint32_t skip = offset - field.offset;
  std::memcpy(reinterpret_cast<std::byte*>(&packet) + field.member_offset + skip, &value,
              std::min(size, field.member_size - skip));
}

}  // namespace saya::abi
