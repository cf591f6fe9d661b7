// Map definitions from before BTF: every symbol in section `maps` is a struct, also in sections `maps/NAME`, as gobpf
// has them, and `KIND/maps`, as ir-keytable has them. How large one is follows from the number of symbols, as iproute2
// infers it (lib/bpf_legacy.c). Types of keys and values come from `struct ____btf_map_NAME {key; value;}` (its
// BPF_ANNOTATE_KV_PAIR).
#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "object/legacy.h"

namespace saya::object {
namespace {

constexpr std::string_view kSection = "maps";
constexpr std::string_view kPrefix = "maps/";
constexpr std::string_view kSuffix = "/maps";
constexpr std::string_view kAnnotation = "____btf_map_";
constexpr size_t kLeastBytes = 16;  ///< type, key size, value size, entries.

/// What BTF says about legacy maps, by name; found once for all.
struct Names {
  std::unordered_map<std::string_view, uint32_t> structs;      ///< Of each variable, its type.
  std::unordered_map<std::string_view, uint32_t> annotations;  ///< Of each map, the struct of its key and value.
};

bool is_legacy_name(std::string_view section) {
  return section == kSection || section.starts_with(kPrefix) || section.ends_with(kSuffix);
}

Names names_in(const btf::Btf* btf) {
  Names names;
  for (uint32_t id = 1; btf && id < btf->count(); ++id) {
    const btf::Type& type = btf->type(id);
    if (type.kind == btf::Kind::structure && type.name.starts_with(kAnnotation))
      names.annotations.try_emplace(type.name.substr(kAnnotation.size()), id);
    if (type.kind != btf::Kind::data_section || !is_legacy_name(type.name)) continue;
    for (const btf::Member& place : type.members) {
      const btf::Type& variable = btf->type(place.type);
      names.structs.try_emplace(variable.name, variable.target);
    }
  }
  return names;
}

class LegacyReader {
 public:
  LegacyReader(const ElfFile& elf, Object& object, Layout& layout)
      : elf_(elf), object_(object), layout_(layout), names_(names_in(object.btf.get())) {}

  Result<> run() {
    for (const auto& [section, symbols] : symbols_by_section())
      if (auto done = read_section(section, symbols); !done)
        return std::unexpected(std::move(done).error().at(fmt::format("section '{}'", elf_.sections()[section].name)));
    return link_inner_maps(places_, object_);
  }

 private:
  using Symbols = std::vector<const ElfSymbol*>;

  /// One symbol for each offset; of several names for it, one that other files could see.
  std::map<uint32_t, Symbols> symbols_by_section() const {
    std::map<uint32_t, Symbols> all;
    for (const ElfSection& section : elf_.sections())
      if (is_legacy_maps(section)) all.try_emplace(elf_.index_of(section));
    for (const ElfSymbol& symbol : elf_.symbols()) {
      const auto found = all.find(symbol.section);
      if (found != all.end() && (symbol.type == STT_OBJECT || symbol.type == STT_NOTYPE))
        found->second.push_back(&symbol);
    }
    for (auto& [section, symbols] : all) {
      std::ranges::sort(symbols, {}, [](const ElfSymbol* symbol) {
        return std::tuple(symbol->value, symbol->binding == STB_LOCAL, symbol);
      });
      const auto same = std::ranges::unique(symbols, {}, &ElfSymbol::value);
      symbols.erase(same.begin(), same.end());
    }
    return all;
  }

  Result<> read_section(uint32_t index, const Symbols& symbols) {
    const ElfSection& section = elf_.sections()[index];
    SAYA_TRY(const size_t stride, stride_of(section, symbols));
    const auto first = static_cast<uint32_t>(object_.maps.size());
    for (const ElfSymbol* symbol : symbols)
      if (auto added = add(section, *symbol, stride, first); !added)
        return std::unexpected(std::move(added).error().at(fmt::format("map '{}'", symbol->name)));
    return find_pointed(section, first, stride);
  }

