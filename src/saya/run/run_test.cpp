// The embedded target as a whole, over the shipped captures and programs.
#include "run/run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "packet/capture.h"

namespace saya::run {
namespace {

const std::string kCaptures = SAYA_SOURCE_DIR "/tests/captures/";
const std::string kObjects = SAYA_BINARY_DIR "/bpf/";

attach::Placement at(hook::Point point, const std::string& words) {
  return attach::parse_placement(point, kObjects + words, "").value();
}

uint64_t frames_in(const std::string& capture) {
  auto reader = CaptureReader::open(kCaptures + capture).value();
  uint64_t count = 0;
  while (reader.next().value()) ++count;
  return count;
}

/// Everything in a report but the time that it took.
std::string text_of(const Options& options) {
  const auto report = run(options, {});
  return report ? to_text(*report) + to_json(*report) : report.error().message;
}

Options demo() {
  return {
      .placements = {at(hook::Point::xdp, "droplist.o:droplist"),
                     at(hook::Point::ingress, "protocount.o:protocount da"),
                     at(hook::Point::egress, "nat.o:nat_egress da")},
      .wire = {{"eth0", kCaptures + "mixed.pcap"}},
      .host = {{"eth0", kCaptures + "host.pcap"}},
      .forward = true
  };
}

TEST(Run, TwoRunsSayTheSame) { EXPECT_EQ(text_of(demo()), text_of(demo())); }

TEST(Run, NoPacketIsLostOnAnyPort) {
  const auto report = run(demo(), {});
  ASSERT_TRUE(report) << report.error().message;
  for (const PortReport& port : report->ports) EXPECT_TRUE(port.counters.conserved()) << port.name;
  EXPECT_EQ(report->packets, frames_in("mixed.pcap") + frames_in("host.pcap"));
}

TEST(Run, RealTimeFindsTheSameVerdicts) {
  Options options = demo();
  const auto replayed = run(options, {});
  options.clock = ClockKind::real;
  const auto live = run(options, {});
  ASSERT_TRUE(replayed && live);
  ASSERT_EQ(live->hooks.size(), replayed->hooks.size());
  for (size_t i = 0; i < live->hooks.size(); ++i) EXPECT_EQ(live->hooks[i].codes, replayed->hooks[i].codes);
}

TEST(Run, ProgramsOfOneObjectShareItsMaps) {
  Options options{
      .placements = {at(hook::Point::xdp, "xdp_meta.o:write_class"),
                     at(hook::Point::ingress, "xdp_meta.o:read_class da")},
      .wire = {{"eth0", kCaptures + "mixed.pcap"}}
  };
  const auto report = run(options, {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->maps.size(), 1u) << "one object, opened once";
}

TEST(Run, TheWrittenCaptureHasEveryPacketOnce) {
  Options options = demo();
  const std::filesystem::path out = std::filesystem::path(testing::TempDir()) / "saya_run_test.pcapng";
  options.write = {{.file = out}};
  const auto report = run(options, {});
  ASSERT_TRUE(report) << report.error().message;
  auto reader = CaptureReader::open(out).value();
  uint64_t count = 0;
  while (reader.next().value()) ++count;
  EXPECT_EQ(count, report->packets);
  std::filesystem::remove(out);
}

TEST(Run, CapturesOfSeveralPortsAreMergedByTime) {
  Options options{
      .placements = {at(hook::Point::xdp, "droplist.o:droplist")},
      .wire = {{"a", kCaptures + "dns.pcap"}, {"b", kCaptures + "tcp.pcap"}, {"a", kCaptures + "udp.pcap"}},
      .verbose = true
  };
  std::vector<Nanoseconds> stamps;
  Recorder::Sinks sinks;
  sinks.packet = [&](const PacketReport& packet) { stamps.push_back(packet.arrival); };
  const auto report = run(options, std::move(sinks));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->ports.size(), 2u);
  EXPECT_EQ(stamps.size(), frames_in("dns.pcap") + frames_in("tcp.pcap") + frames_in("udp.pcap"));
  EXPECT_TRUE(std::ranges::is_sorted(stamps));
}

struct FailureCase {
  const char* what;
  Options options;
  const char* words;
};

TEST(Run, FailuresNameTheThing) {
  const attach::Placement fine = at(hook::Point::xdp, "droplist.o:droplist");
  const Input capture{"eth0", kCaptures + "tcp.pcap"};
  const FailureCase cases[] = {
      {"no such object",                   {.placements = {at(hook::Point::xdp, "nosuch.o:x")}, .wire = {capture}},        "nosuch.o"         },
      {"no such program",                  {.placements = {at(hook::Point::xdp, "droplist.o:nosuch")}, .wire = {capture}}, "'nosuch'"         },
      {"no such capture",                  {.placements = {fine}, .wire = {{"eth0", "/nonexistent.pcap"}}},                "/nonexistent.pcap"},
      {"the same handle twice",
       {.placements = {at(hook::Point::ingress, "protocount.o pref 1 handle 1 da"),
                       at(hook::Point::ingress, "protocount.o pref 1 handle 1 da")},
        .wire = {capture}},
       "Filter already exists"                                                                                                                },
      {"a capture that cannot be written",
       {.placements = {fine}, .wire = {capture}, .write = {{.file = "/nonexistent/out.pcapng"}}},
       "/nonexistent/out.pcapng"                                                                                                              },
      {"a state file that is not there",
       {.placements = {fine}, .wire = {capture}, .netstate = "/nonexistent.json"},
       "/nonexistent.json"                                                                                                                    },
  };
  for (const FailureCase& c : cases) {
    const auto report = run(c.options, {});
    ASSERT_FALSE(report) << c.what;
    EXPECT_NE(report.error().message.find(c.words), std::string::npos) << c.what << ": " << report.error().message;
  }
}

TEST(Run, NeverWritesOverAFileThatItReads) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "saya-run-test";
  std::filesystem::create_directories(folder);
  for (const char* name : {"in.pcap", "host.pcap", "x.o", "state.json"}) std::ofstream(folder / name) << "kept";
  Options options{.wire = {{"eth0", folder / "in.pcap"}},
                  .host = {{"eth0", folder / "host.pcap"}},
                  .netstate = folder / "state.json"};
  options.placements.emplace_back().object = folder / "x.o";
  for (const char* name : {"in.pcap", "host.pcap", "x.o", "state.json"}) {
    options.write = {{.file = folder / "." / name}};
    const auto report = run(options, {});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().message, "-w '" + options.write[0].file + "' is the same file as '" +
                                          (folder / name).string() + "', which is read");
    EXPECT_EQ(std::filesystem::file_size(folder / name), 4u);
  }
  std::filesystem::remove_all(folder);
}

