#include "abi/map_calls.h"

#include <gtest/gtest.h>

namespace saya::abi {
namespace {

struct Case {
  uint32_t helper;
  uint32_t type;
  bool takes;
};
constexpr Case kCases[] = {
    {1,   1,    true }, // map_lookup_elem: hash
    {1,   3,    false}, // prog_array
    {1,   12,   true }, // array_of_maps
    {2,   12,   false},
    {12,  3,    true }, // tail_call
    {12,  2,    false},
    {51,  14,   true }, // redirect_map: devmap
    {51,  1,    false},
    {88,  22,   true }, // map_pop_elem: queue
    {88,  30,   false}, // bloom_filter
    {195, 6,    true }, // map_lookup_percpu_elem
    {195, 2,    false},
    {1,   4000, true }, // Unknown numbers are not restricted.
    {999, 1,    true },
};

TEST(MapCalls, HelpersTakeTheMapsThatTheKernelLetsThemHave) {
  for (const Case& c : kCases) EXPECT_EQ(takes_map(c.helper, c.type), c.takes) << c.helper << " of type " << c.type;
}

}  // namespace
}  // namespace saya::abi