  static Result<size_t> stride_of(const ElfSection& section, const Symbols& symbols) {
    if (symbols.empty()) return fail(Code::malformed, "has no symbols to say which maps it declares");
    const size_t stride = section.bytes.size() / symbols.size();
    if (section.bytes.size() % symbols.size() != 0 || stride % sizeof(uint32_t) != 0 || stride < kLeastBytes)
      return fail(Code::malformed,
                  fmt::format("{} bytes for {} maps, each must have the same number of 4-byte words, at least {}",
                              section.bytes.size(), symbols.size(), kLeastBytes / sizeof(uint32_t)));
    for (size_t i = 0; i < symbols.size(); ++i)
      if (symbols[i]->value != i * stride)
        return fail(Code::malformed,
                    fmt::format("map '{}' is at offset {:#x}, but {} maps in {} bytes have {} each", symbols[i]->name,
                                symbols[i]->value, symbols.size(), section.bytes.size(), stride));
    return stride;
  }

  Result<> add(const ElfSection& section, const ElfSymbol& symbol, size_t stride, uint32_t first) {
    if (symbol.name.empty()) return fail(Code::malformed, fmt::format("no name at offset {:#x}", symbol.value));
    const auto declared = names_.structs.find(symbol.name);
    SAYA_TRY(const LegacyMap fields,
             read_legacy_map(object_.btf.get(), declared == names_.structs.end() ? 0 : declared->second,
                             section.bytes.subspan(symbol.value, stride)));
    const auto index = static_cast<uint32_t>(object_.maps.size());
    layout_.maps.try_emplace({elf_.index_of(section), symbol.value}, index);
    places_.push_back({index, first, kNone, fields});
    object_.maps.push_back(definition(section, symbol, fields));
    annotate(object_.maps.back().spec);
    return {};
  }

  static MapDefinition definition(const ElfSection& section, const ElfSymbol& symbol, const LegacyMap& fields) {
    MapDefinition map;
    map.section = section.name;
    map.spec.name = symbol.name;
    map.spec.type = fields.type;
    map.spec.key_size = fields.key_size;
    map.spec.value_size = fields.value_size;
    map.spec.max_entries = fields.max_entries;
    map.spec.flags = fields.flags;
    map.spec.numa_node = fields.numa_node;
    map.id = fields.id;
    map.inner_id = fields.inner_id;
    map.pinning_number = fields.pinning;
    map.pinning = legacy_pinning(fields.pinning);
    return map;
  }

  /// Types that do not fit are as if they were not there, as libbpf has it.
  void annotate(MapSpec& spec) const {
    const auto found = names_.annotations.find(spec.name);
    if (found == names_.annotations.end()) return;
    const std::span<const btf::Member> members = object_.btf->type(found->second).members;
    if (members.size() < 2 || object_.btf->size_of(members[0].type) != spec.key_size ||
        object_.btf->size_of(members[1].type) != spec.value_size)
      return;
    spec.key_btf_type = members[0].type;
    spec.value_btf_type = members[1].type;
  }

  /// Pointers to templates, in the definitions from `first` on.
  Result<> find_pointed(const ElfSection& section, uint32_t first, size_t stride) {
    SAYA_TRY(const auto relocations, elf_.relocations_of(elf_.index_of(section)));
    for (const ElfRelocation& relocation : relocations) {
      if (relocation.offset > section.bytes.size() || section.bytes.size() - relocation.offset < sizeof(uint64_t))
        return fail(Code::malformed, fmt::format("relocation at {:#x} is outside its {} bytes", relocation.offset,
                                                 section.bytes.size()));
      LegacyPlace& place = places_[places_.size() - (object_.maps.size() - first) + relocation.offset / stride];
      if (relocation.offset % stride != place.fields.inner_pointer) continue;
      const ElfSymbol& symbol = elf_.symbols()[relocation.symbol];
      const int64_t addend = elf_.addend_of(relocation, load<int64_t>(section.bytes.data() + relocation.offset));
      const auto target = layout_.maps.find({symbol.section, symbol.value + static_cast<uint64_t>(addend)});
      if (target == layout_.maps.end())
        return fail(Code::malformed, fmt::format("map '{}': its inner map '{}' is no map of this section",
                                                 object_.maps[place.map].spec.name, elf_.name_of(symbol)));
      place.pointed = target->second;
    }
    return {};
  }

  const ElfFile& elf_;
  Object& object_;
  Layout& layout_;
  const Names names_;
  std::vector<LegacyPlace> places_;
};

}  // namespace

bool is_legacy_maps(const ElfSection& section) noexcept {
  return section.type == SHT_PROGBITS && section.size > 0 && !section.is_code() && is_legacy_name(section.name);
}

Result<> read_legacy_maps(const ElfFile& elf, Object& object, Layout& layout) {
  return LegacyReader(elf, object, layout).run();
}

}  // namespace saya::object
