// DEVMAP, DEVMAP_HASH, CPUMAP, XSKMAP and CGROUP_ARRAY: every change that bpf(2) could ask for, on saya's maps and on
// the running kernel's; and what only saya has, programs of elements.
#include "map/redirect_map.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "kernel/bpf.h"
#include "map/host.h"
#include "support/case_name.h"
#include "support/fake_program.h"
#include "support/needs_kernel.h"

namespace saya {
namespace {

using Bytes = std::vector<std::byte>;

constexpr uint32_t kDev = 14, kCpu = 16, kXsk = 17, kDevHash = 25, kCgroups = 8;
constexpr uint32_t kLoopback = 1;  // The port that is there, in every network namespace.

MapSpec spec_of(uint32_t type, uint32_t value_size, uint32_t entries = 4) {
  return {.name = "m", .type = type, .key_size = 4, .value_size = value_size, .max_entries = entries};
}

MapPtr make(const MapSpec& spec) {
  return create_map(spec, {.nr_cpus = kernel::possible_cpus().value_or(1),
                           .hash_key = 7,
                           .is_port = [](uint32_t ifindex) { return ifindex == kLoopback; }})
      .value();
}

template <class T>
int errno_of(const Result<T>& result) {
  return result ? 0 : to_errno(result.error().code);
}

struct Subject {
  const char* name;
  MapSpec spec;
  friend void PrintTo(const Subject& c, std::ostream* os) { *os << c.name; }
};

const Subject kSubjects[] = {
    {"a devmap of ifindexes", spec_of(kDev, 4)},
    {"a devmap with programs", spec_of(kDev, 8)},
    {"a devmap_hash of ifindexes", spec_of(kDevHash, 4, 2)},
    {"a devmap_hash with programs", spec_of(kDevHash, 8, 2)},
    {"a cpumap of queues", spec_of(kCpu, 4)},
    {"a cpumap with programs", spec_of(kCpu, 8)},
};

/// One key on both sides, and what each answered.
class Both {
 public:
  explicit Both(const MapSpec& spec) : ours_(make(spec)), theirs_(kernel::create_map(spec).value()) {}

  void put(uint32_t key, uint32_t number, int32_t fd, uint64_t flags) {
    Bytes value(ours_->spec().value_size);
    store(value.data(), number);
    if (value.size() > 4) store(value.data() + 4, fd);
    EXPECT_EQ(errno_of(host_update(*ours_, bytes(key), value, flags)),
              errno_of(kernel::update(theirs_.get(), bytes(key), value, flags)))
        << "update key " << key << " number " << number << " fd " << fd << " flags " << flags;
    look_at(key);
  }
  void erase(uint32_t key) {
    EXPECT_EQ(errno_of(host_erase(*ours_, bytes(key))), errno_of(kernel::erase(theirs_.get(), bytes(key))))
        << "erase key " << key;
    look_at(key);
  }

 private:
  static Bytes bytes(uint32_t key) {
    Bytes raw(4);
    store(raw.data(), key);
    return raw;
  }
  void look_at(uint32_t key) {
    const auto ours = host_lookup(*ours_, bytes(key));
    const auto theirs = kernel::lookup(theirs_.get(), bytes(key), ours_->spec().value_size);
    EXPECT_EQ(ours ? to_hex(*ours) : "none", theirs ? to_hex(*theirs) : "none") << "value of key " << key;
  }

