// Prog arrays that are filled where they are declared (libbpf's `values` of a BTF map): section `.maps` has a pointer
// for each slot, and a relocation (R_BPF_64_ABS64) names the program.
#include <fmt/format.h>

#include <iterator>

#include "base/bytes.h"
#include "object/reading.h"

namespace saya::object {
namespace {

constexpr uint64_t kPointerBytes = 8;

/// The map whose `values` an offset of `.maps` lies in: the last one that begins at or before it.
std::optional<uint32_t> map_at(const Layout& layout, uint32_t section, uint64_t offset) {
  const auto after = layout.maps.upper_bound({section, offset});
  if (after == layout.maps.begin() || std::prev(after)->first.first != section) return std::nullopt;
  const uint32_t map = std::prev(after)->second;
  const auto values = layout.values.find(map);
  return values != layout.values.end() && values->second <= offset ? std::optional(map) : std::nullopt;
}

/// The function that begins where the pointer at `offset` points.
Result<uint32_t> function_of(const ElfFile& elf, const ElfSection& maps, const Layout& layout,
                             const ElfRelocation& from) {
  const ElfSymbol& symbol = elf.symbols()[from.symbol];
  const uint64_t target = symbol.value + load<uint64_t>(maps.bytes.data() + from.offset);
  const auto function = layout.function_at(symbol.section, target);
  if (!function || layout.functions[*function].start != target)
    return fail(Code::malformed, fmt::format("'{}' is no function of this object", elf.name_of(symbol)));
  return *function;
}

Result<> add_slot(const ElfFile& elf, const ElfSection& maps, Object& object, const Layout& layout,
                  const ElfRelocation& from) {
  const auto index = map_at(layout, elf.index_of(maps), from.offset);
  if (!index) return fail(Code::unsupported, "a pointer that is no slot of a prog array");
  MapDefinition& map = object.maps[*index];
  const uint64_t distance = from.offset - layout.values.at(*index);
  if (distance % kPointerBytes != 0 || maps.bytes.size() < kPointerBytes ||
      from.offset > maps.bytes.size() - kPointerBytes)
    return fail(Code::malformed, fmt::format("map '{}': a slot that is not there", map.spec.name));
  const uint64_t slot = distance / kPointerBytes;
  if (slot >= map.spec.max_entries)
    return fail(Code::invalid_argument, fmt::format("map '{}': slot {} has a program, max_entries is {}", map.spec.name,
                                                    slot, map.spec.max_entries));
  SAYA_TRY(const uint32_t function, function_of(elf, maps, layout, from));
  map.programs.push_back({static_cast<uint32_t>(slot), function});
  return {};
}

}  // namespace

Result<> read_program_slots(const ElfFile& elf, Object& object, const Layout& layout) {
  const ElfSection* maps = elf.find(".maps");
  if (!maps) return {};
  SAYA_TRY(const auto relocations, elf.relocations_of(elf.index_of(*maps)));
  for (const ElfRelocation& relocation : relocations)
    if (auto added = add_slot(elf, *maps, object, layout, relocation); !added)
      return std::unexpected(
          std::move(added).error().at(fmt::format("section '.maps', offset {:#x}", relocation.offset)));
  return {};
}

}  // namespace saya::object
