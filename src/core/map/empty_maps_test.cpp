// Maps that stay empty here, since what they are for lies outside of packet programs: what they may look like, and that
// they are nothing but that. The operations are compared in tests/map_kernel_test.cpp.
#include <gtest/gtest.h>

#include <cerrno>
#include <ostream>

#include "kernel/bpf.h"
#include "map/map.h"
#include "support/case_name.h"
#include "support/needs_kernel.h"

namespace saya {
namespace {

constexpr uint32_t kStackTrace = 7, kCgroup = 19, kReuseport = 20, kPerCpuCgroup = 21, kArena = 33;
constexpr uint32_t kBuildId = 32;

struct Creation {
  const char* name;
  uint32_t type, key_size, value_size, max_entries;
  uint32_t flags = 0;
  uint64_t map_extra = 0;
  friend void PrintTo(const Creation& c, std::ostream* os) { *os << c.name; }
};

const Creation kCreations[] = {
    {"a stack trace of 1 address", kStackTrace, 4, 8, 4},
    {"a stack trace of 127 addresses", kStackTrace, 4, 127 * 8, 4},
    {"a stack trace of 128 addresses", kStackTrace, 4, 128 * 8, 4},
    {"a stack trace of half an address", kStackTrace, 4, 4, 4},
    {"a stack trace of one and a half", kStackTrace, 4, 12, 4},
    {"stack traces without entries", kStackTrace, 4, 8, 0},
    {"a stack trace key of 8 bytes", kStackTrace, 8, 8, 4},
    {"a stack trace of build ids", kStackTrace, 4, 32, 4, kBuildId},
    {"a stack trace of half a build id", kStackTrace, 4, 16, 4, kBuildId},
    {"a cgroup storage with a full key", kCgroup, 16, 8, 0},
    {"a cgroup storage with a short key", kCgroup, 8, 8, 0},
    {"a cgroup storage with another key", kCgroup, 12, 8, 0},
    {"a cgroup storage without a value", kCgroup, 16, 0, 0},
    {"a cgroup storage of the largest value", kCgroup, 16, 65535 - 128, 0},
    {"a cgroup storage of a larger value", kCgroup, 16, 65536 - 128, 0},
    {"a cgroup storage with entries", kCgroup, 16, 8, 1},
    {"a percpu cgroup storage of the largest value", kPerCpuCgroup, 16, 32768, 0},
    {"a percpu cgroup storage of a larger value", kPerCpuCgroup, 16, 32769, 0},
    {"a reuseport value of 4 bytes", kReuseport, 4, 4, 4},
    {"a reuseport value of 8 bytes", kReuseport, 4, 8, 4},
    {"a reuseport value of 6 bytes", kReuseport, 4, 6, 4},
    {"a reuseport array without entries", kReuseport, 4, 4, 0},
    {"a reuseport key of 8 bytes", kReuseport, 8, 4, 4},
    {"an arena that is not mapped", kArena, 0, 0, 1},
    {"an arena", kArena, 0, 0, 1, kMapMmapable},
    {"an arena of 4 GiB", kArena, 0, 0, 1 << 20, kMapMmapable},
    {"an arena of more", kArena, 0, 0, (1 << 20) + 1, kMapMmapable},
    {"an arena with a key", kArena, 4, 0, 1, kMapMmapable},
    {"an arena with a value", kArena, 0, 8, 1, kMapMmapable},
    {"an arena without pages", kArena, 0, 0, 0, kMapMmapable},
    {"an arena at the beginning of a page", kArena, 0, 0, 1, kMapMmapable, 0x1000},
    {"an arena within a page", kArena, 0, 0, 1, kMapMmapable, 0x1001},
};

MapSpec spec_of(const Creation& c) {
  return {.name = "m",
          .type = c.type,
          .key_size = c.key_size,
          .value_size = c.value_size,
          .max_entries = c.max_entries,
          .flags = c.flags,
          .map_extra = c.map_extra};
}

template <class T>
int errno_of(const Result<T>& result) {
  return result ? 0 : to_errno(result.error().code);
}

class EmptyMapCreation : public testing::TestWithParam<Creation> {};

TEST_P(EmptyMapCreation, IsAnsweredAsInTheKernel) {
  SAYA_NEEDS_BPF();
  EXPECT_EQ(errno_of(create_map(spec_of(GetParam()), {})), errno_of(kernel::create_map(spec_of(GetParam()))));
}

INSTANTIATE_TEST_SUITE_P(Types, EmptyMapCreation, testing::ValuesIn(kCreations), tests::case_name);

TEST(EmptyMaps, HaveNothingThatAProgramCouldTouch) {
  for (const Creation& c : {
           Creation{"", kStackTrace, 4, 8, 4},
           Creation{"", kCgroup, 16, 8, 0},
           Creation{"", kPerCpuCgroup, 16, 8, 0},
           Creation{"", kReuseport, 4, 8, 4},
           Creation{"", kArena, 0, 0, 4, kMapMmapable}
  }) {
    const MapPtr map = create_map(spec_of(c), {}).value();
    const std::byte key[16] = {}, value[8] = {};
    EXPECT_EQ(map->lookup(key, 0), nullptr) << c.type;
    EXPECT_LT(map->update(key, value, kUpdateAny, 0), 0) << c.type;
    EXPECT_TRUE(map->value_around(map->memory().region().data() + kMapPayloadOffset).empty()) << c.type;
  }
}

TEST(EmptyMaps, AnArenaDoesNotLeadAcross4GiB) {
  EXPECT_FALSE(create_map(spec_of({"", kArena, 0, 0, 2, kMapMmapable, 0xfffff000}), {}));
}

}  // namespace
}  // namespace saya
