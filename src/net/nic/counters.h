// What a port counts, and the law that the counts obey.
#pragma once

#include <array>
#include <cstdint>

#include "abi/tables.h"

namespace saya::nic {

/// Packets of one port since it was made. Written by its worker; read by it, or by others when it is quiet.
struct Counters {
  uint64_t received = 0;        ///< From the wire.
  uint64_t from_host = 0;       ///< Sent by the host through this port.
  uint64_t redirected_in = 0;   ///< From this or another port, by a program.
  uint64_t cloned = 0;          ///< Copies that a program on this port made.
  uint64_t split = 0;           ///< Packets that became more by segmentation: segments but the first of each.
  uint64_t delivered = 0;       ///< To the host.
  uint64_t transmitted = 0;     ///< To the wire.
  uint64_t redirected_out = 0;  ///< To this or another port.
  uint64_t consumed = 0;        ///< STOLEN or TRAP: gone, but not dropped.
  std::array<uint64_t, abi::kDrops> dropped{};

  /// Whether any packet came here. What is made here (cloned, split) came as another one.
  bool used() const noexcept { return received + from_host + redirected_in != 0; }
  uint64_t dropped_in_all() const noexcept {
    uint64_t sum = 0;
    for (const uint64_t count : dropped) sum += count;
    return sum;
  }
  /// The conservation law: true whenever the port is quiet. No packet vanishes, none appears.
  bool conserved() const noexcept {
    return received + from_host + redirected_in + cloned + split ==
           delivered + transmitted + redirected_out + dropped_in_all() + consumed;
  }
};

}  // namespace saya::nic
