// The last steps of making a Program, and what can be asked of one.
#include "program/finish.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "isa/opcodes.h"

namespace saya::program {
namespace {

using isa::kCall;
using isa::kCallLocal;
using isa::kLoadImm;

bool refers_to_code(const isa::RawInsn& insn) {
  if (insn.opcode == kCall) return insn.src() == kCallLocal;
  return insn.opcode == kLoadImm && insn.src() == static_cast<uint8_t>(isa::Pseudo::func);
}

/// Targets inside the code; what points elsewhere is for the verifier to refuse.
std::set<uint32_t> targets(std::span<const isa::RawInsn> code) {
  std::set<uint32_t> found;
  for (size_t at = 0; at < code.size(); ++at) {
    const int64_t target = static_cast<int64_t>(at) + 1 + code[at].imm;
    if (refers_to_code(code[at]) && target >= 0 && target < static_cast<int64_t>(code.size()))
      found.insert(static_cast<uint32_t>(target));
    if (code[at].opcode == kLoadImm) ++at;
  }
  return found;
}

}  // namespace

void complete_subprograms(Program& program) {
  std::set<uint32_t> missing = targets(program.code);
  for (const Subprogram& known : program.subprograms) missing.erase(known.start);
  for (const uint32_t start : missing) program.subprograms.push_back({fmt::format("func_{}", start), start, 0, 0});
  std::ranges::sort(program.subprograms, {}, &Subprogram::start);
  auto end = static_cast<uint32_t>(program.code.size());
  for (auto it = program.subprograms.rbegin(); it != program.subprograms.rend(); ++it) {
    it->size = end - it->start;
    end = it->start;
  }
}

void set_tags(Program& program) {
  program.tag = tag_sha256(program.code);
  program.tag_sha1 = tag_sha1(program.code);
}

const object::SourceLine* Program::line_of(uint32_t insn) const noexcept {
  const auto after = std::ranges::upper_bound(lines, insn, {}, &object::SourceLine::insn);
  return after == lines.begin() ? nullptr : &*std::prev(after);
}

const Poison* Program::poison_at(uint32_t insn) const noexcept {
  const auto found = std::ranges::lower_bound(poisons, insn, {}, &Poison::insn);
  return found != poisons.end() && found->insn == insn ? &*found : nullptr;
}

ProgramPtr from_code(std::string name, std::vector<isa::RawInsn> code, Type type) {
  auto program = std::make_shared<Program>();
  program->name = std::move(name);
  program->type = type;
  program->code = std::move(code);
  program->license = "GPL";
  program->gpl_compatible = true;
  program->subprograms.push_back({program->name, 0, 0, 0});
  complete_subprograms(*program);
  set_tags(*program);
  return program;
}

}  // namespace saya::program
