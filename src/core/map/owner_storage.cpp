// What user space may do with storages: nothing here. Behaves as kernel/bpf/bpf_local_storage.c, Linux 6.18, for one
// owner.
//
//   payload:  state (8 bytes) | value
#include "map/owner_storage.h"

#include <atomic>
#include <cerrno>

#include "base/kernel_errno.h"
#include "map/checks.h"
#include "map/words.h"

namespace saya {
namespace {

constexpr uint64_t kNone = 0, kMaking = 1, kThere = 2;
constexpr size_t kValueAt = kWord;

/// Of a fresh value, word by word: a program may still use the one that was there before.
void fill(std::byte* value, const std::byte* initial, size_t size) noexcept {
  if (initial) return store_words(value, initial, size, std::memory_order_relaxed);
  for (size_t at = 0; at < size; at += kWord) shared_word(value + at).store(0, std::memory_order_relaxed);
}

}  // namespace

std::byte* OwnerStorage::value() noexcept { return payload() + kValueAt; }

std::byte* OwnerStorage::get(const std::byte* initial, bool create) noexcept {
  const auto state = shared_word(payload());
  uint64_t seen = state.load(std::memory_order_acquire);
  if (seen == kThere) return value();
  if (!create || seen == kMaking || !state.compare_exchange_strong(seen, kMaking, std::memory_order_acquire))
    return nullptr;
  fill(value(), initial, spec().value_size);
  state.store(kThere, std::memory_order_release);
  return value();
}

int OwnerStorage::remove() noexcept {
  uint64_t there = kThere;
  return shared_word(payload()).compare_exchange_strong(there, kNone, std::memory_order_acq_rel) ? 0 : -ENOENT;
}

std::byte* OwnerStorage::lookup(const std::byte*, uint32_t) noexcept { return nullptr; }
int OwnerStorage::update(const std::byte*, const std::byte*, uint64_t, uint32_t) noexcept { return -EBADF; }
int OwnerStorage::erase(const std::byte*) noexcept { return -EBADF; }
int OwnerStorage::next_key(const std::byte*, std::byte*) const noexcept { return -ENOTSUPP; }

std::span<std::byte> OwnerStorage::value_around(const std::byte* address) noexcept {
  const size_t at = reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(value());
  if (at >= spec().value_size) return {};
  return {value(), spec().value_size};
}

Result<size_t> owner_storage_bytes(const MapSpec& spec) {
  SAYA_CHECK(check_storage(spec));
  return payload_bytes(spec, 1, kValueAt + round_up(spec.value_size));
}

}  // namespace saya
