// BPF_MAP_TYPE_STACK_TRACE: call chains of the kernel, which packet programs do not collect, so it stays empty. Flags
// and errors as kernel/bpf/stackmap.c, Linux 6.18.
#include <bit>
#include <cerrno>
#include <limits>

#include "map/checks.h"
#include "map/records.h"

namespace saya {
namespace {

constexpr uint32_t kBuildId = 32;  // BPF_F_STACK_BUILD_ID: a value is made of struct bpf_stack_build_id.
constexpr uint32_t kAddress = 8, kEntry = 32;
constexpr uint32_t kMostDepth = 127;  // kernel.perf_event_max_stack as it comes.

class StackTrace final : public Map {
 public:
  using Map::Map;

  std::byte* lookup(const std::byte*, uint32_t) noexcept override { return nullptr; }
  int update(const std::byte*, const std::byte*, uint64_t, uint32_t) noexcept override { return -EINVAL; }
  int erase(const std::byte* key) noexcept override {
    return load<uint32_t>(key) < std::bit_ceil(spec().max_entries) ? -ENOENT : -E2BIG;
  }
  int next_key(const std::byte*, std::byte*) const noexcept override { return -ENOENT; }
  int take(const std::byte*, std::byte*, uint64_t) noexcept override { return -ENOENT; }
  std::span<std::byte> value_around(const std::byte*) noexcept override { return {}; }
};

}  // namespace

Result<size_t> stack_trace_storage(const MapSpec& spec, uint32_t) {
  SAYA_CHECK(check_flags(spec, kMapNumaNode | kMapSyscallFlags | kBuildId));
  SAYA_CHECK(check_indexed(spec));
  const uint32_t step = spec.flags & kBuildId ? kEntry : kAddress;
  SAYA_CHECK(check_range(spec, "value_size", spec.value_size, kAddress, kMostDepth * step, Code::invalid_argument));
  if (spec.value_size % step != 0)
    return refuse(spec, Code::invalid_argument, "value_size must be whole entries of a call chain");
  constexpr uint32_t kMostBuckets = uint32_t{1} << 31;
  SAYA_CHECK(check_range(spec, "max_entries", spec.max_entries, 1, kMostBuckets, Code::no_space));
  return size_t{0};
}

Result<MapPtr> open_stack_trace(MapSpec spec, MapMemory memory) {
  return std::make_shared<StackTrace>(std::move(spec), std::move(memory));
}

}  // namespace saya
