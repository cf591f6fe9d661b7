// Where redirects lead, as rows: tests/veth_redirect_test.cpp runs each on veth pairs and on saya's ports.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace saya::tests {

enum class Where : uint8_t { xdp, ingress, egress, tcx_ingress };

/// A program at a port. In its text {b} and {c} are the ports' ifindexes and map[idx:0] is the case's map.
struct PortProgram {
  std::string_view port = "b";
  Where where = Where::ingress;
  std::string text;
};

/// An element of the case's map: a port, or for a CPU map the size of its queue.
struct MapElement {
  uint32_t key = 0;
  std::string_view port = {};
  uint32_t number = 0;
  std::string program = {};  ///< Text, as above; empty: none.
};

/// Two ports, b and c. One IPv4 frame comes to b: from the wire, or from the host when the first program is at egress.
/// By c, 10.0.0.0/8 is reached, where 10.0.0.2 and 10.0.0.9 are known.
struct RedirectCase {
  std::string name;  ///< Reads as a sentence.
  std::vector<PortProgram> programs;
  std::vector<std::string> ends;  ///< "c.wire", "b.host": who gets the frame, in this order of names.
  uint32_t map_type = 0;
  std::vector<MapElement> elements = {};
  bool c_is_down = false;
};

std::vector<RedirectCase> redirect_cases();

}  // namespace saya::tests
