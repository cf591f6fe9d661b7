// Records and bookkeeping as kernel/events/ring_buffer.c and perf_output_sample() of kernel/events/core.c, Linux 6.18,
// for events that user space opens as PERF_COUNT_SW_BPF_OUTPUT with PERF_SAMPLE_RAW.
#include "map/perf_ring.h"

#include <fmt/format.h>
#include <linux/perf_event.h>

#include <bit>

#include "base/bytes.h"
#include "map/words.h"

namespace saya {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kHead = offsetof(perf_event_mmap_page, data_head);
constexpr size_t kTail = offsetof(perf_event_mmap_page, data_tail);
static_assert(kHead == 1024 && kTail == 1032);

/// PERF_RECORD_SAMPLE with PERF_SAMPLE_RAW, up to the raw bytes.
struct Sample {
  perf_event_header header;
  uint32_t size;
};
struct Lost {
  perf_event_header header;
  uint64_t id;
  uint64_t lost;
};

/// A sample's bytes in the ring.
uint64_t sample_bytes(uint64_t raw) { return sizeof(perf_event_header) + round_up(sizeof(uint32_t) + raw); }

}  // namespace

Result<std::shared_ptr<PerfRing>> PerfRing::create(uint32_t cpu, size_t bytes) {
  if (!std::has_single_bit(bytes) || bytes < kPage)
    return fail(Code::invalid_argument,
                fmt::format("a ring of {} bytes, must be a power of two from {} up", bytes, kPage));
  SAYA_TRY(Region memory, Region::memfd("saya-perf", kPage + bytes));
  SAYA_TRY(Region view, memory.mirror(0, kPage + bytes, bytes));
  return std::shared_ptr<PerfRing>(new PerfRing(cpu, std::move(memory), std::move(view), bytes));
}

PerfRing::PerfRing(uint32_t cpu, Region memory, Region view, size_t bytes) noexcept
    : cpu_(cpu),
      memory_(std::move(memory)),
      view_(std::move(view)),
      base_(const_cast<std::byte*>(view_.data())),
      size_(bytes) {
  store(base_ + offsetof(perf_event_mmap_page, data_offset), uint64_t{kPage});
  store(base_ + offsetof(perf_event_mmap_page, data_size), uint64_t{bytes});
}

std::byte* PerfRing::data(uint64_t position) const noexcept {
  return base_ + kPage + (position & (size_ - 1) & ~uint64_t{7});
}

/// Room for the raw bytes, behind their headers and, if records were lost, a record that says so.
std::byte* PerfRing::begin(uint64_t size) noexcept {
  uint64_t head = word(kHead).load(std::memory_order_relaxed);
  const uint64_t used = head - word(kTail).load(std::memory_order_acquire);
  const uint64_t wanted = sample_bytes(size) + (lost_ ? sizeof(Lost) : 0);
  if (used + wanted >= size_ || used >= size_) {  // As in the kernel, one byte stays free.
    ++lost_;
    return nullptr;
  }
  if (lost_) {
    store(data(head), Lost{
                          {PERF_RECORD_LOST, 0, sizeof(Lost)},
                          cpu_, lost_
    });
    lost_ = 0;
    head += sizeof(Lost);
  }
  const auto bytes = static_cast<uint16_t>(sample_bytes(size));
  const auto raw = static_cast<uint32_t>(bytes - sizeof(perf_event_header) - sizeof(uint32_t));
  store(data(head), perf_event_header{PERF_RECORD_SAMPLE, PERF_RECORD_MISC_KERNEL, bytes});
  store(data(head) + sizeof(perf_event_header), raw);
  next_head_ = head + bytes;
  return data(head) + sizeof(perf_event_header) + sizeof(uint32_t);
}

void PerfRing::end() noexcept { word(kHead).store(next_head_, std::memory_order_release); }

/// The record at `at`, copied so that nobody can change it any more.
Result<PerfRecord> PerfRing::read(uint64_t at, uint64_t end) {
  const auto header = load<perf_event_header>(data(at));
  if (header.size < sizeof(Sample) || header.size % 8 != 0 || header.size > end - at)
    return fail(Code::malformed, fmt::format("a perf record of {} bytes, {} are left", header.size, end - at));
  copy_.assign(data(at), data(at) + header.size);
  if (header.type == PERF_RECORD_LOST && header.size >= sizeof(Lost))
    return PerfRecord{{}, load<uint64_t>(copy_.data() + offsetof(Lost, lost))};
  constexpr size_t kRaw = sizeof(perf_event_header) + sizeof(uint32_t);
  const auto raw = load<uint32_t>(copy_.data() + sizeof(perf_event_header));
  if (header.type != PERF_RECORD_SAMPLE || raw > header.size - kRaw)
    return fail(Code::malformed, fmt::format("a perf record of type {} with {} raw bytes", header.type, raw));
  return PerfRecord{std::span(copy_).subspan(kRaw, raw), 0};
}

Result<size_t> PerfRing::drain(const std::function<void(const PerfRecord&)>& visit) {
  const std::lock_guard guard(draining_);
  const uint64_t end = word(kHead).load(std::memory_order_acquire);
  uint64_t at = word(kTail).load(std::memory_order_relaxed);
  if (end - at > size_) return fail(Code::malformed, fmt::format("{} bytes in a perf ring of {}", end - at, size_));
  size_t seen = 0;
  while (at != end) {
    const auto header = load<perf_event_header>(data(at));
    SAYA_TRY(const PerfRecord record, read(at, end));
    at += header.size;
    word(kTail).store(at, std::memory_order_release);
    visit(record);
    ++seen;
  }
  return seen;
}

}  // namespace saya
