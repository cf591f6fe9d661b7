// The card: ports, each with a wire side, a host side and its hooks.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "base/published.h"
#include "hook/filters.h"
#include "hook/tcx.h"
#include "nic/counters.h"
#include "packet/tc_entry.h"
#include "port/port.h"

namespace saya::nic {

/// What is attached to one port. Immutable once published; control replaces it as a whole.
struct Hooks {
  abi::ExecutablePtr xdp;     ///< Null: no XDP program.
  hook::TcxList tcx_ingress;  ///< Before the filters.
  hook::FilterList ingress;
  hook::TcxList tcx_egress;
  hook::FilterList egress;
};

/// One port. Its queues and counters belong to one worker; its hooks are published by control.
struct Port {
  std::string name;
  Device device;
  port::QueuePtr wire;
  port::QueuePtr host;   ///< receive(): what the host sends. transmit(): what it is given.
  bool forward = false;  ///< Packets that pass ingress go on to egress instead of to the host.
  bool up = true;        ///< Redirects to a port that is down are lost.
  /// XDP redirects no longer frame to the port, and what is longer at tc is to be cut; 0: any length is a frame's.
  uint32_t mtu = 0;
  uint32_t peer = 0;  ///< Whose receive path bpf_redirect_peer() to this port leads into, an ifindex; 0: none.
  Published<Hooks> hooks;
  Counters counters;
};

/// Ports by name and number. Ports are added before workers start and stay until they end.
class Nic {
 public:
  /// Numbers of ports that no kernel device backs count from here.
  static constexpr uint32_t kFirstIfindex = 1u << 20;

  /// Adds a port with null queues. ifindex 0 in `device` asks for the next free number from kFirstIfindex.
  Port& add_port(std::string name, Device device);
  /// Null when there is none.
  Port* find(uint32_t ifindex) noexcept;
  Port* find(std::string_view name) noexcept;
  std::deque<Port>& ports() noexcept { return ports_; }
  const std::deque<Port>& ports() const noexcept { return ports_; }

 private:
  std::deque<Port> ports_;  // A deque: ports have an identity and never move.
};

}  // namespace saya::nic
