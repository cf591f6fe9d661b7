// Maps of maps from before BTF. iproute2 (lib/bpf_legacy.c): `inner_id` names the template by its id, and every map of
// that id is installed in slot `inner_idx`. The kernel samples' loader: `inner_map_idx` counts. goebpf: a pointer.
#include <fmt/format.h>

#include <unordered_map>

#include "object/legacy.h"

namespace saya::object {
namespace {

constexpr size_t kMostSlots = 64 * 64;  ///< As many as iproute2's 64 maps could make; all could have one id.

class InnerLinker {
 public:
  InnerLinker(std::span<const LegacyPlace> places, Object& object) : places_(places), object_(object) {}

  Result<> run() {
    for (const LegacyPlace& place : places_)
      if (place.fields.id != 0) by_id_[place.fields.id].push_back(&place);
    for (const LegacyPlace& place : places_) {
      MapDefinition& outer = object_.maps[place.map];
      if (!is_map_of_maps(outer.spec.type)) continue;
      if (auto linked = link(place, outer); !linked)
        return std::unexpected(
            std::move(linked).error().at(fmt::format("section '{}': map '{}'", outer.section, outer.spec.name)));
    }
    return {};
  }

 private:
  Result<> link(const LegacyPlace& place, MapDefinition& outer) {
    if (place.fields.inner_id != 0) return link_by_id(place, outer);
    if (place.pointed != kNone) return use(place.pointed, outer);
    if (place.fields.inner_map_idx == kNone) return {};
    return link_by_number(place, outer);
  }

  Result<> link_by_id(const LegacyPlace& place, MapDefinition& outer) {
    const auto found = by_id_.find(place.fields.inner_id);
    if (found == by_id_.end())
      return fail(Code::invalid_argument, fmt::format("inner map with ID {} not found", place.fields.inner_id));
    SAYA_CHECK(use(found->second.front()->map, outer));
    for (const LegacyPlace* inner : found->second) SAYA_CHECK(install(*inner, outer));
    return {};
  }

  Result<> install(const LegacyPlace& inner, MapDefinition& outer) {
    if (inner.fields.inner_id != 0 || inner.fields.inner_idx == kNone) return {};
    SAYA_CHECK(check_slot(outer.spec, inner.fields.inner_idx, "a map"));
    if (++slots_ > kMostSlots) return fail(Code::unsupported, fmt::format("more than {} inner maps", kMostSlots));
    outer.maps.push_back({inner.fields.inner_idx, inner.map});
    return {};
  }

  Result<> link_by_number(const LegacyPlace& place, MapDefinition& outer) {
    const uint64_t map = uint64_t{place.first} + place.fields.inner_map_idx;
    if (map >= object_.maps.size() || object_.maps[map].section != outer.section)
      return fail(Code::invalid_argument,
                  fmt::format("inner_map_idx is {}, the section has fewer maps", place.fields.inner_map_idx));
    return use(static_cast<uint32_t>(map), outer);
  }

  /// A map of maps inside another has none itself: the kernel refuses it, and says so when it is created.
  Result<> use(uint32_t inner, MapDefinition& outer) {
    if (&object_.maps[inner] == &outer) return fail(Code::invalid_argument, "is its own inner map");
    auto spec = std::make_shared<MapSpec>(object_.maps[inner].spec);
    spec->inner = nullptr;
    outer.spec.inner = std::move(spec);
    return {};
  }

  std::span<const LegacyPlace> places_;
  Object& object_;
  std::unordered_map<uint32_t, std::vector<const LegacyPlace*>> by_id_;  ///< In file order.
  size_t slots_ = 0;
};

}  // namespace

Result<> link_inner_maps(std::span<const LegacyPlace> places, Object& object) {
  return InnerLinker(places, object).run();
}

}  // namespace saya::object
