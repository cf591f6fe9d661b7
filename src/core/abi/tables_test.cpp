#include "abi/tables.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace saya::abi {
namespace {

struct VerdictCase {
  Hook hook;
  int32_t number;
  std::string_view name;  ///< Empty: the hook does not know it.
};

constexpr VerdictCase kVerdictCases[] = {
    {Hook::xdp, 0,          "XDP_ABORTED"      },
    {Hook::xdp, 4,          "XDP_REDIRECT"     },
    {Hook::xdp, 5,          ""                 },
    {Hook::xdp, -1,         ""                 },
    {Hook::tc,  -1,         "TC_ACT_UNSPEC"    },
    {Hook::tc,  2,          "TC_ACT_SHOT"      },
    {Hook::tc,  1,          "TC_ACT_RECLASSIFY"},
    {Hook::tc,  3,          "TC_ACT_PIPE"      },
    {Hook::tc,  8,          "TC_ACT_TRAP"      },
    {Hook::tc,  0x20000001, ""                 },
};

TEST(Verdicts, AreFoundByHookAndNumber) {
  for (const auto& [hook, number, name] : kVerdictCases) {
    const Verdict* verdict = find_verdict(hook, number);
    EXPECT_EQ(verdict ? verdict->name : "", name) << to_string(hook) << ' ' << number;
  }
}

TEST(Verdicts, AreEachListedOnce) {
  std::set<std::pair<Hook, int32_t>> seen;
  for (const Verdict& verdict : verdicts())
    EXPECT_TRUE(seen.emplace(verdict.hook, verdict.number).second) << verdict.name;
}

TEST(Drops, HaveANameAndWords) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < kDrops; ++i) {
    EXPECT_TRUE(names.insert(to_string(static_cast<Drop>(i))).second);
    EXPECT_FALSE(words(static_cast<Drop>(i)).empty());
  }
  EXPECT_EQ(to_string(Drop::tc_egress), "tc_egress");
  EXPECT_EQ(words(Drop::tc_egress), "a program at tc egress said TC_ACT_SHOT or TCX_DROP");
}

}  // namespace
}  // namespace saya::abi
