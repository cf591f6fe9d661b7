// What programs leave in rings, and what they find there: the memory of saya's maps against the running kernel's, byte
// for byte.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <random>

#include "helper/table.h"
#include "map/perf_event_array.h"
#include "map/ringbuf.h"
#include "map/user_ringbuf.h"
#include "support/case_name.h"
#include "support/needs_kernel.h"
#include "support/snippet.h"

namespace saya::tests {
namespace {

using Bytes = std::vector<std::byte>;
using program::Type;

constexpr size_t kPage = 4096;
constexpr uint32_t kRingBytes = 4096;

MapSpec ring_spec(uint32_t type) { return {.type = type, .max_entries = kRingBytes}; }

/// Numbers that a seed repeats.
class Dice {
 public:
  explicit Dice(uint32_t seed) : random_(seed) {}
  uint32_t below(uint32_t limit) { return static_cast<uint32_t>(random_() % limit); }

 private:
  std::mt19937 random_;
};

std::string lines(std::string text) {
  std::ranges::replace(text, ';', '\n');
  return text;
}

/// A program over one map that others may have, too.
Result<program::ProgramPtr> over(const MapPtr& map, Type type, const std::string& text) {
  SAYA_TRY(const auto code, isa::assemble(lines(text), {helper::name_of}));
  const MapSpec spec = map->spec();
  SAYA_TRY(const program::ProgramPtr made, program_of({type, code, std::span(&spec, 1)}));
  auto program = std::make_shared<program::Program>(*made);
  program->maps = {map};
  return program;
}

/// The same map in both worlds, and programs run over it.
class BothSides {
 public:
  explicit BothSides(const MapSpec& spec) : map_(create_map(spec, {.nr_cpus = 2}).value()) {
    fd_ = session_.add_map(map_).value();
  }
  /// What the program returns on both sides; fails the test when they differ.
  int32_t run(const std::string& text, Type type = Type::xdp, const Bytes& frame = Bytes(64, std::byte{0x5a})) {
    const auto program = over(map_, type, text);
    if (!program) throw std::runtime_error(program.error().message);
    const auto ours = run_in_saya(*program, {.frame = frame});
    const auto theirs = run_in_kernel(session_, **program, {.frame = frame});
    EXPECT_TRUE(ours) << ours.error().message;
    EXPECT_TRUE(theirs) << theirs.error().message;
    if (!ours || !theirs) return INT32_MIN;
    EXPECT_EQ(static_cast<int32_t>(ours->verdict), static_cast<int32_t>(theirs->verdict)) << text;
    return static_cast<int32_t>(theirs->verdict);
  }
  template <class T>
  T& map() {
    return static_cast<T&>(*map_);
  }
  int fd() const { return fd_; }

 private:
  MapPtr map_;
  kernel::Session session_;
  int fd_ = -1;
};

/// Memory of the kernel's.
class Mapping {
 public:
  Mapping(int fd, size_t bytes, size_t from, bool writable)
      : data_(static_cast<std::byte*>(::mmap(nullptr, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED,
                                             fd, static_cast<off_t>(from)))),
        size_(bytes) {
    if (data_ == MAP_FAILED) throw std::runtime_error(fmt::format("mmap: {}", std::strerror(errno)));
  }
  ~Mapping() { ::munmap(data_, size_); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  std::byte* data() const { return data_; }

 private:
  std::byte* data_;
  size_t size_;
};

/// The pages of a ring, here or there.
struct Pages {
  std::byte* consumer;
  std::byte* producer;
  std::byte* data;

