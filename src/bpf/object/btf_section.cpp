// ELF only as far as one section needs it: header, section headers, their names (System V ABI, chapter 4).
#include "object/btf_section.h"

#include <elf.h>
#include <fmt/format.h>

#include <cstring>
#include <string_view>

#include "base/bytes.h"

namespace saya::object {
namespace {

constexpr char kName[] = ".BTF";

Result<Elf64_Ehdr> read_header(const ReadAt& file) {
  SAYA_TRY(const auto bytes, file(0, sizeof(Elf64_Ehdr)));
  const auto header = load<Elf64_Ehdr>(bytes.data());
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return fail(Code::malformed, "not an ELF file");
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB)
    return fail(Code::unsupported, "not a little-endian ELF file of 64 bits");
  if (header.e_shentsize != sizeof(Elf64_Shdr))
    return fail(Code::malformed,
                fmt::format("ELF section headers have {} bytes, must have {}", header.e_shentsize, sizeof(Elf64_Shdr)));
  if (header.e_shstrndx >= header.e_shnum) return fail(Code::malformed, "the ELF file has no section names");
  return header;
}

/// Whether the name at `offset` is the section's that is looked for.
bool is_wanted(const std::vector<std::byte>& names, uint32_t offset) {
  return offset < names.size() && names.size() - offset >= sizeof kName &&
         std::memcmp(names.data() + offset, kName, sizeof kName) == 0;
}

}  // namespace

Result<std::vector<std::byte>> read_btf_section(const ReadAt& file) {
  SAYA_TRY(const Elf64_Ehdr header, read_header(file));
  SAYA_TRY(const auto table, file(header.e_shoff, uint64_t{header.e_shnum} * sizeof(Elf64_Shdr)));
  const auto section = [&](size_t index) { return load<Elf64_Shdr>(table.data() + index * sizeof(Elf64_Shdr)); };
  SAYA_TRY(const auto names, file(section(header.e_shstrndx).sh_offset, section(header.e_shstrndx).sh_size));
  for (size_t i = 1; i < header.e_shnum; ++i)
    if (section(i).sh_type == SHT_PROGBITS && is_wanted(names, section(i).sh_name))
      return file(section(i).sh_offset, section(i).sh_size);
  return fail(Code::no_such_entry, "the ELF file has no section '.BTF'");
}

}  // namespace saya::object
