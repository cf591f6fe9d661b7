// BPF_MAP_TYPE_BLOOM_FILTER: bits that values set. Behaves as kernel/bpf/bloom_filter.c, Linux 6.18, down to which bits
// a value sets under BPF_F_ZERO_SEED; the hash is lookup3, which Bob Jenkins gave to the public domain.
#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>

#include "map/checks.h"
#include "map/map.h"
#include "map/words.h"

namespace saya {
namespace {

constexpr uint32_t kMostValue = 1u << 22;  // KMALLOC_MAX_SIZE on x86-64.
constexpr uint32_t kMostHashes = 15, kDefaultHashes = 5;

/// The 12 bytes of the state that a value is stirred into.
struct Mixer {
  uint32_t a, b, c;

  void add(const std::byte* bytes, size_t size) noexcept {
    uint32_t words[3] = {};
    std::memcpy(words, bytes, size);
    a += words[0];
    b += words[1];
    c += words[2];
  }
  void mix() noexcept {
    step(a, c, b, 4), step(b, a, c, 6), step(c, b, a, 8);
    step(a, c, b, 16), step(b, a, c, 19), step(c, b, a, 4);
  }
  uint32_t finish() noexcept {
    last(c, b, 14), last(a, c, 11), last(b, a, 25), last(c, b, 16), last(a, c, 4), last(b, a, 14), last(c, b, 24);
    return c;
  }

 private:
  static void step(uint32_t& x, uint32_t& y, uint32_t z, int turn) noexcept {
    x = (x - y) ^ std::rotl(y, turn);
    y += z;
  }
  static void last(uint32_t& x, uint32_t y, int turn) noexcept { x = (x ^ y) - std::rotl(y, turn); }
};

uint32_t lookup3(const std::byte* bytes, uint32_t size, uint32_t seed) noexcept {
  constexpr uint32_t kStart = 0xdeadbeef, kBlock = 12;
  const uint32_t start = kStart + size + seed;
  Mixer mixer{start, start, start};
  for (; size > kBlock; bytes += kBlock, size -= kBlock) {
    mixer.add(bytes, kBlock);
    mixer.mix();
  }
  mixer.add(bytes, size);
  return mixer.finish();
}

uint32_t hashes_of(const MapSpec& spec) noexcept {
  return spec.map_extra ? static_cast<uint32_t>(spec.map_extra) : kDefaultHashes;
}

/// A power of two: entries x hashes / ln 2, in the kernel's integers.
uint64_t bits_of(const MapSpec& spec) noexcept {
  constexpr uint64_t kMost = uint64_t{1} << 32;
  const uint64_t settings = uint64_t{spec.max_entries} * hashes_of(spec);
  if (settings > UINT32_MAX || settings / 5 * 7 > kMost / 2) return kMost;
  return std::bit_ceil(std::max<uint64_t>(settings / 5 * 7, 64));
}

class BloomFilter final : public Map {
 public:
  BloomFilter(MapSpec spec, MapMemory memory)
      : Map(std::move(spec), std::move(memory)),
        hashes_(hashes_of(this->spec())),
        mask_(static_cast<uint32_t>(bits_of(this->spec()) - 1)),
        seed_(static_cast<uint32_t>(this->memory().header().hash_key)) {}

  int push(const std::byte* value, uint64_t flags) noexcept override {
    if (flags != kUpdateAny) return -EINVAL;
    for (uint32_t i = 0; i < hashes_; ++i) {
      const uint32_t bit = bit_of(value, i);
      word_of(bit).fetch_or(uint64_t{1} << bit % 64, std::memory_order_relaxed);
    }
    return 0;
  }
  int peek(std::byte* value) noexcept override {
    for (uint32_t i = 0; i < hashes_; ++i) {
      const uint32_t bit = bit_of(value, i);
      if (!(word_of(bit).load(std::memory_order_relaxed) >> bit % 64 & 1)) return -ENOENT;
    }
    return 0;
  }

  std::byte* lookup(const std::byte*, uint32_t) noexcept override { return nullptr; }
  int update(const std::byte*, const std::byte*, uint64_t, uint32_t) noexcept override { return -EINVAL; }
  int erase(const std::byte*) noexcept override { return -EOPNOTSUPP; }
  int next_key(const std::byte*, std::byte*) const noexcept override { return -EOPNOTSUPP; }
  std::span<std::byte> value_around(const std::byte*) noexcept override { return {}; }

 private:
  uint32_t bit_of(const std::byte* value, uint32_t hash) const noexcept {
    return lookup3(value, spec().value_size, seed_ + hash) & mask_;
  }
  std::atomic_ref<uint64_t> word_of(uint32_t bit) noexcept { return shared_word(payload() + bit / 64 * kWord); }

  const uint32_t hashes_;
  const uint32_t mask_;
  const uint32_t seed_;
};

}  // namespace

Result<size_t> bloom_filter_storage(const MapSpec& spec, uint32_t) {
  SAYA_CHECK(check_range(spec, "value_size", spec.value_size, 1, kMostValue, Code::no_space));
  SAYA_CHECK(check_range(spec, "key_size", spec.key_size, 0, 0, Code::invalid_argument));
  SAYA_CHECK(check_range(spec, "max_entries", spec.max_entries, 1, UINT32_MAX, Code::no_space));
  SAYA_CHECK(check_flags(spec, kMapNumaNode | kMapZeroSeed | kMapSyscallFlags | kMapProgramFlags));
  SAYA_CHECK(check_range(spec, "map_extra (hash functions)", spec.map_extra, 0, kMostHashes, Code::invalid_argument));
  return bits_of(spec) / 8;
}

Result<MapPtr> open_bloom_filter(MapSpec spec, MapMemory memory) {
  return std::make_shared<BloomFilter>(std::move(spec), std::move(memory));
}

}  // namespace saya
