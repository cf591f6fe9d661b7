// Any bytes as a network-state file: parsed, with every route on an interface of the file, or refused.
#include "netstate/netstate.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto state = saya::parse_netstate({reinterpret_cast<const char*>(data), size});
  if (!state) return 0;
  for (const saya::Route& route : state->routes())
    if (route.ifindex != 0 && !state->find_interface(route.ifindex)) std::abort();
  for (const saya::Neighbour& neighbour : state->neighbours())
    if (!state->find_interface(neighbour.ifindex)) std::abort();
  return 0;
}
