// The conservation law over all that can happen to a packet: nothing is lost on a port, nothing on the way between two,
// and the reports of packets say the same as the counters.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <ostream>

#include "packet/capture.h"
#include "run/run.h"
#include "support/case_name.h"
#include "support/gso_cases.h"

namespace saya::run {
namespace {

const std::string kCaptures = SAYA_SOURCE_DIR "/tests/captures/";
const std::string kTargets = SAYA_BINARY_DIR "/bpf/tests/cli/targets.o";
constexpr std::string_view kNetwork =
    R"({"interfaces": [{"name": "lan", "ifindex": 5}, {"name": "wan", "ifindex": 7, "peer": "far", "mtu": 9000},
                       {"name": "far", "ifindex": 8, "peer": "wan"}, {"name": "down", "ifindex": 9, "up": false}]})";
constexpr std::string_view kElements =
    R"([{"key": 0, "value": 5}, {"key": 1, "value": {"ifindex": "wan", "bpf_prog": "short_only"}},
        {"key": 2, "value": "far"}, {"key": 3, "value": "down"}])";

struct Scenario {
  const char* name;
  std::vector<std::pair<hook::Point, const char*>> programs;
  bool forward = false;
  friend void PrintTo(const Scenario& row, std::ostream* out) { *out << row.name; }
};

using enum hook::Point;
const Scenario kScenarios[] = {
    {"everything passes", {{ingress, "count_here da"}}},
    {"everything is forwarded", {{ingress, "count_here da"}}, true},
    {"a devmap with a program", {{xdp, "to_port dev lan"}}},
    {"a broadcast", {{xdp, "to_all dev lan"}}},
    {"a broadcast between ports that all do", {{xdp, "to_all"}}},
    {"an empty cpumap", {{xdp, "to_cpu"}}},
    {"frames shrink to nothing", {{xdp, "to_nothing"}, {ingress, "to_wan dev lan da"}}, true},
    {"clones", {{ingress, "clones dev lan da"}}},
    {"clones at egress", {{egress, "clones dev lan da"}}, true},
    {"clones that clone", {{ingress, "clones_itself dev lan da"}}},
    {"a redirect", {{ingress, "to_wan dev lan da"}, {egress, "stolen dev wan da"}}},
    {"a redirect to the other end", {{ingress, "to_peer dev lan da"}, {ingress, "trapped dev far da"}}},
    {"a redirect that never ends", {{egress, "to_itself dev lan da"}}, true},
    {"stolen", {{ingress, "stolen da"}}},
    {"a rule is broken", {{ingress, "breaks_a_rule da"}}, true},
    {"clones of packets that are cut", {{egress, "clones dev lan da"}, {egress, "to_itself dev wan da"}}, true},
};

/// A folder with what the scenarios need.
class World {
 public:
  World() {
    std::filesystem::create_directories(folder_);
    std::ofstream(file("net.json")) << kNetwork;
    std::ofstream(file("elements.json")) << kElements;
    const std::string names[] = {"lan"};
    CaptureWriter writer = CaptureWriter::create(file("large.pcapng"), names).value();
    for (const tests::GsoCase& row : tests::gso_cases())
      EXPECT_TRUE(writer.write(0, 1'000'000, tests::gso_frame(row), Direction::outbound, ""));
    EXPECT_TRUE(writer.close());
  }
  ~World() { std::filesystem::remove_all(folder_); }
  std::string file(const char* name) const { return folder_ / name; }

 private:
  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / fmt::format("saya-conservation-test-{}", ::getpid());
};

/// Sums over all ports.
nic::Counters sum_of(const Report& report) {
  nic::Counters all;
  for (const PortReport& port : report.ports) {
    const nic::Counters& c = port.counters;
    EXPECT_TRUE(c.conserved()) << port.name;
    all.received += c.received;
    all.from_host += c.from_host;
    all.redirected_in += c.redirected_in;
    all.cloned += c.cloned;
    all.split += c.split;
    all.delivered += c.delivered;
    all.transmitted += c.transmitted;
    all.redirected_out += c.redirected_out;
    all.consumed += c.consumed;
    for (size_t i = 0; i < abi::kDrops; ++i) all.dropped[i] += c.dropped[i];
  }
  return all;
}

class Conservation : public testing::TestWithParam<Scenario> {};

TEST_P(Conservation, HoldsOnEachPortAndBetweenThem) {
  const World world;
  Options options{
      .wire = {{"lan", kCaptures + "mixed.pcap"}, {"lan", world.file("large.pcapng")}},
      .host = {{"lan", world.file("large.pcapng")}},
      .forward = GetParam().forward,
      .netstate = world.file("net.json"),
      .maps = {{"ports", world.file("elements.json")}}
  };
  for (const auto& [point, words] : GetParam().programs)
    options.placements.push_back(attach::parse_placement(point, words, kTargets).value());
  std::map<nic::Fate, uint64_t> ends;
  Recorder::Sinks sinks;
  sinks.packet = [&](const PacketReport& packet) { ++ends[packet.fate]; };
  const auto report = run(options, sinks);
  ASSERT_TRUE(report) << report.error().message;
  const nic::Counters all = sum_of(*report);
  EXPECT_EQ(all.received + all.from_host, report->packets);
  EXPECT_GT(report->packets, 100u);
  EXPECT_EQ(all.redirected_in, all.redirected_out);
  EXPECT_EQ(ends[nic::Fate::delivered], all.delivered);
  EXPECT_EQ(ends[nic::Fate::transmitted], all.transmitted);
  EXPECT_EQ(ends[nic::Fate::consumed], all.consumed);
  EXPECT_EQ(ends[nic::Fate::dropped], all.dropped_in_all());
  EXPECT_EQ(all.received + all.from_host + all.cloned + all.split,
            all.delivered + all.transmitted + all.consumed + all.dropped_in_all());
}

INSTANTIATE_TEST_SUITE_P(Scenarios, Conservation, testing::ValuesIn(kScenarios), tests::case_name);

}  // namespace
}  // namespace saya::run
