// The routes that addresses bring along.
#pragma once

#include <vector>

#include "netstate/netstate.h"

namespace saya {

/// What the kernel adds to its tables when the interfaces of `facts` get their addresses: fib_add_ifaddr()
/// (net/ipv4/fib_frontend.c), addrconf_add_ifaddr() and addrconf_join_anycast() (net/ipv6/addrconf.c), Linux 6.18.
std::vector<Route> implied_routes(const NetworkFacts& facts);

}  // namespace saya
