// Rings of both kinds and of perf events: what their consumers see, threads, and hostile memory. What the memory holds
// is in tests/events_kernel_test.cpp.
#include "map/ringbuf.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <random>
#include <thread>

#include "base/bytes.h"
#include "base/kernel_errno.h"
#include "map/host.h"
#include "map/perf_event_array.h"
#include "map/ring_events.h"
#include "map/user_ringbuf.h"

namespace saya {
namespace {

constexpr uint32_t kRing = BPF_MAP_TYPE_RINGBUF, kUserRing = BPF_MAP_TYPE_USER_RINGBUF,
                   kEvents = BPF_MAP_TYPE_PERF_EVENT_ARRAY;

MapPtr make_ring(uint32_t type = kRing, uint32_t bytes = 4096) {
  return create_map({.name = "ring", .type = type, .max_entries = bytes}, {}).value();
}
MapPtr make_events(uint32_t slots, uint32_t cpus) {
  return create_map({.name = "events", .type = kEvents, .key_size = 4, .value_size = 4, .max_entries = slots},
                    {.nr_cpus = cpus})
      .value();
}
RingBuffer& ring_of(const MapPtr& map) { return static_cast<RingBuffer&>(*map); }
PerfEventArray& events_of(const MapPtr& map) { return static_cast<PerfEventArray&>(*map); }

template <class T>
const std::byte* raw(const T& value) {
  return reinterpret_cast<const std::byte*>(&value);
}
std::byte* payload_of(const MapPtr& map) {
  return const_cast<std::byte*>(map->memory().region().data()) + kMapPayloadOffset;
}

std::vector<uint64_t> drained(RingBuffer& ring) {
  std::vector<uint64_t> values;
  EXPECT_TRUE(ring.drain([&](std::span<const std::byte> record) { values.push_back(load<uint64_t>(record.data())); }));
  return values;
}

TEST(RingBuffer, a_consumer_sees_committed_records_in_order) {
  const MapPtr map = make_ring();
  RingBuffer& ring = ring_of(map);
  for (const uint64_t value : {1, 2, 3}) EXPECT_EQ(ring.output(raw(value), sizeof value), 0);
  EXPECT_EQ(drained(ring), (std::vector<uint64_t>{1, 2, 3}));
  EXPECT_EQ(drained(ring), std::vector<uint64_t>{});
  EXPECT_EQ(ring.available(), 0u);
}

TEST(RingBuffer, a_busy_record_holds_later_ones_back) {
  const MapPtr map = make_ring();
  RingBuffer& ring = ring_of(map);
  const uint64_t two = 2;
  std::byte* const first = ring.reserve(8);
  EXPECT_EQ(ring.output(raw(two), 8), 0);
  EXPECT_EQ(drained(ring), std::vector<uint64_t>{});
  store(first, uint64_t{1});
  RingBuffer::commit(first, false);
  EXPECT_EQ(drained(ring), (std::vector<uint64_t>{1, 2}));
}

TEST(RingBuffer, a_busy_record_keeps_the_ring_from_being_reused) {
  const MapPtr map = make_ring();
  RingBuffer& ring = ring_of(map);
  const uint64_t value = 1;
  EXPECT_EQ(ring.output(raw(value), 8), 0);
  std::byte* const busy = ring.reserve(8);
  EXPECT_EQ(drained(ring).size(), 1u);
  int room = 0;
  while (ring.output(raw(value), 8) == 0) ++room;
  EXPECT_EQ(room, 254);
  RingBuffer::commit(busy, true);
  EXPECT_EQ(drained(ring).size(), 254u);
}

TEST(RingBuffer, a_record_may_reach_over_the_end) {
  const MapPtr map = make_ring();
  RingBuffer& ring = ring_of(map);
  std::vector<std::byte> bytes(1000);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7);
  for (int round = 0; round < 50; ++round) {
    ASSERT_EQ(ring.output(bytes.data(), bytes.size()), 0);
    size_t seen = 0;
    ASSERT_TRUE(ring.drain([&](std::span<const std::byte> record) { seen += std::ranges::equal(record, bytes); }));
    ASSERT_EQ(seen, 1u);
  }
}

TEST(RingBuffer, has_no_elements) {
  const MapPtr map = make_ring();
  std::byte none{};
  EXPECT_EQ(map->lookup(&none, 0), nullptr);
  EXPECT_EQ(map->update(&none, &none, 0, 0), -ENOTSUPP);
  EXPECT_EQ(map->erase(&none), -ENOTSUPP);
  EXPECT_EQ(map->next_key(nullptr, &none), -ENOTSUPP);
  EXPECT_FALSE(host_update(*map, {}, {}));
}

TEST(RingBuffer, recovers_from_a_producer_that_died) {
  const MapPtr map = make_ring();
  RingBuffer& ring = ring_of(map);
  const uint64_t value = 5;
  ASSERT_NE(ring.reserve(100), nullptr);
  EXPECT_EQ(ring.output(raw(value), 8), 0);
  store(payload_of(map), uint32_t{1});
  EXPECT_EQ(ring.reserve(8), nullptr);
  map->recover();
  EXPECT_EQ(drained(ring), (std::vector<uint64_t>{5}));
  EXPECT_EQ(ring.output(raw(value), 8), 0);
}

TEST(RingBuffer, is_shared_by_descriptor) {
  const MapPtr map = make_ring();
  const MapPtr again = open_map(*Region::map(Fd(::dup(map->memory().region().fd())))).value();
  const uint64_t value = 9;
  EXPECT_EQ(ring_of(map).output(raw(value), 8), 0);
  EXPECT_EQ(drained(ring_of(again)), (std::vector<uint64_t>{9}));
  EXPECT_EQ(ring_of(map).available(), 0u);
}

TEST(RingBuffer, needs_memory_behind_a_descriptor) {
  const MapPtr map = make_ring();
  Region copy = *Region::reserve(map->memory().region().size());
  std::memcpy(copy.data(), map->memory().region().data(), kMapPayloadOffset);
  const auto opened = open_map(std::move(copy));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::unsupported);
}

