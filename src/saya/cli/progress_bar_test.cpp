// The bar is drawn on a terminal, after a while, and taken away again.
#include "cli/progress_bar.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <string>

#include "base/fd.h"

namespace saya::cli {
namespace {

constexpr Nanoseconds kSecond = 1'000'000'000;

/// Standard error is something else as long as this lives.
class Errors {
 public:
  explicit Errors(int fd) : old_(::dup(STDERR_FILENO)) { ::dup2(fd, STDERR_FILENO); }
  ~Errors() { ::dup2(old_.get(), STDERR_FILENO); }

 private:
  Fd old_;
};

std::string read_some(const Fd& fd) {
  std::array<char, 4096> text;
  const ssize_t got = ::read(fd.get(), text.data(), text.size());
  return {text.data(), static_cast<size_t>(std::max<ssize_t>(got, 0))};
}

/// What a bar draws that is asked at these moments, and when it goes.
void draw(VirtualClock& clock, bool wanted) {
  ProgressBar bar(wanted, clock);
  bar.draw(100, 0.1);  // Too early.
  clock.advance_to(kSecond);
  bar.draw(2000, 0.5);
  bar.draw(2001, 0.5);  // Too soon after it.
  clock.advance_to(2 * kSecond);
  bar.draw(3000, -1);
}

TEST(ProgressBar, is_on_a_terminal_now_and_then) {
  const Fd terminal(::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  ASSERT_TRUE(terminal && ::grantpt(terminal.get()) == 0 && ::unlockpt(terminal.get()) == 0);
  const Fd screen(::open(::ptsname(terminal.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_TRUE(screen);
  VirtualClock clock;
  {
    const Errors errors(screen.get());
    draw(clock, true);
    draw(clock, false);
  }
  EXPECT_EQ(read_some(terminal),
            "\r\x1b[Ksaya: [====================                    ]  50 % 2000 packets"
            "\r\x1b[Ksaya: 3000 packets"
            "\r\x1b[K");
}

TEST(ProgressBar, is_nowhere_else) {
  std::array<int, 2> ends;
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
  const Fd out(ends[0]), in(ends[1]);
  VirtualClock clock;
  {
    const Errors errors(in.get());
    draw(clock, true);
  }
  EXPECT_EQ(read_some(out), "");
}

}  // namespace
}  // namespace saya::cli
