// What may be called, asked of the running kernel for each row and each of the measured program types.
#include "abi/kernel_calls.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <algorithm>
#include <string>

#include "abi/helper_spec.h"
#include "base/fd.h"
#include "base/read_all.h"
#include "btf/btf.h"
#include "helper/table.h"
#include "kernel/bpf.h"
#include "support/needs_kernel.h"

namespace saya::abi {
namespace {

struct Measured {
  uint32_t type;  ///< BPF_PROG_TYPE_*.
  uint32_t bit;   ///< Caller.
};
constexpr Measured kMeasured[] = {
    {BPF_PROG_TYPE_XDP,           kByXdp         },
    {BPF_PROG_TYPE_SCHED_CLS,     kByClassifier  },
    {BPF_PROG_TYPE_SCHED_ACT,     kByAction      },
    {BPF_PROG_TYPE_SOCKET_FILTER, kBySocketFilter},
};

/// What the verifier says when it refuses a program of one call; nothing when it does not. `kind` is 0 for a helper, 2
/// for a kernel function (by BTF id).
std::string verdict(uint32_t type, uint8_t kind, uint32_t callee, const char* licence) {
  const isa::RawInsn code[] = {
      {0x85, static_cast<uint8_t>(kind << 4), 0, static_cast<int32_t>(callee)},
      {0xb7, 0,                               0, 0                           },
      {0x95, 0,                               0, 0                           }
  };
  std::string log;
  const auto loaded = kernel::load_program({.type = type, .license = licence, .code = code}, &log);
  return loaded ? "" : log;
}

bool says(const std::string& log, std::string_view words) { return log.find(words) != log.npos; }

uint32_t who_may_call(uint32_t helper) {
  uint32_t callers = 0;
  for (const Measured& row : kMeasured)
    if (!says(verdict(row.type, 0, helper, "GPL"), "cannot use helper")) callers |= row.bit;
  return callers;
}

bool is_gpl_only(uint32_t helper) {
  return std::ranges::any_of(kMeasured, [&](const Measured& row) {
    return says(verdict(row.type, 0, helper, "MIT"), "cannot call GPL-restricted function");
  });
}

TEST(KernelHelpers, TheRunningKernelLetsTheSameProgramsCallThem) {
  SAYA_NEEDS_BPF();
  for (const KernelHelper& row : kernel_helpers()) {
    EXPECT_EQ(who_may_call(row.id), row.callers) << row.name;
    EXPECT_EQ(is_gpl_only(row.id), row.gpl_only && row.callers) << row.name;
    const std::string log = verdict(BPF_PROG_TYPE_XDP, 0, row.id, "MIT");
    EXPECT_TRUE(log.empty() || says(log, "call bpf_" + std::string(row.name) + "#")) << log;
  }
  EXPECT_TRUE(says(verdict(BPF_PROG_TYPE_XDP, 0, 212, "GPL"), "invalid func unknown#212"));
}

TEST(KernelFunctions, TheRunningKernelLetsTheSameProgramsCallThem) {
  SAYA_NEEDS_BPF();
  const Fd file(::open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC));
  if (!file) GTEST_SKIP() << "no /sys/kernel/btf/vmlinux: runs on a kernel built with CONFIG_DEBUG_INFO_BTF";
  const auto text = read_all(file.get(), size_t{64} << 20, "the kernel's types");
  ASSERT_TRUE(text) << text.error().message;
  const auto types = btf::Btf::parse(std::as_bytes(std::span(*text)));
  ASSERT_TRUE(types) << types.error().message;
  size_t known = 0;
  for (const KernelFunction& row : kernel_functions()) {
    const auto id = (*types)->find(btf::Kind::function, row.name);
    if (!id) continue;  // Of a module that this kernel was built without.
    ++known;
    uint32_t callers = 0;
    for (const Measured& measured : kMeasured) {
      const std::string log = verdict(measured.type, 2, *id, "GPL");
      if (!says(log, "is not allowed") && !says(log, "sleepable")) callers |= measured.bit;
    }
    EXPECT_EQ(callers, row.callers) << row.name;
    EXPECT_TRUE(says(verdict(BPF_PROG_TYPE_XDP, 2, *id, "MIT"), "from non-GPL compatible program")) << row.name;
  }
  EXPECT_GT(known, 0u);
}

TEST(KernelHelpers, SayasOwnAreCalledAsTheKernelCallsThem) {
  for (const HelperSpec& ours : helper::table()) {
    if (is_kernel_function(ours)) {
      EXPECT_TRUE(find_kernel_function(ours.name)) << ours.name;
      continue;
    }
    const KernelHelper* row = find_kernel_helper(ours.id);
    ASSERT_TRUE(row) << ours.name;
    EXPECT_EQ(row->name, ours.name);
  }
}

TEST(KernelHelpers, AreFoundByNumberAndFunctionsByName) {
  EXPECT_EQ(kernel_helpers().size(), 211u);
  EXPECT_EQ(kernel_helper_name(1), "map_lookup_elem");
  EXPECT_EQ(kernel_helper_name(211), "cgrp_storage_delete");
  EXPECT_EQ(kernel_helper_name(0), "");
  EXPECT_EQ(kernel_helper_name(212), "");
  ASSERT_TRUE(find_kernel_function("bpf_xdp_ct_lookup"));
  EXPECT_EQ(find_kernel_function("bpf_dynptr_from_xdp")->callers, kByXdp);
  EXPECT_FALSE(find_kernel_function("bpf_"));
  EXPECT_FALSE(find_kernel_function(""));
}

}  // namespace
}  // namespace saya::abi
