// What a capture may bring: frames of many protocols, whole and broken, built layer by layer.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace saya::tests {

struct TrafficFrame {
  std::string name;
  std::vector<std::byte> bytes;
};

/// Ethernet frames of at least 14 bytes that fit a page: ARP, IPv4 and IPv6 with options, extension headers and
/// fragments, TCP in its states, UDP services, ICMP, tunnels, tags, and headers that are cut, wrong or of no known
/// kind. Checksums are right where the name does not say otherwise. The same bytes each time.
std::vector<TrafficFrame> traffic();

}  // namespace saya::tests
