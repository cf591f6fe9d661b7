// BPF_MAP_TYPE_PERF_EVENT_ARRAY: a ring in each slot that user space has opened.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "map/map.h"
#include "map/perf_ring.h"

namespace saya {

/// Slots live in this process, as those of a prog_array do. at() is wait-free for Reader threads.
class PerfEventArray final : public Map {
 public:
  /// `slots` is zeroed memory for max_entries pointers.
  PerfEventArray(MapSpec spec, MapMemory memory, Region slots);

  /// The ring in slot `index`, or null when it is empty or out of range. Valid until the Reader's quiescent().
  PerfRing* at(uint64_t index) const noexcept {
    return index < spec().max_entries ? slot(index).load(std::memory_order_acquire) : nullptr;
  }
  /// Puts a new ring with `bytes` of data (a power of two of pages) for programs on `cpu` into slot `index`; what was
  /// there is released after a grace period, for which it waits. Control side only. no_space beyond max_entries.
  Result<std::shared_ptr<PerfRing>> open(uint32_t index, uint32_t cpu, size_t bytes);

  /// Null: rings are not bytes.
  std::byte* lookup(const std::byte*, uint32_t) noexcept override { return nullptr; }
  /// -EOPNOTSUPP: see open().
  int update(const std::byte* key, const std::byte* value, uint64_t flags, uint32_t cpu) noexcept override;
  /// Empties a slot. Control side only: it waits.
  int erase(const std::byte* key) noexcept override;
  int next_key(const std::byte* key, std::byte* next) const noexcept override;
  std::span<std::byte> value_around(const std::byte*) noexcept override { return {}; }

 private:
  using Slot = std::atomic<PerfRing*>;
  Slot& slot(uint64_t index) const noexcept { return first_[index]; }
  int exchange(uint32_t index, std::shared_ptr<PerfRing> ring);

  Region slots_;  ///< Reserved, not touched.
  Slot* const first_;
  std::mutex changing_;                                             ///< Guards owners_ and writes to slots_.
  std::unordered_map<uint32_t, std::shared_ptr<PerfRing>> owners_;  ///< What full slots point to.
};

}  // namespace saya
