// How fast the interpreter is: time an instruction of arithmetic, of memory and of a packet program, checked and
// unchecked.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "abi/ctx.h"
#include "helper/table.h"
#include "interp/engine.h"
#include "packet/pool.h"

namespace saya {
namespace {

constexpr uint64_t kRounds = 1000;

struct Workload {
  const char* text;
  uint64_t insns;  ///< Executed in one run.
};

constexpr Workload kArithmetic{R"(
  r0 = 1
  r1 = 1000
again:
  r0 += r1
  r0 *= 7
  r2 = r0
  r2 >>= 13
  r0 ^= r2
  w3 = w0
  w3 += 5
  r1 += -1
  if r1 != 0 goto again
  exit
)",
                               3 + 9 * kRounds};

constexpr Workload kMemory{R"(
  r1 = 1000
  r2 = r10
  r2 += -64
again:
  *(u64 *)(r2 +0) = r1
  r3 = *(u32 *)(r2 +4)
  r4 = *(u8 *)(r2 +1)
  *(u16 *)(r2 +10) = r4
  *(u32 *)(r10 -8) = r3
  r5 = *(u64 *)(r2 +8)
  r1 += -1
  if r1 != 0 goto again
  r0 = 0
  exit
)",
                           5 + 8 * kRounds};

// Parses Ethernet and IPv4 and sums some words of the header, as a small filter does.
constexpr Workload kPacket{R"(
  r2 = *(u32 *)(r1 +0)
  r3 = *(u32 *)(r1 +4)
  r0 = 1
  r4 = r2
  r4 += 34
  if r4 > r3 goto end
  r5 = *(u16 *)(r2 +12)
  if r5 != 8 goto end
  r6 = *(u8 *)(r2 +14)
  r6 &= 15
  if r6 != 5 goto end
  r7 = *(u16 *)(r2 +14)
  r8 = *(u16 *)(r2 +16)
  r7 += r8
  r8 = *(u16 *)(r2 +18)
  r7 += r8
  r8 = *(u16 *)(r2 +20)
  r7 += r8
  r8 = *(u8 *)(r2 +23)
  if r8 == 17 goto pass
  if r8 != 6 goto end
pass:
  r0 = 2
end:
  exit
)",
                           22};

/// What a verifier would prove for these programs: every load through r1 goes to the context.
program::Facts facts_of(const std::vector<isa::RawInsn>& code) {
  program::Facts facts{.ctx_field = std::vector<uint8_t>(code.size())};
  for (size_t slot = 0; slot < code.size(); ++slot) {
    const auto insn = isa::decode(code, slot);
    if (!insn || insn->kind != isa::Kind::load || insn->src != 1) continue;
    const auto* field = abi::find_ctx_access(abi::Hook::xdp, static_cast<uint32_t>(insn->offset), 4, false);
    if (field) facts.ctx_field[slot] = static_cast<uint8_t>(1 + (field - abi::ctx_fields().data()));
  }
  return facts;
}

template <class T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  std::fputs(result.error().message.c_str(), stderr);
  std::abort();
}

abi::ExecutablePtr make(const Workload& work, bool checked) {
  auto code = must(isa::assemble(work.text));
  const program::Facts facts = facts_of(code);
  auto program = program::from_code("bench", std::move(code), program::Type::xdp);
  if (checked) return must(interp::run_checked(program, helper::table()));
  return must(interp::make_unchecked(program, helper::table(), facts));
}

std::array<std::byte, 64> udp_frame() {
  std::array<std::byte, 64> frame{};
  frame[12] = std::byte{0x08};
  frame[14] = std::byte{0x45};
  frame[23] = std::byte{17};
  return frame;
}

void interpreter(benchmark::State& state, const Workload& work, bool checked) {
  constexpr size_t kBurst = 64;
  const auto pool = must(Pool::create(4));
  const PacketPtr packet = pool->allocate(udp_frame());
  const RealClock clock;
  abi::Random random(1);
  const abi::Services services{.clock = &clock, .random = &random};
  const abi::ExecutablePtr program = make(work, checked);
  std::array<uint64_t, kBurst> results{};
  for (auto _ : state) {
    std::array<abi::Run, kBurst> runs;
    for (abi::Run& run : runs) run = {.packet = packet.get(), .services = &services};
    program->run(runs, results);
    benchmark::DoNotOptimize(results);
  }
  using benchmark::Counter;
  const auto runs = static_cast<double>(state.iterations()) * kBurst;
  const double insns = runs * static_cast<double>(work.insns);
  state.counters["insns/s"] = Counter(insns, Counter::kIsRate);
  state.counters["time/insn"] = Counter(insns, Counter::kIsRate | Counter::kInvert);
  state.counters["runs/s"] = Counter(runs, Counter::kIsRate);
}

BENCHMARK_CAPTURE(interpreter, arithmetic_unchecked, kArithmetic, false);
BENCHMARK_CAPTURE(interpreter, arithmetic_checked, kArithmetic, true);
BENCHMARK_CAPTURE(interpreter, memory_unchecked, kMemory, false);
BENCHMARK_CAPTURE(interpreter, memory_checked, kMemory, true);
BENCHMARK_CAPTURE(interpreter, packet_unchecked, kPacket, false);
BENCHMARK_CAPTURE(interpreter, packet_checked, kPacket, true);

}  // namespace
}  // namespace saya
