// Program tags: bpf_prog_calc_tag() of kernel/bpf/core.c, with SHA-256 as in Linux 6.18 and with SHA-1 as before.
// Map numbers differ from load to load, so the immediates of both slots of a map reference count as zero.
#include <sha1.h>
#include <sha2.h>

#include <algorithm>
#include <vector>

#include "isa/opcodes.h"

#include "program/program.h"

namespace saya::program {
namespace {

using isa::kLoadImm;

using isa::Pseudo;
using isa::RawInsn;

/// An index into Program::maps is, to the kernel, the descriptor that takes its place.
Pseudo as_loaded(Pseudo pseudo) {
  if (pseudo == Pseudo::map_index) return Pseudo::map_fd;
  return pseudo == Pseudo::map_index_value ? Pseudo::map_value : pseudo;
}

bool is_second_slot(const RawInsn& insn) { return insn.opcode == 0 && insn.registers == 0 && insn.offset == 0; }

std::vector<RawInsn> hashed_form(std::span<const RawInsn> code) {
  std::vector<RawInsn> hashed(code.begin(), code.end());
  bool after_map = false;
  for (RawInsn& insn : hashed) {
    const Pseudo pseudo = as_loaded(static_cast<Pseudo>(insn.src()));
    const bool is_map =
        !after_map && insn.opcode == kLoadImm && (pseudo == Pseudo::map_fd || pseudo == Pseudo::map_value);
    if (is_map) insn.set_src(static_cast<uint8_t>(pseudo));
    if (is_map || (after_map && is_second_slot(insn))) insn.imm = 0;
    after_map = is_map;
  }
  return hashed;
}

/// The first bytes of a digest, by one of libmd's families of functions.
template <class Context, size_t kDigest>
abi::Tag tag_by(void (*init)(Context*), void (*update)(Context*, const uint8_t*, size_t),
                void (*final)(uint8_t*, Context*), std::span<const RawInsn> code) {
  const std::vector<RawInsn> hashed = hashed_form(code);
  uint8_t digest[kDigest];
  Context context;
  init(&context);
  update(&context, reinterpret_cast<const uint8_t*>(hashed.data()), hashed.size() * sizeof(RawInsn));
  final(digest, &context);
  abi::Tag tag;
  std::copy_n(digest, tag.size(), tag.begin());
  return tag;
}

}  // namespace

abi::Tag tag_sha256(std::span<const RawInsn> code) {
  return tag_by<SHA2_CTX, SHA256_DIGEST_LENGTH>(SHA256Init, SHA256Update, SHA256Final, code);
}

abi::Tag tag_sha1(std::span<const RawInsn> code) {
  return tag_by<SHA1_CTX, SHA1_DIGEST_LENGTH>(SHA1Init, SHA1Update, SHA1Final, code);
}

}  // namespace saya::program
