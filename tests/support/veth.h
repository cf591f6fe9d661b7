// A network of the test's own: a namespace that dies with its thread, veth cables, packet sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace saya::tests {

/// Runs `body` on a thread of its own, on CPU 0 (so that packets are handled in the order in which they are sent), in a
/// new network namespace without IPv6's own traffic. not_permitted when namespaces are not allowed here. Nothing is
/// left behind: the namespace ends with the thread.
Result<> in_new_namespace(const std::function<void()>& body);

/// A veth pair, both ends up; their MAC addresses are those of support/frames.h.
struct Cable {
  uint32_t near = 0;  ///< 02:00:00:00:00:01
  uint32_t far = 0;   ///< 02:00:00:00:00:02
};

/// What a test works on.
struct Network {
  Cable cable;  ///< The one under test: etha - ethb.
  Cable fence;  ///< Stays without programs.
};
Result<Network> make_network();
/// One more cable.
Result<Cable> make_cable(const std::string& near, const std::string& far);

/// An AF_PACKET socket on one interface.
class PacketSocket {
 public:
  /// Hears frames of this EtherType as the stack gets them, after tc ingress; ETH_P_ALL hears them before. 0: none.
  static Result<PacketSocket> open(uint32_t ifindex, uint16_t protocol);
  /// 0 or the errno of the sender.
  int send(std::span<const std::byte> frame);
  /// The next frame; nothing after `milliseconds` (0: what is there now).
  std::optional<std::vector<std::byte>> receive(int milliseconds);

 private:
  PacketSocket(Fd fd, uint32_t ifindex) : fd_(std::move(fd)), ifindex_(ifindex) {}
  Fd fd_;
  uint32_t ifindex_;
};

/// Returns once everything that was sent before has been handled: the packets of one CPU wait in one line, and a frame
/// that crosses `fence`, a cable without programs, stands behind them.
Result<> wait_for_quiet(const Cable& fence);

}  // namespace saya::tests