TEST(Run, ARoundFollowsTheOneBefore) {
  Options options{
      .placements = {at(hook::Point::xdp,           "droplist.o:droplist")       },
      .wire = {{"a", kCaptures + "dns.pcap"}, {"b", kCaptures + "tcp.pcap"}},
      .repeat = 3
  };
  std::vector<Nanoseconds> stamps;
  Recorder::Sinks sinks;
  sinks.packet = [&](const PacketReport& packet) { stamps.push_back(packet.arrival); };
  const auto report = run(options, sinks);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->packets, 3 * (frames_in("dns.pcap") + frames_in("tcp.pcap")));
  EXPECT_TRUE(std::ranges::is_sorted(stamps));
  EXPECT_EQ(report->first, stamps.front());
  EXPECT_EQ(report->last, stamps.back());
}

TEST(Run, MeasuredTimeIsInTheReportOnlyWhenItIsAskedFor) {
  Options options = demo();
  EXPECT_EQ(run(options, {})->hooks[0].nanoseconds, std::nullopt);
  options.stats = true;
  const auto report = run(options, {});
  ASSERT_TRUE(report) << report.error().message;
  for (const HookReport& hook : report->hooks) EXPECT_GT(hook.nanoseconds.value_or(0), 0) << hook.program;
}

}  // namespace
}  // namespace saya::run
