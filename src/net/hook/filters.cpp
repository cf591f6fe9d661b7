// Filter bookkeeping. Semantics: Linux 6.18 net/sched/cls_api.c tc_new_tfilter() and cls_bpf.c; table a.5.
#include "hook/filters.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace saya::hook {
namespace {

constexpr uint16_t kFirstAutoPref = 0xC000;   // 49152, and down from there.
constexpr uint16_t kLowestAutoPref = 0x8000;  // Where the kernel looks for the filter to go below.

auto place(const Filter& filter) { return std::tuple(filter.chain, filter.pref); }

}  // namespace

Filter* FilterList::find(uint32_t chain, uint16_t pref, uint32_t handle) noexcept {
  const auto found = std::ranges::find_if(filters_, [&](const Filter& filter) {
    return filter.chain == chain && filter.pref == pref && filter.handle == handle;
  });
  return found == filters_.end() ? nullptr : &*found;
}

uint16_t FilterList::free_pref(uint32_t chain) const noexcept {
  uint16_t lowest = 0;
  for (const Filter& filter : filters_)
    if (filter.chain == chain && filter.pref >= kLowestAutoPref && (lowest == 0 || filter.pref < lowest))
      lowest = filter.pref;
  return lowest == 0 ? kFirstAutoPref : static_cast<uint16_t>(lowest - 1);
}

uint32_t FilterList::free_handle(uint32_t chain, uint16_t pref) const noexcept {
  uint32_t handle = 1;
  const auto taken = [&](const Filter& filter) {
    return filter.chain == chain && filter.pref == pref && filter.handle == handle;
  };
  while (std::ranges::any_of(filters_, taken)) ++handle;
  return handle;
}

/// A pref has one protocol.
Result<> FilterList::check_protocol(uint32_t chain, uint16_t pref, uint16_t protocol) const {
  for (const Filter& other : filters_)
    if (place(other) == std::tuple(chain, pref) && other.protocol != protocol)
      return fail(
          Code::invalid_argument,
          fmt::format("Protocol mismatch for filter with specified priority: pref {} has protocol {:#06x}, not {:#06x}",
                      pref, other.protocol, protocol));
  return {};
}

Result<Filter> FilterList::add(Filter filter) {
  const bool automatic = filter.pref == 0;
  if (automatic) filter.pref = free_pref(filter.chain);
  if (automatic && filter.pref < kLowestAutoPref)
    return fail(Code::no_space, "Lowest ID from auto-alloc range already in use");
  SAYA_CHECK(check_protocol(filter.chain, filter.pref, filter.protocol));
  if (filter.handle == 0) filter.handle = free_handle(filter.chain, filter.pref);
  if (find(filter.chain, filter.pref, filter.handle))
    return fail(Code::already_exists,
                fmt::format("Filter already exists: pref {} handle {:#x}", filter.pref, filter.handle));
  // Newest first inside a pref: the kernel inserts at the head of its list.
  const auto at = std::ranges::lower_bound(filters_, place(filter), {}, place);
  return *filters_.insert(at, std::move(filter));
}

Result<Filter> FilterList::replace(Filter filter) {
  Filter* old = filter.handle ? find(filter.chain, filter.pref, filter.handle) : nullptr;
  if (!old) return add(std::move(filter));
  SAYA_CHECK(check_protocol(filter.chain, filter.pref, filter.protocol));
  return *old = std::move(filter);
}

/// Flushing a chain that is not there is no error.
Result<> FilterList::flush(uint32_t chain) {
  std::erase_if(filters_, [&](const Filter& filter) { return filter.chain == chain; });
  return {};
}

/// A chain is there as long as it has filters, and so is a pref.
Result<> FilterList::check_removal(uint32_t chain, uint16_t pref, uint16_t protocol) const {
  if (std::ranges::find(filters_, chain, &Filter::chain) == filters_.end())
    return fail(Code::no_such_entry, "Cannot find specified filter chain");
  if (std::ranges::find(filters_, std::tuple(chain, pref), place) == filters_.end())
    return fail(Code::no_such_entry, "Filter with specified priority/protocol not found");
  return protocol ? check_protocol(chain, pref, protocol) : Result<>();
}

Result<> FilterList::remove(uint32_t chain, uint16_t pref, uint32_t handle, uint16_t protocol) {
  if (pref == 0 && (handle || protocol))
    return fail(Code::no_such_entry, "Cannot flush filters with protocol, handle or kind set");
  if (pref == 0) return flush(chain);
  SAYA_CHECK(check_removal(chain, pref, protocol));
  const auto matches = [&](const Filter& filter) {
    return filter.chain == chain && filter.pref == pref && (handle == 0 || filter.handle == handle);
  };
  if (std::erase_if(filters_, matches) == 0) return fail(Code::no_such_entry, "Specified filter handle not found");
  return {};
}

std::span<const Filter> FilterList::entered() const noexcept {
  const auto end = std::ranges::upper_bound(filters_, 0u, {}, &Filter::chain);
  return {filters_.begin(), end};
}

}  // namespace saya::hook
