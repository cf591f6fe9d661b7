// tcx in the running kernel: programs and links before the clsact filters of an interface (Linux 6.6 and later).
#pragma once

#include <cstdint>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "kernel/attach.h"

namespace saya::kernel {

/// What BPF_PROG_ATTACH, BPF_PROG_DETACH and BPF_LINK_CREATE are told. Flags are the kernel's: 4 replace, 8 before,
/// 16 after, 32 `relative` is an id, 8192 it is a link.
struct TcxAttachment {
  int program = -1;
  uint32_t flags = 0;
  uint32_t relative = 0;  ///< A descriptor or an id; 0: none.
  int replaced = 0;       ///< The program that makes place; attaching only.
  uint64_t expected_revision = 0;
};

/// 0 or a negative errno, as the kernel answers: attaching and detaching have more of them than saya has codes.
int attach_tcx(uint32_t ifindex, TcDirection direction, const TcxAttachment& attachment);
/// The same; program 0 is the one at the place that the flags name.
int detach_tcx(uint32_t ifindex, TcDirection direction, const TcxAttachment& attachment);
/// A link, which detaches its program when it is closed; or a negative errno.
int link_tcx(uint32_t ifindex, TcDirection direction, const TcxAttachment& attachment);

struct TcxPrograms {
  std::vector<uint32_t> ids;  ///< In the order of running.
  uint64_t revision = 0;
};
Result<TcxPrograms> query_tcx(uint32_t ifindex, TcDirection direction);

}  // namespace saya::kernel
