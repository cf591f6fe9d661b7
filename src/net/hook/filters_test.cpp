// Where filters go, in tc's order and with tc's refusals (semantics a.5, measured on Linux 6.18).
#include "hook/filters.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "support/case_name.h"

namespace saya::hook {
namespace {

struct Add {
  uint16_t pref = 0;
  uint32_t handle = 0;
  uint16_t protocol = kProtocolAll;
  uint32_t chain = 0;
  bool replace = false;
};

struct OrderCase {
  const char* name;
  std::vector<Add> adds;
  std::string want;  ///< "chain.pref.handle" of each filter in order, or a part of the refusal after "refused: ".
  friend void PrintTo(const OrderCase& c, std::ostream* os) { *os << c.name; }
};

const OrderCase kCases[] = {
    {"lower prefs run first",                                   {{.pref = 10}, {.pref = 5}, {.pref = 20}},   "0.5.1 0.10.1 0.20.1"                                    },
    {"inside a pref the newest runs first",
     {{.pref = 10, .handle = 1}, {.pref = 10, .handle = 2}, {.pref = 10, .handle = 3}},
     "0.10.3 0.10.2 0.10.1"                                                                                                                                           },
    {"the first automatic pref is 49152",                       {{}},                                        "0.49152.1"                                              },
    {"automatic prefs count down, so a newer one runs earlier", {{}, {}, {}},                                "0.49150.1 0.49151.1 0.49152.1"                          },
    {"an automatic pref goes below the lowest above 32767",
     {{.pref = 7}, {.pref = 40000}, {}},
     "0.7.1 0.39999.1 0.40000.1"                                                                                                                                      },
    {"an automatic pref takes no notice of low ones",           {{.pref = 7}, {}},                           "0.7.1 0.49152.1"                                        },
    {"below 32768 nothing is left",                             {{.pref = 32768}, {}},                       "refused: Lowest ID from auto-alloc range already in use"},
    {"an automatic handle is the lowest free one",
     {{.pref = 1, .handle = 1}, {.pref = 1, .handle = 3}, {.pref = 1}},
     "0.1.2 0.1.3 0.1.1"                                                                                                                                              },
    {"the same pref and handle twice is refused",
     {{.pref = 1, .handle = 1}, {.pref = 1, .handle = 1}},
     "refused: Filter already exists"                                                                                                                                 },
    {"a pref has one protocol",
     {{.pref = 1, .protocol = 0x0800}, {.pref = 1, .protocol = 0x0806}},
     "refused: Protocol mismatch for filter with specified priority"                                                                                                  },
    {"chains are kept apart and behind",                        {{.pref = 9, .chain = 1}, {.pref = 10}},     "0.10.1 1.9.1"                                           },
    {"replace keeps the place",
     {{.pref = 1, .handle = 1}, {.pref = 1, .handle = 2}, {.pref = 1, .handle = 1, .replace = true}},
     "0.1.2 0.1.1"                                                                                                                                                    },
    {"replace of nothing adds",                                 {{.pref = 3, .handle = 7, .replace = true}}, "0.3.7"                                                  },
};

std::string build(const OrderCase& c, FilterList& list) {
  for (const Add& add : c.adds) {
    Filter filter{.chain = add.chain, .pref = add.pref, .handle = add.handle, .protocol = add.protocol, .program = {}};
    const auto added = add.replace ? list.replace(filter) : list.add(filter);
    if (!added) return "refused: " + added.error().message;
  }
  std::string order;
  for (const Filter& filter : list.all())
    order += (order.empty() ? "" : " ") + std::to_string(filter.chain) + "." + std::to_string(filter.pref) + "." +
             std::to_string(filter.handle);
  return order;
}

class FilterOrder : public testing::TestWithParam<OrderCase> {};
TEST_P(FilterOrder, IsTheKernels) {
  FilterList list;
  const std::string order = build(GetParam(), list);
  if (GetParam().want.starts_with("refused"))
    EXPECT_EQ(order.substr(0, GetParam().want.size()), GetParam().want);
  else
    EXPECT_EQ(order, GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Filters, FilterOrder, testing::ValuesIn(kCases), tests::case_name);

TEST(FilterList, OnlyChainZeroIsEntered) {
  FilterList list;
  ASSERT_TRUE(list.add({.chain = 1, .pref = 1, .program = {}}));
  EXPECT_TRUE(list.entered().empty());
  ASSERT_TRUE(list.add({.pref = 2, .program = {}}));
  ASSERT_EQ(list.entered().size(), 1u);
  EXPECT_EQ(list.entered().front().pref, 2);
}

TEST(FilterList, RemovingTheLastHandleFreesThePrefForAnotherProtocol) {
  FilterList list;
  ASSERT_TRUE(list.add({.pref = 1, .handle = 1, .protocol = 0x0800, .program = {}}));
  EXPECT_EQ(list.remove(0, 1, 9).error().code, Code::no_such_entry);
  ASSERT_TRUE(list.remove(0, 1, 1));
  EXPECT_TRUE(list.add({.pref = 1, .protocol = 0x0806, .program = {}}));
  EXPECT_EQ(list.remove(0, 5, 0).error().message, "Filter with specified priority/protocol not found");
}

TEST(FilterList, AFlushTakesOneChain) {
  FilterList list;
  for (const uint32_t chain : {0u, 0u, 3u}) ASSERT_TRUE(list.add({.chain = chain, .program = {}}));
  EXPECT_EQ(list.remove(0, 0, 1).error().message, "Cannot flush filters with protocol, handle or kind set");
  ASSERT_TRUE(list.remove(0, 0, 0));
  EXPECT_TRUE(list.entered().empty());
  EXPECT_EQ(list.all().size(), 1u);
  EXPECT_TRUE(list.remove(7, 0, 0)) << "a chain that is not there";
}

}  // namespace
}  // namespace saya::hook
