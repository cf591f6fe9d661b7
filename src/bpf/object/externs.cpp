// What an object uses and does not define: undefined symbols, and what BTF says about them in its sections `.kconfig`
// and `.ksyms`. Order, layout and the map's name are libbpf's (tools/lib/bpf/libbpf.c, Linux 6.12); unlike libbpf, an
// extern that nothing explains is refused only when a program that uses it is linked.
#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "btf/kernel_form.h"
#include "object/reading.h"

namespace saya::object {
namespace {

using btf::Btf;
using Kind = Extern::Kind;

constexpr std::string_view kConfigSection = ".kconfig";
constexpr std::string_view kSymbolSection = ".ksyms";
constexpr uint32_t kMaxConfigBytes = 65536;  ///< Real objects have some dozens.
constexpr uint32_t kExternLinkage = 2;
constexpr int kMaxDepth = 64;  ///< Of arrays in arrays.

/// What the address of a value must be a multiple of, for the types that `.kconfig` can have; 1 for others.
uint32_t alignment_of(const Btf& btf, uint32_t id) {
  for (int depth = 0; depth < kMaxDepth; ++depth) {
    const btf::Type& type = btf.type(btf.resolve(id));
    if (type.kind != btf::Kind::array) {
      const bool scalar = type.kind == btf::Kind::integer || type.kind == btf::Kind::enumeration ||
                          type.kind == btf::Kind::enumeration64;
      return scalar ? std::clamp(type.size, 1u, 8u) : 1;
    }
    id = type.target;
  }
  return 1;
}

bool is_extern(const ElfSymbol& symbol) {
  return symbol.section == SHN_UNDEF && !symbol.name.empty() && symbol.binding != STB_LOCAL;
}

bool is_extern(const btf::Type& type) {
  if (type.kind == btf::Kind::data_section) return type.name == kConfigSection || type.name == kSymbolSection;
  return (type.kind == btf::Kind::function || type.kind == btf::Kind::variable) && type.linkage == kExternLinkage;
}

class ExternReader {
 public:
  ExternReader(const ElfFile& elf, Object& object, Layout& layout)
      : elf_(elf), btf_(object.btf), object_(object), layout_(layout) {}

  Result<> run() {
    SAYA_CHECK(add_declared());
    for (const ElfSymbol& symbol : elf_.symbols())
      if (is_extern(symbol)) add_symbol(symbol);
    find_functions();
    sort();
    SAYA_CHECK(add_config_map());
    for (uint32_t i = 0; i < elf_.symbols().size(); ++i)
      if (is_extern(elf_.symbols()[i])) layout_.externs.emplace(i, index_.at(elf_.symbols()[i].name));
    return define();
  }

 private:
  /// What the two sections list.
  Result<> add_declared() {
    for (uint32_t id = 1; btf_ && id < btf_->count(); ++id) {
      const btf::Type& section = btf_->type(id);
      if (section.kind != btf::Kind::data_section || !is_extern(section)) continue;
      for (const btf::Member& place : section.members)
        if (auto added = add_declared(place.type, section.name == kConfigSection); !added)
          return std::unexpected(std::move(added).error().at(fmt::format(
              "section '{}': extern '{}'", section.name, btf_->type(place.type).name.substr(0, kMaxNameBytes))));
    }
    return {};
  }

  Result<> add_declared(uint32_t id, bool config) {
    const btf::Type& type = btf_->type(id);
    const bool function = type.kind == btf::Kind::function;
    if (!function && type.kind != btf::Kind::variable)
      return fail(Code::malformed, fmt::format("type {} is no variable and no function", id));
    if (type.name.size() > kMaxNameBytes)
      return fail(Code::malformed, fmt::format("the name has more than {} bytes", kMaxNameBytes));
    if (config && function) return fail(Code::invalid_argument, "is a function, must be a variable");
    Extern& added = add(type.name);
    added.kind = function ? Kind::function : config ? Kind::config : Kind::variable;
    added.weak = true;  // Until a symbol says otherwise: without one, nothing refers to it.
    added.btf_type = function ? id : type.target;
    if (!config) return {};
    const auto size = btf_->size_of(type.target);
    if (!size) return fail(Code::invalid_argument, "its type has no size");
    if (*size == 0 || *size > kMaxConfigBytes)
      return fail(Code::invalid_argument, fmt::format("has {} bytes, must have 1..{}", *size, kMaxConfigBytes));
    added.size = *size;
    return {};
  }

