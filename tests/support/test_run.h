// One run of one program over one packet, the way BPF_PROG_TEST_RUN does it, in saya and in the kernel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "abi/map_timers.h"
#include "base/result.h"
#include "kernel/load.h"
#include "map/map.h"
#include "netstate/netstate.h"
#include "program/program.h"

namespace saya::tests {

/// A field of `struct __sk_buff` that BPF_PROG_TEST_RUN takes and gives back.
struct CtxField {
  std::string_view name;
  uint16_t offset;
  uint16_t size;
};
std::span<const CtxField> test_run_fields();

/// What a run starts with. `meta` is XDP metadata in front of the frame.
struct TestInput {
  std::vector<std::byte> frame = {};
  std::vector<std::byte> meta = {};
  std::map<std::string, uint64_t, std::less<>> ctx = {};  ///< By CtxField::name; not at XDP.
  uint32_t flags = 0;                                     ///< BPF_F_TEST_*.
  uint32_t repeat = 1;                                    ///< Runs over one packet.
  uint32_t ingress_ifindex = 0;                           ///< Of an XDP context.
  const Netstate* netstate = nullptr;                     ///< What saya's side knows of the network.
  abi::MapTimers* timers = nullptr;                       ///< Saya's, where they outlive a run.
};

/// What a run ends with.
struct TestOutcome {
  uint32_t verdict = 0;  ///< The low 32 bits of r0.
  std::vector<std::byte> frame = {};
  std::vector<std::byte> meta = {};
  std::map<std::string, uint64_t, std::less<>> ctx = {};  ///< Every field of test_run_fields(); not at XDP.
};

/// A program in a tail-call slot.
struct TailCall {
  MapPtr map;
  uint32_t index = 0;
  program::ProgramPtr program;
};

/// Runs in the checked interpreter, over a packet as the kernel's test run prepares it. A fault is an error with its
/// words. `tail_calls` are put into their slots first.
Result<TestOutcome> run_in_saya(const program::ProgramPtr& program, const TestInput& input,
                                std::span<const TailCall> tail_calls = {});

/// The same of a program that is ready to run, with whatever its maps hold.
Result<TestOutcome> run_in_saya(const abi::Executable& executable, const TestInput& input);

/// Runs a loaded program of a type that runs at `hook`, on CPU 0.
Result<TestOutcome> run_in_kernel(int program, abi::Hook hook, const TestInput& input);

/// Runs in the kernel, on CPU 0, with the session's copies of the program's maps.
Result<TestOutcome> run_in_kernel(kernel::Session& session, const program::Program& program, const TestInput& input,
                                  std::span<const TailCall> tail_calls = {});

/// One line each: verdict, metadata if any, frame, context fields that are not zero. Equal runs give equal text.
std::string to_text(const TestOutcome& outcome);
/// One line an element, in key order; elements of arrays that are all zero are left out, and so are constants.
/// `kernel`: the session whose copies are read; null reads saya's maps.
Result<std::string> to_text(std::span<const MapPtr> maps, const kernel::Session* kernel);

}  // namespace saya::tests
