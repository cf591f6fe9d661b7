// The state file: what is read, and what each mistake is told.
#include "netstate/netstate.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <fstream>
#include <sstream>

#include "base/bytes.h"

namespace saya {
namespace {

constexpr std::string_view kFull = R"({
  "interfaces": [
    {"name": "lan0", "ifindex": 3, "mac": "02:00:00:00:00:0a", "mtu": 9000, "up": true,
     "addresses": ["10.0.0.1/24", "fd00::1/64"]},
    {"name": "wan0", "ifindex": 7, "up": false}
  ],
  "routes": [
    {"destination": "0.0.0.0/0", "via": "10.0.0.254", "dev": "lan0"},
    {"destination": "10.9.0.0/16", "ifindex": 3, "metric": 100},
    {"destination": "10.9.0.0/16", "ifindex": 7, "metric": 200}
  ],
  "neighbours": [{"address": "10.0.0.254", "mac": "02:00:00:00:00:fe", "dev": "lan0"}]
})";

TEST(Netstate, AFullFileIsReadAsWritten) {
  const Result<Netstate> state = parse_netstate(kFull);
  ASSERT_TRUE(state) << state.error().message;
  ASSERT_EQ(state->interfaces().size(), 2u);
  const Interface& lan = state->interfaces()[0];
  EXPECT_EQ(lan.mtu, 9000u);
  EXPECT_TRUE(lan.has_mac);
  EXPECT_EQ(to_hex(lan.mac, ":"), "02:00:00:00:00:0a");
  ASSERT_EQ(lan.addresses.size(), 2u);
  EXPECT_EQ(lan.addresses[1].length, 64);
  EXPECT_EQ(lan.addresses[1].address.family, AF_INET6);
  const Interface& wan = state->interfaces()[1];
  EXPECT_EQ(wan.mtu, 1500u);
  EXPECT_FALSE(wan.has_mac);
  EXPECT_FALSE(wan.up);
  ASSERT_EQ(state->routes().size(), 8u) << "those of the file, then those that the addresses bring along";
  EXPECT_EQ(state->routes()[0].gateway, *parse_ip("10.0.0.254"));
  EXPECT_EQ(state->routes()[0].ifindex, 3u);
  EXPECT_EQ(state->routes()[1].gateway.family, 0);
  EXPECT_EQ(state->routes()[1].metric, 100u);
  EXPECT_EQ(state->routes()[2].metric, 0u) << "wan0 is down, so its route is none";
  EXPECT_EQ(state->neighbours()[0].ifindex, 3u);
}

TEST(Netstate, InterfacesAreFoundByNameAndIndex) {
  const Result<Netstate> state = parse_netstate(kFull);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->find_interface("wan0"), &state->interfaces()[1]);
  EXPECT_EQ(state->find_interface(3), &state->interfaces()[0]);
  EXPECT_EQ(state->find_interface("wan"), nullptr);
  EXPECT_EQ(state->find_interface(4), nullptr);
}

TEST(Netstate, AnswersOfAConnectionComeFromWhereItWentUnlessTheyAreSaidTo) {
  const auto state = parse_netstate(R"({"connections": [
      {"protocol": "tcp", "source": "10.0.0.1:1000", "destination": "10.0.0.2:80"},
      {"protocol": "udp", "source": "[fd00::1]:5", "destination": "[fd00::2]:6", "reply_source": "[fd00::3]:7",
       "zone": 9, "mark": 4, "assured": false}]})");
  ASSERT_TRUE(state) << state.error().message;
  const Connection& plain = state->connections()[0];
  EXPECT_EQ(plain.reply_source.port, 80);
  EXPECT_EQ(plain.reply_destination.address, plain.source.address);
  EXPECT_TRUE(plain.assured);
  const Connection& translated = state->connections()[1];
  EXPECT_EQ(translated.reply_source.port, 7);
  EXPECT_EQ(translated.reply_destination.port, 5);
  EXPECT_EQ(translated.zone, 9);
  EXPECT_EQ(translated.mark, 4u);
  EXPECT_FALSE(translated.assured);
}

TEST(Netstate, AnEmptyObjectIsAnEmptyWorld) {
  const Result<Netstate> state = parse_netstate("{}");
  ASSERT_TRUE(state);
  EXPECT_TRUE(state->interfaces().empty());
}

