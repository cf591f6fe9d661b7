// Memory that lives outside the heap: zeroed, page aligned, and free until touched.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"

namespace saya {

/// Owns one mapping. Moves, never copies. What is stored inside must be position independent (offsets and ids, no
/// pointers): a memfd or file region appears at another address in another process.
class Region {
 public:
  Region() = default;
  Region(Region&& other) noexcept;
  Region& operator=(Region&& other) noexcept;
  ~Region();

  /// Private anonymous memory of `bytes` (> 0), rounded up to pages. Costs address space only until it is touched.
  static Result<Region> reserve(size_t bytes);
  /// The same, shared by descriptor: fd() can be handed to another process. `name` shows in /proc/PID/maps. Sealed
  /// against resizing: no holder of the descriptor can take pages away from under the others.
  static Result<Region> memfd(std::string_view name, size_t bytes);
  /// Maps all of an existing memfd or file, shared and writable; takes the descriptor. Who can shrink that file
  /// (memfd() forbids it) can kill us with SIGBUS.
  static Result<Region> map(Fd fd);
  /// A second view of a region that has a descriptor: the `bytes` from `at`, and right behind them the last `repeated`
  /// of them once more, so that what wraps around the end lies in one piece. All three are multiples of a page.
  Result<Region> mirror(size_t at, size_t bytes, size_t repeated) const;

  std::byte* data() noexcept { return data_; }
  const std::byte* data() const noexcept { return data_; }
  size_t size() const noexcept { return size_; }
  std::span<std::byte> bytes() noexcept { return {data_, size_}; }
  /// -1 for anonymous memory.
  int fd() const noexcept { return fd_.get(); }

 private:
  Region(std::byte* data, size_t size, Fd fd) noexcept : data_(data), size_(size), fd_(std::move(fd)) {}
  static Result<Region> map_bytes(Fd fd, size_t bytes);

  std::byte* data_ = nullptr;
  size_t size_ = 0;
  Fd fd_;
};

}  // namespace saya
