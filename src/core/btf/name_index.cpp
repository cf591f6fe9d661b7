// Types by name. Which names belong together: bpf_core_essential_name_len() and btf_kind_core_compat() of libbpf 1.x.
#include "btf/name_index.h"

#include <bit>
#include <functional>

namespace saya::btf {
namespace {

constexpr std::string_view kSeparator = "___";

/// Enumerations of both widths are one kind here: CO-RE takes either for the other.
constexpr Kind group_of(Kind kind) { return kind == Kind::enumeration64 ? Kind::enumeration : kind; }

}  // namespace

std::string_view without_flavour(std::string_view name) noexcept {
  for (size_t at = name.rfind(kSeparator); at != name.npos && at > 0; at = name.rfind(kSeparator, at - 1)) {
    const size_t after = at + kSeparator.size();
    if (name[at - 1] != '_' && after < name.size() && name[after] != '_') return name.substr(0, at);
  }
  return name;
}

NameIndex::NameIndex(std::span<const Type> types, Part part)
    : types_(types), part_(part), first_(std::bit_ceil(types.size())), next_(types.size()) {
  for (auto id = static_cast<uint32_t>(types.size() - 1); id > 0; --id) {
    if (types[id].name.empty()) continue;
    uint32_t& first = first_[bucket(types[id].kind, part(types[id].name))];
    next_[id] = first;
    first = id;
  }
}

uint32_t NameIndex::first(Kind kind, std::string_view name) const noexcept {
  return first_suiting(first_[bucket(kind, name)], kind, name);
}

uint32_t NameIndex::next(uint32_t id, Kind kind, std::string_view name) const noexcept {
  return first_suiting(next_[id], kind, name);
}

uint32_t NameIndex::first_suiting(uint32_t id, Kind kind, std::string_view name) const noexcept {
  while (id && (group_of(types_[id].kind) != group_of(kind) || part_(types_[id].name) != name)) id = next_[id];
  return id;
}

size_t NameIndex::bucket(Kind kind, std::string_view name) const noexcept {
  const size_t hash = std::hash<std::string_view>()(name) + static_cast<size_t>(group_of(kind)) * 0x9e3779b97f4a7c15u;
  return hash & (first_.size() - 1);
}

}  // namespace saya::btf
