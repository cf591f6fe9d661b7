// The same object with its relocations written in another form means the same: with addends of their own (SHT_RELA),
// and with the symbols' values in the places already, as GNU as up to 2.40 writes them.
#include <elf.h>
#include <fmt/format.h>

#include <functional>
#include <ostream>

#include "base/bytes.h"
#include "support/object_files.h"

namespace saya::object {
namespace {

enum : uint32_t { kLoad64 = 1, kWord64 = 2, kWord32 = 3, kWord32OfBtf = 4, kCall = 10 };  // R_BPF_*
constexpr uint32_t kAddressSignificance = 0x6fff4c03;                                     // SHT_LLVM_ADDRSIG
constexpr std::string_view kUnused = ".llvm_addrsig";  // A section that says nothing to us.

/// Changes a file section by section.
class Rewriter {
 public:
  explicit Rewriter(std::string_view name) : bytes_(bytes_of(name)), header_(load<Elf64_Ehdr>(bytes_.data())) {}

  Elf64_Shdr section(size_t index) const { return load<Elf64_Shdr>(at(index)); }
  size_t count() const { return header_.e_shnum; }
  std::byte* data(const Elf64_Shdr& section) { return bytes_.data() + section.sh_offset; }

  /// Gives a section other contents, at the end of the file.
  void replace(size_t index, uint32_t type, std::span<const std::byte> contents) {
    Elf64_Shdr changed = section(index);
    changed.sh_type = type;
    changed.sh_offset = bytes_.size();
    changed.sh_size = contents.size();
    store(at(index), changed);
    bytes_.insert(bytes_.end(), contents.begin(), contents.end());
  }

  /// The value of a symbol, and whether it has a name.
  Elf64_Sym symbol(const Elf64_Shdr& relocations, const Elf64_Rel& relocation) {
    const Elf64_Shdr table = section(relocations.sh_link);
    return load<Elf64_Sym>(data(table) + ELF64_R_SYM(relocation.r_info) * sizeof(Elf64_Sym));
  }

  /// Calls `change` for every relocation of a section, with the place that it is for.
  void for_each(const Elf64_Shdr& relocations,
                const std::function<void(const Elf64_Rel&, const Elf64_Sym&, std::byte*)>& change) {
    for (size_t i = 0; i < relocations.sh_size; i += sizeof(Elf64_Rel)) {
      const auto relocation = load<Elf64_Rel>(data(relocations) + i);
      change(relocation, symbol(relocations, relocation), data(section(relocations.sh_info)) + relocation.r_offset);
    }
  }

  Bytes& bytes() { return bytes_; }

 private:
  std::byte* at(size_t index) { return bytes_.data() + header_.e_shoff + index * sizeof(Elf64_Shdr); }
  const std::byte* at(size_t index) const { return bytes_.data() + header_.e_shoff + index * sizeof(Elf64_Shdr); }

  Bytes bytes_;
  Elf64_Ehdr header_;
};

/// Takes the addend out of the place.
int64_t take_addend(uint32_t type, std::byte* place) {
  int64_t addend = 0;
  if (type == kWord64) {
    addend = load<int64_t>(place);
    store(place, int64_t{-1});
  } else if (type == kWord32 || type == kWord32OfBtf) {
    addend = load<uint32_t>(place);
    store(place, ~0u);
  } else {
    const auto imm = load<int32_t>(place + 4);
    addend = type == kCall ? (int64_t{imm} + 1) * 8 : imm;
    store(place + 4, 0);
  }
  return addend;
}

Bytes with_addends(std::string_view name) {
  Rewriter file(name);
  for (size_t i = 0; i < file.count(); ++i) {
    const Elf64_Shdr section = file.section(i);
    if (section.sh_type != SHT_REL) continue;
    Bytes all;
    file.for_each(section, [&](const Elf64_Rel& from, const Elf64_Sym&, std::byte* place) {
      const Elf64_Rela to{from.r_offset, from.r_info,
                          take_addend(static_cast<uint32_t>(ELF64_R_TYPE(from.r_info)), place)};
      const auto bytes = std::as_bytes(std::span(&to, 1));
      all.insert(all.end(), bytes.begin(), bytes.end());
    });
    file.replace(i, SHT_RELA, all);
  }
  return file.bytes();
}

Bytes as_gnu_writes_it(std::string_view name) {
  Rewriter file(name);
  for (size_t i = 0; i < file.count(); ++i) {
    const Elf64_Shdr section = file.section(i);
    if (section.sh_type == kAddressSignificance)
      file.replace(i, SHT_PROGBITS, std::as_bytes(std::span("\0GCC: (14) 12.2.0")));
    if (section.sh_type != SHT_REL || !(file.section(section.sh_info).sh_flags & SHF_EXECINSTR)) continue;
    file.for_each(section, [](const Elf64_Rel&, const Elf64_Sym& symbol, std::byte* place) {
      if (ELF64_ST_TYPE(symbol.st_info) != STT_SECTION)
        store(place + 4, static_cast<int32_t>(load<int32_t>(place + 4) + static_cast<int64_t>(symbol.st_value)));
    });
  }
  rename(file.bytes(), kUnused, std::string_view(".comment\0\0\0\0\0", kUnused.size()));
  return file.bytes();
}

/// Everything that relocations lead to.
std::vector<std::string> references(const Object& object) {
  std::vector<std::string> all;
  for (const Function& function : object.functions)
    for (const Relocation& relocation : function.relocations)
      all.push_back(fmt::format("{}+{}: {} {} {:+}", function.name, relocation.insn, static_cast<int>(relocation.kind),
                                relocation.target, relocation.addend));
  for (const MapDefinition& map : object.maps) {
    for (const ProgramSlot& slot : map.programs)
      all.push_back(fmt::format("{}[{}] = {}", map.spec.name, slot.index, slot.function));
    for (const MapSlot& slot : map.maps) all.push_back(fmt::format("{}[{}] = {}", map.spec.name, slot.index, slot.map));
    if (map.spec.inner) all.push_back(fmt::format("{} of {}", map.spec.name, map.spec.inner->name));
  }
  return all;
}

class RelocationForms : public testing::TestWithParam<const char*> {};

TEST_P(RelocationForms, WithAddendsMeanTheSame) {
  const auto object = read(with_addends(GetParam()), path_of(GetParam()));
  ASSERT_TRUE(object) << object.error().message;
  EXPECT_EQ(references(*object), references(object_of(GetParam())));
  EXPECT_GT(references(*object).size(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Object, RelocationForms,
                         testing::Values("maps", "calls", "data", "static", "tail_calls", "maps_of_maps",
                                         "legacy_elf_map", "legacy_inner_by_pointer", "odd_sections"));

TEST(RelocationForms, WithStoredSymbolsMeanTheSame) {
  for (const char* name : {"maps", "calls", "data", "static", "legacy_elf_map"}) {
    const Bytes bytes = as_gnu_writes_it(name);
    EXPECT_NE(bytes, bytes_of(name));
    const auto object = read(bytes, path_of(name));
    ASSERT_TRUE(object) << object.error().message;
    EXPECT_EQ(references(*object), references(object_of(name)));
  }
}

}  // namespace
}  // namespace saya::object
