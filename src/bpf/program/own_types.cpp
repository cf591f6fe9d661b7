// bpf/types/own_types.c as the build's clang compiled it (cmake/bpf.cmake), put into the library as it is.
#include "program/own_types.h"

#include <cstddef>
#include <span>
#include <vector>

#include "object/btf_section.h"

asm(".pushsection .rodata\n"
    "saya_own_types_begin:\n"
    ".incbin \"" SAYA_OWN_TYPES
    "\"\n"
    "saya_own_types_end:\n"
    ".popsection\n");
extern "C" const std::byte saya_own_types_begin[], saya_own_types_end[];

namespace saya::program {
namespace {

Result<std::shared_ptr<const btf::Btf>> parse() {
  const std::span<const std::byte> object(saya_own_types_begin, saya_own_types_end);
  SAYA_TRY(std::vector<std::byte> bytes, object::read_btf_section([&](uint64_t offset, uint64_t size) {
             const auto part = object.subspan(offset, size);
             return Result<std::vector<std::byte>>(std::in_place, part.begin(), part.end());
           }));
  return btf::Btf::parse(std::move(bytes));
}

}  // namespace

Result<std::shared_ptr<const btf::Btf>> own_types() {
  static const auto types = parse();
  return types;
}

}  // namespace saya::program
