// A .pkt case: one program, one packet, what the maps hold before, and the outcome that was recorded. The format is
// described in tests/pkt/README.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "map/map.h"
#include "support/test_run.h"

namespace saya::tests {

struct PktCase {
  struct Element {
    std::string map;
    std::vector<std::byte> key;
    std::vector<std::byte> value;
  };
  struct Slot {
    std::string map;
    uint32_t index = 0;
    std::string program;
  };
  std::string object;   ///< "helpers_tc" for tests/pkt/helpers_tc.bpf.c.
  std::string program;  ///< Function or section name.
  TestInput input;
  std::vector<Element> elements;
  std::vector<Slot> slots;
  std::string expected;  ///< Everything below the line "---".
};

/// Errors name the line and the word.
Result<PktCase> parse_pkt(std::string_view text);

/// A case whose object is read and linked, its maps created and filled: fresh ones each time.
struct PktRun {
  program::ProgramPtr program;
  std::vector<MapPtr> maps;  ///< All of the object's.
  std::vector<TailCall> tail_calls;
};
/// `objects` is the folder of compiled objects.
Result<PktRun> prepare(const PktCase& pkt, const std::string& objects);

/// Verdict, packet, context and maps after a run in saya, as the case records them; a fault is an error.
Result<std::string> outcome_in_saya(const PktCase& pkt, const std::string& objects);
/// The same from the kernel.
Result<std::string> outcome_in_kernel(const PktCase& pkt, const std::string& objects);

}  // namespace saya::tests
