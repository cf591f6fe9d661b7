// How times look.
#include "run/frame.h"

#include <gtest/gtest.h>

namespace saya::run {
namespace {

TEST(Frame, times_have_nine_decimals_and_one_sign) {
  const struct {
    Nanoseconds time;
    const char* text;
  } rows[] = {
      {0,              "0.000000000" },
      {1'000'000'001,  "1.000000001" },
      {-1,             "-0.000000001"},
      {-1'500'000'000, "-1.500000000"}
  };
  for (const auto& row : rows) EXPECT_EQ(format_time(row.time), row.text);
}

}  // namespace
}  // namespace saya::run
