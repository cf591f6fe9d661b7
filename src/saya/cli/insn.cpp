// `saya insn run`: what the public ISA conformance runner expects of a plugin.
#include <fmt/format.h>
#include <unistd.h>

#include <cstring>

#include "abi/helper_spec.h"
#include "base/bytes.h"
#include "base/read_all.h"
#include "base/time.h"
#include "cli/options.h"
#include "cli/output.h"
#include "interp/interp.h"
#include "isa/opcodes.h"
#include "program/program.h"

namespace saya::cli {
namespace {

constexpr size_t kMostText = size_t{64} << 20;  // Three times the million instructions of the largest program.
constexpr uint32_t kStubId = 5;
using isa::kCall;

/// The conformance suite calls helper 5 and expects no more of it than that it returns.
constexpr abi::HelperSpec kStub[] = {
    {kStubId,
     "stub", {},
     abi::Ret::scalar,
     0, {},
     [](abi::Run&, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t) noexcept -> uint64_t { return 0; },
     "Returns 0; exists in `saya insn run` only."},
};

Result<std::vector<isa::RawInsn>> read_program(int in) {
  SAYA_TRY(const std::string text, read_all(in, kMostText, "program"));
  auto bytes = from_hex(text);
  if (!bytes) return std::unexpected(std::move(bytes).error().at("program"));
  if (bytes->empty()) return fail(Code::invalid_argument, "program: no instructions on standard input");
  if (bytes->size() % sizeof(isa::RawInsn) != 0)
    return fail(Code::invalid_argument,
                fmt::format("program: {} bytes are no whole number of 8-byte instructions", bytes->size()));
  std::vector<isa::RawInsn> code(bytes->size() / sizeof(isa::RawInsn));
  std::memcpy(code.data(), bytes->data(), bytes->size());
  return code;
}

/// Bare instructions have no kernel whose functions they could name: such calls go to the stub too.
void call_stub_for_kernel_functions(std::vector<isa::RawInsn>& code) {
  for (isa::RawInsn& insn : code)
    if (insn.opcode == kCall && insn.src() == static_cast<uint8_t>(isa::Callee::kfunc)) insn = {kCall, 0, 0, kStubId};
}

Result<uint64_t> execute(int in, const std::string& memory_text) {
  auto memory = from_hex(memory_text);
  if (!memory) return std::unexpected(std::move(memory).error().at("MEM"));
  SAYA_TRY(std::vector<isa::RawInsn> code, read_program(in));
  call_stub_for_kernel_functions(code);
  const VirtualClock clock;
  abi::Random random(0);
  const abi::Services services{.clock = &clock, .random = &random};
  return interp::run_on_memory(program::from_code("insn", std::move(code), program::Type::unspec), kStub, *memory,
                               services);
}

}  // namespace

int cmd_insn_run(const Invocation& invocation) {
  std::vector<std::string> positional;
  std::string memory;
  bool jit = false;
  CLI::App app;
  app.add_option("MEM", positional, "memory that r1 points to: hexadecimal bytes, blanks allowed");
  app.add_option("--mem", memory, "the same");
  app.add_flag("--jit", jit, "run machine code instead of interpreting");
  if (const auto ended = parse_options(app, invocation)) return *ended;
  if (jit)
    return report_error(invocation, {Code::unsupported, "--jit: there is no compiler to machine code yet"}, kUsage);
  for (const std::string& word : positional) memory += word;  // The runner passes empty words too.

  const auto r0 = execute(STDIN_FILENO, memory);
  if (!r0) return report_error(invocation, r0.error());
  print(invocation.json ? fmt::format("{{\"r0\":\"{:#x}\"}}\n", *r0) : fmt::format("{:x}\n", *r0));
  return kOk;
}

}  // namespace saya::cli
