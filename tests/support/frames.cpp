// 02:00:00:00:00:01 (10.0.0.1, fd00::1) speaks to 02:00:00:00:00:02 (10.0.0.2, fd00::2).
#include "support/frames.h"

#include "base/bytes.h"

namespace saya::tests {
namespace {

struct NamedFrame {
  std::string_view name;
  std::string_view hex;
};

constexpr NamedFrame kFrames[] = {
    // UDP 1234 -> 53, "hello"
    {"udp4",
     "020000000002 020000000001 0800"
     "4500002100010000401166c90a0000010a000002 04d20035000da2f8 68656c6c6f"                                        },
    // TCP 1234 -> 80, SYN, "GET /"
    {"tcp4",
     "020000000002 020000000001 0800"
     "4500002d00020000400666c70a0000010a000002 04d20050000003e80000000050022000a86b0000 474554202f"                },
    {"udp6",
     "020000000002 020000000001 86dd"
     "60000000000d1140fd000000000000000000000000000001fd000000000000000000000000000002 04d20035000dbcf6 68656c6c6f"},
    // who-has 10.0.0.2, broadcast
    {"arp",  "ffffffffffff 020000000001 0806 0001080006040001 020000000001 0a000001 000000000000 0a000002"         },
    // udp4 with an 802.1Q tag: id 7, priority 3
    {"vlan",
     "020000000002 020000000001 8100 6007 0800"
     "4500002100010000401166c90a0000010a000002 04d20035000da2f8 68656c6c6f"                                        },
};

}  // namespace

Result<std::vector<std::byte>> frame_of(std::string_view word) {
  for (const NamedFrame& frame : kFrames)
    if (frame.name == word) return from_hex(frame.hex);
  return from_hex(word);
}

}  // namespace saya::tests
