// kernel/trace/bpf_trace.c, kernel/bpf/helpers.c and mm/maccess.c, Linux 6.18. What is kernel memory there is saya's
// own here: the program's regions among it. No task runs, so there is no user memory.
#include "helper/probe.h"

#include <algorithm>
#include <cstring>

#include "helper/errno.h"
#include "helper/peek.h"

namespace saya::helper {
namespace {

uint64_t refuse(std::byte* to, uint32_t size, int error = -EFAULT) noexcept {
  if (size != 0) std::memset(to, 0, size);
  return result(error);
}

/// What the kernel on x86-64 says of an address that cannot be read: -ERANGE where none of its own could be.
int error_at(uint64_t address) noexcept {
  constexpr uint64_t kKernelHalf = 0xffff'8000'0000'0000;
  return address >= kKernelHalf ? -EFAULT : -ERANGE;
}

std::span<char> characters(std::byte* to, uint32_t size) noexcept { return {reinterpret_cast<char*>(to), size}; }

}  // namespace

uint64_t probe_read_kernel(Run&, std::byte* to, uint32_t size, uint64_t from) noexcept {
  char first;
  const bool there = size != 0 ? peek(from, characters(to, size)) == size : peek(from, {&first, 1}) == 1;
  return there ? 0 : refuse(to, size, error_at(from));
}

/// The length with its NUL; what lies behind the text in `to` stays as it is, though peek() was there.
uint64_t probe_read_kernel_str(Run&, std::byte* to, uint32_t size, uint64_t from) noexcept {
  constexpr size_t kPiece = 64;
  const std::span<char> out = characters(to, size);
  for (size_t done = 0; done < size;) {
    char piece[kPiece];
    const size_t want = std::min<size_t>(kPiece, size - done);
    const size_t got = peek(from + done, {piece, want});
    const size_t end = static_cast<size_t>(std::find(piece, piece + got, '\0') - piece);
    if (end == got && got < want) return refuse(to, size, error_at(from));
    std::memcpy(out.data() + done, piece, end);
    done += end;
    if (end == got) continue;
    out[done] = '\0';
    return done + 1;
  }
  if (size != 0) out.back() = '\0';
  return size;
}

uint64_t probe_read_user(Run&, std::byte* to, uint32_t size, uint64_t) noexcept { return refuse(to, size); }

uint64_t probe_read_user_str(Run&, std::byte* to, uint32_t size, uint64_t) noexcept { return refuse(to, size); }

uint64_t copy_from_user(Run&, std::byte* to, uint32_t size, uint64_t) noexcept { return refuse(to, size); }

uint64_t copy_from_user_task(Run&, std::byte* to, uint32_t size, uint64_t, const void*, uint64_t flags) noexcept {
  return flags ? result(-EINVAL) : refuse(to, size);
}

}  // namespace saya::helper
