// What queues and stacks have in common. Behaves as kernel/bpf/queue_stack_maps.c, Linux 6.18.
#include "map/queue_elements.h"

#include <cerrno>
#include <cstring>

#include "map/checks.h"
#include "map/shared_lock.h"
#include "map/words.h"

namespace saya {
namespace {

constexpr size_t kValuesAt = 64;
constexpr uint32_t kMostValue = 1u << 22;  // KMALLOC_MAX_SIZE on x86-64.

}  // namespace

QueueElements::QueueElements(MapSpec spec, MapMemory memory)
    : Map(std::move(spec), std::move(memory)),
      circle_(*reinterpret_cast<Circle*>(payload())),
      values_(payload() + kValuesAt),
      stride_(round_up(this->spec().value_size)),
      slots_(uint64_t{this->spec().max_entries} + 1) {}

int QueueElements::push(const std::byte* value, uint64_t flags) noexcept {
  if (flags != kUpdateAny && flags != kUpdateExist) return -EINVAL;
  const SharedLock lock(circle_.lock);
  if (!lock) return -EBUSY;
  const uint64_t slot = head();
  if (after(slot) == tail()) {
    if (flags != kUpdateExist) return -E2BIG;
    set_tail(after(tail()));  // The oldest value makes room.
  }
  std::memcpy(value_at(slot), value, spec().value_size);
  set_head(after(slot));
  return 0;
}

int QueueElements::take(std::byte* value, bool drop) noexcept {
  const SharedLock lock(circle_.lock);
  if (!lock || head() == tail()) {
    std::memset(value, 0, spec().value_size);
    return lock ? -ENOENT : -EBUSY;
  }
  std::memcpy(value, value_at(next()), spec().value_size);
  if (drop) drop_next();
  return 0;
}

void QueueElements::recover() noexcept { circle_.lock.store(0, std::memory_order_relaxed); }

int QueueElements::update(const std::byte*, const std::byte*, uint64_t, uint32_t) noexcept { return -EINVAL; }
int QueueElements::erase(const std::byte*) noexcept { return -EINVAL; }
int QueueElements::next_key(const std::byte*, std::byte*) const noexcept { return -EINVAL; }

Result<size_t> QueueElements::storage(const MapSpec& spec) {
  static_assert(sizeof(Circle) <= kValuesAt);
  SAYA_CHECK(check_range(spec, "max_entries", spec.max_entries, 1, UINT32_MAX, Code::no_space));
  SAYA_CHECK(check_range(spec, "key_size", spec.key_size, 0, 0, Code::invalid_argument));
  SAYA_CHECK(check_flags(spec, kMapNumaNode | kMapSyscallFlags | kMapProgramFlags));
  SAYA_CHECK(check_range(spec, "value_size", spec.value_size, 1, kMostValue, Code::no_space));
  SAYA_TRY(const size_t values, payload_bytes(spec, uint64_t{spec.max_entries} + 1, round_up(spec.value_size)));
  return kValuesAt + values;
}

}  // namespace saya
