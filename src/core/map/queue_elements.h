// The values of a queue or a stack: a circle with one slot more than it may hold.
//
//   payload:  lock, head, tail | max_entries + 1 values
//
// The next value goes to head, the oldest one is at tail. All zeroes is empty.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "map/map.h"

namespace saya {

/// What a map without keys answers where keys are meant, and how a circle of values takes one. The types differ in
/// which one they give.
class QueueElements : public Map {
 public:
  QueueElements(MapSpec spec, MapMemory memory);

  int push(const std::byte* value, uint64_t flags) noexcept override;
  int pop(std::byte* value) noexcept override { return take(value, true); }
  int peek(std::byte* value) noexcept override { return take(value, false); }
  void recover() noexcept override;

  std::byte* lookup(const std::byte*, uint32_t) noexcept override { return nullptr; }
  int update(const std::byte*, const std::byte*, uint64_t, uint32_t) noexcept override;
  int erase(const std::byte*) noexcept override;
  int next_key(const std::byte*, std::byte*) const noexcept override;
  std::span<std::byte> value_around(const std::byte*) noexcept override { return {}; }

  static Result<size_t> storage(const MapSpec& spec);

 protected:
  struct Circle {
    std::atomic<uint32_t> lock;
    std::atomic<uint32_t> head;
    std::atomic<uint32_t> tail;
  };
  /// A slot of the circle, whatever a hostile neighbour wrote there.
  uint64_t head() const noexcept { return slot(circle_.head); }
  uint64_t tail() const noexcept { return slot(circle_.tail); }
  uint64_t after(uint64_t slot) const noexcept { return slot + 1 == slots_ ? 0 : slot + 1; }
  uint64_t before(uint64_t slot) const noexcept { return slot == 0 ? slots_ - 1 : slot - 1; }
  void set_head(uint64_t slot) noexcept { circle_.head.store(static_cast<uint32_t>(slot), std::memory_order_relaxed); }
  void set_tail(uint64_t slot) noexcept { circle_.tail.store(static_cast<uint32_t>(slot), std::memory_order_relaxed); }

 private:
  /// The slot whose value is next; of a circle that is not empty.
  virtual uint64_t next() const noexcept = 0;
  /// Takes that value out of the circle.
  virtual void drop_next() noexcept = 0;

  uint64_t slot(const std::atomic<uint32_t>& at) const noexcept { return at.load(std::memory_order_relaxed) % slots_; }
  int take(std::byte* value, bool drop) noexcept;
  std::byte* value_at(uint64_t slot) const noexcept { return values_ + slot * stride_; }

  Circle& circle_;
  std::byte* const values_;
  const size_t stride_;
  const uint64_t slots_;
};

}  // namespace saya
