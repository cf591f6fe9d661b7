// What the clsact hook does with several filters, as rows: the kernel judges them in tests/veth_test.cpp, saya's hook
// runs the same rows in its own test.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "map/map.h"
#include "program/program.h"

namespace saya::tests {

/// What a filter's program does: it records that it ran and what it saw, sets what is given here, and returns.
struct FilterProgram {
  uint32_t id = 0;
  int64_t verdict = -1;
  std::string sets = {};  ///< "mark=1 tc_classid=7": context fields, in order.
};

/// A step of the set-up, as `tc filter add|replace|delete` takes it.
struct FilterStep {
  enum class Action : uint8_t { add, replace, remove };
  FilterProgram program = {};
  uint16_t pref = 10;   ///< 0: automatic.
  uint32_t handle = 0;  ///< 0: automatic; in a remove: the whole pref, and with pref 0 the whole chain.
  uint16_t protocol = 0x0003;
  uint32_t chain = 0;
  uint32_t classid = 0;
  bool direct_action = true;
  Action action = Action::add;
  std::string_view refused = {};  ///< The kernel's words, where it refuses the step.
};
/// The step's words when it was refused with them, other words when with others, nothing when it was carried out.
std::string refusal_of(const Result<>& carried_out, const FilterStep& step);

/// What became of the packet at the hook.
enum class Fate : uint8_t {
  passed,   ///< On to the stack (ingress) or out of the interface (egress).
  dropped,  ///< Dropped and counted.
  gone,     ///< Neither: consumed, or redirected to nowhere.
};

struct ClsactCase {
  std::string name;  ///< Reads as a sentence.
  bool egress = false;
  std::vector<FilterStep> filters = {};
  std::string_view frame = "udp4";  ///< A name of support/frames.h; it arrives at, or leaves by, the interface.
  /// What each program that ran saw, in order: "1", or "1 tc_classid=9 mark=0" (fields not named may be anything).
  std::vector<std::string> trace = {};
  Fate fate = Fate::passed;
  /// Fields of a packet that left, read at the other end of the cable ("tc_index=7"); egress only.
  std::string after = {};
  std::vector<FilterProgram> tcx = {};  ///< Programs that tcx runs before the filters, in this order.
};

/// All rows. On ingress the interface is `ethb` of the pair etha - ethb; on egress it is `etha`.
std::vector<ClsactCase> clsact_cases();

/// The ARRAY of one value in which programs record what they saw.
MapSpec trace_map_spec();
/// A tc program that does what `what` says; the trace lies in `trace`.
program::ProgramPtr filter_program(const FilterProgram& what, const MapPtr& trace);

/// The rows of a trace, from the trace map's value: one text per program that ran, in ClsactCase::trace's form, with
/// every field that a record has.
std::vector<std::string> read_trace(std::span<const std::byte> value);
/// Nothing if each of `seen` has the id and the fields that its row of `expected` names; else what differs.
std::string compare_trace(std::span<const std::string> expected, std::span<const std::string> seen);

}  // namespace saya::tests
