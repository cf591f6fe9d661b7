// Attaches loaded programs to the interfaces of real Linux: XDP and clsact filters, by rtnetlink. Acts in the calling
// thread's network namespace. Errors carry the kernel's extended text.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace saya::kernel {

/// Where XDP runs: in the driver, or in the stack for any driver.
enum class XdpMode : uint8_t { native, generic };

/// Attaches the program `fd` to the interface; already_exists (or the kernel's text) when there is one and `replace` is
/// false.
Result<> attach_xdp(uint32_t ifindex, int fd, XdpMode mode, bool replace = false);
Result<> detach_xdp(uint32_t ifindex, XdpMode mode);

enum class TcDirection : uint8_t { ingress, egress };

/// A bpf filter as `tc filter add` describes it.
struct TcFilter {
  TcDirection direction = TcDirection::ingress;
  uint32_t chain = 0;
  uint16_t pref = 0;           ///< 0: the kernel chooses, counting down from 49152.
  uint16_t protocol = 0x0003;  ///< EtherType; ETH_P_ALL (3) for all.
  uint32_t handle = 0;         ///< 0: the kernel chooses.
  uint32_t classid = 0;        ///< 0: none.
  bool direct_action = true;
  std::string name;  ///< As `tc filter show` shows it: "fw.o:[section]".
};

/// Creates the clsact qdisc; already_exists when the interface has one.
Result<> add_clsact(uint32_t ifindex);
/// Removes it with all its filters.
Result<> remove_clsact(uint32_t ifindex);
/// Packets that clsact filters dropped on the interface so far, both directions.
Result<uint32_t> clsact_drops(uint32_t ifindex);

Result<> add_filter(uint32_t ifindex, const TcFilter& filter, int fd);
/// Puts the program in place of the filter with this pref and handle, which keeps its place; adds it when absent.
Result<> replace_filter(uint32_t ifindex, const TcFilter& filter, int fd);
/// Removes one filter (pref and handle set), a whole pref (handle 0), or all of a chain (pref 0).
Result<> remove_filter(uint32_t ifindex, const TcFilter& filter);

}  // namespace saya::kernel
