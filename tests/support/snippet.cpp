// From instructions to a program::Program as linking makes it, so that both sides are given the same thing.
#include "support/snippet.h"

#include <memory>

#include "btf/btf.h"
#include "helper/table.h"
#include "kernel/bpf.h"

namespace saya::tests {
namespace {

/// One function type and one static function of it, whichever function that is.
Result<std::shared_ptr<const btf::Btf>> any_function() {
  constexpr uint32_t kMagicVersion = 0x0001eb9f, kHeader = 24, kTypes = 40, kStrings = 8;
  constexpr uint32_t kInt = 1u << 24, kFunction = 12u << 24, kPrototype = 13u << 24, kSigned32 = 1u << 24 | 32;
  constexpr uint32_t kBtf[] = {
      kMagicVersion,
      kHeader,
      0,
      kTypes,
      kTypes,
      kStrings,  // Header.
      1,
      kInt,
      4,
      kSigned32,  // 1: int
      0,
      kPrototype,
      1,  // 2: int (void)
      5,
      kFunction,
      2,  // 3: static f
      0x746e6900,
      0x00006600  // "\0int\0f"
  };
  return btf::Btf::parse(std::as_bytes(std::span(kBtf)));
}
constexpr uint32_t kAnyFunction = 3;

}  // namespace

Result<program::ProgramPtr> program_of(const Snippet& snippet) {
  auto program = std::make_shared<program::Program>(*program::from_code("snippet", snippet.code, snippet.type));
  SAYA_TRY(program->btf, any_function());
  for (program::Subprogram& subprogram : program->subprograms) subprogram.btf_type = kAnyFunction;
  for (const MapSpec& spec : snippet.maps) {
    SAYA_TRY(MapPtr map, create_map(spec, {.nr_cpus = kernel::possible_cpus().value_or(1)}));
    program->maps.push_back(std::move(map));
  }
  return program;
}

Result<TestOutcome> run_in_saya(const Snippet& snippet, const TestInput& input) {
  SAYA_TRY(const program::ProgramPtr program, program_of(snippet));
  return run_in_saya(program, input);
}

Result<TestOutcome> run_in_kernel(const Snippet& snippet, const TestInput& input) {
  SAYA_TRY(const program::ProgramPtr program, program_of(snippet));
  kernel::Session session;
  return run_in_kernel(session, *program, input);
}

Result<Fd> load_text(uint32_t type, std::string_view text) {
  SAYA_TRY(const std::vector<isa::RawInsn> code, isa::assemble(text, {helper::name_of}));
  return kernel::load_program({.type = type, .name = "test", .license = "GPL", .code = code});
}

}  // namespace saya::tests
