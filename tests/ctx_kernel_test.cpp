// abi/ctx.def against the running kernel: every access that a program could make is allowed by both or refused by both,
// and what a narrow load of a narrow member gives is what the kernel gives.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "abi/ctx.h"
#include "isa/insn.h"
#include "support/needs_kernel.h"
#include "support/snippet.h"

namespace saya::tests {
namespace {

using program::Type;

TestInput input() {
  std::vector<std::byte> frame(64);
  frame[12] = std::byte{0x86};
  frame[13] = std::byte{0xdd};
  return {.frame = std::move(frame)};
}

struct Program {
  Type type;
  abi::Hook hook;
};
constexpr Program kPrograms[] = {
    {Type::xdp,       abi::Hook::xdp},
    {Type::sched_cls, abi::Hook::tc }
};

std::vector<isa::RawInsn> one_access(uint32_t offset, uint32_t size, bool write) {
  const std::string place = fmt::format("*(u{} *)(r1 +{})", size * 8, offset);
  return *isa::assemble(write ? fmt::format("{} = 0\nr0 = 0\nexit", place)
                              : fmt::format("r2 = {}\nr0 = 0\nexit", place));
}

TEST(ContextFields, AllowTheAccessesThatTheKernelAllows) {
  SAYA_NEEDS_BPF();
  for (const Program& program : kPrograms)
    for (uint32_t size : {1u, 2u, 4u, 8u})
      for (uint32_t offset = 0; offset < abi::ctx_size(program.hook) + 8; offset += size)
        for (bool write : {false, true}) {
          const bool allowed = abi::find_ctx_access(program.hook, offset, size, write) != nullptr;
          const auto kernel = run_in_kernel({program.type, one_access(offset, size, write)}, input());
          EXPECT_EQ(allowed, kernel.has_value())
              << to_string(program.hook) << (write ? " store" : " load") << " off=" << offset << " size=" << size;
        }
}

/// Fields that a program can give a value, or that a fresh packet has one in.
TEST(ContextFields, LoadWhatTheKernelLoads) {
  SAYA_NEEDS_BPF();
  constexpr const char* kFill =
      "r2 = 287454020\n*(u32 *)(r1 +8) = r2\n*(u32 *)(r1 +32) = r2\n*(u32 *)(r1 +44) = r2\n*(u32 *)(r1 +72) = r2\n"
      "*(u32 *)(r1 +48) = r2\n*(u32 *)(r1 +64) = r2\nr2 = 4660\n*(u32 *)(r1 +12) = r2\n";
  for (uint32_t field : {0u, 4u, 8u, 12u, 16u, 20u, 32u, 44u, 48u, 64u, 72u})
    for (const char* type : {"u8", "u16", "u32", "s8", "s16", "s32"})
      for (uint32_t skip = 0, size = type[1] == '8' ? 1 : type[1] == '1' ? 2 : 4; skip < 4; skip += size) {
        const auto code = isa::assemble(fmt::format("{}r0 = *({} *)(r1 +{})\nexit", kFill, type, field + skip));
        ASSERT_TRUE(code) << code.error().message;
        const Snippet snippet{Type::sched_cls, *code};
        const auto ours = run_in_saya(snippet, input());
        const auto theirs = run_in_kernel(snippet, input());
        ASSERT_TRUE(ours && theirs) << (ours ? theirs : ours).error().message;
        EXPECT_EQ(ours->verdict, theirs->verdict) << type << " at " << field << "+" << skip;
      }
}

}  // namespace
}  // namespace saya::tests
