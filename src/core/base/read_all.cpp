// read(2) until the end, without trusting that there is one.
#include "base/read_all.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <vector>

#include "base/fd.h"

namespace saya {
namespace {

constexpr size_t kChunk = 65536;

}  // namespace

Result<std::string> read_all(int fd, size_t most, std::string_view what) {
  std::string text;
  std::vector<char> chunk(kChunk);
  for (;;) {
    const ssize_t got = ::read(fd, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(fmt::format("{}: cannot be read", what), errno);
    if (got == 0) return text;
    if (static_cast<size_t>(got) > most - text.size())
      return fail(Code::invalid_argument,
                  fmt::format("{}: has more than {} bytes, the most that are read", what, most));
    text.append(chunk.data(), static_cast<size_t>(got));
  }
}

Result<std::string> read_whole_file(const std::string& path, size_t most) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(fmt::format("{}: cannot be opened", path), errno);
  return read_all(fd.get(), most, path);
}

}  // namespace saya
