// tcx: the programs that a port's direction runs before its clsact filters, in an order that their owners agree on.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "abi/executable.h"
#include "base/result.h"
#include "hook/hook.h"

namespace saya::hook {

/// How a program is attached or detached: the flags of BPF_PROG_ATTACH (kernel ABI). kTcxId says that `relative` was
/// named by an id, and kTcxLink that it is a link: then `relative.link` counts.
enum TcxFlag : uint32_t { kTcxReplace = 4, kTcxBefore = 8, kTcxAfter = 16, kTcxId = 32, kTcxLink = 8192 };

/// A program in the list, or one that a request names.
struct TcxEntry {
  abi::ExecutablePtr program;
  uint32_t link = 0;  ///< The link that owns it; 0: attached without one.
  bool operator==(const TcxEntry&) const = default;
};

/// What bpf(2) is asked. `flags` or-ed from TcxFlag.
struct TcxRequest {
  TcxEntry entry;  ///< To be put in or taken out; in a detach no program means: the one at that place.
  uint32_t flags = 0;
  TcxEntry relative;               ///< Before or after which; without a program the first or the last place.
  abi::ExecutablePtr replaced;     ///< With kTcxReplace: whose place `entry` takes.
  uint64_t expected_revision = 0;  ///< 0: any.
};

/// The programs of one direction, in the order of running (semantics a.6; rules of the kernel's mprog). A value, as
/// FilterList. Programs are in it once.
class TcxList {
 public:
  static constexpr size_t kMost = 63;

  /// 0, or a negative errno with the list unchanged: ESTALE for another revision, EEXIST for a program that is in the
  /// list, ENOENT for one to be replaced or relative to that is not, EBUSY for one that a link owns, ERANGE for places
  /// that contradict each other or a 64th program, EINVAL for flags without meaning.
  int attach(const TcxRequest& request);
  /// The same; ENOENT also for an empty list. A list that becomes empty begins again with revision 1, as it does on a
  /// port without clsact.
  int detach(const TcxRequest& request);

  std::span<const TcxEntry> all() const noexcept { return entries_; }
  bool empty() const noexcept { return entries_.empty(); }
  /// Grows by one with every change; 1 in the beginning.
  uint64_t revision() const noexcept { return revision_; }

 private:
  int place(const TcxRequest& request, int exact) const;

  std::vector<TcxEntry> entries_;
  uint64_t revision_ = 1;
};

/// Runs the programs over packets that have entered tc, as tcx_run(): outcomes[i].effect is `next` for a packet that
/// goes on to clsact. `point` is tcx_ingress or tcx_egress.
void run_tcx(const TcxList& list, Point point, std::span<const PacketPtr> packets, std::span<Outcome> outcomes,
             const Context& context) noexcept;

/// "TCX_PASS"; empty for a code that has no name at tcx.
std::string_view tcx_name(int32_t code) noexcept;

}  // namespace saya::hook
