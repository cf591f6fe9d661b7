// Seeded random programs, run by saya's interpreter and by the kernel: verdict, frame, registers, stack and maps must
// agree.
// SAYA_SEED=N starts there (a failure prints its seed), SAYA_NIGHTLY runs 10,000 programs instead of 500.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>
#include <set>

#include "base/bytes.h"
#include "isa/insn.h"
#include "kernel/bpf.h"
#include "kernel/load.h"
#include "map/host.h"
#include "support/map_text.h"
#include "support/needs_kernel.h"
#include "support/random_program.h"
#include "support/test_run.h"

namespace saya::tests {
namespace {

constexpr uint32_t kKey = 0;
constexpr unsigned kFailuresShown = 3;

std::span<const std::byte> key() { return std::as_bytes(std::span(&kKey, 1)); }

uint64_t first_seed() {
  if (const char* text = std::getenv("SAYA_SEED")) return std::strtoull(text, nullptr, 0);
  return std::random_device{}();
}

std::vector<MapPtr> fresh_maps() {
  std::vector<MapPtr> maps;
  for (const MapSpec& spec : random_program_maps())
    maps.push_back(create_map(spec, {.nr_cpus = 1, .hash_key = 1}).value());
  return maps;
}

/// What the map holds before a run: random bytes, the same on both sides.
void fill(Map& map, uint64_t seed) {
  abi::Random random(~seed);
  std::vector<std::byte> value(kResultSize);
  for (std::byte& byte : value) byte = static_cast<std::byte>(random.next());
  ASSERT_TRUE(host_update(map, key(), value));
}

/// Map bytes as text, so that a difference shows which register or stack slot it is.
std::string state_text(std::span<const std::byte> value) {
  std::string text = "scratch " + to_hex(value.first(kScratchSize)) + "\n";
  for (uint32_t r = 0; r < 9; ++r)
    text += fmt::format("r{} {:#018x}\n", r, load<uint64_t>(value.data() + kRegistersAt + 8 * r));
  return text + "stack " + to_hex(value.subspan(kStackAt, kStackSize)) + "\n";
}

TestInput input() { return {.frame = std::vector<std::byte>(64), .meta = {}, .ctx = {}}; }

Result<std::string> outcome_in_saya(uint64_t seed) {
  const std::vector<MapPtr> maps = fresh_maps();
  fill(*maps[0], seed);
  SAYA_TRY(const TestOutcome outcome, run_in_saya(random_program(seed, maps), input()));
  SAYA_TRY(const std::vector<std::byte> value, host_lookup(*maps[0], key()));
  SAYA_TRY(const std::string elements, text_of_maps({maps.begin() + 1, maps.end()}, nullptr));
  return tests::to_text(outcome) + state_text(value) + elements;
}

/// Nothing when the kernel refuses the program.
std::optional<std::string> outcome_in_kernel(uint64_t seed) {
  const std::vector<MapPtr> maps = fresh_maps();
  fill(*maps[0], seed);
  kernel::Session session;
  for (const MapPtr& map : maps) static_cast<void>(session.add_map(map));
  const auto outcome = run_in_kernel(session, *random_program(seed, maps), input());
  if (!outcome) {
    std::cout << "seed " << seed << " refused: " << outcome.error().message << "\n";
    return std::nullopt;
  }
  const auto value = kernel::lookup(session.map_fd(*maps[0]).value(), key(), kResultSize);
  return tests::to_text(*outcome) + state_text(*value) + text_of_maps({maps.begin() + 1, maps.end()}, &session).value();
}

TEST(RandomProgram, runs_in_the_interpreter_as_in_the_kernel) {
  SAYA_NEEDS_BPF();
  const uint64_t first = first_seed();
  const unsigned count = std::getenv("SAYA_NIGHTLY") ? 10000 : 500;
  std::cout << "SAYA_SEED=" << first << ", " << count << " programs\n";
  unsigned accepted = 0;
  unsigned failures = 0;
  for (uint64_t seed = first; seed < first + count && failures < kFailuresShown; ++seed) {
    const auto kernels = outcome_in_kernel(seed);
    if (!kernels) continue;
    ++accepted;
    const auto ours = outcome_in_saya(seed);
    if (ours && *ours == *kernels) continue;
    ++failures;
    ADD_FAILURE() << "SAYA_SEED=" << seed << "\n"
                  << listing(*random_program(seed, {})) << "the kernel's outcome:\n"
                  << *kernels << "saya's:\n"
                  << (ours ? *ours : ours.error().message);
  }
  if (failures == 0) {
    std::cout << accepted << " of " << count << " accepted by the verifier\n";
    EXPECT_GE(accepted, count * 9 / 10) << "the generator writes programs that the kernel refuses";
  }
}

/// What an instruction is, without its registers and numbers.
std::string shape(const isa::Insn& insn) {
  std::string text = fmt::format("{} {}", static_cast<int>(insn.kind), static_cast<int>(insn.width));
  if (insn.kind == isa::Kind::alu) text += fmt::format(" {}", static_cast<int>(insn.alu));
  if (insn.kind == isa::Kind::swap) text += fmt::format(" {}", static_cast<int>(insn.swap));
  if (insn.kind == isa::Kind::branch) text += fmt::format(" {}", static_cast<int>(insn.cond));
  if (insn.kind == isa::Kind::atomic) text += fmt::format(" {}", static_cast<int>(insn.atomic));
  if (insn.kind == isa::Kind::move_extend) text += fmt::format(" {}", static_cast<int>(insn.source_width));
  return text + (insn.imm_operand ? " imm" : "") + (insn.jump < 0 ? " back" : "");
}

/// Shapes that a generator of the whole instruction set writes, counted from the tables: forward branches by condition,
/// width and operand; arithmetic likewise; 3 widths a byte swap; movsx of 2 and 3 widths; neg of 2; loads, stores and
/// immediate stores of 4 and ldsx of 3 widths; atomics of 2 widths, the ordered ones of 4.
constexpr size_t kShapes = 0
#define SAYA_ALU(...) +4
#define SAYA_COND(...) +4
#define SAYA_SWAP(...) +3
#define SAYA_ATOMIC(...) +2
#include "isa/ops.def"
                           + 2 * 2 + (2 + 3) + 2 + (4 + 4 + 4 + 3);

TEST(RandomProgram, uses_the_whole_instruction_set) {
  std::set<std::string> shapes;
  bool back = false;
  bool calls = false;
  for (uint64_t seed = 0; seed < 500; ++seed) {
    const auto insns = isa::decode_all(random_program(seed, {})->code).value();
    for (const isa::Insn& insn : insns) {
      back |= insn.jump < 0 && insn.kind == isa::Kind::jump;
      calls |= insn.kind == isa::Kind::call;
      const bool counted = insn.kind != isa::Kind::call && insn.kind != isa::Kind::jump &&
                           insn.kind != isa::Kind::exit && insn.kind != isa::Kind::load_imm && insn.jump >= 0;
      if (counted) shapes.insert(shape(insn));
    }
  }
  EXPECT_EQ(shapes.size(), kShapes);
  EXPECT_TRUE(back);
  EXPECT_TRUE(calls);
}

/// Needs no kernel: what a run leaves must not depend on anything but the seed, and every program must end.
TEST(RandomProgram, repeats_with_its_seed) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const auto once = outcome_in_saya(seed);
    const auto again = outcome_in_saya(seed);
    ASSERT_TRUE(once) << "seed " << seed << ": " << once.error().message;
    EXPECT_EQ(*once, again.value()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace saya::tests
