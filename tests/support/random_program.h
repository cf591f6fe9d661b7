// Random programs that the kernel's verifier accepts, over the whole instruction set.
#pragma once

#include <cstdint>

#include "map/map.h"
#include "program/program.h"

namespace saya::tests {

/// The one value of the ARRAY map that a random program works on: scratch bytes, then its final registers and stack.
inline constexpr uint32_t kScratchSize = 128;
inline constexpr uint32_t kRegistersAt = kScratchSize;
inline constexpr uint32_t kStackAt = kRegistersAt + 9 * 8;
inline constexpr uint32_t kStackSize = 64;
inline constexpr uint32_t kResultSize = kStackAt + kStackSize;

/// The spec of that map.
MapSpec result_map_spec();

/// An XDP program that only `seed` decides. It reads and writes nothing but its registers, its stack and the value of
/// `result`, ends by itself, and leaves registers and stack in that value.
program::ProgramPtr random_program(uint64_t seed, const MapPtr& result);

/// The program, one instruction a line with its slot, for people.
std::string listing(const program::Program& program);

}  // namespace saya::tests
