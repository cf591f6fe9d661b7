// Errors on their way up, and the table of codes.
#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>

namespace saya {
namespace {

Result<int> half_of(int number) {
  if (number % 2) return fail(Code::invalid_argument, "odd");
  return number / 2;
}

Result<int> quarter_of(int number) {
  SAYA_TRY(const int half, half_of(number));
  SAYA_TRY(const int quarter, half_of(half));
  return quarter;
}

Result<> check_even(int number) {
  SAYA_CHECK(half_of(number));
  return {};
}

TEST(Result, try_declares_the_value_or_returns_the_error) {
  EXPECT_EQ(quarter_of(12).value(), 3);
  EXPECT_EQ(quarter_of(6).error().message, "odd");
  EXPECT_EQ(quarter_of(6).error().code, Code::invalid_argument);
}

TEST(Result, check_returns_the_error_only) {
  EXPECT_TRUE(check_even(2));
  EXPECT_FALSE(check_even(3));
}

TEST(Result, try_moves_what_cannot_be_copied) {
  const auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(5); };
  const auto use = [&]() -> Result<int> {
    SAYA_TRY(const std::unique_ptr<int> owned, make());
    return *owned;
  };
  EXPECT_EQ(use().value(), 5);
}

TEST(Error, at_puts_the_outer_place_first) {
  Error error{Code::malformed, "bad relocation"};
  const Error seen = std::move(error).at("section 'xdp'");
  EXPECT_EQ(std::move(Error(seen)).at("load fw.o").message, "load fw.o: section 'xdp': bad relocation");
  EXPECT_EQ(seen.code, Code::malformed);
}

constexpr Code kCodes[] = {
#define SAYA_CODE(name, err, text) Code::name,
#include "base/codes.def"
};

TEST(Codes, every_code_has_its_own_errno_and_words) {
  std::set<int> errors;
  std::set<std::string_view> words;
  for (const Code code : kCodes) {
    EXPECT_GT(to_errno(code), 0);
    EXPECT_TRUE(errors.insert(to_errno(code)).second) << to_string(code);
    EXPECT_TRUE(words.insert(to_string(code)).second) << to_string(code);
  }
}

TEST(Codes, a_code_survives_the_way_through_errno) {
  for (const Code code : kCodes) EXPECT_EQ(fail_errno("x", to_errno(code)).error().code, code) << to_string(code);
}

struct Row {
  int error;
  Code code;
};

TEST(Codes, an_errno_outside_the_table_is_the_nearest_code) {
  for (const Row row : {
           Row{EPERM,  Code::not_permitted},
           Row{ENOSPC, Code::io           },
           Row{EBADF,  Code::io           }
  })
    EXPECT_EQ(fail_errno("x", row.error).error().code, row.code) << row.error;
}

TEST(Codes, a_failed_call_says_what_failed_and_why) {
  EXPECT_EQ(fail_errno("open 'a.pcap'", ENOENT).error().message, "open 'a.pcap': No such file or directory");
}

}  // namespace
}  // namespace saya
