// From instructions to a program::Program as linking makes it, so that both sides are given the same thing.
#include "support/snippet.h"

#include <memory>

#include "helper/table.h"
#include "kernel/bpf.h"
#include "support/any_types.h"

namespace saya::tests {
Result<program::ProgramPtr> program_of(const Snippet& snippet) {
  auto program = std::make_shared<program::Program>(*program::from_code("snippet", snippet.code, snippet.type));
  SAYA_TRY(program->btf, any_types());
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
