// Programs of tests/parity over what frames alone do not bring: fragments, a sum that the device computed, fields of
// the context. Saya and the kernel answer the same, or refuse with the same errno.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "support/case_name.h"
#include "support/frames.h"
#include "support/needs_kernel.h"
#include "support/parity.h"

namespace saya::tests {
namespace {

constexpr uint32_t kSumComplete = 4;  // BPF_F_TEST_SKB_CHECKSUM_COMPLETE.

struct Variant {
  const char* name;
  const char* object;
  TestInput input;
};

TestInput large(size_t size) {
  TestInput input{.frame = std::vector<std::byte>(size)};
  for (size_t i = 0; i < size; ++i) input.frame[i] = static_cast<std::byte>(i * 7 + i / 256);
  return input;
}

TestInput summed(std::string_view frame) { return {.frame = frame_of(frame).value(), .flags = kSumComplete}; }

TestInput segmented(std::string_view frame) {
  return {
      .frame = frame_of(frame).value(), .ctx = {{"gso_size", 8}, {"gso_segs", 3}, {"wire_len", 200}}
  };
}

std::vector<Variant> variants() {
  std::vector<Variant> all;
  for (size_t size : {3520u, 3521u, 4096u, 7616u, 7617u, 9000u, 40000u})
    all.push_back({"in fragments", "xdp_frags", large(size)});
  for (const char* object : {"skb_ends", "skb_room", "skb_vlan", "skb_hash", "skb_sum", "skb_socket"})
    for (const char* frame : {"udp4", "tcp4", "udp6", "vlan", "arp"}) {
      all.push_back({"summed by the device", object, summed(frame)});
      all.push_back({"to be cut into segments", object, segmented(frame)});
    }
  return all;
}

class VariantOf : public testing::TestWithParam<const char*> {};

TEST_P(VariantOf, EveryProgramRunsAsInTheKernel) {
  SAYA_NEEDS_BPF();
  const auto parity = Parity::open(fmt::format("{}/bpf/tests/parity/{}.o", SAYA_BINARY_DIR, GetParam()));
  ASSERT_TRUE(parity) << parity.error().message;
  for (const Variant& variant : variants()) {
    if (std::string_view(variant.object) != GetParam()) continue;
    for (const Parity::Program& program : (*parity)->programs()) {
      SCOPED_TRACE(fmt::format("{} over {} bytes {}", program.name, variant.input.frame.size(), variant.name));
      const auto theirs = (*parity)->run_in_kernel(program, variant.input);
      const auto ours = (*parity)->run_in_saya(program, variant.input);
      ASSERT_EQ(ours.has_value(), theirs.has_value()) << (ours ? theirs : ours).error().message;
      if (ours)
        EXPECT_EQ(*ours, *theirs);
      else
        EXPECT_EQ(ours.error().message, theirs.error().message);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Objects, VariantOf,
                         testing::Values("xdp_frags", "skb_ends", "skb_room", "skb_vlan", "skb_hash", "skb_sum",
                                         "skb_socket"),
                         [](const auto& row) { return std::string(row.param); });

}  // namespace
}  // namespace saya::tests