  uint64_t consumed() const { return load<uint64_t>(consumer); }
  uint64_t produced() const { return load<uint64_t>(producer); }
  void consume_all() const { store(consumer, produced()); }
};

Pages pages_of(Map& map) {
  std::byte* const payload = const_cast<std::byte*>(map.memory().region().data()) + kMapPayloadOffset;
  return {payload + kPage, payload + 2 * kPage, payload + 3 * kPage};
}

std::string hex(const std::byte* bytes, size_t size) { return to_hex({bytes, size}); }

void expect_same_memory(const Pages& ours, const Pages& theirs) {
  EXPECT_EQ(hex(ours.consumer, kPage), hex(theirs.consumer, kPage));
  EXPECT_EQ(hex(ours.producer, kPage), hex(theirs.producer, kPage));
  EXPECT_EQ(hex(ours.data, kRingBytes), hex(theirs.data, kRingBytes));
}

// ---- Ring buffers

class RingMemoryParity : public testing::Test {
 protected:
  void SetUp() override {
    SAYA_NEEDS_BPF();
    sides_ = std::make_unique<BothSides>(ring_spec(BPF_MAP_TYPE_RINGBUF));
    consumer_ = std::make_unique<Mapping>(sides_->fd(), kPage, 0, true);
    producer_ = std::make_unique<Mapping>(sides_->fd(), kPage + 2 * kRingBytes, kPage, false);
    ours_ = pages_of(sides_->map<RingBuffer>());
    theirs_ = {consumer_->data(), producer_->data(), producer_->data() + kPage};
  }
  static std::string output(uint32_t size) {
    std::string text;
    for (int at = 256; at > 0; at -= 8) text += fmt::format("*(u64 *)(r10 -{}) = {};", at, at * 0x010101);
    return text + fmt::format("r1 = map[idx:0];r2 = r10;r2 += -256;r3 = {};r4 = 0;call bpf_ringbuf_output;exit", size);
  }
  static std::string reserve(uint32_t size, const char* finish) {
    return fmt::format(
        "r1 = map[idx:0];r2 = {};r3 = 0;call bpf_ringbuf_reserve;if r0 == 0 goto end;*(u64 *)(r0 +0) = {};"
        "*(u8 *)(r0 +{}) = 9;r1 = r0;r2 = 0;call bpf_ringbuf_{};r0 = 1;end: exit",
        size, size, size - 1, finish);
  }

