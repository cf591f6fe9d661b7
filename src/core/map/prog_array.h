// BPF_MAP_TYPE_PROG_ARRAY: the one map whose slots hold code. Programs reach it only through bpf_tail_call().
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "map/map.h"

namespace saya {

namespace abi {
class Executable;
}

/// What a tail call cannot change, so that all programs of an array have it in common.
struct ProgArrayOwner {
  uint32_t program_type = 0;  ///< BPF_PROG_TYPE_*: the context.
  bool frags = false;         ///< XDP programs that take packets in fragments.
};

/// Slots live in this process (code cannot be shared by offset): a map opened from elsewhere is empty. at() is
/// wait-free for Reader threads. Slots own their programs, and programs their maps: the control side breaks the circle
/// with clear() when the last user lets go, as the kernel does.
class ProgArray final : public Map {
 public:
  /// `slots` is zeroed memory for max_entries pointers.
  ProgArray(MapSpec spec, MapMemory memory, Region slots);

  /// The program in slot `index`, or null when it is empty or out of range. Valid until the Reader's quiescent().
  const abi::Executable* at(uint64_t index) const noexcept {
    return index < spec().max_entries ? slot(index).load(std::memory_order_acquire) : nullptr;
  }
  /// Puts `program` (null empties) into slot `index`; the old one is released after a grace period, for which it waits.
  /// Control side only. no_space beyond max_entries, no_such_entry when an empty slot is to be emptied.
  Result<> set(uint32_t index, std::shared_ptr<const abi::Executable> program);
  /// Says that a program of this kind is in the array or calls through it. The first to come owns the array for good;
  /// invalid_argument for one that differs, in iproute2's words. Control side only.
  Result<> claim(const ProgArrayOwner& program);
  /// What claim() has settled; nothing before.
  std::optional<ProgArrayOwner> owner() const;
  /// Empties every slot, with one grace period. Control side only; the caller holds a reference to this map.
  void clear();

  /// Null: programs are not bytes.
  std::byte* lookup(const std::byte*, uint32_t) noexcept override { return nullptr; }
  /// -EOPNOTSUPP: see set().
  int update(const std::byte* key, const std::byte* value, uint64_t flags, uint32_t cpu) noexcept override;
  /// As set() with null. Control side only: it waits.
  int erase(const std::byte* key) noexcept override;
  int next_key(const std::byte* key, std::byte* next) const noexcept override;
  std::span<std::byte> value_around(const std::byte*) noexcept override { return {}; }

 private:
  using Slot = std::atomic<const abi::Executable*>;
  Slot& slot(uint64_t index) const noexcept { return first_[index]; }
  int exchange(uint32_t index, std::shared_ptr<const abi::Executable> program);

  Region slots_;  ///< Reserved, not touched: real objects declare large ones.
  Slot* const first_;
  mutable std::mutex changing_;  ///< Guards owner_, owners_ and writes to slots_.
  std::optional<ProgArrayOwner> owner_;
  std::unordered_map<uint32_t, std::shared_ptr<const abi::Executable>> owners_;  ///< What full slots point to.
};

}  // namespace saya
