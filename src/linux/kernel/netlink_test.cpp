// Attributes from outside: whatever the lengths claim, nothing beyond the bytes is read.
#include "kernel/netlink.h"

#include <gtest/gtest.h>
#include <linux/rtnetlink.h>

#include "base/bytes.h"

namespace saya::kernel {
namespace {

struct Row {
  const char* name;
  const char* hex;
  const char* seen;
};

constexpr Row kRows[] = {
    {"nothing",                                        "",                             ""           },
    {"one attribute",                                  "0800 0300 01020304",           "3:01020304 "},
    {"padding is skipped",                             "0500 0100 aa000000 0400 0200", "1:aa 2: "   },
    {"the last one needs no padding",                  "0500 0100 aa",                 "1:aa "      },
    {"nested and byte-order flags are not its number", "0400 0180",                    "1: "        },
    {"a length below the header ends it",              "0300 0100 0400 0200",          ""           },
    {"a length of zero ends it",                       "0000 0000 0400 0200",          ""           },
    {"a length beyond the bytes ends it",              "0400 0200 0900 0100 01020304", "2: "        },
    {"half a header ends it",                          "0400 0200 0400",               "2: "        },
};

TEST(Attributes, end_where_the_bytes_end) {
  for (const Row& row : kRows) {
    const std::vector<std::byte> bytes = from_hex(row.hex).value();
    std::string seen;
    for_each_attribute(bytes, [&](uint16_t type, std::span<const std::byte> payload) {
      seen += std::to_string(type) + ":" + to_hex(payload) + " ";
    });
    EXPECT_EQ(seen, row.seen) << row.name;
  }
}

TEST(RouteSocket, refusal_has_the_kernels_words) {
  RouteSocket socket = RouteSocket::open().value();
  ifinfomsg nowhere{};
  nowhere.ifi_index = 0x7ffffff0;
  const auto asked = socket.ask(NetlinkRequest(RTM_GETLINK, 0, nowhere), "show link");
  EXPECT_EQ(asked.error().message, "show link: No such device");
}

TEST(RouteSocket, query_sees_the_answer) {
  RouteSocket socket = RouteSocket::open().value();
  const ifinfomsg any{};
  std::string names;
  const auto on_answer = [&](uint16_t type, std::span<const std::byte> payload) {
    ASSERT_EQ(type, RTM_NEWLINK);
    for_each_attribute(payload.subspan(sizeof(ifinfomsg)), [&](uint16_t attribute, std::span<const std::byte> value) {
      if (attribute == IFLA_IFNAME) names += reinterpret_cast<const char*>(value.data()) + std::string(" ");
    });
  };
  ASSERT_TRUE(socket.query(NetlinkRequest(RTM_GETLINK, NLM_F_DUMP, any), "list links", on_answer));
  EXPECT_NE(names.find("lo "), std::string::npos) << names;
}

}  // namespace
}  // namespace saya::kernel
