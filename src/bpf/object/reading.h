// The steps of object::read(), one file each, and what they tell each other.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "map/map_of_maps.h"
#include "object/elf_file.h"
#include "object/object.h"

namespace saya::object {

// BPF_MAP_TYPE_* that mean something while an object is read; values are kernel ABI.
inline constexpr uint32_t kArray = 2;
inline constexpr uint32_t kProgArray = 3;
inline constexpr uint32_t kHashOfMaps = 13;
inline constexpr uint32_t kRingbuf = 27;
inline constexpr uint32_t kUserRingbuf = 31;

/// The bytes of one function in the file.
struct Place {
  uint32_t section = 0;
  uint64_t start = 0;
  uint64_t size = 0;
};

/// Where in the file each function and map of the Object lies.
struct Layout {
  std::vector<Place> functions;                            ///< As Object::functions; by section, then start.
  std::map<std::pair<uint32_t, uint64_t>, uint32_t> maps;  ///< (section, offset) to the map declared there.
  std::map<uint32_t, uint32_t> data;                       ///< Data section to its map.
  std::map<uint32_t, uint32_t> externs;                    ///< Undefined symbol to its extern.
  std::optional<uint32_t> config;                          ///< The map `.kconfig`.
  std::map<uint32_t, uint64_t> values;  ///< Map to the offset in `.maps` of its `values`, for maps that have them.

  /// The function whose bytes contain `offset` of `section`.
  std::optional<uint32_t> function_at(uint32_t section, uint64_t offset) const noexcept;
};

inline constexpr std::string_view kBtfMaps = ".maps";  ///< Section of BTF map definitions.
/// What a number means as `pinning` of a BTF map, and of a definition from before BTF. (pinning.cpp)
Pinning btf_pinning(uint32_t number) noexcept;
Pinning legacy_pinning(uint32_t number) noexcept;
/// The section holds definitions as they were before BTF.
bool is_legacy_maps(const ElfSection& section) noexcept;  // legacy_maps.cpp
/// A slot of a prog array or of an ARRAY_OF_MAPS that `holds` something from the beginning must exist. (map_values.cpp)
Result<> check_slot(const MapSpec& spec, uint64_t slot, std::string_view holds);

/// `.BTF`, its relocations applied and finished for the kernel; null when there is none. (debug_info.cpp)
Result<std::shared_ptr<const btf::Btf>> read_btf(const ElfFile& elf);
/// Maps declared in `.maps`, in file order. (btf_maps.cpp)
Result<> read_btf_maps(const ElfFile& elf, Object& object, Layout& layout);
/// Maps declared in `maps` and `maps/NAME`, in file order. (legacy_maps.cpp)
Result<> read_legacy_maps(const ElfFile& elf, Object& object, Layout& layout);
/// `.data*`, `.rodata*` and `.bss*` as arrays of one value. (data_sections.cpp)
Result<> read_data_sections(const ElfFile& elf, Object& object, Layout& layout);
/// The name of a data section's map: "fw_nat.o" and ".data" make "fw_nat.data"; a name of its own (".data.limits")
/// stands alone. (data_sections.cpp)
std::string data_map_name(std::string_view file, std::string_view section);
/// Undefined symbols, and the map `.kconfig`; from here on, `object.btf` has no externs. (externs.cpp)
Result<> read_externs(const ElfFile& elf, Object& object, Layout& layout);
/// Code cut at function symbols. (functions.cpp)
Result<> read_functions(const ElfFile& elf, Object& object, Layout& layout);
/// What `.values` of BTF maps hold from the beginning: programs, or maps. (map_values.cpp)
Result<> read_map_values(const ElfFile& elf, Object& object, const Layout& layout);
/// Programs of sections "ID/SLOT". (tail_sections.cpp)
Result<> read_tail_sections(Object& object, const Layout& layout);
/// MapSpec::fields of every map, and of what maps of maps hold. (value_fields.cpp)
void read_value_fields(Object& object);
/// What instructions refer to. (relocations.cpp)
Result<> read_relocations(const ElfFile& elf, Object& object, const Layout& layout);
/// `.BTF.ext`: source lines and the BTF type of each function. (debug_info.cpp)
Result<> read_debug_info(const ElfFile& elf, Object& object, const Layout& layout);

}  // namespace saya::object
