// mmap and memfd_create behind Region.
#include "base/region.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <utility>

namespace saya {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kLargest = size_t{1} << 46;  // Half of a 47-bit address space: rounding cannot overflow below it.

size_t round_to_pages(size_t bytes) { return (bytes + kPage - 1) & ~(kPage - 1); }

Result<> check_size(size_t bytes) {
  if (bytes >= 1 && bytes <= kLargest) return {};
  return fail(Code::invalid_argument, fmt::format("a region has {} bytes, must be 1..{}", bytes, kLargest));
}

/// Puts a piece of a descriptor's memory where address space was reserved for it.
Result<> place(int fd, size_t at, size_t bytes, std::byte* where) {
  void* placed = ::mmap(where, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, static_cast<off_t>(at));
  if (placed == MAP_FAILED) return fail_errno(fmt::format("map {} bytes from {} again", bytes, at), errno);
  return {};
}

}  // namespace

Region::Region(Region&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)), fd_(std::move(other.fd_)) {}

Region& Region::operator=(Region&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(fd_, other.fd_);
  return *this;
}

Region::~Region() {
  if (data_) ::munmap(data_, size_);
}

Result<Region> Region::map_bytes(Fd fd, size_t bytes) {
  SAYA_CHECK(check_size(bytes));
  const size_t size = round_to_pages(bytes);
  const int flags = fd ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, fd.get(), 0);
  if (data == MAP_FAILED) return fail_errno(fmt::format("map a region of {} bytes", size), errno);
  return Region(static_cast<std::byte*>(data), size, std::move(fd));
}

Result<Region> Region::reserve(size_t bytes) { return map_bytes(Fd(), bytes); }

Result<Region> Region::memfd(std::string_view name, size_t bytes) {
  SAYA_CHECK(check_size(bytes));
  Fd fd(::memfd_create(std::string(name).c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return fail_errno(fmt::format("create memfd '{}'", name), errno);
  if (::ftruncate(fd.get(), static_cast<off_t>(round_to_pages(bytes))) != 0)
    return fail_errno(fmt::format("size memfd '{}' to {} bytes", name, bytes), errno);
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return fail_errno(fmt::format("seal memfd '{}'", name), errno);
  return map_bytes(std::move(fd), bytes);
}

Result<Region> Region::map(Fd fd) {
  struct stat st{};
  if (::fstat(fd.get(), &st) != 0) return fail_errno("fstat of a region", errno);
  return map_bytes(std::move(fd), static_cast<size_t>(st.st_size));
}

Result<Region> Region::mirror(size_t at, size_t bytes, size_t repeated) const {
  if (!fd_) return fail(Code::unsupported, "only memory behind a descriptor can be mapped twice");
  if (bytes > size_ || at > size_ - bytes || repeated > bytes)
    return fail(Code::invalid_argument,
                fmt::format("{} bytes from {}, {} of them twice, of a region of {}", bytes, at, repeated, size_));
  SAYA_TRY(Region view, reserve(bytes + repeated));
  SAYA_CHECK(place(fd_.get(), at, bytes, view.data_));
  SAYA_CHECK(place(fd_.get(), at + bytes - repeated, repeated, view.data_ + bytes));
  return view;
}

}  // namespace saya
