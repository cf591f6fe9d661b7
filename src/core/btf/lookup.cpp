// Questions to a parsed Btf. Cycles are legal bytes, so every walk counts its steps.
#include "btf/btf.h"
#include "btf/name_index.h"
#include "btf/wire.h"

namespace saya::btf {
namespace {

/// The kernel refuses types nested deeper than 32 (MAX_RESOLVE_DEPTH, kernel/bpf/btf.c, Linux 6.18).
constexpr int kMaxDepth = 64;

constexpr bool is_alias(Kind kind) {
  return kind == Kind::type_alias || kind == Kind::volatile_ || kind == Kind::const_ || kind == Kind::restrict_ ||
         kind == Kind::type_tag;
}

}  // namespace

Btf::Btf() = default;
Btf::~Btf() = default;

const NameIndex& Btf::index(LazyIndex& lazy, std::string_view (*part)(std::string_view)) const {
  std::call_once(lazy.once, [&] { lazy.index = std::make_unique<const NameIndex>(types_, part); });
  return *lazy.index;
}

std::optional<uint32_t> Btf::find(Kind kind, std::string_view name) const noexcept {
  const NameIndex& names = index(names_, [](std::string_view whole) { return whole; });
  uint32_t id = names.first(kind, name);
  while (id && types_[id].kind != kind) id = names.next(id, kind, name);
  return id ? std::optional(id) : std::nullopt;
}

std::vector<uint32_t> Btf::candidates(Kind kind, std::string_view name) const {
  const NameIndex& flavours = index(flavours_, without_flavour);
  std::vector<uint32_t> found;
  const std::string_view part = without_flavour(name);
  for (uint32_t id = flavours.first(kind, part); id; id = flavours.next(id, kind, part)) found.push_back(id);
  return found;
}

uint32_t Btf::resolve(uint32_t id) const noexcept {
  for (int depth = 0; depth < kMaxDepth; ++depth) {
    if (id >= types_.size()) return 0;
    if (!is_alias(types_[id].kind)) return id;
    id = types_[id].target;
  }
  return 0;
}

std::optional<uint32_t> Btf::size_of(uint32_t id) const noexcept {
  uint64_t factor = 1;
  for (int depth = 0; depth < kMaxDepth; ++depth) {
    const Type& found = type(resolve(id));
    if (found.kind == Kind::array || found.kind == Kind::variable) {
      if (found.kind == Kind::array) factor *= found.elements;
      if (factor > UINT32_MAX) return std::nullopt;
      id = found.target;
      continue;
    }
    if (found.kind != Kind::pointer && !shape_of(found.kind).has_size) return std::nullopt;
    const uint64_t size = factor * (found.kind == Kind::pointer ? 8 : found.size);
    return size <= UINT32_MAX ? std::optional(static_cast<uint32_t>(size)) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::string_view> Btf::string_at(uint32_t offset) const noexcept {
  if (offset >= strings_.size()) return std::nullopt;
  return string_in(strings_, offset);
}

}  // namespace saya::btf
