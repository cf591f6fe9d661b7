// The parts of union bpf_attr that Linux 6.6 added for tcx, which Debian 12's headers do not have yet.
// Authority: include/uapi/linux/bpf.h, Linux 6.18.
#include "kernel/tcx.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace saya::kernel {
namespace {

constexpr uint32_t kTcxIngress = 46;  // BPF_TCX_INGRESS; BPF_TCX_EGRESS follows.
constexpr uint32_t kMostPrograms = 64;

struct AttachAttr {
  uint32_t ifindex, program, type, flags, replaced, relative;
  uint64_t revision;
};

struct LinkAttr {
  uint32_t program, ifindex, type, flags, relative, padding;
  uint64_t revision;
};

struct QueryAttr {
  uint32_t ifindex, type, query_flags, attach_flags;
  uint64_t ids;
  uint32_t count, padding;
  uint64_t program_flags, link_ids, link_flags, revision;
};

/// What the command returns, or a negative errno.
template <class Attr>
int bpf(bpf_cmd command, Attr& attr) {
  const long result = ::syscall(SYS_bpf, command, &attr, sizeof attr);
  return result < 0 ? -errno : static_cast<int>(result);
}

uint32_t type_of(TcDirection direction) { return kTcxIngress + (direction == TcDirection::egress ? 1 : 0); }

AttachAttr attr_of(uint32_t ifindex, TcDirection direction, const TcxAttachment& what) {
  return {.ifindex = ifindex,
          .program = static_cast<uint32_t>(what.program),
          .type = type_of(direction),
          .flags = what.flags,
          .replaced = static_cast<uint32_t>(what.replaced),
          .relative = what.relative,
          .revision = what.expected_revision};
}

}  // namespace

int attach_tcx(uint32_t ifindex, TcDirection direction, const TcxAttachment& attachment) {
  AttachAttr attr = attr_of(ifindex, direction, attachment);
  return bpf(BPF_PROG_ATTACH, attr);
}

int detach_tcx(uint32_t ifindex, TcDirection direction, const TcxAttachment& attachment) {
  AttachAttr attr = attr_of(ifindex, direction, attachment);
  return bpf(BPF_PROG_DETACH, attr);
}

int link_tcx(uint32_t ifindex, TcDirection direction, const TcxAttachment& attachment) {
  LinkAttr attr{.program = static_cast<uint32_t>(attachment.program),
                .ifindex = ifindex,
                .type = type_of(direction),
                .flags = attachment.flags,
                .relative = attachment.relative,
                .padding = 0,
                .revision = attachment.expected_revision};
  return bpf(BPF_LINK_CREATE, attr);
}

Result<TcxPrograms> query_tcx(uint32_t ifindex, TcDirection direction) {
  TcxPrograms programs;
  programs.ids.resize(kMostPrograms);
  QueryAttr attr{};
  attr.ifindex = ifindex;
  attr.type = type_of(direction);
  attr.ids = reinterpret_cast<uint64_t>(programs.ids.data());
  attr.count = kMostPrograms;
  if (const int error = bpf(BPF_PROG_QUERY, attr); error < 0) return fail_errno("query tcx", -error);
  programs.ids.resize(attr.count);
  programs.revision = attr.revision;
  return programs;
}

}  // namespace saya::kernel
