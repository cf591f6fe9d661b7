// The rows: semantics a.3 and a.7. Where Linux 6.18 sends a frame, its receivers say.
#include "support/redirect_cases.h"

namespace saya::tests {
namespace {

constexpr uint32_t kDev = 14, kCpu = 16, kXsk = 17, kDevHash = 25;

std::string redirect_to(std::string_view port, int flags = 0) {
  return "r1 = {" + std::string(port) + "}\nr2 = " + std::to_string(flags) + "\ncall bpf_redirect\nexit\n";
}
std::string by_map(uint64_t key, int flags) {
  return "r1 = map[idx:0]\nr2 = " + std::to_string(key) + (key > UINT32_MAX ? " ll" : "") +
         "\nr3 = " + std::to_string(flags) + "\ncall bpf_redirect_map\nexit\n";
}
std::string verdict(int code) { return "r0 = " + std::to_string(code) + "\nexit\n"; }

/// bpf_redirect_neigh() to port c; `next_hop` in hexadecimal as it lies in memory, for a family.
std::string by_neighbour(int family, std::string_view next_hop) {
  if (family == 0) return "r1 = {c}\nr2 = 0\nr3 = 0\nr4 = 0\ncall bpf_redirect_neigh\nexit\n";
  return "*(u64 *)(r10 -24) = 0\n*(u64 *)(r10 -16) = 0\n*(u64 *)(r10 -8) = 0\n"
         "r0 = " +
         std::to_string(family) +
         "\n*(u32 *)(r10 -24) = r0\n"
         "r0 = " +
         std::string(next_hop) +
         " \n*(u32 *)(r10 -20) = r0\n"
         "r1 = {c}\nr2 = r10\nr2 += -24\nr3 = 20\nr4 = 0\ncall bpf_redirect_neigh\nexit\n";
}

/// The same by the routes, for a packet with a mark.
std::string marked(int mark) {
  return "r2 = " + std::to_string(mark) + "\n*(u32 *)(r1 +8) = r2\n" + by_neighbour(0, "");
}

/// Passes what leaves by a port and came in by b, and drops all else.
constexpr std::string_view kChecksPorts =
    "r0 = 1\nr2 = *(u32 *)(r1 +20)\nif r2 != {c} goto end\nr2 = *(u32 *)(r1 +12)\nif r2 != {b} goto end\nr0 = 2\n"
    "end: exit\n";
/// Writes the sender's MAC address and passes.
constexpr std::string_view kWrites =
    "r0 = 1\nr2 = *(u32 *)(r1 +0)\nr3 = *(u32 *)(r1 +4)\nr4 = r2\nr4 += 14\nif r4 > r3 goto end\nr0 = 0x77\n"
    "*(u8 *)(r2 +11) = r0\nr0 = 2\nend: exit\n";

std::vector<RedirectCase> tc_cases() {
  constexpr auto kIn = Where::ingress, kOut = Where::egress, kTcx = Where::tcx_ingress;
  return {
      {"tc redirects out of another port",                          {{"b", kIn, redirect_to("c")}},                                      {"c.wire"}},
      {"tc redirects into another port",                            {{"b", kIn, redirect_to("c", 1)}},                                   {"c.host"}},
      {"tc redirects out of its own port",                          {{"b", kIn, redirect_to("b")}},                                      {"b.wire"}},
      {"tc redirects nowhere",                                      {{"b", kIn, "r1 = 99999\nr2 = 0\ncall bpf_redirect\nexit\n"}},       {}        },
      {"tcx redirects out of another port",                         {{"b", kTcx, redirect_to("c")}},                                     {"c.wire"}},
      {"what the host sends is redirected out of another port",     {{"b", kOut, redirect_to("c")}},                                     {"c.wire"}},
      {"what the host sends is redirected into its own port",       {{"b", kOut, redirect_to("b", 1)}},                                  {"b.host"}},
      {"a redirect runs the egress of its target",                  {{"b", kIn, redirect_to("c")}, {"c", kOut, verdict(2)}},             {}        },
      {"a redirect into a port runs its ingress",                   {{"b", kIn, redirect_to("c", 1)}, {"c", kIn, verdict(2)}},           {}        },
      {"a redirect of a redirect",                                  {{"b", kIn, redirect_to("c", 1)}, {"c", kIn, redirect_to("b")}},     {"b.wire"}},
      {"a filter answers for an earlier one that named the target",
       {{"b", kIn, verdict(7)}, {"b", kIn, "r1 = {c}\nr2 = 0\ncall bpf_redirect\nr0 = -1\nexit\n"}},
       {"c.wire"}                                                                                                                                  },
      {"a filter answers for a tcx program that named the target",
       {{"b", kIn, verdict(7)}, {"b", kTcx, "r1 = {c}\nr2 = 0\ncall bpf_redirect\nr0 = -1\nexit\n"}},
       {"c.wire"}                                                                                                                                  },
      {"OK takes a redirect back",                                  {{"b", kIn, "r1 = {c}\nr2 = 0\ncall bpf_redirect\nr0 = 0\nexit\n"}}, {"b.host"}},
      {"the last of two redirects counts",
       {{"b", kIn, "r1 = 99999\nr2 = 0\ncall bpf_redirect\n" + redirect_to("c")}},
       {"c.wire"}                                                                                                                                  },
      {"a redirect with an unknown flag shoots",                    {{"b", kIn, redirect_to("c", 2)}},                                   {}        },
      {"a clone goes its own way",
       {{"b", kIn, "r6 = r1\nr2 = {c}\nr3 = 0\ncall bpf_clone_redirect\nr0 = 0\nexit\n"}},
       {"b.host", "c.wire"}                                                                                                                        },
      {"a clone goes into a port while the packet is dropped",
       {{"b", kIn, "r2 = {c}\nr3 = 1\ncall bpf_clone_redirect\nr0 = 2\nexit\n"}},
       {"c.host"}                                                                                                                                  },
      {"redirect_peer to a port without one in another namespace",
       {{"b", kIn, "r1 = {c}\nr2 = 0\ncall bpf_redirect_peer\nexit\n"}},
       {}                                                                                                                                          },
      {"redirect_peer of what the host sends",                      {{"b", kOut, "r1 = {c}\nr2 = 0\ncall bpf_redirect_peer\nexit\n"}},   {}        },
      {"what is redirected into a port may be stolen there",
       {{"b", kIn, redirect_to("c", 1)}, {"c", kIn, verdict(4)}},
       {}                                                                                                                                          },
      {"a clone that is shot leaves its packet alone",
       {{"b", kIn, "r2 = {c}\nr3 = 0\ncall bpf_clone_redirect\nr0 = 0\nexit\n"}, {"c", kOut, verdict(2)}},
       {"b.host"}                                                                                                                                  },
      {"a clone goes before a redirect",
       {{"b", kIn, "r2 = {c}\nr3 = 0\ncall bpf_clone_redirect\n" + redirect_to("c", 1)}},
       {"c.host", "c.wire"}                                                                                                                        },
      {"a clone of a clone",
       {{"b", kIn, "r2 = {c}\nr3 = 1\ncall bpf_clone_redirect\nr0 = 2\nexit\n"},
        {"c", kIn, "r2 = {b}\nr3 = 0\ncall bpf_clone_redirect\nr0 = 0\nexit\n"}},
       {"b.wire", "c.host"}                                                                                                                        },
      {"a clone to nowhere is no error of its packet",
       {{"b", kIn, "r2 = 99999\nr3 = 0\ncall bpf_clone_redirect\nr0 = 0\nexit\n"}},
       {"b.host"}                                                                                                                                  },
      {"redirect_neigh by the routes",                              {{"b", kIn, by_neighbour(0, "")}},                                   {"c.wire"}},
      {"redirect_neigh to a next hop",                              {{"b", kIn, by_neighbour(2, "0x900000a")}},                          {"c.wire"}},
      {"redirect_neigh by the mark",                                {{"b", kIn, marked(7)}},                                             {"c.wire"}},
      {"redirect_neigh by mark and source",                         {{"b", kIn, marked(8)}},                                             {"c.wire"}},
      {"redirect_neigh by a mark from elsewhere",                   {{"b", kIn, marked(9)}},                                             {"c.wire"}},
      {"redirect_neigh to a next hop of no family",                 {{"b", kIn, by_neighbour(1, "0x900000a")}},                          {}        },
      {"redirect_neigh runs the egress of its target",              {{"b", kIn, by_neighbour(0, "")}, {"c", kOut, verdict(2)}},          {}        },
      {"redirect_neigh of what the host sends",                     {{"b", kOut, by_neighbour(0, "")}},                                  {"c.wire"}},
  };
}

std::vector<RedirectCase> xdp_cases() {
  const auto at_b = [](std::string text) {
    return std::vector<PortProgram>{
        {"b", Where::xdp, std::move(text)}
    };
  };
  const std::vector<MapElement> c{
      {.key = 1, .port = "c"}
  };
  const std::vector<MapElement> both{
      {.key = 0, .port = "b"},
      {.key = 2, .port = "c"}
  };
  const auto with = [](std::string_view program) {
    return std::vector<MapElement>{
        {.key = 1, .port = "c", .program = std::string(program)}
    };
  };
  return {
      {"XDP redirects out of another port", at_b(redirect_to("c")), {"c.wire"}},
      {"XDP redirects out of its own port", at_b(redirect_to("b")), {"b.wire"}},
      {"an XDP redirect with a flag aborts", at_b(redirect_to("c", 1)), {}},
      {"an XDP redirect that is answered with PASS passes",
       at_b("r1 = {c}\nr2 = 0\ncall bpf_redirect\nr0 = 2\nexit\n"),
       {"b.host"}},
      {"the last of two XDP redirects counts",
       at_b("r1 = 99999\nr2 = 0\ncall bpf_redirect\n" + redirect_to("c")),
       {"c.wire"}},
      {"XDP redirects nowhere", at_b("r1 = 99999\nr2 = 0\ncall bpf_redirect\nexit\n"), {}},
      {"XDP redirects do not run tc egress",
       {{"b", Where::xdp, redirect_to("c")}, {"c", Where::egress, verdict(2)}},
       {"c.wire"}},
      {"XDP redirects by a devmap", at_b(by_map(1, 0)), {"c.wire"}, kDev, c},
      {"XDP redirects by a devmap_hash", at_b(by_map(1, 0)), {"c.wire"}, kDevHash, c},
      {"a key of 33 bits is cut", at_b(by_map(0x100000001, 2)), {"c.wire"}, kDev, c},
      {"a miss in a devmap passes", at_b(by_map(3, 2)), {"b.host"}, kDev, c},
      {"a miss after a redirect takes nothing back",
       at_b("r1 = {c}\nr2 = 0\ncall bpf_redirect\nr1 = map[idx:0]\nr2 = 3\nr3 = 2\ncall bpf_redirect_map\nr0 = "
            "4\nexit\n"),
       {"c.wire"},
       kDev, c},
      {"a miss after a hit takes it back",
       at_b("r1 = map[idx:0]\nr2 = 1\nr3 = 2\ncall bpf_redirect_map\nr1 = map[idx:0]\nr2 = 3\nr3 = 2\n"
            "call bpf_redirect_map\nexit\n"),
       {"b.host"},
       kDev, c},
      {"a broadcast reaches all ports of a devmap", at_b(by_map(0, 8)), {"b.wire", "c.wire"}, kDev, both},
      {"a broadcast excludes the ingress", at_b(by_map(0, 8 | 16)), {"c.wire"}, kDev, both},
      {"a broadcast by a devmap_hash", at_b(by_map(0, 8)), {"b.wire", "c.wire"}, kDevHash, both},
      {"a broadcast by an empty devmap reaches nobody", at_b(by_map(0, 8)), {}, kDev},
      {"the program of an element passes", at_b(by_map(1, 0)), {"c.wire"}, kDev, with("r0 = 2\nexit\n")},
      {"the program of an element drops", at_b(by_map(1, 0)), {}, kDev, with("r0 = 1\nexit\n")},
      {"the program of an element cannot send back", at_b(by_map(1, 0)), {}, kDev, with("r0 = 3\nexit\n")},
      {"the program of an element cannot redirect", at_b(by_map(1, 0)), {}, kDev, with("r0 = 4\nexit\n")},
      {"the program of an element knows both ports", at_b(by_map(1, 0)), {"c.wire"}, kDev, with(kChecksPorts)},
      {"the program of an element writes", at_b(by_map(1, 0)), {"c.wire"}, kDevHash, with(kWrites)},
      {"only one copy of a broadcast is written to",
       at_b(by_map(0, 8)),
       {"b.wire", "c.wire"},
       kDev, {{.key = 0, .port = "b"}, {.key = 2, .port = "c", .program = std::string(kWrites)}}},
      {"a cpumap leads to the receive path", at_b(by_map(0, 0)), {"b.host"}, kCpu, {{.key = 0, .number = 64}}},
      {"a cpumap leads to tc ingress",
       {{"b", Where::xdp, by_map(0, 0)}, {"b", Where::ingress, verdict(2)}},
       {},
       kCpu, {{.key = 0, .number = 64}}},
      {"the program of a CPU drops",
       at_b(by_map(0, 0)),
       {},
       kCpu, {{.key = 0, .number = 64, .program = "r0 = 1\nexit\n"}}},
      {"the program of a CPU redirects",
       at_b(by_map(0, 0)),
       {"c.wire"},
       kCpu, {{.key = 0, .number = 64, .program = redirect_to("c")}}},
      {"the program of a CPU cannot send back",
       at_b(by_map(0, 0)),
       {},
       kCpu, {{.key = 0, .number = 64, .program = "r0 = 3\nexit\n"}}},
      {"a miss in a cpumap passes", at_b(by_map(1, 2)), {"b.host"}, kCpu, {{.key = 0, .number = 64}}},
      {"a miss in an xskmap passes", at_b(by_map(1, 2)), {"b.host"}, kXsk},
  };
}

}  // namespace

std::vector<RedirectCase> redirect_cases() {
  std::vector<RedirectCase> all = tc_cases();
  for (RedirectCase& row : xdp_cases()) all.push_back(std::move(row));
  return all;
}

}  // namespace saya::tests
