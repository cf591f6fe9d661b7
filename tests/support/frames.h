// Named frames for cases: small, well formed, checksums right.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace saya::tests {

/// The frame called `word` ("udp4", "tcp4", "udp6", "arp", "vlan"), else the bytes that `word` spells in hexadecimal.
Result<std::vector<std::byte>> frame_of(std::string_view word);

}  // namespace saya::tests
