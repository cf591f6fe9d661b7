// Global variables: every `.data*`, `.rodata*` and `.bss*` section becomes an ARRAY map of one value, named as libbpf
// names it (internal_map_name(), tools/lib/bpf/libbpf.c).
#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <limits>

#include "object/reading.h"

namespace saya::object {
namespace {

constexpr uint32_t kArena = 33;                              ///< BPF_MAP_TYPE_ARENA
constexpr std::string_view kArenaSection = ".addr_space.1";  // As clang names it after the address space.
constexpr size_t kMaxMapNameBytes = 15;                      ///< BPF_OBJ_NAME_LEN without its NUL.
constexpr size_t kMinSectionBytes = 7;                       ///< libbpf leaves room for ".rodata" whatever the section.

bool is_section(std::string_view name, std::string_view prefix) {
  return name == prefix || (name.starts_with(prefix) && name[prefix.size()] == '.');
}

bool is_data(const ElfSection& section) {
  if (section.size == 0 || (section.type != SHT_PROGBITS && section.type != SHT_NOBITS)) return false;
  return is_section(section.name, ".data") || is_section(section.name, ".rodata") || is_section(section.name, ".bss");
}

/// The BTF data sections by name, found once for all.
std::map<std::string_view, uint32_t> btf_types_of(const btf::Btf* btf) {
  std::map<std::string_view, uint32_t> types;
  for (uint32_t id = 1; btf && id < btf->count(); ++id)
    if (btf->type(id).kind == btf::Kind::data_section) types.try_emplace(btf->type(id).name, id);
  return types;
}

MapDefinition definition(const ElfSection& section, const Object& object) {
  MapDefinition map;
  map.section = section.name;
  map.frozen = is_section(section.name, ".rodata");
  map.spec.name = data_map_name(object.file, section.name);
  map.spec.type = kArray;
  map.spec.key_size = sizeof(uint32_t);
  map.spec.value_size = static_cast<uint32_t>(section.size);
  map.spec.max_entries = 1;
  map.spec.flags = kMapMmapable | (map.frozen ? uint32_t{kMapReadOnlyProgram} : 0);
  map.initial.assign(section.bytes.begin(), section.bytes.end());
  return map;
}

/// Variables of an arena live in the arena map itself, from its first byte on.
void read_arena(const ElfSection& section, uint32_t index, Object& object, Layout& layout) {
  const auto arena = std::ranges::find(object.maps, kArena, [](const MapDefinition& map) { return map.spec.type; });
  if (arena == object.maps.end()) return;
  layout.data.emplace(index, static_cast<uint32_t>(arena - object.maps.begin()));
  arena->initial.assign(section.bytes.begin(), section.bytes.end());
}

}  // namespace

std::string data_map_name(std::string_view file, std::string_view section) {
  const std::string_view stem = file.substr(0, file.find('.'));
  const size_t reserved = std::min(std::max(section.size(), kMinSectionBytes), kMaxMapNameBytes);
  const bool custom = section.find('.', 1) != std::string_view::npos;
  std::string name(stem.substr(0, custom ? 0 : kMaxMapNameBytes - reserved));
  name += section.substr(0, kMaxMapNameBytes - name.size());
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '.') c = '_';
  return name;
}

Result<> read_data_sections(const ElfFile& elf, Object& object, Layout& layout) {
  const auto btf_types = btf_types_of(object.btf.get());
  for (const ElfSection& section : elf.sections()) {
    if (section.name == kArenaSection) read_arena(section, elf.index_of(section), object, layout);
    if (!is_data(section)) continue;
    if (section.size > std::numeric_limits<uint32_t>::max())
      return fail(Code::invalid_argument, fmt::format("section '{}': {} bytes, must be at most {}", section.name,
                                                      section.size, std::numeric_limits<uint32_t>::max()));
    layout.data.emplace(elf.index_of(section), static_cast<uint32_t>(object.maps.size()));
    object.maps.push_back(definition(section, object));
    const auto type = btf_types.find(section.name);
    if (type != btf_types.end()) object.maps.back().spec.value_btf_type = type->second;
  }
  return {};
}

}  // namespace saya::object
