// What becomes of a frame after an XDP program's verdict, as rows: the kernel judges them in tests/xdp_veth_test.cpp,
// and whoever runs XDP programs can be held to the same rows.
#pragma once

#include <cstdint>

namespace saya::tests {

/// Where the frame went.
enum class XdpFate : uint8_t {
  passed,    ///< To the stack.
  returned,  ///< Out of the interface it came in by.
  gone,      ///< Nowhere.
};

struct XdpCase {
  const char* name;  ///< Reads as a sentence.
  int32_t verdict;
  XdpFate fate;
};

/// Table a.3: the same for native and generic XDP.
inline constexpr XdpCase kXdpCases[] = {
    {"ABORTED drops",                   0,           XdpFate::gone    },
    {"DROP drops",                      1,           XdpFate::gone    },
    {"PASS passes",                     2,           XdpFate::passed  },
    {"TX returns the frame",            3,           XdpFate::returned},
    {"REDIRECT without a target drops", 4,           XdpFate::gone    },
    {"5 is unknown and drops",          5,           XdpFate::gone    },
    {"77 is unknown and drops",         77,          XdpFate::gone    },
    {"minus one is unknown and drops",  -1,          XdpFate::gone    },
    {"bit 31 makes PASS unknown",       -2147483646, XdpFate::gone    },
};

}  // namespace saya::tests