/// Each producer numbers its records; the consumer checks that none is torn, missing or out of order.
TEST(RingBuffer, producers_in_several_threads_keep_their_order) {
  constexpr uint64_t kProducers = 3, kRecords = 30'000;
  const MapPtr map = make_ring(kRing, 16384);
  RingBuffer& ring = ring_of(map);
  std::atomic<uint64_t> running = kProducers;
  std::vector<std::jthread> threads;
  for (uint64_t producer = 0; producer < kProducers; ++producer)
    threads.emplace_back([&, producer] {
      for (uint64_t i = 0; i < kRecords;) {
        const uint64_t words = 2 + i % 5;
        std::byte* const record = ring.reserve(words * 8);
        if (!record) {
          std::this_thread::yield();
          continue;
        }
        const bool discard = i % 7 == 6;
        for (uint64_t word = 0; word < words; ++word) store(record + word * 8, producer << 32 | i);
        RingBuffer::commit(record, discard);
        ++i;
      }
      --running;
    });
  std::vector<uint64_t> next(kProducers);
  uint64_t seen = 0, wrong = 0;
  for (bool last = false; !last;) {
    last = running == 0;
    const auto count = ring.drain([&](std::span<const std::byte> record) {
      const auto first = load<uint64_t>(record.data());
      for (size_t at = 8; at < record.size(); at += 8) wrong += load<uint64_t>(record.data() + at) != first;
      uint64_t& expected = next.at(first >> 32);
      if (expected % 7 == 6) ++expected;
      wrong += (first & UINT32_MAX) != expected++;
    });
    ASSERT_TRUE(count) << count.error().message;
    seen += *count;
    if (*count == 0) std::this_thread::yield();
  }
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(seen, kProducers * (kRecords - kRecords / 7));
}

/// Only that nothing outside is touched (the sanitizers look), and that everything ends.
TEST(HostileRing, no_bytes_lead_outside) {
  std::mt19937_64 random(2);
  const uint64_t value = 1;
  for (int round = 0; round < 300; ++round) {
    const MapPtr map = make_ring(round % 2 ? kRing : kUserRing);
    std::byte* const payload = payload_of(map);
    const auto position = [&] { return random() % 4 ? random() % 10000 : random(); };
    for (const size_t at : {size_t{4096}, size_t{8192}, size_t{8200}}) store(payload + at, position());
    for (size_t at = 0; at < 4096; at += 8)
      store(payload + 12288 + at, static_cast<uint32_t>(random() % 3 ? random() % 64 : random()));
    if (map->spec().type == kRing) {
      for (int step = 0; step < 10; ++step) {
        static_cast<void>(ring_of(map).output(raw(value), 8));
        static_cast<void>(ring_of(map).drain([](std::span<const std::byte>) {}));
      }
      map->recover();
      continue;
    }
    auto& ring = static_cast<UserRingBuffer&>(*map);
    for (int step = 0; step < 10; ++step) {
      std::span<std::byte> record;
      if (ring.peek(record) == 0) {
        EXPECT_LE(record.size(), 4088u);
        for (std::byte& byte : record) byte = std::byte{1};
        ring.release(record.size());
      }
      static_cast<void>(ring.produce(std::span(raw(value), 8)));
    }
  }
}

TEST(HostileRing, a_spoilt_record_is_reported) {
  const MapPtr map = make_ring();
  const uint64_t value = 1;
  EXPECT_EQ(ring_of(map).output(raw(value), 8), 0);
  store(payload_of(map) + 3 * 4096, uint32_t{4000});
  const auto seen = ring_of(map).drain([](std::span<const std::byte>) {});
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().message, "map 'ring': a record of 4000 bytes, 16 are left");
}

