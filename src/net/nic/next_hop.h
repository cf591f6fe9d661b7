// The MAC header that leads a packet to its next hop: what bpf_redirect_neigh() asks of the stack.
#pragma once

#include "abi/run.h"
#include "netstate/netstate.h"
#include "nic/nic.h"

namespace saya::nic {

/// Writes the MAC header for the next hop that `redirect` names, or that the routes of `to` name for the packet's
/// destination: the neighbour's address, the port's own, the packet's protocol. False when nothing leads there: no IP
/// packet, a multicast frame, no route by that port, no neighbour; or without memory. May move the head.
bool write_next_hop(Packet& packet, const Port& to, const abi::Redirect& redirect, const Netstate& netstate) noexcept;

}  // namespace saya::nic
