// The filters of one clsact direction: what `tc filter add dev X ingress` maintains.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "abi/executable.h"
#include "base/result.h"

namespace saya::hook {

inline constexpr uint16_t kProtocolAll = 0x0003;  ///< ETH_P_ALL.

/// One bpf filter. Defaults are tc's.
struct Filter {
  uint32_t chain = 0;                ///< Only chain 0 is entered; others are kept, as in the kernel.
  uint16_t pref = 0;                 ///< 1..65535, lower runs first; 0: chosen by add().
  uint32_t handle = 0;               ///< 0: chosen by add().
  uint16_t protocol = kProtocolAll;  ///< EtherType in host order.
  uint32_t classid = 0;              ///< major << 16 | minor.
  bool direct_action = false;        ///< The program's return value is the verdict.
  bool skip_sw = false;              ///< Only a device may run it: packets pass it by here.
  abi::ExecutablePtr program;
};

/// An immutable-by-publication list in the order of running (semantics a.5): chain, then pref ascending, then newest
/// first. A value: control copies it, changes the copy and publishes that.
class FilterList {
 public:
  /// Adds a filter, choosing pref (49152, or one below the lowest that is above 32767) and handle (lowest free) where
  /// they are 0. Refuses what tc refuses, in its words. Returns the filter as stored.
  Result<Filter> add(Filter filter);
  /// Puts `filter` in the place of the one with its chain, pref and handle, keeping the place; adds it when there is
  /// none.
  Result<Filter> replace(Filter filter);
  /// Removes one filter, all of a pref (handle 0), or all of a chain (pref 0), whether there are any or not. A pref
  /// must have the protocol, if one is given. Refuses what tc refuses, in its words.
  Result<> remove(uint32_t chain, uint16_t pref, uint32_t handle, uint16_t protocol = 0);

  std::span<const Filter> all() const noexcept { return filters_; }
  /// Those of chain 0: what packets meet.
  std::span<const Filter> entered() const noexcept;

 private:
  Filter* find(uint32_t chain, uint16_t pref, uint32_t handle) noexcept;
  Result<> check_protocol(uint32_t chain, uint16_t pref, uint16_t protocol) const;
  Result<> flush(uint32_t chain);
  Result<> check_removal(uint32_t chain, uint16_t pref, uint16_t protocol) const;
  uint16_t free_pref(uint32_t chain) const noexcept;
  uint32_t free_handle(uint32_t chain, uint16_t pref) const noexcept;

  std::vector<Filter> filters_;
};

}  // namespace saya::hook
