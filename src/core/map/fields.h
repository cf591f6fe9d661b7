// A map's value in shared memory, and the fields in it that only helpers may touch: spin locks, timers, pointers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "map/map.h"
#include "map/words.h"

namespace saya {

/// Copies values of one map in and out, around the fields of its spec. User space and updates never see or change a
/// field: reads find zeroes there. Borrows the spec's list of fields.
class ValueShape {
 public:
  explicit ValueShape(const MapSpec& spec) noexcept;

  bool has_fields() const noexcept { return !fields_.empty(); }
  bool has_spin_lock() const noexcept { return lock_ != nullptr; }

  /// Private to shared; the fields stay as they are.
  void store(std::byte* shared, const std::byte* value) const noexcept {
    if (fields_.empty()) [[likely]]
      store_words(shared, value, size_, std::memory_order_relaxed);
    else
      store_around(shared, value);
  }
  /// Shared to private; the fields read as zero, a bpf_refcount as 1.
  void load(std::byte* value, std::byte* shared) const noexcept;
  /// All zeroes, but for the fields.
  void clear(std::byte* shared) const noexcept;
  /// What becomes of the fields of an element that leaves the map or gets another value: timers and pointers are gone.
  /// A spin lock stays, somebody may hold it.
  void release(std::byte* shared) const noexcept;

  /// The same with the value's spin lock held (BPF_F_LOCK). -EINVAL where it has none, -ETIMEDOUT when nobody lets go.
  int store_locked(std::byte* shared, const std::byte* value) const noexcept;
  int load_locked(std::byte* value, std::byte* shared) const noexcept;

 private:
  void store_around(std::byte* shared, const std::byte* value) const noexcept;
  template <class Part>
  void each_part(Part part) const noexcept;

  const size_t size_;
  const std::span<const MapField> fields_;
  const MapField* lock_ = nullptr;
};

/// Takes the struct bpf_spin_lock at `lock`: 0 is free, 1 is taken. False when its holder does not let go for 250 ms.
bool lock_value(std::byte* lock) noexcept;
void unlock_value(std::byte* lock) noexcept;

/// Whether a map of that type may have these fields, as map_check_btf() of kernel/bpf/syscall.c, and whether they lie
/// in its values.
Result<> check_fields(const MapSpec& spec);

}  // namespace saya
