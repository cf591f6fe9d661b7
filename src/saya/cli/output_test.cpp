// What becomes of output that nobody takes.
#include "cli/output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "cli/command.h"

namespace saya::cli {
namespace {

/// Standard output becomes `path`; the answer of `size` bytes is printed; the exit code is that of a success.
[[noreturn]] void answer(const char* path, size_t size) {
  ::dup2(::open(path, O_WRONLY), STDOUT_FILENO);
  print(std::string(size, 'x'));
  std::_Exit(finish_output(kOk));
}

TEST(Output, a_full_disk_makes_the_command_fail) {
  EXPECT_EXIT(answer("/dev/full", 1), testing::ExitedWithCode(kFailed), "saya: write standard output: No space left");
  EXPECT_EXIT(answer("/dev/full", 100000), testing::ExitedWithCode(kFailed), "saya: write standard output: ");
  EXPECT_EXIT(answer("/dev/null", 100000), testing::ExitedWithCode(kOk), "");
}

TEST(Output, a_closed_stream_fails_and_no_file_takes_its_number) {
  const auto start_without_output = [] {
    ::close(STDOUT_FILENO);
    guard_standard_streams();
    const int next = ::open("/dev/null", O_WRONLY);
    print("x");
    std::_Exit(next == STDOUT_FILENO ? kOk : finish_output(kOk));
  };
  EXPECT_EXIT(start_without_output(), testing::ExitedWithCode(kFailed), "saya: write standard output: Bad file");
}

}  // namespace
}  // namespace saya::cli
