// Standard output, checked once at the end.
#include "cli/output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/terminal.h"

namespace saya::cli {

void guard_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    // The lowest free number, which is fd; open the wrong way round, so that reading or writing is an error.
    if (::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
  }
}

void print(std::string_view text, std::FILE* to) { std::fwrite(text.data(), 1, text.size(), to); }

void complain(std::string_view sentence) { print(fmt::format("saya: {}\n", for_terminal(sentence)), stderr); }

int finish_output(int code) {
  const bool failed = std::ferror(stdout) != 0;
  errno = 0;
  if (std::fflush(stdout) == 0 && !failed) return code;
  // The stream forgets why a write failed; the flush says it only when it had something left to write.
  complain(fmt::format("write standard output: {}", errno ? std::strerror(errno) : "not all of it could be written"));
  return code == kOk ? int{kFailed} : code;
}

}  // namespace saya::cli