TEST(Netstate, TheGuidesExampleIsAccepted) {
  std::ifstream file(SAYA_SOURCE_DIR "/docs/guides/netstate.md");
  std::stringstream text;
  text << file.rdbuf();
  const std::string guide = text.str();
  const size_t begin = guide.find("```json\n");
  ASSERT_NE(begin, std::string::npos);
  const std::string example = guide.substr(begin + 8, guide.find("```", begin + 8) - begin - 8);
  const Result<Netstate> state = parse_netstate(example);
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_FALSE(state->neighbours().empty());
}

struct Mistake {
  const char* json;
  const char* message;
};

const Mistake kMistakes[] = {
    {"[]",                                                                                              "netstate is an array, must be an object"           },
    {R"({"interface": []})",
     "netstate has an unknown member 'interface', known are: interfaces, routes, neighbours, rules, sockets, "
     "connections, netns_cookie, tcp_syncookies"                                                                                                            },
    {R"({"connections": [{"source": "10.0.0.1:1", "destination": "10.0.0.2:2"}]})",
     "netstate.connections[0] has no 'protocol'"                                                                                                            },
    {R"({"connections": [{"protocol": "udp", "source": "10.0.0.1:1", "destination": "[fd00::1]:2"}]})",
     "netstate.connections[0].destination is \"[fd00::1]:2\", must be of the address family of 'source'"                                                    },
    {R"({"connections": [{"protocol": "udp", "source": "10.0.0.1:1", "destination": "10.0.0.2:2"},
                         {"protocol": "udp", "source": "10.0.0.1:1", "destination": "10.0.0.2:2", "mark": 1}]})",
     "netstate.connections[1]: one of its directions appears twice"                                                                                         },
    {R"({"routes": {}})",                                                                               "netstate.routes is an object, must be an array"    },
    {R"({"interfaces": [1]})",                                                                          "netstate.interfaces[0] is 1, must be an object"    },
    {R"({"interfaces": [{"ifindex": 1}]})",                                                             "netstate.interfaces[0] has no 'name'"              },
    {R"({"interfaces": [{"name": "a"}]})",                                                              "netstate.interfaces[0] has no 'ifindex'"           },
    {R"({"interfaces": [{"name": "a", "ifindex": 0}]})",
     "netstate.interfaces[0].ifindex is 0, must be a whole number 1..2147483647"                                                                            },
    {R"({"interfaces": [{"name": "a", "ifindex": -1}]})",
     "netstate.interfaces[0].ifindex is -1, must be a whole number 1..2147483647"                                                                           },
    {R"({"interfaces": [{"name": "a", "ifindex": 1.0}]})",
     "netstate.interfaces[0].ifindex is 1.0, must be a whole number 1..2147483647"                                                                          },
    {R"({"interfaces": [{"name": "a", "ifindex": "1"}]})",
     "netstate.interfaces[0].ifindex is \"1\", must be a whole number 1..2147483647"                                                                        },
    {R"({"interfaces": [{"name": "a b", "ifindex": 1}]})",
     "netstate.interfaces[0].name is \"a b\", must be 1..15 characters without blanks or '/'"                                                               },
    {R"({"interfaces": [{"name": "a", "ifindex": 1, "mtu": 67}]})",
     "netstate.interfaces[0].mtu is 67, must be a whole number 68..65536"                                                                                   },
    {R"({"interfaces": [{"name": "a", "ifindex": 1, "up": 1}]})",
     "netstate.interfaces[0].up is 1, must be true or false"                                                                                                },
    {R"({"interfaces": [{"name": "a", "ifindex": 1, "mac": "02:00:00:00:00"}]})",
     "netstate.interfaces[0].mac: '02:00:00:00:00' is not a MAC address like 02:00:00:00:00:01"                                                             },
    {R"({"interfaces": [{"name": "a", "ifindex": 1, "addresses": ["10.0.0.1/33"]}]})",
     "netstate.interfaces[0].addresses[0]: '10.0.0.1/33': the prefix length is '33', must be 0..32"                                                         },
    {R"({"interfaces": [{"name": "a", "ifindex": 1, "addresses": ["10.0.0.1", "10.0.0.1/32"]}]})",
     "netstate.interfaces[0]: address \"10.0.0.1/32\" appears twice"                                                                                        },
    {R"({"interfaces": [{"name": "a", "ifindex": 1}, {"name": "a", "ifindex": 2}]})",
     "netstate.interfaces[1]: name 'a' appears twice"                                                                                                       },
    {R"({"interfaces": [{"name": "a", "ifindex": 1}, {"name": "b", "ifindex": 1}]})",
     "netstate.interfaces[1]: ifindex 1 appears twice"                                                                                                      },
    {R"({"interfaces": [{"name": "a", "ifindex": 1, "name": "b"}]})",                                   "member 'name' appears twice in one object"         },
    {R"({"routes": [{"destination": "10.0.0.0/8", "dev": "eth9"}]})",
     "netstate.routes[0].dev is \"eth9\", must be the name of an interface of this file"                                                                    },
    {R"({"routes": [{"destination": "10.0.0.0/8", "ifindex": 9}]})",
     "netstate.routes[0].ifindex is 9, must be that of an interface of this file"                                                                           },
    {R"({"routes": [{"destination": "10.0.0.0/8"}]})",                                                  "netstate.routes[0] needs either 'dev' or 'ifindex'"},
    {R"({"routes": [{"destination": "10.0.0.1/8", "dev": "eth9"}]})",
     "netstate.routes[0].destination is \"10.0.0.1/8\", must be zero behind its 8 bits"                                                                     },
    {R"({"interfaces": [{"name": "a", "ifindex": 1}],
         "routes": [{"destination": "fd00::/8", "dev": "a", "via": "10.0.0.1"}]})",
     "netstate.routes[0].via is \"10.0.0.1\", must be of the destination's address family"                                                                  },
    {R"({"interfaces": [{"name": "a", "ifindex": 1}],
         "routes": [{"destination": "10.0.0.0/8", "dev": "a"}, {"destination": "10.0.0.0/8", "ifindex": 1}]})",
     "netstate.routes[1]: destination \"10.0.0.0/8\" with metric 0 in table 254 appears twice"                                                              },
    {R"({"interfaces": [{"name": "a", "ifindex": 1}],
         "neighbours": [{"address": "::1", "mac": "02:00:00:00:00:01", "dev": "a"},
                        {"address": "0::1", "mac": "02:00:00:00:00:02", "dev": "a"}]})",
     "netstate.neighbours[1]: address \"0::1\" on one interface appears twice"                                                                              },
    {R"({"routes": [[[[[[[[[]]]]]]]]]})",                                                               "values are nested 9 deep, at most 8 are allowed"   },
};

