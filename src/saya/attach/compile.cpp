// clang as a child process: arguments in an array, no shell, output into memory.
#include "attach/compile.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/fd.h"
#include "base/read_all.h"

extern char** environ;

namespace saya::attach {
namespace {

constexpr size_t kMostOutput = size_t{256} << 20;  // As much as an object file may have.
constexpr size_t kMostWords = 4000;                // Of clang's complaints; the first ones matter.

Result<std::string> read_back(int fd) {
  if (::lseek(fd, 0, SEEK_SET) < 0) return fail_errno("rewind clang's output", errno);
  return read_all(fd, kMostOutput, "clang's output");
}

/// Starts `clang` with its output in `object` and its complaints in `words`; an exit status, or -1 when there is no
/// such compiler.
Result<int> run_clang(const char* clang, const std::string& path, int object, int words) {
  const std::string source = path.starts_with('-') ? "./" + path : path;  // Not one of clang's options.
  const char* arguments[] = {
      clang, "-O2",          "-g", "-target", "bpf",  "-mcpu=v3", "-idirafter", "/usr/include/" SAYA_MULTIARCH,
      "-c",  source.c_str(), "-o", "-",       nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, object, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, words, STDERR_FILENO);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, clang, &actions, nullptr, const_cast<char**>(arguments), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT) return -1;
  if (error != 0) return fail_errno(fmt::format("start {}", clang), error);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return fail_errno(fmt::format("wait for {}", clang), errno);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

}  // namespace

Result<std::vector<std::byte>> compile_c(const std::string& path) {
  if (::access(path.c_str(), R_OK) != 0) return fail_errno(path, errno);
  const Fd object(::memfd_create("object", MFD_CLOEXEC)), words(::memfd_create("words", MFD_CLOEXEC));
  if (!object || !words) return fail_errno("memfd_create", errno);
  for (const char* clang : {"clang-19", "clang"}) {
    SAYA_TRY(const int status, run_clang(clang, path, object.get(), words.get()));
    if (status < 0) continue;
    if (status != 0) {
      SAYA_TRY(std::string complaint, read_back(words.get()));
      complaint.erase(complaint.find_last_not_of('\n') + 1);
      return fail(Code::invalid_argument,
                  fmt::format("{} cannot compile {}:\n{}", clang, path, complaint.substr(0, kMostWords)));
    }
    SAYA_TRY(const std::string bytes, read_back(object.get()));
    const auto* begin = reinterpret_cast<const std::byte*>(bytes.data());
    return std::vector<std::byte>(begin, begin + bytes.size());
  }
  return fail(Code::no_such_entry, fmt::format("{}: neither clang-19 nor clang is installed to compile it", path));
}

}  // namespace saya::attach
