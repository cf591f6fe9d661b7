// Maps that are filled where they are declared (libbpf's `values` of a BTF map): section `.maps` has a pointer for each
// slot, and a relocation (R_BPF_64_ABS64) names the program of a prog array, or the map of a map of maps.
#include <fmt/format.h>

#include <iterator>

#include "base/bytes.h"
#include "object/reading.h"

namespace saya::object {
namespace {

constexpr uint64_t kPointerBytes = 8;

class ValueReader {
 public:
  ValueReader(const ElfFile& elf, const ElfSection& section, Object& object, const Layout& layout)
      : elf_(elf), section_(section), object_(object), layout_(layout) {}

  Result<> add(const ElfRelocation& from) {
    const auto index = map_at(from.offset);
    if (!index) return fail(Code::unsupported, "a pointer that is no slot of a prog array or map of maps");
    MapDefinition& map = object_.maps[*index];
    if (auto added = add_to(map, from.offset - layout_.values.at(*index), from); !added)
      return std::unexpected(std::move(added).error().at(fmt::format("map '{}'", map.spec.name)));
    return {};
  }

 private:
  /// The map whose `values` an offset of `.maps` lies in: the last one that begins at or before it.
  std::optional<uint32_t> map_at(uint64_t offset) const {
    const uint32_t section = elf_.index_of(section_);
    const auto after = layout_.maps.upper_bound({section, offset});
    if (after == layout_.maps.begin() || std::prev(after)->first.first != section) return std::nullopt;
    const uint32_t map = std::prev(after)->second;
    const auto values = layout_.values.find(map);
    return values != layout_.values.end() && values->second <= offset ? std::optional(map) : std::nullopt;
  }

  Result<> add_to(MapDefinition& map, uint64_t distance, const ElfRelocation& from) const {
    if (distance % kPointerBytes != 0 || section_.bytes.size() < kPointerBytes ||
        from.offset > section_.bytes.size() - kPointerBytes)
      return fail(Code::malformed, "a slot that is not there");
    const auto slot = static_cast<uint32_t>(distance / kPointerBytes);  // The file has fewer bytes than 2^32.
    if (is_map_of_maps(map.spec.type)) return add_map(map, slot, from);
    return add_program(map, slot, from);
  }

  Result<> add_program(MapDefinition& map, uint32_t slot, const ElfRelocation& from) const {
    SAYA_CHECK(check_slot(map.spec, slot, "a program"));
    const auto [symbol, target] = target_of(from);
    const auto function = layout_.function_at(symbol.section, target);
    if (!function || layout_.functions[*function].start != target)
      return fail(Code::malformed, fmt::format("'{}' is no function of this object", elf_.name_of(symbol)));
    map.programs.push_back({slot, *function});
    return {};
  }

  Result<> add_map(MapDefinition& map, uint32_t slot, const ElfRelocation& from) const {
    if (map.spec.type == kHashOfMaps && map.spec.key_size != sizeof slot)
      return fail(Code::invalid_argument, fmt::format("key_size is {}, must be {} to hold maps from the beginning",
                                                      map.spec.key_size, sizeof slot));
    SAYA_CHECK(check_slot(map.spec, slot, "a map"));
    const auto [symbol, target] = target_of(from);
    const auto held = layout_.maps.find({symbol.section, target});
    if (held == layout_.maps.end())
      return fail(Code::malformed, fmt::format("'{}' is no map of this object", elf_.name_of(symbol)));
    map.maps.push_back({slot, held->second});
    return {};
  }

  struct Target {
    const ElfSymbol& symbol;
    uint64_t offset;  ///< In the symbol's section.
  };
  Target target_of(const ElfRelocation& from) const {
    const ElfSymbol& symbol = elf_.symbols()[from.symbol];
    const int64_t addend = elf_.addend_of(from, load<int64_t>(section_.bytes.data() + from.offset));
    return {symbol, symbol.value + static_cast<uint64_t>(addend)};
  }

  const ElfFile& elf_;
  const ElfSection& section_;
  Object& object_;
  const Layout& layout_;
};

}  // namespace

Result<> check_slot(const MapSpec& spec, uint64_t slot, std::string_view holds) {
  if (spec.type == kHashOfMaps || slot < spec.max_entries) return {};  // In a hash map it is a key.
  return fail(Code::invalid_argument, fmt::format("slot {} has {}, max_entries is {}", slot, holds, spec.max_entries));
}

Result<> read_map_values(const ElfFile& elf, Object& object, const Layout& layout) {
  const ElfSection* section = elf.find(kBtfMaps);
  if (!section || !object.btf) return {};
  ValueReader reader(elf, *section, object, layout);
  SAYA_TRY(const auto relocations, elf.relocations_of(elf.index_of(*section)));
  for (const ElfRelocation& relocation : relocations)
    if (auto added = reader.add(relocation); !added)
      return std::unexpected(
          std::move(added).error().at(fmt::format("section '{}', offset {:#x}", kBtfMaps, relocation.offset)));
  return {};
}

}  // namespace saya::object