TEST(Netstate, EveryMistakeIsNamedWithItsPlaceItsValueAndTheLimit) {
  for (const Mistake& mistake : kMistakes) {
    const Result<Netstate> state = parse_netstate(mistake.json);
    ASSERT_FALSE(state) << mistake.json;
    EXPECT_EQ(state.error().message, mistake.message);
  }
}

TEST(Netstate, TextThatIsNotJsonIsNamedWithLineAndColumn) {
  const Result<Netstate> state = parse_netstate("{\n \"routes\": [,]}");
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code, Code::malformed);
  EXPECT_NE(state.error().message.find("line 2, column 13"), std::string::npos) << state.error().message;
}

struct Text {
  std::string_view text;
  bool good;
};

TEST(Address, MacsAreSixHexadecimalPairs) {
  for (const auto& [text, good] : {
           Text{"02:00:00:00:00:0A",  true },
           Text{"02:00:00:00:00:0",   false},
           Text{"02-00-00-00-00-0a",  false},
           Text{"02:00:00:00:00:0g",  false},
           Text{"02:00:00:00:00:0a:", false},
           Text{"-2:00:00:00:00:0a",  false},
           Text{"",                   false}
  })
    EXPECT_EQ(parse_mac(text).has_value(), good) << text;
}

TEST(Address, PrefixesAreAddressesWithALength) {
  using namespace std::string_view_literals;
  for (const auto& [text, good] : {
           Text{"0.0.0.0/0",    true },
           Text{"::/0",         true },
           Text{"fd00::1/128",  true },
           Text{"10.0.0.1",     true },
           Text{"10.0.0.1/",    false},
           Text{"10.0.0.1/+8",  false},
           Text{"10.0.0.1/8 ",  false},
           Text{"10.0.0/8",     false},
           Text{"010.0.0.1",    false},
           Text{"fe80::1%lo",   false},
           Text{"::/129",       false},
           Text{"10.0.0.1/256", false},
           Text{"10.0.0.1\0"sv, false}
  })
    EXPECT_EQ(parse_prefix(text).has_value(), good) << text;
  EXPECT_EQ(parse_prefix("10.0.0.1")->length, 32);
  EXPECT_EQ(parse_prefix("::1")->length, 128);
}

}  // namespace
}  // namespace saya
