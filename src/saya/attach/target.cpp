// Types from files, read when a program asks for them.
#include "attach/target.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "helper/table.h"
#include "object/btf_section.h"

namespace saya::attach {
namespace {

constexpr char kRunningKernel[] = "/sys/kernel/btf/vmlinux";
constexpr uint64_t kMostBytes = uint64_t{256} << 20;  ///< Of types: a kernel with all its modules has about 20 MiB.

/// A file that holds types, and the types once they were asked for.
class TypeFile {
 public:
  TypeFile(std::string path, Fd fd, uint64_t size) : path_(std::move(path)), fd_(std::move(fd)), size_(size) {}

  Result<std::shared_ptr<const btf::Btf>> types() {
    std::call_once(once_, [&] { types_ = read(); });
    return types_;
  }

 private:
  Result<std::shared_ptr<const btf::Btf>> read() const {
    auto types = parse();
    if (!types) return std::unexpected(std::move(types).error().at(path_));
    return types;
  }

  Result<std::shared_ptr<const btf::Btf>> parse() const {
    SAYA_TRY(std::vector<std::byte> bytes, is_elf() ? object::read_btf_section([this](uint64_t offset, uint64_t size) {
               return read_at(offset, size);
             })
                                                    : read_at(0, size_));
    return btf::Btf::parse(std::move(bytes));
  }

  bool is_elf() const {
    const auto magic = read_at(0, std::min<uint64_t>(size_, SELFMAG));
    return magic && magic->size() == SELFMAG && std::memcmp(magic->data(), ELFMAG, SELFMAG) == 0;
  }

  Result<std::vector<std::byte>> read_at(uint64_t offset, uint64_t size) const {
    if (offset > size_ || size > size_ - offset)
      return fail(Code::malformed, fmt::format("{} bytes at {} leave the file of {} bytes", size, offset, size_));
    if (size > kMostBytes)
      return fail(Code::invalid_argument, fmt::format("has {} bytes of types, must be at most {}", size, kMostBytes));
    std::vector<std::byte> bytes(size);
    for (size_t got = 0; got < size;) {
      const ssize_t count = ::pread(fd_.get(), bytes.data() + got, size - got, static_cast<off_t>(offset + got));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return fail_errno("cannot be read", errno);
      if (count == 0) return fail(Code::io, "ended early");
      got += static_cast<size_t>(count);
    }
    return bytes;
  }

  std::string path_;
  Fd fd_;
  uint64_t size_;
  std::once_flag once_;
  Result<std::shared_ptr<const btf::Btf>> types_ = nullptr;
};

Result<std::shared_ptr<TypeFile>> open_types(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return fail_errno(fmt::format("{}: cannot be opened", path), errno);
  struct stat status;
  if (::fstat(fd.get(), &status) != 0) return fail_errno(path, errno);
  if (!S_ISREG(status.st_mode)) return fail(Code::invalid_argument, fmt::format("{}: is not a regular file", path));
  return std::make_shared<TypeFile>(path, std::move(fd), static_cast<uint64_t>(status.st_size));
}

Result<program::Target> target_of(std::string name, const std::string& path) {
  SAYA_TRY(std::shared_ptr<TypeFile> file, open_types(path));
  program::Target target = own_target();
  target.name = std::move(name);
  target.types = [file = std::move(file)] { return file->types(); };
  return target;
}

}  // namespace

const program::Target& own_target() {
  static const program::Target target = [] {
    program::Target own = program::default_target();
    own.has_function = helper::has_kernel_function;
    return own;
  }();
  return target;
}

Result<program::Target> choose_target(const std::string& btf) {
  if (btf == "bundled") return own_target();
  if (!btf.empty()) return target_of(btf, btf);
  auto running = target_of("the running kernel", kRunningKernel);
  return running ? std::move(running) : own_target();
}

}  // namespace saya::attach
