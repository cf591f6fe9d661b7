// Queues, stacks and bloom filters: the host's side against the running kernel's, threads, and hostile memory.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <random>
#include <thread>

#include "base/bytes.h"
#include "kernel/bpf.h"
#include "map/host.h"
#include "map/queue_host.h"
#include "support/case_name.h"
#include "support/needs_kernel.h"

namespace saya {
namespace {

using Bytes = std::vector<std::byte>;

constexpr uint32_t kQueue = BPF_MAP_TYPE_QUEUE, kStack = BPF_MAP_TYPE_STACK, kBloom = BPF_MAP_TYPE_BLOOM_FILTER,
                   kRing = BPF_MAP_TYPE_RINGBUF, kUserRing = BPF_MAP_TYPE_USER_RINGBUF,
                   kEvents = BPF_MAP_TYPE_PERF_EVENT_ARRAY;

MapSpec spec_of(uint32_t type, uint32_t key, uint32_t value, uint32_t entries, uint32_t flags = 0, uint64_t extra = 0) {
  return {.name = "m",
          .type = type,
          .key_size = key,
          .value_size = value,
          .max_entries = entries,
          .flags = flags,
          .map_extra = extra};
}

template <class T>
int errno_of(const Result<T>& result) {
  return result ? 0 : to_errno(result.error().code);
}

// ---- Creation

struct Creation {
  const char* name;
  MapSpec spec;
  int error;
};

const Creation kCreations[] = {
    {"a_queue_has_no_keys", spec_of(kQueue, 4, 4, 4), EINVAL},
    {"a_queue_needs_a_value", spec_of(kQueue, 0, 0, 4), EINVAL},
    {"a_stack_needs_entries", spec_of(kStack, 0, 4, 0), EINVAL},
    {"a_queue_value_may_have_4_mib", spec_of(kQueue, 0, 1 << 22, 1), 0},
    {"a_stack_value_of_4_mib_and_1_is_too_big", spec_of(kStack, 0, (1 << 22) + 1, 1), E2BIG},
    {"a_stack_of_2_to_the_54_bytes_has_no_memory", spec_of(kStack, 0, 1 << 22, UINT32_MAX), ENOMEM},
    {"a_wrong_queue_flag_wins_over_a_big_value", spec_of(kQueue, 0, 1 << 23, 4, 1), EINVAL},
    {"a_bloom_filter_has_no_keys", spec_of(kBloom, 4, 4, 4), EINVAL},
    {"a_bloom_filter_needs_a_value", spec_of(kBloom, 0, 0, 4), EINVAL},
    {"a_bloom_filter_needs_entries", spec_of(kBloom, 0, 4, 0), EINVAL},
    {"a_bloom_filter_has_1_hash", spec_of(kBloom, 0, 4, 4, 0, 1), 0},
    {"a_bloom_filter_has_15_hashes", spec_of(kBloom, 0, 4, 4, 0, 15), 0},
    {"a_bloom_filter_has_no_16_hashes", spec_of(kBloom, 0, 4, 4, 0, 16), EINVAL},
    {"a_bloom_filter_has_no_other_extra", spec_of(kBloom, 0, 4, 4, 0, 1ull << 32), EINVAL},
    {"a_bloom_value_of_4_mib_and_1_is_too_big", spec_of(kBloom, 0, (1 << 22) + 1, 1), E2BIG},
    {"a_queue_has_no_extra", spec_of(kQueue, 0, 4, 4, 0, 1), EINVAL},
    {"a_hash_has_no_extra", spec_of(BPF_MAP_TYPE_HASH, 4, 4, 4, 0, 1), EINVAL},
    {"a_ring_of_a_page", spec_of(kRing, 0, 0, 4096), 0},
    {"a_ring_of_half_a_page", spec_of(kRing, 0, 0, 2048), EINVAL},
    {"a_ring_of_three_pages", spec_of(kRing, 0, 0, 3 * 4096), EINVAL},
    {"a_ring_of_nothing", spec_of(kRing, 0, 0, 0), EINVAL},
    {"a_ring_has_no_keys", spec_of(kRing, 4, 0, 4096), EINVAL},
    {"a_ring_has_no_values", spec_of(kRing, 0, 4, 4096), EINVAL},
    {"a_user_ring_of_a_page", spec_of(kUserRing, 0, 0, 4096), 0},
    {"a_user_ring_of_five_pages", spec_of(kUserRing, 0, 0, 5 * 4096), EINVAL},
    {"an_event_value_has_4_bytes", spec_of(kEvents, 4, 8, 4), EINVAL},
    {"an_event_key_has_4_bytes", spec_of(kEvents, 8, 4, 4), EINVAL},
    {"an_event_array_needs_entries", spec_of(kEvents, 4, 4, 0), EINVAL},
};

class KeylessCreation : public testing::TestWithParam<Creation> {};

TEST_P(KeylessCreation, is_refused_where_the_kernel_refuses_it) {
  EXPECT_EQ(errno_of(create_map(GetParam().spec, {})), GetParam().error);
  SAYA_NEEDS_BPF();
  EXPECT_EQ(errno_of(kernel::create_map(GetParam().spec)), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(map, KeylessCreation, testing::ValuesIn(kCreations), tests::case_name);

TEST(KeylessCreationFlags, each_bit_is_accepted_exactly_where_the_kernel_accepts_it) {
  SAYA_NEEDS_BPF();
  const MapSpec specs[] = {spec_of(kQueue, 0, 4, 4),   spec_of(kStack, 0, 4, 4),       spec_of(kBloom, 0, 4, 4),
                           spec_of(kRing, 0, 0, 4096), spec_of(kUserRing, 0, 0, 4096), spec_of(kEvents, 4, 4, 4)};
  for (MapSpec spec : specs)
    for (uint32_t bit = 0; bit < 32; ++bit) {
      spec.flags = 1u << bit;
      EXPECT_EQ(errno_of(create_map(spec, {})), errno_of(kernel::create_map(spec)))
          << map_type_name(spec.type) << " flag bit " << bit;
    }
}

// ---- Operations

/// One map here and there. Every operation is 0 or an errno, the same on both sides.
class Twins {
 public:
  explicit Twins(const MapSpec& spec)
      : ours_(create_map(spec, {.hash_key = 1}).value()), theirs_(*kernel::create_map(spec)) {}

  int put(Bytes value, uint64_t flags = 0) {
    return same(host_update(*ours_, {}, value, flags), kernel::update(theirs_.get(), {}, value, flags));
  }
  int get(Bytes& value) {
    const auto ours = host_lookup(*ours_, {});
    const auto theirs = kernel::lookup(theirs_.get(), {}, value.size());
    if (ours && theirs) {
      EXPECT_EQ(*ours, *theirs);
    }
    if (ours) value = *ours;
    return same(ours, theirs);
  }
  int take(Bytes& value) {
    const auto ours = host_pop(*ours_);
    Bytes theirs(value.size());
    const int error = command(BPF_MAP_LOOKUP_AND_DELETE_ELEM, theirs);
    if (ours && error == 0) {
      EXPECT_EQ(*ours, theirs);
    }
    if (ours) value = *ours;
    EXPECT_EQ(errno_of(ours), error);
    return error;
  }
  bool contains(Bytes value) {
    const bool ours = *host_contains(*ours_, value);
    EXPECT_EQ(ours, command(BPF_MAP_LOOKUP_ELEM, value) == 0);
    return ours;
  }
  int erase() { return same(host_erase(*ours_, {}), kernel::erase(theirs_.get(), {})); }
  int next() {
    std::byte none{};
    const auto theirs = kernel::next_key(theirs_.get(), {}, 0);
    EXPECT_EQ(-ours_->next_key(nullptr, &none), errno_of(theirs));
    return errno_of(theirs);
  }

 private:
  template <class A, class B>
  static int same(const A& ours, const B& theirs) {
    EXPECT_EQ(errno_of(ours), errno_of(theirs));
    return errno_of(ours);
  }
  int command(bpf_cmd command, Bytes& value) {
    bpf_attr attr;
    std::memset(&attr, 0, sizeof attr);
    attr.map_fd = static_cast<uint32_t>(theirs_.get());
    attr.value = reinterpret_cast<uint64_t>(value.data());
    return ::syscall(SYS_bpf, command, &attr, sizeof attr) < 0 ? errno : 0;
  }

  MapPtr ours_;
  Fd theirs_;
};

Bytes number(uint64_t value, size_t size) {
  Bytes bytes(size);
  std::memcpy(bytes.data(), &value, std::min(size, sizeof value));
  return bytes;
}

TEST(QueueTwins, random_operations_get_the_kernels_answers) {
  SAYA_NEEDS_BPF();
  for (const uint32_t type : {kQueue, kStack})
    for (const uint32_t size : {1u, 8u, 13u}) {
      SCOPED_TRACE(fmt::format("{} of {} bytes", map_type_name(type), size));
      Twins twins(spec_of(type, 0, size, 5));
      std::mt19937 random(size);
      Bytes value(size);
      for (int step = 0; step < 2000; ++step) switch (random() % 4) {
          case 0: twins.take(value); break;
          case 1: twins.get(value); break;
          default: twins.put(number(random(), size), random() % 5);
        }
    }
}

TEST(QueueTwins, have_no_keys) {
  SAYA_NEEDS_BPF();
  for (const uint32_t type : {kQueue, kStack}) {
    Twins twins(spec_of(type, 0, 8, 2));
    EXPECT_EQ(twins.erase(), EINVAL);
    EXPECT_EQ(twins.next(), EINVAL);
  }
  Twins filter(spec_of(kBloom, 0, 8, 2));
  EXPECT_EQ(filter.erase(), EOPNOTSUPP);
  EXPECT_EQ(filter.next(), EOPNOTSUPP);
}

/// Under BPF_F_ZERO_SEED even what the filter says wrongly is the same.
TEST(BloomTwins, answer_alike_for_values_that_were_never_pushed) {
  SAYA_NEEDS_BPF();
  constexpr uint32_t kZeroSeed = 64;
  int wrong = 0;
  for (const uint64_t hashes : {0, 1, 3, 15})
    for (const uint32_t size : {1u, 3u, 4u, 8u, 12u, 13u, 24u, 31u}) {
      SCOPED_TRACE(fmt::format("{} hashes of {} bytes", hashes, size));
      Twins twins(spec_of(kBloom, 0, size, 20, kZeroSeed, hashes));
      std::mt19937 random(size);
      for (int i = 0; i < 40; ++i) EXPECT_EQ(twins.put(number(random() | uint64_t{random()} << 32, size)), 0);
      EXPECT_EQ(twins.put(number(1, size), kUpdateExist), EINVAL);
      for (uint64_t i = 0; i < 300; ++i) wrong += twins.contains(number(i * 0x10001, size));
    }
  EXPECT_GT(wrong, 0);
}

TEST(QueueHost, says_what_is_wrong) {
  const auto message = [](const auto& result) { return result ? std::string() : result.error().message; };
  const MapPtr queue = create_map(spec_of(kQueue, 0, 4, 1), {}).value();
  EXPECT_EQ(message(host_pop(*queue)), "map 'm': it is empty");
  EXPECT_EQ(message(host_push(*queue, Bytes(3))), "map 'm': the value has 3 bytes, must be 4");
  EXPECT_TRUE(host_push(*queue, Bytes(4)));
  EXPECT_EQ(message(host_push(*queue, Bytes(4))), "map 'm': it is full: 1 entries");
  EXPECT_EQ(message(host_push(*queue, Bytes(4), 1)), "map 'm': its type does not allow the flags");
  EXPECT_EQ(message(host_contains(*queue, Bytes(4))), "map 'm': only a bloom filter can be asked for one");
  const MapPtr filter = create_map(spec_of(kBloom, 0, 4, 1), {}).value();
  EXPECT_EQ(message(host_lookup(*filter, {})), "map 'm': a bloom filter keeps no values: it can only be asked for one");
  EXPECT_EQ(message(host_pop(*filter)), "map 'm': its type does not allow the operation");
}

// ---- Threads

constexpr uint64_t kValuesEach = 20'000;
constexpr uint64_t kPushers = 3;

class ManyThreads : public testing::TestWithParam<uint32_t> {};

TEST_P(ManyThreads, lose_no_value_and_see_none_twice) {
  const MapPtr map = create_map(spec_of(GetParam(), 0, 8, 64), {}).value();
  std::vector<std::atomic<uint8_t>> seen(kPushers * kValuesEach);
  std::atomic<uint64_t> taken = 0;
  std::vector<std::jthread> threads;
  for (uint64_t pusher = 0; pusher < kPushers; ++pusher)
    threads.emplace_back([&, pusher] {
      for (uint64_t i = 0; i < kValuesEach; ++i) {
        const uint64_t value = pusher * kValuesEach + i;
        while (map->push(reinterpret_cast<const std::byte*>(&value), 0) != 0) std::this_thread::yield();
      }
    });
  for (int popper = 0; popper < 2; ++popper)
    threads.emplace_back([&] {
      while (taken < seen.size()) {
        uint64_t value = 0;
        if (map->pop(reinterpret_cast<std::byte*>(&value)) == 0) {
          ++seen.at(value);
          ++taken;
        } else {
          std::this_thread::yield();
        }
      }
    });
  threads.clear();
  EXPECT_TRUE(std::ranges::all_of(seen, [](const auto& times) { return times == 1; }));
}

INSTANTIATE_TEST_SUITE_P(map, ManyThreads, testing::Values(kQueue, kStack));

TEST(BloomFilter, threads_lose_no_bit) {
  const MapPtr map = create_map(spec_of(kBloom, 0, 8, 1000), {.hash_key = 5}).value();
  std::vector<std::jthread> threads;
  for (uint64_t first = 0; first < 3; ++first)
    threads.emplace_back([&, first] {
      for (uint64_t value = first; value < 3000; value += 3) EXPECT_EQ(map->push(number(value, 8).data(), 0), 0);
    });
  threads.clear();
  for (uint64_t value = 0; value < 3000; ++value) EXPECT_EQ(map->peek(number(value, 8).data()), 0);
}

// ---- Memory that others have

TEST(SharedQueue, is_the_same_queue_after_opening) {
  const MapSpec spec = spec_of(kBloom, 0, 8, 10, 0, 7);
  for (const MapSpec& one : {spec, spec_of(kQueue, 0, 8, 3)}) {
    const MapPtr map = create_map(one, {.shareable = true}).value();
    EXPECT_TRUE(host_push(*map, number(42, 8)));
    const MapPtr again = open_map(*Region::map(Fd(::dup(map->memory().region().fd())))).value();
    EXPECT_EQ(again->spec().map_extra, one.map_extra);
    Bytes value = number(42, 8);
    EXPECT_EQ(again->peek(value.data()), 0);
    EXPECT_EQ(value, number(42, 8));
  }
}

/// Only that nothing outside is touched (the sanitizers look), and that everything ends.
TEST(HostileQueue, no_bytes_lead_outside) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const MapPtr map = create_map(spec_of(round % 2 ? kQueue : kStack, 0, 8, 5), {}).value();
    std::byte* const payload = const_cast<std::byte*>(map->memory().region().data()) + kMapPayloadOffset;
    for (size_t at = 4; at < 64; at += 4) store(payload + at, static_cast<uint32_t>(random()));
    uint64_t value = 0;
    for (int step = 0; step < 20; ++step) {
      map->push(reinterpret_cast<std::byte*>(&value), kUpdateExist);
      map->peek(reinterpret_cast<std::byte*>(&value));
      map->pop(reinterpret_cast<std::byte*>(&value));
    }
  }
}

TEST(HostileQueue, a_holder_that_died_is_waited_for_and_then_reported) {
  const MapPtr map = create_map(spec_of(kQueue, 0, 8, 5), {}).value();
  std::byte* const payload = const_cast<std::byte*>(map->memory().region().data()) + kMapPayloadOffset;
  store(payload, uint32_t{1});
  uint64_t value = 7;
  EXPECT_EQ(map->push(reinterpret_cast<std::byte*>(&value), 0), -EBUSY);
  EXPECT_EQ(map->pop(reinterpret_cast<std::byte*>(&value)), -EBUSY);
  EXPECT_EQ(value, 0u);
  map->recover();
  EXPECT_EQ(map->push(reinterpret_cast<std::byte*>(&value), 0), 0);
}

}  // namespace
}  // namespace saya
