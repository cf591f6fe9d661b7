// The rows. Measured on Linux 6.18: net/sched/cls_api.c, cls_bpf.c and net/core/dev.c decide them.
#include "support/clsact_cases.h"

#include <fmt/format.h>

namespace saya::tests {
namespace {

constexpr uint16_t kIp = 0x0800;
constexpr uint16_t kArp = 0x0806;
constexpr uint16_t kVlan = 0x8100;

using Action = FilterStep::Action;

std::vector<ClsactCase> order_cases() {
  return {
      {.name = "filters of one pref run newest first",
       .filters = {{.program = {.id = 1}, .handle = 1},
                   {.program = {.id = 2}, .handle = 2},
                   {.program = {.id = 3}, .handle = 3}},
       .trace = {"3", "2", "1"}},
      {.name = "inside a pref the handle does not order",
       .filters = {{.program = {.id = 1}, .handle = 3},
                   {.program = {.id = 2}, .handle = 1},
                   {.program = {.id = 3}, .handle = 2}},
       .trace = {"3", "2", "1"}},
      {.name = "prefs run in ascending order and only for their protocol",
       .filters = {{.program = {.id = 1}, .handle = 1},
                   {.program = {.id = 2}, .handle = 2},
                   {.program = {.id = 3}, .handle = 3},
                   {.program = {.id = 4}, .pref = 5},
                   {.program = {.id = 7}, .pref = 8, .protocol = kIp},
                   {.program = {.id = 6}, .pref = 7, .protocol = kArp},
                   {.program = {.id = 5}, .pref = 20}},
       .trace = {"4", "7", "3", "2", "1", "5"}},
      {.name = "prefs run in ascending order at egress too",
       .egress = true,
       .filters = {{.program = {.id = 1}, .pref = 9}, {.program = {.id = 2}, .pref = 3}},
       .trace = {"2", "1"}},
      {.name = "automatic prefs count down so a later filter runs earlier",
       .filters = {{.program = {.id = 1}, .pref = 0},
                   {.program = {.id = 2}, .pref = 0},
                   {.program = {.id = 3}, .pref = 0}},
       .trace = {"3", "2", "1"}},
      {.name = "an automatic pref counts down from the lowest above 32767",
       .filters = {{.program = {.id = 1}, .pref = 30},
                   {.program = {.id = 2}, .pref = 0},
                   {.program = {.id = 3}, .pref = 29},
                   {.program = {.id = 4}, .pref = 40000},
                   {.program = {.id = 5}, .pref = 0},
                   {.program = {.id = 6}, .pref = 39999}},
       .trace = {"3", "1", "6", "5", "4", "2"}},
      {.name = "only chain 0 is entered",
       .filters = {{.program = {.id = 1}, .chain = 3}, {.program = {.id = 2}}},
       .trace = {"2"}},
      {.name = "replace keeps the place inside a pref",
       .filters = {{.program = {.id = 1}, .handle = 1},
                   {.program = {.id = 2}, .handle = 2},
                   {.program = {.id = 3}, .handle = 3},
                   {.program = {.id = 9}, .handle = 2, .action = Action::replace}},
       .trace = {"3", "9", "1"}},
      {.name = "replace adds what is not there",
       .filters = {{.program = {.id = 1}, .handle = 1}, {.program = {.id = 9}, .handle = 2, .action = Action::replace}},
       .trace = {"9", "1"}},
      {.name = "replace can take direct action away",
       .filters =
           {{.program = {.id = 1, .verdict = 2}, .handle = 1},
            {.program = {.id = 2, .verdict = 2}, .handle = 1, .direct_action = false, .action = Action::replace}},
       .trace = {"2"}},
      {.name = "a removed filter leaves the others in order",
       .filters = {{.program = {.id = 1}, .handle = 1},
                   {.program = {.id = 2}, .handle = 2},
                   {.program = {.id = 3}, .handle = 3},
                   {.handle = 2, .action = Action::remove}},
       .trace = {"3", "1"}},
      {.name = "a removed pref takes all its filters along",
       .filters = {{.program = {.id = 1}, .handle = 1},
                   {.program = {.id = 2}, .handle = 2},
                   {.program = {.id = 3}, .pref = 11},
                   {.handle = 0, .action = Action::remove}},
       .trace = {"3"}},
      {.name = "a pref whose last filter was removed takes another protocol",
       .filters = {{.program = {.id = 1}, .handle = 1, .protocol = kArp},
                   {.handle = 1, .protocol = kArp, .action = Action::remove},
                   {.program = {.id = 2}, .handle = 1, .protocol = kIp}},
       .trace = {"2"}},
      {.name = "a freed handle is given again and that filter is the newest",
       .filters = {{.program = {.id = 1}, .handle = 0},
                   {.program = {.id = 2}, .handle = 0},
                   {.program = {.id = 3}, .handle = 0},
                   {.handle = 2, .action = Action::remove},
                   {.program = {.id = 4}, .handle = 0},
                   {.program = {.id = 5}, .handle = 2, .action = Action::replace}},
       .trace = {"5", "3", "1"}},
  };
}

/// Steps that the kernel refuses change nothing.
std::vector<ClsactCase> refusal_cases() {
  const FilterStep first{.program = {.id = 1}, .handle = 1};
  const auto refused = [&](std::string name, FilterStep step, std::string_view words) {
    step.refused = words;
    return ClsactCase{
        .name = std::move(name), .filters = {first, std::move(step)},
             .trace = {"1"}
    };
  };
  return {
      refused("a handle of a pref is there once", {.program = {.id = 2}, .handle = 1},
       "Filter already exists"),
      refused("a pref has one protocol", {.program = {.id = 2}, .handle = 2, .protocol = kIp},
              "Protocol mismatch for filter with specified priority"),
      refused("replace cannot change the protocol of a pref",
              {.program = {.id = 2}, .handle = 1, .protocol = kIp, .action = Action::replace},
              "Protocol mismatch for filter with specified priority"),
      refused("a pref that is not there cannot be removed", {.pref = 11, .action = Action::remove},
              "Filter with specified priority/protocol not found"),
      refused("a pref of another protocol cannot be removed", {.protocol = kIp, .action = Action::remove},
              "Protocol mismatch for filter with specified priority"),
      refused("a handle that is not there cannot be removed", {.handle = 2, .action = Action::remove},
              "Specified filter handle not found"),
      refused("a filter of a chain that is not there cannot be removed",
              {.handle = 1, .chain = 3, .action = Action::remove},
       "Cannot find specified filter chain"),
      {.name = "automatic prefs end at 32768",
                                                   .filters = {{.program = {.id = 1}, .pref = 32768},
                   {.program = {.id = 2}, .pref = 0, .refused = "Lowest ID from auto-alloc range already in use"}},
                                                   .trace = {"1"}},
  };
}

std::vector<ClsactCase> flush_cases() {
  return {
      {.name = "a flush takes all filters of chain 0",
       .filters = {{.program = {.id = 1}},
                   {.program = {.id = 2}, .pref = 11, .protocol = kIp},
                   {.pref = 0, .protocol = 0, .action = Action::remove}}},
      {.name = "a flush leaves other chains",
       .filters = {{.program = {.id = 1}},
                   {.program = {.id = 2}, .handle = 1, .chain = 3},
                   {.pref = 0, .protocol = 0, .action = Action::remove},
                   {.handle = 1, .chain = 3, .action = Action::remove}}},
      {.name = "a flush of another chain leaves chain 0",
       .filters =
           {{.program = {.id = 1}},
            {.program = {.id = 2}, .handle = 1, .chain = 3},
            {.pref = 0, .protocol = 0, .chain = 3, .action = Action::remove},
            {.handle = 1, .chain = 3, .action = Action::remove, .refused = "Cannot find specified filter chain"}},
       .trace = {"1"}},
      {.name = "a flush of a chain that is not there is no error",
       .filters = {{.program = {.id = 1}}, {.pref = 0, .protocol = 0, .chain = 5, .action = Action::remove}},
       .trace = {"1"}},
      {.name = "chain 0 is gone with its last filter",
       .filters = {{.program = {.id = 1}, .handle = 1},
                   {.handle = 1, .action = Action::remove},
                   {.handle = 1, .action = Action::remove, .refused = "Cannot find specified filter chain"}}},
      {.name = "a flushed chain begins anew",
       .filters = {{.program = {.id = 1}, .pref = 0},
                   {.pref = 0, .protocol = 0, .action = Action::remove},
                   {.program = {.id = 2}, .pref = 0},
                   {.program = {.id = 3}, .pref = 49152}},
       .trace = {"3", "2"}},
  };
}

std::vector<ClsactCase> protocol_cases() {
  const std::vector<FilterStep> one_of_each = {
      {.program = {.id = 1}, .pref = 1, .protocol = kIp},
      {.program = {.id = 2}, .pref = 2, .protocol = kArp},
      {.program = {.id = 3}, .pref = 3, .protocol = kVlan},
      {.program = {.id = 4}, .pref = 4}
  };
  return {
      {.name = "protocol ip is for IPv4", .filters = one_of_each, .trace = {"1 protocol=0x8", "4"}},
      {.name = "protocol arp is for ARP", .filters = one_of_each, .frame = "arp", .trace = {"2 pkt_type=0x1", "4"}},
      {.name = "a tag beside the frame makes the protocol 802_1Q though the context says ip",
       .filters = one_of_each,
       .frame = "vlan",
       .trace = {"3 protocol=0x8 vlan_present=0x1 vlan_tci=0x6007", "4"}},
      {.name = "a tag inside the frame makes the protocol 802_1Q at egress",
       .egress = true,
       .filters = one_of_each,
       .frame = "vlan",
       .trace = {"3 protocol=0x81 vlan_present=0x0", "4"}},
      {.name = "IPv6 runs only the filters for all",
       .filters = one_of_each,
       .frame = "udp6",
       .trace = {"4 protocol=0xdd86"}},
  };
}

struct VerdictRow {
  int64_t verdict;
  bool goes_on;  ///< The next filter runs.
  Fate fate;
};

/// Table a.4: what a filter in direct-action mode may say.
constexpr VerdictRow kDirect[] = {
    {-1,                   true,  Fate::passed },
    {0,                    false, Fate::passed },
    {1,                    true,  Fate::passed },
    {2,                    false, Fate::dropped},
    {3,                    true,  Fate::passed },
    {4,                    false, Fate::gone   },
    {5,                    true,  Fate::passed },
    {6,                    true,  Fate::passed },
    {7,                    false, Fate::gone   },
    {8,                    false, Fate::gone   },
    {9,                    true,  Fate::passed },
    {99,                   true,  Fate::passed },
    {0x10000001,           true,  Fate::passed }, // TC_ACT_JUMP
    {0x20000003,           true,  Fate::passed }, // TC_ACT_GOTO_CHAIN
    {-2,                   true,  Fate::passed },
    {int64_t{-0x7fffffff}, true,  Fate::passed },
};
/// The same for a filter that only classifies.
constexpr VerdictRow kClassifying[] = {
    {0,       true,  Fate::passed},
    {-1,      false, Fate::passed},
    {1,       false, Fate::passed},
    {2,       false, Fate::passed},
    {7,       false, Fate::passed},
    {0x10020, false, Fate::passed},
};

std::vector<ClsactCase> verdict_cases() {
  std::vector<ClsactCase> cases;
  const auto add = [&](const VerdictRow& row, bool direct, bool egress) {
    cases.push_back({
        .name = fmt::format("verdict {:#x} {} direct action at {}", row.verdict, direct ? "in" : "without",
                            egress ? "egress" : "ingress"),
        .egress = egress,
        .filters = {{.program = {.id = 1, .verdict = row.verdict}, .pref = 1, .direct_action = direct},
                    {.program = {.id = 2}, .pref = 2}},
        .trace = row.goes_on ? std::vector<std::string>{"1", "2"}
          : std::vector<std::string>{"1"},
        .fate = row.fate
    });
  };
  for (const bool egress : {false, true}) {
    for (const VerdictRow& row : kDirect) add(row, true, egress);
    for (const VerdictRow& row : kClassifying) add(row, false, egress);
  }
  return cases;
}

std::vector<ClsactCase> state_cases() {
  return {
      {.name = "tc_classid starts as the low half of the filter's classid",
       .filters = {{.program = {.id = 1}, .pref = 1, .classid = 0x00030009}, {.program = {.id = 2}, .pref = 2}},
       .trace = {"1 tc_classid=0x9", "2 tc_classid=0x0"}},
      {.name = "tc_classid does not reach the next filter",
       .filters = {{.program = {.id = 1, .sets = "tc_classid=7"}, .pref = 1},
                   {.program = {.id = 2}, .pref = 2, .classid = 0x00010005}},
       .trace = {"1 tc_classid=0x0", "2 tc_classid=0x5"}},
      {.name = "OK makes tc_classid the tc_index",
       .egress = true,
       .filters = {{.program = {.id = 1, .verdict = 0, .sets = "tc_classid=7"}}},
       .trace = {"1 tc_index=0x0"},
       .after = "tc_index=0x7"},
      {.name = "OK makes the filter's classid the tc_index",
       .egress = true,
       .filters = {{.program = {.id = 1, .verdict = 0}, .classid = 0x00030009}},
       .trace = {"1 tc_classid=0x9"},
       .after = "tc_index=0x9"},
      {.name = "OK without a classid clears the tc_index",
       .egress = true,
       .filters = {{.program = {.id = 1, .verdict = 0, .sets = "tc_index=5"}}},
       .trace = {"1"},
       .after = "tc_index=0x0"},
      {.name = "UNSPEC leaves the tc_index alone",
       .egress = true,
       .filters = {{.program = {.id = 1, .sets = "tc_classid=7"}}},
       .trace = {"1"},
       .after = "tc_index=0x0"},
      {.name = "tc_index that a program wrote stays after UNSPEC",
       .egress = true,
       .filters = {{.program = {.id = 1, .sets = "tc_index=5"}}},
       .trace = {"1"},
       .after = "tc_index=0x5"},
      {.name = "a match without direct action makes the returned classid the tc_index",
       .egress = true,
       .filters = {{.program = {.id = 1, .verdict = 0x10020}, .direct_action = false}},
       .trace = {"1"},
       .after = "tc_index=0x20"},
      {.name = "minus one without direct action makes the filter's classid the tc_index",
       .egress = true,
       .filters = {{.program = {.id = 1, .verdict = -1}, .classid = 0x00030009, .direct_action = false}},
       .trace = {"1"},
       .after = "tc_index=0x9"},
      {.name = "mark priority cb and tc_index reach the next filter",
       .filters = {{.program = {.id = 1, .sets = "mark=1 priority=2 cb0=3 tc_index=4"}, .pref = 1},
                   {.program = {.id = 2}, .pref = 2}},
       .trace = {"1 mark=0x0 priority=0x0 tc_index=0x0", "2 mark=0x1 priority=0x2 cb0=0x3 tc_index=0x4"}},
      {.name = "tc_index keeps 16 bits",
       .filters = {{.program = {.id = 1, .sets = "tc_index=0x12345"}, .pref = 1}, {.program = {.id = 2}, .pref = 2}},
       .trace = {"1", "2 tc_index=0x2345"}},
      {.name = "queue_mapping reaches the next filter",
       .filters = {{.program = {.id = 1, .sets = "queue_mapping=3"}, .pref = 1}, {.program = {.id = 2}, .pref = 2}},
       .trace = {"1", "2 queue_mapping=0x3"}},
      {.name = "queue_mapping ignores 0xffff and above",
       .filters = {{.program = {.id = 1, .sets = "queue_mapping=3"}, .pref = 1},
                   {.program = {.id = 2, .sets = "queue_mapping=0xffff"}, .pref = 2},
                   {.program = {.id = 3, .sets = "queue_mapping=0x10001"}, .pref = 3},
                   {.program = {.id = 4, .sets = "queue_mapping=0xfffe"}, .pref = 4},
                   {.program = {.id = 5}, .pref = 5}},
       .trace = {"1", "2 queue_mapping=0x3", "3 queue_mapping=0x3", "4 queue_mapping=0x3", "5 queue_mapping=0xfffe"}},
      {.name = "cb and tc_index cross the cable",
       .egress = true,
       .filters = {{.program = {.id = 1, .sets = "cb0=0x77 tc_index=6"}}},
       .trace = {"1"},
       .after = "cb0=0x77 tc_index=0x6"},
      {.name = "wire_len at ingress is without the MAC header",
       .filters = {{.program = {.id = 1}}},
       .trace = {"1 wire_len=0x21"}},
      {.name = "wire_len at egress is the whole frame",
       .egress = true,
       .filters = {{.program = {.id = 1}}},
       .trace = {"1 wire_len=0x2f"}},
  };
}

struct TcxRow {
  int64_t verdict;
  bool next;    ///< The next tcx program runs.
  bool clsact;  ///< The filters run.
  Fate fate;
};

/// Table a.6.
constexpr TcxRow kTcx[] = {
    {-1,         true,  true,  Fate::passed },
    {0,          false, false, Fate::passed },
    {1,          false, true,  Fate::passed },
    {2,          false, false, Fate::dropped},
    {3,          false, true,  Fate::passed },
    {4,          false, true,  Fate::passed },
    {5,          false, true,  Fate::passed },
    {6,          false, true,  Fate::passed },
    {7,          false, false, Fate::gone   },
    {8,          false, true,  Fate::passed },
    {9,          false, true,  Fate::passed },
    {0x20000003, false, true,  Fate::passed },
    {-2,         false, true,  Fate::passed },
};

std::vector<ClsactCase> tcx_verdict_cases() {
  std::vector<ClsactCase> cases;
  for (const bool egress : {false, true})
    for (const TcxRow& row : kTcx) {
      ClsactCase made{
          .name = fmt::format("verdict {:#x} at tcx {}", row.verdict, egress ? "egress" : "ingress"),
          .egress = egress,
          .filters = {{.program = {.id = 3}}},
          .trace = {"1"},
          .fate = row.fate,
          .tcx = {{.id = 1, .verdict = row.verdict}, {.id = 2}}
      };
      if (row.next) made.trace.push_back("2");
      if (row.clsact) made.trace.push_back("3");
      cases.push_back(std::move(made));
    }
  return cases;
}

std::vector<ClsactCase> tcx_cases() {
  return {
      {.name = "tcx programs run in order and without any filter",
       .trace = {"1", "2", "3"},
       .tcx = {{.id = 1}, {.id = 2}, {.id = 3}}},
      {.name = "tc_classid stays from one tcx program to the next",
       .trace = {"1 tc_classid=0x0", "2 tc_classid=0x7"},
       .tcx = {{.id = 1, .sets = "tc_classid=7"}, {.id = 2}}},
      {.name = "PASS at tcx makes tc_classid the tc_index",
       .egress = true,
       .trace = {"1 tc_index=0x0"},
       .after = "tc_index=0x7",
       .tcx = {{.id = 1, .verdict = 0, .sets = "tc_classid=7"}}},
      {.name = "PASS at tcx after another program set tc_classid",
       .egress = true,
       .trace = {"1", "2"},
       .after = "tc_index=0x9",
       .tcx = {{.id = 1, .sets = "tc_classid=9"}, {.id = 2, .verdict = 0}}},
      {.name = "NEXT at tcx leaves the tc_index alone",
       .egress = true,
       .trace = {"1"},
       .after = "tc_index=0x5",
       .tcx = {{.id = 1, .sets = "tc_index=5 tc_classid=7"}}},
      {.name = "a filter after tcx starts with its own tc_classid",
       .filters = {{.program = {.id = 2}, .classid = 0x00030009}},
       .trace = {"1", "2 tc_classid=0x9"},
       .tcx = {{.id = 1, .sets = "tc_classid=7"}}},
      {.name = "mark and cb reach the filters from tcx",
       .filters = {{.program = {.id = 2}}},
       .trace = {"1", "2 mark=0x1 cb0=0x3"},
       .tcx = {{.id = 1, .sets = "mark=1 cb0=3"}}},
  };
}

}  // namespace

std::string refusal_of(const Result<>& carried_out, const FilterStep& step) {
  if (carried_out) return "";
  const std::string& message = carried_out.error().message;
  return !step.refused.empty() && message.find(step.refused) != message.npos ? std::string(step.refused) : message;
}

std::vector<ClsactCase> clsact_cases() {
  std::vector<ClsactCase> all;
  for (auto part : {order_cases(), refusal_cases(), flush_cases(), protocol_cases(), verdict_cases(), state_cases(),
                    tcx_verdict_cases(), tcx_cases()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace saya::tests
