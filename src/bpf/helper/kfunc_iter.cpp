// kernel/bpf/bpf_iter.c (bpf_iter_num_*) and kernel/bpf/helpers.c (bpf_iter_bits_*), Linux 6.18.
#include "helper/kfunc_iter.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <span>

#include "base/bytes.h"
#include "helper/errno.h"
#include "helper/peek.h"

namespace saya::helper {
namespace {

constexpr int64_t kMostNumbers = 8388608;  // BPF_MAX_LOOPS.
constexpr uint32_t kMostWords = 511;       // BITS_ITER_NR_WORDS_MAX.
constexpr int32_t kWordBits = 64;

/// The number given last, and the one that ends it.
struct Numbers {
  int32_t current, end;
};
static_assert(sizeof(Numbers) == 8);

/// `bits` is the one word itself, or the address of more.
struct Bits {
  uint64_t bits;
  int32_t count;
  int32_t current;
};
static_assert(sizeof(Bits) == 16);

/// Copies words from memory that nobody vouches for; false when not all of it can be read.
bool read_words(uint64_t address, std::span<uint64_t> words) {
  const std::span<char> to(reinterpret_cast<char*>(words.data()), words.size_bytes());
  return peek(address, to) == to.size();
}

/// The first bit from `from` on that is set, or bits.count.
int32_t find_bit(const Bits& bits, int32_t from) {
  constexpr int32_t kAtOnce = 8;
  std::array<uint64_t, kAtOnce> words{bits.bits};
  for (int32_t word = from / kWordBits; word * kWordBits < bits.count; word += kAtOnce) {
    const int32_t some = std::min(kAtOnce, bits.count / kWordBits - word);
    const uint64_t address = bits.bits + static_cast<uint64_t>(word) * sizeof(uint64_t);
    if (bits.count > kWordBits && !read_words(address, {words.data(), static_cast<size_t>(some)})) return bits.count;
    for (int32_t i = 0; i < some; ++i) {
      const int32_t first = (word + i) * kWordBits;
      const uint64_t mask = from > first ? ~uint64_t{0} << (from - first) : ~uint64_t{0};
      if (const uint64_t left = words[static_cast<size_t>(i)] & mask) return first + std::countr_zero(left);
    }
  }
  return bits.count;
}

/// How reading all of the words goes: 0 or -EFAULT.
int probe_words(uint64_t address, uint32_t words) {
  std::array<uint64_t, kMostWords> copy;
  return read_words(address, {copy.data(), words}) ? 0 : -EFAULT;
}

}  // namespace

uint64_t bpf_iter_num_new(Run&, uint64_t* iterator, int32_t start, int32_t end) noexcept {
  const auto begin = [&](int32_t current, int32_t last) {
    *iterator = std::bit_cast<uint64_t>(Numbers{current, last});
  };
  begin(0, 0);
  if (start > end) return result32(-EINVAL);
  if (int64_t{end} - start > kMostNumbers) return result32(-E2BIG);
  begin(static_cast<int32_t>(static_cast<uint32_t>(start) - 1), end);
  return 0;
}

uint64_t bpf_iter_num_next(Run&, uint64_t* iterator) noexcept {
  auto numbers = std::bit_cast<Numbers>(*iterator);
  const auto next = static_cast<int32_t>(static_cast<uint32_t>(numbers.current) + 1);
  const bool ended = next >= numbers.end;
  numbers = ended ? Numbers{0, 0} : Numbers{next, numbers.end};
  *iterator = std::bit_cast<uint64_t>(numbers);
  return ended ? 0 : reinterpret_cast<uint64_t>(iterator);
}

uint64_t bpf_iter_num_destroy(Run&, uint64_t* iterator) noexcept {
  *iterator = 0;
  return 0;
}

uint64_t bpf_iter_bits_new(Run&, std::byte* iterator, uint64_t address, uint32_t words) noexcept {
  Bits bits{0, 0, -1};
  store(iterator, bits);
  if (!address || !words) return result32(-EINVAL);
  if (words > kMostWords) return result32(-E2BIG);
  bits.bits = address;
  const int error = words == 1 ? (read_words(address, {&bits.bits, 1}) ? 0 : -EFAULT) : probe_words(address, words);
  if (error) return result32(error);
  bits.count = static_cast<int32_t>(words) * kWordBits;
  store(iterator, bits);
  return 0;
}

uint64_t bpf_iter_bits_next(Run&, std::byte* iterator) noexcept {
  auto bits = load<Bits>(iterator);
  constexpr auto kMost = static_cast<int32_t>(kMostWords) * kWordBits;
  if (bits.count <= 0 || bits.count > kMost || bits.current < -1 || bits.current >= bits.count) return 0;
  bits.current = find_bit(bits, bits.current + 1);
  store(iterator, bits);
  return bits.current < bits.count ? reinterpret_cast<uint64_t>(iterator + offsetof(Bits, current)) : 0;
}

uint64_t bpf_iter_bits_destroy(Run&, std::byte*) noexcept { return 0; }

}  // namespace saya::helper
