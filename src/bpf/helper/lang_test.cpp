// The language runtime where the kernel's test run shows nothing: bounds of views, objects in maps, the idle task.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>

#include "base/bytes.h"
#include "helper/dynptr.h"
#include "helper/errno.h"
#include "helper/object.h"
#include "helper/probe.h"
#include "helper/task.h"
#include "helper/worker.h"
#include "map/map.h"

namespace saya::helper {
namespace {

TEST(Dynptr, ShowsLessThanSixteenMegabytes) {
  abi::Run run;
  std::byte memory[8] = {};
  Dynptr view{};
  EXPECT_EQ(dynptr_from_mem(run, memory, 1 << 24, 0, &view), result(-E2BIG));
  EXPECT_EQ(view.data, nullptr);
  EXPECT_EQ(dynptr_from_mem(run, memory, (1 << 24) - 1, 0, &view), 0u);
  EXPECT_EQ(view.size, (1u << 24) - 1);
}

TEST(KernelPointer, GoesInAndComesOut) {
  const abi::Services services;
  abi::Run run{.services = &services};
  alignas(8) std::array<std::byte, 8> place{};
  const int one = 1, two = 2;
  EXPECT_EQ(kptr_xchg(run, place.data(), &one), 0u);
  EXPECT_EQ(kptr_xchg(run, place.data(), &two), reinterpret_cast<uint64_t>(&one));
  EXPECT_EQ(kptr_xchg(run, place.data(), nullptr), reinterpret_cast<uint64_t>(&two));
}

TEST(IdleTask, HasANameForEachWorker) {
  const abi::Services services{.cpu = 11};
  abi::Run run{.services = &services};
  std::array<std::byte, 16> name;
  EXPECT_EQ(get_current_comm(run, name.data(), name.size()), 0u);
  EXPECT_STREQ(reinterpret_cast<const char*>(name.data()), "swapper/11");
  EXPECT_EQ(get_current_comm(run, name.data(), 5), 0u);
  EXPECT_STREQ(reinterpret_cast<const char*>(name.data()), "swap");
}

TEST(IdleTask, ReadsAsZeroes) {
  abi::Run run;
  std::array<std::byte, 8> to;
  to.fill(std::byte{1});
  EXPECT_EQ(probe_read_kernel(run, to.data(), to.size(), get_current_task(run) + 16000), 0u);
  EXPECT_EQ(load<uint64_t>(to.data()), 0u);
  EXPECT_EQ(get_task_stack(run, nullptr, to.data(), to.size(), 0), result(-EFAULT));
  EXPECT_EQ(send_signal(run, 9), result(-EPERM));
  EXPECT_EQ(get_current_pid_tgid(run) + get_current_uid_gid(run), 0u);
  EXPECT_EQ(get_current_cgroup_id(run), get_current_ancestor_cgroup_id(run, 0));
}

TEST(ControlGroup, HasOneValueInAStorage) {
  abi::Run run;
  const MapPtr map = create_map({.name = "kept", .type = 32, .key_size = 4, .value_size = 12, .flags = 1}, {}).value();
  const std::array<std::byte, 12> initial{std::byte{7}};
  const int group = 0;
  EXPECT_EQ(cgrp_storage_get(run, map.get(), &group, nullptr, 0), 0u);
  EXPECT_EQ(cgrp_storage_delete(run, map.get(), &group), result(-ENOENT));
  const uint64_t value = cgrp_storage_get(run, map.get(), &group, initial.data(), 1);
  ASSERT_NE(value, 0u);
  EXPECT_EQ(*reinterpret_cast<std::byte*>(value), std::byte{7});
  EXPECT_EQ(cgrp_storage_get(run, map.get(), &group, nullptr, 1), value) << "it is there already";
  EXPECT_EQ(map->value_around(reinterpret_cast<std::byte*>(value) + 11).size(), 12u);
  EXPECT_EQ(cgrp_storage_delete(run, map.get(), &group), 0u);
  EXPECT_EQ(cgrp_storage_get(run, map.get(), nullptr, nullptr, 1), 0u);
}

TEST(Clocks, OfTicksStandStillBetweenThem) {
  const VirtualClock clock(11'999'999);
  const abi::Services services{.clock = &clock};
  abi::Run run{.services = &services};
  EXPECT_EQ(ktime_get_coarse_ns(run), 8'000'000u);
  EXPECT_EQ(ktime_get_tai_ns(run), 11'999'999u);
}

}  // namespace
}  // namespace saya::helper