  std::unique_ptr<BothSides> sides_;
  std::unique_ptr<Mapping> consumer_, producer_;
  Pages ours_{}, theirs_{};
};

TEST_F(RingMemoryParity, RecordsLieAsTheKernelLaysThem) {
  for (const uint32_t size : {8, 8, 0, 1, 7, 9, 16, 255, 256}) {
    EXPECT_EQ(sides_->run(output(size)), 0);
    expect_same_memory(ours_, theirs_);
  }
  EXPECT_EQ(sides_->run(reserve(24, "submit"), Type::sched_cls), 1);
  EXPECT_EQ(sides_->run(reserve(20, "discard"), Type::sched_cls), 1);
  EXPECT_EQ(sides_->run(reserve(100, "submit")), 1);
  expect_same_memory(ours_, theirs_);
}

TEST_F(RingMemoryParity, SequencesThatWrapLeaveTheSameBytes) {
  Dice dice(7);
  int full = 0;
  for (int step = 0; step < 300; ++step) {
    const uint32_t size = 1 + dice.below(200);
    switch (dice.below(4)) {
      case 0: sides_->run(reserve(std::max(size, 8u), "discard")); break;
      case 1: sides_->run(reserve(std::max(size, 8u), "submit")); break;
      default: full += sides_->run(output(size)) == -EAGAIN;
    }
    if (dice.below(50) == 0) {
      theirs_.consume_all();
      EXPECT_TRUE(sides_->map<RingBuffer>().drain([](std::span<const std::byte>) {}));
    }
    if (HasFailure()) FAIL() << "step " << step;
  }
  EXPECT_GT(full, 0);
  EXPECT_GT(theirs_.produced(), 2 * kRingBytes);
  expect_same_memory(ours_, theirs_);
}

struct Stopped {
  const char* name;
  const char* text;   ///< With a reserved record in r6.
  const char* words;  ///< Of the fault.
};

const Stopped kStopped[] = {
    {"at its end",        "r0 = 0;exit",                                                "would lead to reference leak"},
    {"in a wild access",  "r1 = 8;r0 = *(u64 *)(r1 +0);exit",                           "null pointer"                },
    {"behind its record", "*(u64 *)(r6 +16) = 1;exit",                                  "bytes at 0x"                 },
    {"in a function",     "call sub;r0 = 0;exit;sub: r1 = 8;r0 = *(u64 *)(r1 +0);exit", "null pointer"                },
};

class StoppedProgram : public testing::TestWithParam<Stopped> {};

TEST_P(StoppedProgram, LeavesNoRecordForTheRingToWaitFor) {
  const MapPtr map = create_map(ring_spec(BPF_MAP_TYPE_RINGBUF), {}).value();
  const auto run = [&](const std::string& text) {
    return run_in_saya(over(map, Type::xdp, text).value(), {.frame = Bytes(64)});
  };
  const auto stopped =
      run(std::string(
              "r1 = map[idx:0];r2 = 16;r3 = 0;call bpf_ringbuf_reserve;if r0 != 0 goto got;r0 = 9;exit;got: r6 = r0;") +
          GetParam().text);
  ASSERT_FALSE(stopped);
  EXPECT_NE(stopped.error().message.find(GetParam().words), std::string::npos) << stopped.error().message;
  ASSERT_TRUE(run("*(u64 *)(r10 -8) = 5;r1 = map[idx:0];r2 = r10;r2 += -8;r3 = 8;r4 = 0;call bpf_ringbuf_output;exit"));
  std::vector<uint64_t> seen;
  ASSERT_TRUE(static_cast<RingBuffer&>(*map).drain(
      [&](std::span<const std::byte> record) { seen.push_back(load<uint64_t>(record.data())); }));
  EXPECT_EQ(seen, std::vector<uint64_t>{5});
}

INSTANTIATE_TEST_SUITE_P(Rows, StoppedProgram, testing::ValuesIn(kStopped), case_name);

// ---- User ring buffers

/// A record as user space may write it: the length field, and how far the producer goes on.
struct Record {
  uint32_t length;
  uint32_t stride;
};
struct Drain {
  const char* name;
  std::vector<Record> records;
  const char* callback;  ///< After r3 = the count of calls, which is in r2's memory.
  int32_t r0;            ///< Of bpf_user_ringbuf_drain(), and
  uint32_t calls;
};

constexpr const char* kGoOn = "r0 = 0;exit";
constexpr const char* kStop = "r0 = 1;exit";

const Drain kDrains[] = {
    {"nothing",                            {},                                                   kGoOn, 0,       0},
    {"three records",                      {{8, 16}, {3, 16}, {100, 112}},                       kGoOn, 3,       3},
    {"a record without bytes",             {{0, 8}, {8, 16}},                                    kGoOn, 2,       2},
    {"a callback that stops",              {{8, 16}, {8, 16}, {8, 16}},                          kStop, 1,       1},
    {"a discarded record",                 {{8, 16}, {8 | kRingDiscarded, 16}, {8, 16}},         kGoOn, 2,       2},
    {"only discarded records",             {{8 | kRingDiscarded, 16}, {8 | kRingDiscarded, 16}}, kGoOn, 0,       0},
    {"a busy record first",                {{8 | kRingBusy, 16}, {8, 16}},                       kGoOn, 0,       0},
    {"a busy record behind others",        {{8, 16}, {8, 16}, {8 | kRingBusy, 16}},              kGoOn, 2,       2},
    {"a busy and discarded record",        {{8 | kRingBusy | kRingDiscarded, 16}, {8, 16}},      kGoOn, 1,       1},
    {"a record longer than what is there", {{8, 16}, {9, 16}},                                   kGoOn, -EINVAL, 1},
    {"a producer at an odd place",         {{8, 17}},                                            kGoOn, -EINVAL, 0},
    {"a record longer than the ring",      {{8, 16}, {8192, 8200}},                              kGoOn, -E2BIG,  1},
    {"the longest length",                 {{0x3fffffff, 0x40000008}},                           kGoOn, -E2BIG,  0},
    {"a length that wraps",                {{0x3ffffff9, 8}},                                    kGoOn, -EINVAL, 0},
    {"a record that fills the ring",       {{4088, 4096}},                                       kGoOn, 1,       1},
    {"a drain in a drain",
     {{8, 16}},
     "r1 = map[idx:0];r2 = subprog[inner];r3 = 0;r4 = 0;call bpf_user_ringbuf_drain;r0 = -r0;r6 = *(u64 *)(r10 -8);"
     "*(u64 *)(r6 +0) = r0;r0 = 0;exit;inner: r0 = 0;exit",                                             1,
     EBUSY                                                                                                        },
};

class DrainParity : public testing::TestWithParam<Drain> {};

void write(const std::vector<Record>& records, const Pages& pages) {
  uint64_t at = 0;
  for (const Record& record : records) {
    store(pages.data + at % kRingBytes, record.length);
    at += record.stride;
  }
  store(pages.producer, at);
}

TEST_P(DrainParity, GivesTheProgramWhatTheKernelGives) {
  SAYA_NEEDS_BPF();
  BothSides sides(ring_spec(BPF_MAP_TYPE_USER_RINGBUF));
  const Mapping consumer(sides.fd(), kPage, 0, false), producer(sides.fd(), kPage + 2 * kRingBytes, kPage, true);
  const Pages ours = pages_of(sides.map<UserRingBuffer>());
  const Pages theirs{consumer.data(), producer.data(), producer.data() + kPage};
  write(GetParam().records, ours);
  write(GetParam().records, theirs);
  const std::string call =
      "*(u64 *)(r10 -8) = 0;r1 = map[idx:0];r2 = subprog[body];r3 = r10;r3 += -8;r4 = 0;call bpf_user_ringbuf_drain;";
  const std::string body = fmt::format(
      ";body: *(u64 *)(r10 -8) = r2;r3 = *(u64 *)(r2 +0);r3 += 1;*(u64 *)(r2 +0) = r3;{}", GetParam().callback);
  EXPECT_EQ(sides.run(call + "r1 = *(u64 *)(r10 -8);r1 <<= 8;r1 += r0;r0 = r1;exit" + body),
            static_cast<int32_t>(GetParam().calls << 8) + GetParam().r0);
  expect_same_memory(ours, theirs);
}

INSTANTIATE_TEST_SUITE_P(Rows, DrainParity, testing::ValuesIn(kDrains), case_name);

// ---- Perf event arrays

const MapSpec kEvents{
    .name = "events", .type = BPF_MAP_TYPE_PERF_EVENT_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 4};

/// An event that programs on `cpu` may write to, with a ring.
class Event {
 public:
  Event(uint32_t cpu, size_t bytes) : bytes_(bytes) {
    perf_event_attr attr{};
    attr.type = PERF_TYPE_SOFTWARE;
    attr.size = sizeof attr;
    attr.config = PERF_COUNT_SW_BPF_OUTPUT;
    attr.sample_period = 1;
    attr.sample_type = PERF_SAMPLE_RAW;
    attr.wakeup_events = 1;
    fd_ = Fd(static_cast<int>(::syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
    if (!fd_) return;
    ring_ = std::make_unique<Mapping>(fd_.get(), kPage + bytes, 0, true);
    ::ioctl(fd_.get(), PERF_EVENT_IOC_ENABLE, 0);
  }
  explicit operator bool() const { return static_cast<bool>(fd_); }
  int fd() const { return fd_.get(); }
  std::byte* control() const { return ring_->data(); }
  std::string bytes() const { return hex(control() + kPage, bytes_); }
  uint64_t head() const { return load<uint64_t>(control() + 1024); }

  /// Takes the records, one text each.
  std::vector<std::string> drain() const {
    std::vector<std::string> texts;
    uint64_t at = load<uint64_t>(control() + 1032);
    while (at < head()) {
      Bytes record(bytes_);
      for (size_t i = 0; i < record.size(); ++i) record[i] = control()[kPage + (at + i) % bytes_];
      const auto header = load<perf_event_header>(record.data());
      if (header.type == PERF_RECORD_LOST)
        texts.push_back(fmt::format("lost {}", load<uint64_t>(&record[16])));
      else
        texts.push_back(hex(&record[12], load<uint32_t>(&record[8])));
      at += header.size;
    }
    store(control() + 1032, at);
    return texts;
  }

 private:
  size_t bytes_;
  Fd fd_;
  std::unique_ptr<Mapping> ring_;
};

std::vector<std::string> drain(PerfRing& ring) {
  std::vector<std::string> texts;
  EXPECT_TRUE(ring.drain([&](const PerfRecord& record) {
    texts.push_back(record.lost ? fmt::format("lost {}", record.lost) : to_hex(record.data));
  }));
  return texts;
}

class PerfParity : public testing::Test {
 protected:
  void SetUp() override { SAYA_NEEDS_BPF(); }
  /// Puts an event of `cpu` into slot 0 on both sides.
  void open(uint32_t cpu, size_t bytes) {
    event_ = std::make_unique<Event>(cpu, bytes);
    if (!*event_) GTEST_SKIP() << "perf_event_open: " << std::strerror(errno) << "; runs as root, with two CPUs";
    const uint32_t slot = 0;
    const int fd = event_->fd();
    ASSERT_TRUE(kernel::update(sides_.fd(), std::as_bytes(std::span(&slot, 1)), std::as_bytes(std::span(&fd, 1)), 0));
    ring_ = sides_.map<PerfEventArray>().open(slot, cpu, bytes).value();
  }
  void expect_same_memory() {
    EXPECT_EQ(load<uint64_t>(ring_->memory().data() + 1024), event_->head());
    EXPECT_EQ(hex(ring_->memory().data() + kPage, 4096), event_->bytes().substr(0, 8192));
  }
  static std::string output(uint32_t size, uint32_t packet = 0, const char* slot = "0xffffffff") {
    std::string text = "r6 = r1;";
    for (int at = 256; at > 0; at -= 8) text += fmt::format("*(u64 *)(r10 -{}) = {};", at, at * 0x010101);
    return text + fmt::format(
                      "r1 = r6;r2 = map[idx:0];r3 = {} ll;r4 = {} ll;r3 |= r4;r4 = r10;r4 += -256;r5 = {};"
                      "call bpf_perf_event_output;exit",
                      uint64_t{packet} << 32, slot, size);
  }

  BothSides sides_{kEvents};
  std::unique_ptr<Event> event_;
  std::shared_ptr<PerfRing> ring_;
};

TEST_F(PerfParity, RecordsLieAsTheKernelLaysThem) {
  open(0, 4096);
  if (IsSkipped()) return;
  for (const uint32_t size : {8u, 0u, 1u, 4u, 5u, 12u, 13u, 255u}) EXPECT_EQ(sides_.run(output(size)), 0);
  for (const uint32_t packet : {1u, 14u, 33u, 64u}) {
    EXPECT_EQ(sides_.run(output(6, packet)), 0);
    EXPECT_EQ(sides_.run(output(6, packet, "0"), Type::sched_cls), 0);
  }
  EXPECT_EQ(sides_.run(output(6, 65)), -EFAULT);
  expect_same_memory();
  EXPECT_EQ(drain(*ring_), event_->drain());
}

TEST_F(PerfParity, AFullRingCountsWhatItLoses) {
  open(0, 4096);
  if (IsSkipped()) return;
  Dice dice(3);
  int lost = 0;
  std::vector<std::string> ours, theirs;
  const auto drain_both = [&] {
    for (const std::string& text : drain(*ring_)) ours.push_back(text);
    for (const std::string& text : event_->drain()) theirs.push_back(text);
  };
  for (int step = 0; step < 200; ++step) {
    lost += sides_.run(output(dice.below(256), dice.below(65))) == -ENOSPC;
    if (dice.below(30) == 0) drain_both();
    if (HasFailure()) FAIL() << "step " << step;
  }
  drain_both();
  EXPECT_GT(lost, 0);
  // The bytes that fill a record up to a multiple of 8 mean nothing.
  EXPECT_EQ(ours, theirs);
}

TEST_F(PerfParity, AnEventOfAnotherCpuTakesNothing) {
  open(1, 4096);
  if (IsSkipped()) return;
  EXPECT_EQ(sides_.run(output(8, 0, "0")), -EOPNOTSUPP);
  EXPECT_EQ(sides_.run("r1 = map[idx:0];r2 = 0;call bpf_perf_event_read;exit"), -EINVAL);
}

TEST_F(PerfParity, AnEventHasCountedNothing) {
  open(0, 4096);
  if (IsSkipped()) return;
  EXPECT_EQ(sides_.run(output(8)), 0);
  EXPECT_EQ(sides_.run("r1 = map[idx:0];r2 = 0;call bpf_perf_event_read;exit"), 0);
  EXPECT_EQ(sides_.run("*(u64 *)(r10 -24) = 5;r1 = map[idx:0];r2 = 0;r3 = r10;r3 += -24;r4 = 24;"
                       "call bpf_perf_event_read_value;r1 = *(u64 *)(r10 -24);r0 += r1;exit"),
            0);
}

}  // namespace
}  // namespace saya::tests
