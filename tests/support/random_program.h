// Random programs that the kernel's verifier accepts, over the whole instruction set, with helpers and maps.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "map/map.h"
#include "program/program.h"

namespace saya::tests {

/// The one value of the ARRAY map that a random program works on: scratch bytes, then its final registers and stack.
inline constexpr uint32_t kScratchSize = 128;
inline constexpr uint32_t kRegistersAt = kScratchSize;
inline constexpr uint32_t kStackAt = kRegistersAt + 9 * 8;
inline constexpr uint32_t kStackSize = 64;
inline constexpr uint32_t kResultSize = kStackAt + kStackSize;

/// The maps that a random program uses: that one, and one of each type whose elements the same operations leave alike
/// on every machine.
std::span<const MapSpec> random_program_maps();

/// An XDP program that only `seed` decides. It reads and writes nothing but its registers, its stack, its frame and the
/// elements of `maps` (made from random_program_maps(), or none to look at the code), ends by itself, and leaves
/// registers and stack in the value of maps[0].
program::ProgramPtr random_program(uint64_t seed, std::vector<MapPtr> maps);

/// The program, one instruction a line with its slot, for people.
std::string listing(const program::Program& program);

}  // namespace saya::tests
