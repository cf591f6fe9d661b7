// kernel/trace/bpf_trace.c, Linux 6.18. Without a listener the line is formatted all the same: r0 is its length.
#include "helper/trace.h"

#include <array>

#include "helper/errno.h"
#include "helper/print_format.h"

namespace saya::helper {

namespace {

uint64_t print_line(const Run& run, const std::byte* format, uint32_t size, std::span<const uint64_t> values) noexcept {
  std::array<char, kMaxPrinted> buffer;
  const int64_t length = print({reinterpret_cast<const char*>(format), size}, values, buffer);
  if (length < 0 || !run.services->listener) return result(length);
  std::string_view line(buffer.data(), std::min(static_cast<size_t>(length), buffer.size() - 1));
  if (line.ends_with('\n')) line.remove_suffix(1);
  run.services->listener->on_trace(run, line);
  return result(length);
}

}  // namespace

uint64_t trace_printk(Run& run, const std::byte* format, uint32_t size, uint64_t a, uint64_t b, uint64_t c) noexcept {
  return print_line(run, format, size, std::array{a, b, c});
}

uint64_t trace_vprintk(Run& run, const std::byte* format, uint32_t size, const std::byte* bytes,
                       uint32_t bytes_size) noexcept {
  std::array<uint64_t, kMostPrintValues> storage;
  const auto values = print_values(bytes, bytes_size, storage);
  return values ? print_line(run, format, size, *values) : result(-EINVAL);
}

}  // namespace saya::helper
