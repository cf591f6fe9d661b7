// What a run found out, as data.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "abi/executable.h"
#include "base/time.h"
#include "hook/hook.h"
#include "map/map.h"
#include "nic/counters.h"
#include "nic/datapath.h"
#include "run/events.h"
#include "run/typed_map.h"

namespace saya::run {

/// One program at one hook of one port.
struct HookReport {
  std::string port;
  hook::Point point{};
  uint32_t pref = 0;
  uint32_t handle = 0;
  bool direct_action = true;
  std::string program;
  std::string origin;
  abi::Tag tag{};
  uint64_t runs = 0;
  uint64_t faults = 0;
  std::map<int32_t, uint64_t> codes;  ///< Return value -> packets, without the faulted ones.
  uint64_t other_codes = 0;           ///< Packets whose return values were too many to tell apart.
  std::optional<double> nanoseconds;  ///< Of the machine's time per run, where it was measured.
};

struct PortReport {
  std::string name;
  uint32_t ifindex = 0;
  nic::Counters counters;
};

/// A rule that a program broke, and how often at that instruction.
struct FaultReport {
  abi::Fault first;
  uint64_t count = 0;
};

/// What one program said about one packet.
struct VerdictReport {
  hook::Point point{};
  uint32_t pref = 0;
  uint32_t handle = 0;
  std::string program;
  std::string verdict;  ///< As name_of_code() has it, or "FAULT".
};

/// One packet at its end, with the verdicts that led there.
struct PacketReport {
  uint64_t number = 0;
  Nanoseconds arrival = 0;
  std::string port;
  uint32_t len = 0;
  std::vector<VerdictReport> verdicts;
  nic::Fate fate{};
  abi::Drop reason{};  ///< Of a drop.
};

struct Report {
  uint64_t packets = 0;             ///< That arrived, from wires and hosts.
  uint64_t cut_frames = 0;          ///< Of these, those that the capture holds only the beginning of.
  Nanoseconds first = 0, last = 0;  ///< Timestamps of the first and the last of them.
  std::vector<PortReport> ports;
  std::vector<HookReport> hooks;              ///< In the order packets meet them.
  std::shared_ptr<const void> programs;       ///< Keeps what elements of the maps hold.
  std::vector<MapPtr> maps;                   ///< Live: read when printed.
  std::optional<std::vector<TypedMap>> dump;  ///< Printed instead of `maps`, in full.
  std::vector<FaultReport> faults;            ///< One for each instruction that broke a rule.
  uint64_t fault_count = 0;                   ///< In all.
  std::string ended_early;                    ///< Why a capture could not be played to its end; empty when all were.
  Nanoseconds elapsed = 0;  ///< Real time the packets took: the only figure that differs between two equal runs.
};

/// "XDP_DROP", or what the number means where it has no name: "77 (unknown)", "class 1:20", "no match".
std::string name_of_code(const HookReport& hook, int32_t code);

/// The report as tables for people. Deterministic: leaves `elapsed` out.
std::string to_text(const Report& report);
/// The same as JSON.
std::string to_json(const Report& report);
/// The same in two parts, between which more members may stand, each begun with a comma.
struct JsonParts {
  std::string before;
  std::string after;
};
JsonParts to_json_parts(const Report& report);
/// An element of the list "trail": what happened to a packet.
Json to_json(const PacketReport& packet);

/// "xdp droplist XDP_PASS, ingress pref 1 handle 0x1 count TC_ACT_SHOT -> dropped (tc_ingress)": what happened to a
/// packet.
std::string trail_of(const PacketReport& packet);
/// The line of -v: number, time, port, length and trail, with a newline.
std::string to_text(const PacketReport& packet);

}  // namespace saya::run
