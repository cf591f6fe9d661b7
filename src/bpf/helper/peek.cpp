// copy_from_kernel_nofault() of user space: the kernel reads our own memory for us and reports what it could not.
#include "helper/peek.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>

namespace saya::helper {

size_t peek(uint64_t address, std::span<char> to) noexcept {
  constexpr size_t kPage = 4096;  // Never larger than a real page, so a piece is readable as a whole or not at all.
  size_t done = 0;
  while (done < to.size()) {
    const size_t piece = std::min(to.size() - done, kPage - (address + done) % kPage);
    const iovec local{to.data() + done, piece};
    const iovec remote{reinterpret_cast<void*>(address + done), piece};
    if (::process_vm_readv(::getpid(), &local, 1, &remote, 1, 0) != static_cast<ssize_t>(piece)) break;
    done += piece;
  }
  return done;
}

}  // namespace saya::helper
