// What comes out of files and pipes, and what is refused.
#include "base/read_all.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/fd.h"

namespace saya {
namespace {

TEST(ReadAll, gives_what_a_pipe_held) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Fd reading(ends[0]);
  Fd writing(ends[1]);
  ASSERT_EQ(::write(writing.get(), "abc", 3), 3);
  writing.reset();
  const auto text = read_all(reading.get(), 3, "the pipe");
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(*text, "abc");
}

TEST(ReadAll, stops_at_the_limit_of_what_never_ends) {
  const auto text = read_whole_file("/dev/zero", 1000);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().message, "/dev/zero: has more than 1000 bytes, the most that are read");
}

TEST(ReadAll, says_why_a_file_cannot_be_read) {
  const auto missing = read_whole_file("/no/such/file", 1000), directory = read_whole_file("/", 1000);
  ASSERT_FALSE(missing || directory);
  EXPECT_EQ(missing.error().message, "/no/such/file: cannot be opened: No such file or directory");
  EXPECT_EQ(directory.error().message, "/: cannot be read: Is a directory");
}

}  // namespace
}  // namespace saya
