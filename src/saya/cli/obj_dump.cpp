// `saya obj dump`: instructions as the kernel's verifier writes them, with source lines where they begin.
#include <fmt/format.h>

#include <algorithm>

#include "abi/kernel_calls.h"
#include "cli/obj_json.h"
#include "cli/output.h"

namespace saya::cli {
namespace {

const program::Subprogram* subprogram_at(const program::Program& program, uint32_t slot) {
  const auto found = std::ranges::lower_bound(program.subprograms, slot, {}, &program::Subprogram::start);
  return found != program.subprograms.end() && found->start == slot ? &*found : nullptr;
}

/// Only where a line begins, as bpftool does.
const object::SourceLine* line_at(const program::Program& program, uint32_t slot) {
  const auto found = std::ranges::lower_bound(program.lines, slot, {}, &object::SourceLine::insn);
  return found != program.lines.end() && found->insn == slot ? &*found : nullptr;
}

/// A reference to a map, which the instruction itself knows by number only; nothing for other instructions.
std::optional<std::string> map_reference(const program::Program& program, const isa::Insn& insn) {
  if (insn.kind != isa::Kind::load_imm) return std::nullopt;
  const auto index = static_cast<uint32_t>(insn.imm);
  if (index >= program.map_names.size()) return std::nullopt;
  if (insn.pseudo == isa::Pseudo::map_index)
    return fmt::format("r{} = map[name:{}]", insn.dst, program.map_names[index]);
  if (insn.pseudo == isa::Pseudo::map_index_value)
    return fmt::format("r{} = map[name:{}][0]+{}", insn.dst, program.map_names[index],
                       static_cast<uint64_t>(insn.imm) >> 32);
  return std::nullopt;
}

/// The same for kernel functions and variables.
std::optional<std::string> extern_reference(const program::Program& program, const isa::Insn& insn) {
  const auto index = static_cast<uint32_t>(insn.imm);
  if (index >= program.externs.size()) return std::nullopt;
  const std::string& name = program.externs[index].name;
  if (insn.kind == isa::Kind::call && insn.callee == isa::Callee::kfunc) return fmt::format("call {}", name);
  if (insn.kind == isa::Kind::load_imm && insn.pseudo == isa::Pseudo::btf_id)
    return fmt::format("r{} = kernel[name:{}]", insn.dst, name);
  return std::nullopt;
}

std::string disassemble(const program::Program& program, const isa::Insn& insn) {
  if (auto text = map_reference(program, insn)) return *std::move(text);
  if (auto text = extern_reference(program, insn)) return *std::move(text);
  return isa::disassemble(insn, {.helper = abi::kernel_helper_name});
}

/// Calls `visit(slot, insn)` for each instruction; what cannot be decoded is visited as its error, a slot a time.
template <class Visit>
void for_each_insn(const program::Program& program, Visit visit) {
  for (size_t slot = 0; slot < program.code.size();) {
    const auto insn = isa::decode(program.code, slot);
    visit(static_cast<uint32_t>(slot), insn);
    slot += insn ? insn->slots() : 1;
  }
}

std::string poison_text(const program::Program& program, uint32_t slot) {
  const auto* poison = program.poison_at(slot);
  return poison ? fmt::format("  ; poisoned: {}", poison->why) : "";
}

std::string dump_text(const ProgramFacts& facts) {
  if (!facts.linked)
    return fmt::format("{}: section {}, {} insns, cannot be linked: {}\n", facts.function->name,
                       facts.function->section, facts.insns(), facts.error);
  const program::Program& program = *facts.linked;
  std::string text = fmt::format("{}: section {}, {} insns, tag {}\n", program.name, program.section,
                                 program.code.size(), tag_text(program.tag));
  for_each_insn(program, [&](uint32_t slot, const Result<isa::Insn>& insn) {
    if (const auto* part = subprogram_at(program, slot)) text += fmt::format("{}:\n", part->name);
    if (const auto* line = line_at(program, slot))
      text += fmt::format("; {} @ {}:{}\n", line->text, line->file, line->line);
    text += fmt::format("{:4}: ({:02x}) {}{}\n", slot, program.code[slot].opcode,
                        insn ? disassemble(program, *insn) : fmt::format("? {}", insn.error().message),
                        poison_text(program, slot));
  });
  return text;
}

Json insn_json(const program::Program& program, uint32_t slot, const Result<isa::Insn>& insn) {
  Json json = {
      {"pc", slot},
      {"opcode", fmt::format("{:#04x}", program.code[slot].opcode)}
  };
  if (insn)
    json["disasm"] = disassemble(program, *insn);
  else
    json["error"] = insn.error().message;
  if (const auto* poison = program.poison_at(slot)) json["poisoned"] = poison->why;
  if (const auto* line = line_at(program, slot))
    json["source"] = {
        {"file",   line->file  },
        {"line",   line->line  },
        {"column", line->column},
        {"text",   line->text  }
    };
  return json;
}

Json dump_json(const object::Object& object, const ProgramFacts& facts) {
  Json json = program_json(object, facts);
  if (!facts.linked) return json;
  Json insns = Json::array();
  for_each_insn(*facts.linked, [&](uint32_t slot, const Result<isa::Insn>& insn) {
    insns.push_back(insn_json(*facts.linked, slot, insn));
  });
  json["code"] = std::move(insns);
  return json;
}

}  // namespace

int cmd_obj_dump(const Invocation& invocation) {
  ObjectWords words;
  CLI::App app;
  declare(app, words);
  if (const auto ended = parse_options(app, invocation)) return *ended;
  const auto opened = open_object(words);
  if (!opened) return report_error(invocation, opened.error());
  Json programs = Json::array();
  ProgramReader reader(*opened);
  for (const uint32_t index : opened->programs) {
    const ProgramFacts facts = reader.read(index);
    if (invocation.json)
      programs.push_back(dump_json(opened->object, facts));
    else
      print_text((index == opened->programs.front() ? "" : "\n") + dump_text(facts));
  }
  if (invocation.json)
    print_json({
        {"file",     words.file         },
        {"programs", std::move(programs)}
    });
  return kOk;
}

}  // namespace saya::cli
