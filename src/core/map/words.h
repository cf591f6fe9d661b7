// Copies between private bytes and the shared memory of a map, one 8-byte word at a time, so that a reader in another
// thread sees each word whole. Shared areas start at a multiple of 8 and are padded to one; the padding stays zero.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace saya {

inline constexpr size_t kWord = 8;

/// The next multiple of `to` (a power of two); `size` is far below 2^64.
constexpr size_t round_up(size_t size, size_t to = kWord) noexcept { return (size + to - 1) & ~(to - 1); }

/// The word at `at` of a private buffer of `size` bytes; bytes beyond the end read as zero.
inline uint64_t private_word(const std::byte* bytes, size_t at, size_t size) noexcept {
  uint64_t word = 0;
  if (size - at >= kWord)
    std::memcpy(&word, bytes + at, kWord);
  else
    std::memcpy(&word, bytes + at, size - at);
  return word;
}

inline std::atomic_ref<uint64_t> shared_word(std::byte* at) noexcept {
  return std::atomic_ref<uint64_t>(*reinterpret_cast<uint64_t*>(at));
}

/// Private to shared. A key is stored with memory_order_release: a reader that finds a word of a reused element also
/// finds that its bucket has changed (map/hash_table.h).
inline void store_words(std::byte* shared, const std::byte* bytes, size_t size, std::memory_order order) noexcept {
  for (size_t at = 0; at < size; at += kWord) shared_word(shared + at).store(private_word(bytes, at, size), order);
}

/// Shared to private.
inline void load_words(std::byte* bytes, std::byte* shared, size_t size) noexcept {
  for (size_t at = 0; at < size; at += kWord) {
    const uint64_t word = shared_word(shared + at).load(std::memory_order_acquire);
    std::memcpy(bytes + at, &word, size - at < kWord ? size - at : kWord);
  }
}

inline bool equal_words(std::byte* shared, const std::byte* bytes, size_t size) noexcept {
  for (size_t at = 0; at < size; at += kWord)
    if (shared_word(shared + at).load(std::memory_order_acquire) != private_word(bytes, at, size)) return false;
  return true;
}

}  // namespace saya