TEST(UserRingBuffer, gives_what_user_space_produced_until_it_is_full) {
  const MapPtr map = make_ring(kUserRing);
  auto& ring = static_cast<UserRingBuffer&>(*map);
  uint64_t produced = 0, consumed = 0;
  for (int round = 0; round < 5; ++round) {
    int room = 0;
    for (; ring.produce(std::span(raw(produced), 8)); ++room) ++produced;
    EXPECT_EQ(room, 256);
    std::span<std::byte> record;
    while (ring.peek(record) == 0) {
      EXPECT_EQ(load<uint64_t>(record.data()), consumed++);
      ring.release(record.size());
    }
    EXPECT_EQ(ring.peek(record), -ENODATA);
  }
  const std::vector<std::byte> large(4096);
  EXPECT_FALSE(ring.produce(large));
  EXPECT_TRUE(ring.produce(std::span(large).first(4088)));
}

// ---- Perf event arrays

TEST(PerfEventArray, an_opened_slot_takes_records_for_its_cpu) {
  const MapPtr map = make_events(4, 2);
  EXPECT_EQ(events_of(map).at(1), nullptr);
  const auto ring = events_of(map).open(1, 1, 4096).value();
  EXPECT_EQ(events_of(map).at(1), ring.get());
  EXPECT_EQ(events_of(map).at(4), nullptr);
  EXPECT_EQ(events_of(map).open(4, 0, 4096).error().code, Code::no_space);
  EXPECT_EQ(events_of(map).open(0, 0, 5000).error().code, Code::invalid_argument);
  const uint32_t key = 1;
  EXPECT_EQ(map->erase(raw(key)), 0);
  EXPECT_EQ(map->erase(raw(key)), -ENOENT);
  EXPECT_EQ(events_of(map).at(1), nullptr);
}

TEST(PerfRing, a_record_may_have_65516_bytes) {
  const auto ring = PerfRing::create(0, 1 << 18).value();
  const auto fill = [](std::byte* record) { *record = std::byte{1}; };
  EXPECT_EQ(ring->output(65516, fill), 0);
  EXPECT_EQ(ring->output(65517, fill), -E2BIG);
  size_t bytes = 0;
  EXPECT_EQ(ring->drain([&](const PerfRecord& record) { bytes = record.data.size(); }).value(), 1u);
  EXPECT_EQ(bytes, 65516u);
}

TEST(PerfRing, no_bytes_lead_outside) {
  std::mt19937_64 random(4);
  for (int round = 0; round < 300; ++round) {
    const auto ring = PerfRing::create(0, 4096).value();
    std::byte* const memory = const_cast<std::byte*>(ring->memory().data());
    for (const size_t at : {size_t{1024}, size_t{1032}}) store(memory + at, random() % 4 ? random() % 10000 : random());
    for (size_t at = 4096; at < 8192; at += 8)
      store(memory + at, perf_event_header{static_cast<uint32_t>(random() % 12), 0, static_cast<uint16_t>(random())});
    for (int step = 0; step < 10; ++step) {
      static_cast<void>(ring->output(8, [](std::byte* record) { store(record, uint64_t{1}); }));
      static_cast<void>(ring->drain([](const PerfRecord&) {}));
    }
  }
}

TEST(PerfRing, a_writer_and_a_reader_agree) {
  constexpr uint64_t kRecords = 50'000;
  const auto ring = PerfRing::create(0, 4096).value();
  std::atomic<bool> done = false;
  std::jthread writer([&] {
    for (uint64_t i = 0; i < kRecords; ++i)
      static_cast<void>(ring->output(8 + i % 30, [&](std::byte* record) { store(record, i); }));
    done = true;
  });
  uint64_t next = 0, lost = 0, wrong = 0;
  for (bool last = false; !last;) {
    last = done;
    ASSERT_TRUE(ring->drain([&](const PerfRecord& record) {
      lost += record.lost;
      next += record.lost;
      if (!record.lost) wrong += load<uint64_t>(record.data.data()) != next++;
    }));
  }
  EXPECT_EQ(wrong, 0u);
  EXPECT_LE(next, kRecords);
}

// ---- Listening

TEST(RingEvents, come_from_both_kinds_of_maps) {
  const MapPtr ring = make_ring(), events = make_events(4, 2), slots = make_events(1, 2);
  for (const MapPtr& map : {ring, events, slots}) {
    EXPECT_TRUE(has_events(map->spec().type));
    EXPECT_TRUE(open_events(*map, 4096));
  }
  EXPECT_EQ(events_of(events).at(2), nullptr);  // There is no such CPU.
  const uint64_t value = 3;
  EXPECT_EQ(ring_of(ring).output(raw(value), 8), 0);
  EXPECT_EQ(events_of(events).at(1)->output(8, [&](std::byte* record) { store(record, value); }), 0);
  std::vector<std::pair<uint32_t, uint64_t>> seen;
  const auto visit = [&](const RingEvent& event) { seen.emplace_back(event.cpu, load<uint64_t>(event.data.data())); };
  for (const MapPtr& map : {ring, events, slots}) EXPECT_TRUE(drain_events(*map, visit));
  EXPECT_EQ(seen, (std::vector<std::pair<uint32_t, uint64_t>>{
                      {0, 3},
                      {1, 3}
  }));
  EXPECT_FALSE(has_events(BPF_MAP_TYPE_ARRAY));
}

}  // namespace
}  // namespace saya
