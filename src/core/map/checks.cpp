// Refusals of map specs, with the codes of BPF_MAP_CREATE (kernel/bpf/syscall.c, Linux 6.18).
#include "map/checks.h"

#include <fmt/format.h>

namespace saya {
namespace {

constexpr uint64_t kMostPayload = uint64_t{1} << 45;

bool both(uint32_t flags, uint32_t pair) { return (flags & pair) == pair; }

}  // namespace

std::unexpected<Error> refuse(const MapSpec& spec, Code code, std::string_view what) {
  return fail(code, fmt::format("map '{}': {}", spec.name, what));
}

Result<> check_flags(const MapSpec& spec, uint32_t allowed) {
  if (spec.flags & ~allowed)
    return refuse(spec, Code::invalid_argument,
                  fmt::format("flags are {:#x}, this type knows only {:#x}", spec.flags, allowed));
  if (both(spec.flags, kMapSyscallFlags) || both(spec.flags, kMapProgramFlags))
    return refuse(spec, Code::invalid_argument,
                  fmt::format("flags {:#x} make it read-only and write-only at once", spec.flags));
  return {};
}

Result<> check_range(const MapSpec& spec, std::string_view field, uint64_t value, uint64_t least, uint64_t most,
                     Code beyond) {
  if (value >= least && value <= most) return {};
  return refuse(spec, value < least ? Code::invalid_argument : beyond,
                fmt::format("{} is {}, must be {}..{}", field, value, least, most));
}

Result<> check_indexed(const MapSpec& spec) {
  SAYA_CHECK(check_range(spec, "max_entries", spec.max_entries, 1, UINT32_MAX, Code::no_space));
  return check_range(spec, "key_size", spec.key_size, sizeof(uint32_t), sizeof(uint32_t), Code::invalid_argument);
}

Result<> check_storage(const MapSpec& spec) {
  constexpr uint32_t kClone = 512;  // BPF_F_CLONE: a listener's values for its connections; nobody connects here.
  SAYA_CHECK(check_flags(spec, kMapNoPrealloc | kClone));
  if (!(spec.flags & kMapNoPrealloc))
    return refuse(spec, Code::invalid_argument, "flags must have BPF_F_NO_PREALLOC (1)");
  SAYA_CHECK(check_range(spec, "max_entries", spec.max_entries, 0, 0, Code::invalid_argument));
  SAYA_CHECK(check_range(spec, "key_size", spec.key_size, 4, 4, Code::invalid_argument));
  return check_range(spec, "value_size", spec.value_size, 1, kMostStorageValue, Code::no_space);
}

Result<size_t> check_payload(const MapSpec& spec, size_t bytes) { return payload_bytes(spec, bytes, 1); }

Result<size_t> payload_bytes(const MapSpec& spec, uint64_t count, size_t stride) {
  if (count > kMostPayload / stride)
    return refuse(spec, Code::out_of_memory,
                  fmt::format("{} x {} bytes do not fit into an address space", count, stride));
  return static_cast<size_t>(count) * stride;
}

}  // namespace saya