  void add_symbol(const ElfSymbol& symbol) {
    const bool known = index_.contains(symbol.name);
    Extern& added = add(symbol.name);
    if (!known) added.kind = symbol.type == STT_FUNC ? Kind::function : Kind::variable;
    added.weak = symbol.binding == STB_WEAK;
  }

  Extern& add(std::string_view name) {
    const auto [found, is_new] = index_.try_emplace(name, static_cast<uint32_t>(object_.externs.size()));
    if (is_new) object_.externs.push_back({.name = std::string(name)});
    return object_.externs[found->second];
  }

  /// Functions that were not declared with __ksym, as gcc leaves all of them.
  void find_functions() {
    for (uint32_t id = 1; btf_ && id < btf_->count(); ++id) {
      const btf::Type& type = btf_->type(id);
      const auto found = type.kind == btf::Kind::function ? index_.find(type.name) : index_.end();
      if (found == index_.end()) continue;
      Extern& known = object_.externs[found->second];
      if (known.btf_type != 0) continue;
      known.kind = Kind::function;
      known.btf_type = id;
    }
  }

  /// Configuration first, by descending alignment and then size, the others by name.
  void sort() {
    std::vector<Extern>& externs = object_.externs;
    std::ranges::sort(externs, {}, [this](const Extern& one) {
      const bool config = one.kind == Kind::config;
      const int64_t alignment = config ? alignment_of(*btf_, one.btf_type) : 0;
      return std::tuple(!config, -alignment, config ? one.size : 0, std::string_view(one.name));
    });
    for (uint32_t i = 0; i < externs.size(); ++i) index_[externs[i].name] = i;
  }

  /// Gives the variables of the configuration their places.
  Result<> add_config_map() {
    uint64_t size = 0;
    for (Extern& one : object_.externs) {
      if (one.kind != Kind::config) continue;
      const uint64_t alignment = alignment_of(*btf_, one.btf_type);
      one.offset = static_cast<uint32_t>((size + alignment - 1) / alignment * alignment);
      size = uint64_t{one.offset} + one.size;
      if (size > kMaxConfigBytes)
        return fail(Code::invalid_argument, fmt::format("section '{}': its variables take more than {} bytes",
                                                        kConfigSection, kMaxConfigBytes));
    }
    if (size == 0) return {};
    config_size_ = static_cast<uint32_t>(size);
    layout_.config = static_cast<uint32_t>(object_.maps.size());
    object_.maps.push_back(config_map());
    return {};
  }

  MapDefinition config_map() const {
    MapDefinition map;
    map.section = kConfigSection;
    map.frozen = true;
    map.spec.name = data_map_name(object_.file, kConfigSection);
    map.spec.type = static_cast<uint32_t>(MapKind::array);
    map.spec.key_size = sizeof(uint32_t);
    map.spec.value_size = config_size_;
    map.spec.max_entries = 1;
    map.spec.flags = kMapReadOnlyProgram | kMapMmapable;
    map.spec.value_btf_type = btf_->find(btf::Kind::data_section, kConfigSection).value_or(0);
    return map;
  }

  /// BTF without externs. Type ids stay as they are, and with them what was read from it so far.
  Result<> define() {
    bool any = false;
    for (uint32_t id = 1; btf_ && id < btf_->count() && !any; ++id) any = is_extern(btf_->type(id));
    if (!any) return {};
    btf::ConfigLayout config;
    config.size = config_size_;
    config.offset = [this](std::string_view name) -> std::optional<uint32_t> {
      const auto found = index_.find(name);
      return found == index_.end() ? std::nullopt : std::optional(object_.externs[found->second].offset);
    };
    const auto raw = btf_->raw();
    SAYA_TRY(const auto bytes, btf::define_externs({raw.begin(), raw.end()}, config));
    SAYA_TRY(object_.btf, Btf::parse(bytes));
    return {};
  }

  const ElfFile& elf_;
  const std::shared_ptr<const Btf> btf_;  ///< As the file has it; keeps the names below alive.
  Object& object_;
  Layout& layout_;
  std::unordered_map<std::string_view, uint32_t> index_;  ///< In Object::externs.
  uint32_t config_size_ = 0;
};

}  // namespace

Result<> read_externs(const ElfFile& elf, Object& object, Layout& layout) {
  return ExternReader(elf, object, layout).run();
}

}  // namespace saya::object
