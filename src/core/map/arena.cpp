// BPF_MAP_TYPE_ARENA: pages that programs and user space share. Saya has no such pages: the map says what it would be,
// and has nothing to look up, as in the kernel. Flags and errors as kernel/bpf/arena.c, Linux 6.18.
#include <cerrno>

#include "map/checks.h"

namespace saya {
namespace {

constexpr uint64_t kPage = 4096, kMostBytes = uint64_t{1} << 32;
constexpr uint32_t kSegvOnFault = 1 << 17, kNoUserConversion = 1 << 18;  // BPF_F_SEGV_ON_FAULT, BPF_F_NO_USER_CONV

class Arena final : public Map {
 public:
  using Map::Map;

  std::byte* lookup(const std::byte*, uint32_t) noexcept override { return nullptr; }
  int update(const std::byte*, const std::byte*, uint64_t, uint32_t) noexcept override { return -EOPNOTSUPP; }
  int erase(const std::byte*) noexcept override { return -EOPNOTSUPP; }
  int next_key(const std::byte*, std::byte*) const noexcept override { return -EOPNOTSUPP; }
  int push(const std::byte*, uint64_t) noexcept override { return -EOPNOTSUPP; }  // An update without a key.
  std::span<std::byte> value_around(const std::byte*) noexcept override { return {}; }
};

}  // namespace

Result<size_t> arena_storage(const MapSpec& spec, uint32_t) {
  SAYA_CHECK(check_range(spec, "key_size", spec.key_size, 0, 0, Code::invalid_argument));
  SAYA_CHECK(check_range(spec, "value_size", spec.value_size, 0, 0, Code::invalid_argument));
  SAYA_CHECK(check_flags(spec, kMapMmapable | kSegvOnFault | kNoUserConversion));
  if (!(spec.flags & kMapMmapable)) return refuse(spec, Code::invalid_argument, "an arena needs the flag mmapable");
  SAYA_CHECK(check_range(spec, "max_entries", spec.max_entries, 1, kMostBytes / kPage, Code::no_space));
  if (spec.map_extra % kPage != 0)
    return refuse(spec, Code::invalid_argument, "map_extra, the address for user space, must begin a page");
  if (spec.map_extra >> 32 != (spec.map_extra + spec.max_entries * kPage - 1) >> 32)
    return refuse(spec, Code::invalid_argument, "map_extra, the address for user space, leads across 4 GiB");
  return size_t{0};
}

Result<MapPtr> open_arena(MapSpec spec, MapMemory memory) {
  return std::make_shared<Arena>(std::move(spec), std::move(memory));
}

}  // namespace saya