  MapPtr ours_;
  Fd theirs_;
};

class RedirectMaps : public testing::TestWithParam<Subject> {};

TEST_P(RedirectMaps, ChangeAsInTheKernel) {
  SAYA_NEEDS_BPF();
  Both both(GetParam().spec);
  for (const uint64_t flags : {0, 1, 2, 3, 4})
    for (const uint32_t key : {0, 1, 3, 4, 1000})
      for (const uint32_t number : {1u, 0u, 99999u, 16384u, 16385u})
        for (const int32_t fd : {0, -1, 9999}) both.put(key, number, fd, flags);
  for (const uint32_t key : {0, 0, 4, 1000}) both.erase(key);
}

INSTANTIATE_TEST_SUITE_P(Types, RedirectMaps, testing::ValuesIn(kSubjects), tests::case_name);

struct Creation {
  const char* name;
  MapSpec spec;
  friend void PrintTo(const Creation& c, std::ostream* os) { *os << c.name; }
};

MapSpec with_key(MapSpec spec, uint32_t key_size) {
  spec.key_size = key_size;
  return spec;
}

const Creation kCreations[] = {
    {"a devmap value of 4 bytes", spec_of(kDev, 4)},
    {"a devmap value of 8 bytes", spec_of(kDev, 8)},
    {"a devmap value of 6 bytes", spec_of(kDev, 6)},
    {"a devmap value of 16 bytes", spec_of(kDev, 16)},
    {"a devmap without entries", spec_of(kDev, 4, 0)},
    {"a devmap key of 8 bytes", with_key(spec_of(kDev, 4), 8)},
    {"a devmap_hash value of 5 bytes", spec_of(kDevHash, 5)},
    {"a devmap_hash beyond 2 to the 31", spec_of(kDevHash, 4, (1u << 31) + 1)},
    {"a cpumap value of 8 bytes", spec_of(kCpu, 8)},
    {"a cpumap value of 12 bytes", spec_of(kCpu, 12)},
    {"a cpumap of more CPUs than any kernel has", spec_of(kCpu, 4, 1 << 20)},
    {"a cpumap without entries", spec_of(kCpu, 4, 0)},
    {"an xskmap value of 8 bytes", spec_of(kXsk, 8)},
    {"an xskmap without entries", spec_of(kXsk, 4, 0)},
    {"a cgroup array value of 8 bytes", spec_of(kCgroups, 8)},
    {"a cgroup array without entries", spec_of(kCgroups, 4, 0)},
};

class RedirectMapCreation : public testing::TestWithParam<Creation> {};

TEST_P(RedirectMapCreation, IsAnsweredAsInTheKernel) {
  SAYA_NEEDS_BPF();
  EXPECT_EQ(errno_of(create_map(GetParam().spec, {})), errno_of(kernel::create_map(GetParam().spec)));
}

INSTANTIATE_TEST_SUITE_P(Types, RedirectMapCreation, testing::ValuesIn(kCreations), tests::case_name);

TEST(RedirectMap, EmptySlotsAreErasedAsInTheKernel) {
  SAYA_NEEDS_BPF();
  for (const uint32_t type : {kXsk, kCgroups})
    for (const uint32_t number : {0u, 4u}) {
      const MapPtr ours = make(spec_of(type, 4));
      const Fd theirs = kernel::create_map(spec_of(type, 4)).value();
      const auto key = std::as_bytes(std::span(&number, 1));
      EXPECT_EQ(errno_of(host_erase(*ours, key)), errno_of(kernel::erase(theirs.get(), key))) << type << " " << number;
    }
}

// ---- Programs of elements

RedirectProgram program_for(uint32_t attach_type) {
  return {.program = tests::returning(abi::Hook::xdp, 2), .expected_attach_type = attach_type, .id = 77};
}

TEST(RedirectMap, AnElementHasItsProgramAndShowsItsId) {
  for (const uint32_t type : {kDev, kDevHash}) {
    const MapPtr map = make(spec_of(type, 8));
    auto& devices = *as_redirect_map(*map);
    const RedirectProgram program = program_for(kXdpDevmap);
    ASSERT_TRUE(devices.set(3, kLoopback, program));
    ASSERT_TRUE(devices.target(3));
    EXPECT_EQ(devices.target(3)->number, kLoopback);
    EXPECT_EQ(devices.target(3)->program, program.program.get());
    const uint32_t key = 3;
    EXPECT_EQ(load<uint32_t>(map->lookup(reinterpret_cast<const std::byte*>(&key), 0) + 4), 77u);
    ASSERT_TRUE(devices.set(3, kLoopback, {}));
    EXPECT_EQ(devices.target(3)->program, nullptr);
    EXPECT_EQ(program.program.use_count(), 1);
  }
}

TEST(RedirectMap, AProgramOfTheWrongKindIsRefused) {
  const MapPtr devices = make(spec_of(kDev, 8)), narrow = make(spec_of(kDev, 4)), cpus = make(spec_of(kCpu, 8));
  EXPECT_EQ(errno_of(as_redirect_map(*devices)->set(0, kLoopback, program_for(kXdpCpumap))), EINVAL);
  EXPECT_EQ(errno_of(as_redirect_map(*narrow)->set(0, kLoopback, program_for(kXdpDevmap))), EINVAL);
  EXPECT_EQ(errno_of(as_redirect_map(*cpus)->set(0, 64, program_for(kXdpDevmap))), EINVAL);
  EXPECT_FALSE(as_redirect_map(*devices)->target(0));
  EXPECT_TRUE(as_redirect_map(*cpus)->set(0, 64, program_for(kXdpCpumap)));
}

TEST(RedirectMap, ACpumapLeadsToTheCpuAndAnXskmapToTheQueue) {
  const MapPtr cpus = make(spec_of(kCpu, 4)), sockets = make(spec_of(kXsk, 4));
  ASSERT_TRUE(as_redirect_map(*cpus)->set(0, 64, {}));
  EXPECT_EQ(as_redirect_map(*cpus)->target(0)->number, 0u);
  ASSERT_TRUE(as_redirect_map(*sockets)->set(2, 0, {}));
  EXPECT_EQ(as_redirect_map(*sockets)->target(2)->number, 0u);
  EXPECT_FALSE(as_redirect_map(*sockets)->target(1));
}

TEST(RedirectMap, ABroadcastVisitsEveryElement) {
  for (const uint32_t type : {kDev, kDevHash}) {
    const MapPtr map = create_map(spec_of(type, 4), {.nr_cpus = 1, .hash_key = 7}).value();
    uint32_t sum = 0;
    for (const uint32_t key : {0u, 1u, 3u}) ASSERT_TRUE(as_redirect_map(*map)->set(key, 10 + key, {}));
    as_redirect_map(*map)->for_each_target([&](const RedirectTarget& target) { sum += target.number; });
    EXPECT_EQ(sum, 34u);
  }
}

}  // namespace
}  // namespace saya
