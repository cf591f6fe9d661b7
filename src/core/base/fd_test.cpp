// Who closes a descriptor, and when.
#include "base/fd.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace saya {
namespace {

TEST(Fd, closes_what_it_owns_once) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  Fd reading(ends[0]);
  {
    Fd writing(ends[1]);
    Fd moved = std::move(writing);
    EXPECT_FALSE(writing);
    EXPECT_EQ(moved.get(), ends[1]);
  }
  char byte;
  EXPECT_EQ(::read(reading.get(), &byte, 1), 0);  // End of file: no writer is left.
  const int released = reading.release();
  EXPECT_FALSE(reading);
  EXPECT_EQ(::close(released), 0);
}

}  // namespace
}  // namespace saya
