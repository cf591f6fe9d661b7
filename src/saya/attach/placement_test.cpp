// The words after --xdp, --ingress and --egress.
#include "attach/placement.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ostream>

#include "support/case_name.h"

namespace saya::attach {
namespace {

struct PlacementCase {
  const char* name;
  hook::Point point;
  const char* words;
  const char* want;  ///< As describe() has it, or "refused: " and a part of the sentence.
  friend void PrintTo(const PlacementCase& c, std::ostream* os) { *os << c.name; }
};

using enum hook::Point;

constexpr PlacementCase kCases[] = {
    {"nothing means the default object",         xdp,     "",                                                         "def.o:"                                                             },
    {"a word is a program",                      xdp,     "drop",                                                     "def.o:drop"                                                         },
    {"a word with a file's ending is an object", xdp,     "fw.o",                                                     "fw.o:"                                                              },
    {"a C file is an object",                    xdp,     "dir/fw.bpf.c",                                             "dir/fw.bpf.c:"                                                      },
    {"object and program",                       xdp,     "fw.o:drop",                                                "fw.o:drop"                                                          },
    {"object and section",                       ingress, "fw.o:tc/ingress",                                          "fw.o:tc/ingress pref 0 handle 0 proto 3 chain 0 class 0"            },
    {"an object whose name has a colon",         xdp,     "a:b.o:drop",                                               "a:b.o:drop"                                                         },
    {"every word of a filter",                   egress,  "p pref 7 handle 0x12 protocol ip chain 3 classid 1:2a da",
     "def.o:p pref 7 handle 18 proto 800 chain 3 class 1002a da"                                                                                                                           },
    {"prio and flowid are pref and classid",     ingress, "p prio 9 flowid :5",
     "def.o:p pref 9 handle 0 proto 3 chain 0 class 5"                                                                                                                                     },
    {"direct-action is da",                      ingress, "p direct-action",                                          "def.o:p pref 0 handle 0 proto 3 chain 0 class 0 da"                 },
    {"a filter for devices only",                ingress, "p skip_sw da",
     "def.o:p pref 0 handle 0 proto 3 chain 0 class 0 da skip_sw"                                                                                                                          },
    {"a filter for no device",                   ingress, "p skip_hw",                                                "def.o:p pref 0 handle 0 proto 3 chain 0 class 0"                    },
    {"a filter for nobody",                      ingress, "p skip_hw skip_sw",                                        "refused: skip_sw and skip_hw together leave nowhere to run"         },
    {"only keywords",                            ingress, "pref 3 da",                                                "def.o: pref 3 handle 0 proto 3 chain 0 class 0 da"                  },
    {"blanks do not matter",                     ingress, "  p \t pref   3 ",                                         "def.o:p pref 3 handle 0 proto 3 chain 0 class 0"                    },
    {"a port at XDP",                            xdp,     "fw.o:drop dev lan0",                                       "fw.o:drop on lan0"                                                  },
    {"a port among a filter's words",            ingress, "p pref 3 dev lan0 da",
     "def.o:p pref 3 handle 0 proto 3 chain 0 class 0 da on lan0"                                                                                                                          },
    {"only a port",                              ingress, "dev lan0",                                                 "def.o: pref 0 handle 0 proto 3 chain 0 class 0 on lan0"             },
    {"a port of a tcx program",                  ingress, "p dev lan0 tcx before",                                    "def.o:p tcx/ingress flags 8 on lan0"                                },
    {"dev without a port",                       ingress, "p dev",                                                    "refused: dev needs a value"                                         },
    {"two ports",                                ingress, "p dev a dev b",                                            "refused: dev is given twice"                                        },
    {"a pref beyond 16 bits",                    ingress, "p pref 70000",                                             "refused: pref '70000' is not a number in 1..65535"                  },
    {"pref 0",                                   ingress, "p pref 0",                                                 "refused: pref '0' is not a number in 1..65535"                      },
    {"a handle that is no number",               ingress, "p handle 1x",                                              "refused: handle '1x' is not a number in 1..4294967295"              },
    {"a keyword without its value",              ingress, "p pref",                                                   "refused: pref needs a value"                                        },
    {"a word given twice",                       ingress, "p pref 1 pref 2",                                          "refused: pref is given twice"                                       },
    {"a word and its other name",                ingress, "p classid 1:1 flowid :2",                                  "refused: classid is given twice"                                    },
    {"a word that tc would not know",            ingress, "p bogus 1",                                                "refused: what is 'bogus'?"                                          },
    {"a protocol that is none",                  ingress, "p protocol zz",                                            "refused: protocol 'zz' is not a number in 0..65535"                 },
    {"a classid without a colon",                ingress, "p classid 12",                                             "refused: classid '12' is not MAJOR:MINOR"                           },
    {"a classid beyond 16 bits",                 ingress, "p classid 10000:1",                                        "refused: classid '10000:1' is not MAJOR:MINOR"                      },
    {"a tcx program",                            ingress, "p tcx",                                                    "def.o:p tcx/ingress flags 0"                                        },
    {"a tcx program before all",                 egress,  "p tcx before",                                             "def.o:p tcx/egress flags 8"                                         },
    {"a tcx program after another",              ingress, "fw.o:p tcx after q",                                       "fw.o:p tcx/ingress flags 16 q"                                      },
    {"only tcx",                                 ingress, "tcx",                                                      "def.o: tcx/ingress flags 0"                                         },
    {"a filter's words at tcx",                  ingress, "p tcx da",                                                 "refused: what is 'da'? a tcx program takes before"                  },
    {"a word too many at tcx",                   ingress, "p tcx after q r",                                          "refused: 'r' is one word too many"                                  },
    {"tcx at XDP",                               xdp,     "p tcx",                                                    "refused: 'tcx' at xdp: only [OBJ:]PROG [dev PORT] is allowed there" },
    {"a filter's words at XDP",                  xdp,     "p pref 3",                                                 "refused: 'pref' at xdp: only [OBJ:]PROG [dev PORT] is allowed there"},
};

std::string describe(const Placement& placement) {
  const hook::Filter& f = placement.filter;
  std::string text = fmt::format("{}:{}", placement.object, placement.program);
  const std::string port = placement.port.empty() ? "" : " on " + placement.port;
  if (placement.point == xdp) return text + port;
  if (!hook::has_filters(placement.point))
    return text +
           fmt::format(" {} flags {}{}{}", hook::to_string(placement.point), placement.tcx_flags,
                       placement.tcx_relative.empty() ? "" : " ", placement.tcx_relative) +
           port;
  return text +
         fmt::format(" pref {} handle {} proto {:x} chain {} class {:x}{}", f.pref, f.handle, f.protocol, f.chain,
                     f.classid, f.direct_action ? " da" : "") +
         (f.skip_sw ? " skip_sw" : "") + port;
}

TEST(Placement, ASectionSendsItsProgramToTcxUnlessWordsMakeItAFilter) {
  const auto place = [](const char* words, std::string_view section) {
    return place_of(parse_placement(ingress, words, "def.o").value(), section);
  };
  EXPECT_EQ(place("p", "tcx/ingress"), tcx_ingress);
  EXPECT_EQ(place("p", "tc/ingress"), ingress);
  EXPECT_EQ(place("p da", "tcx/ingress"), ingress);
  EXPECT_EQ(place("p tcx", "tc"), tcx_ingress);
}

class PlacementWords : public testing::TestWithParam<PlacementCase> {};
TEST_P(PlacementWords, AreReadOrRefused) {
  const auto placement = parse_placement(GetParam().point, GetParam().words, "def.o");
  const std::string got = placement ? describe(*placement) : "refused: " + placement.error().message;
  const std::string want = GetParam().want;
  EXPECT_EQ(want.starts_with("refused") ? got.substr(0, want.size()) : got, want);
}
INSTANTIATE_TEST_SUITE_P(Attach, PlacementWords, testing::ValuesIn(kCases), tests::case_name);

TEST(Placement, NeedsAnObject) {
  const auto placement = parse_placement(xdp, "drop", "");
  ASSERT_FALSE(placement);
  EXPECT_EQ(placement.error().message, "'drop' names no object file, and no OBJ was given");
}

struct ProtocolCase {
  const char* word;
  uint16_t number;
};
constexpr ProtocolCase kProtocols[] = {
    {"all",     3     },
    {"ip",      0x0800},
    {"IPv6",    0x86dd},
    {"arp",     0x0806},
    {"802.1Q",  0x8100},
    {"802.1ad", 0x88a8},
    {"0x88cc",  0x88cc},
    {"2048",    2048  },
};
TEST(Protocol, NamesAreTcs) {
  for (const auto& [word, number] : kProtocols) EXPECT_EQ(parse_protocol(word).value(), number) << word;
}

}  // namespace
}  // namespace saya::attach
