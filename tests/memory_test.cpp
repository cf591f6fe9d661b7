// Streaming: a run over ten times as many packets takes no more memory.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <ostream>
#include <string>
#include <vector>

#include "support/case_name.h"

namespace saya::tests {
namespace {

struct MemoryCase {
  const char* name;
  const char* words;  ///< After `saya`; {} is the folder of compiled programs.
  uint32_t rounds;    ///< Of 21 packets, and then ten times as many.
  friend void PrintTo(const MemoryCase& row, std::ostream* out) { *out << row.name; }
};

constexpr MemoryCase kCases[] = {
    {"a report",                  "run {}droplist.o --xdp droplist",                     5000},
    {"lines for packets",         "run {}droplist.o --xdp droplist -v",                  1000},
    {"JSON for packets",          "-j run {}droplist.o --xdp droplist -v",               1000},
    {"JSON for events",           "-j run {}tests/cli/events.o --xdp tell --events",     300 },
    {"a capture that is written", "run {}droplist.o --xdp droplist -w before=/dev/null", 1000},
};

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> words;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

/// The most memory that `saya` has with these words, in KiB; -1 when it fails.
long memory_of(const std::string& words) {
  std::vector<std::string> arguments = split(words);
  arguments.insert(arguments.begin(), SAYA_BINARY_DIR "/bin/saya");
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failure = ::posix_spawn(&child, pointers[0], &files, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  int status = 0;
  rusage usage{};
  if (failure != 0 || ::wait4(child, &status, 0, &usage) != child || status != 0) return -1;
  return usage.ru_maxrss;
}

class Memory : public testing::TestWithParam<MemoryCase> {};

TEST_P(Memory, DoesNotGrowWithTheCapture) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer keeps freed memory; a build without one runs this";
#endif
  constexpr long kNoise = 2048;  // KiB: two bytes for each packet of the longest run.
  std::string words = GetParam().words;
  words.replace(words.find("{}"), 2, SAYA_BINARY_DIR "/bpf/");
  const auto run = [&](uint32_t rounds) {
    return memory_of(fmt::format("{} -r {} --repeat {}", words, SAYA_SOURCE_DIR "/tests/captures/dns.pcap", rounds));
  };
  const long before = run(GetParam().rounds), after = run(10 * GetParam().rounds);
  ASSERT_GT(before, 0);
  ASSERT_GT(after, 0);
  EXPECT_LT(after - before, kNoise);
}

INSTANTIATE_TEST_SUITE_P(Rows, Memory, testing::ValuesIn(kCases), case_name);

}  // namespace
}  // namespace saya::tests
