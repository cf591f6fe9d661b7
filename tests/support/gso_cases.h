// Large packets with what their segments must be cut by, as rows: the kernel cuts them in tests/veth_gso_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "packet/packet.h"

namespace saya::tests {

struct GsoCase {
  std::string name;                ///< Reads as a sentence.
  std::vector<std::byte> headers;  ///< Of the large packet; lengths and checksums are filled in by gso_frame().
  uint32_t network = 14;
  uint32_t transport = 34;
  uint32_t payload = 0;  ///< Bytes behind the headers.
  Gso type = Gso::tcp4;
  uint16_t size = 0;  ///< Payload bytes of a segment.
};

std::vector<GsoCase> gso_cases();
/// The frame, its transport checksum holding the sum of the pseudo header.
std::vector<std::byte> gso_frame(const GsoCase& row);
/// Where the checksum is, from the transport header on.
uint16_t gso_checksum_offset(const GsoCase& row);

}  // namespace saya::tests
