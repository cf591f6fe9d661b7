// `saya obj show` and `saya obj dump`: what is in an object file.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "attach/objects.h"
#include "attach/target.h"
#include "base/bytes.h"
#include "cli/options.h"
#include "cli/output.h"
#include "helper/table.h"
#include "program/program.h"

namespace saya::cli {
namespace {

using Json = nlohmann::ordered_json;

/// The names in an object may be any bytes; JSON must be UTF-8.
std::string dump(const Json& json) { return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace); }

struct Words {
  std::string file, program, btf;
  attach::Settings settings;
};

std::optional<int> parse(const Invocation& invocation, Words& words) {
  CLI::App app;
  app.add_option("FILE", words.file, "object, or .c file to compile first")->required();
  app.add_option("PROG", words.program, "only this program: section or function name");
  declare_settings(app, words.settings);
  declare_btf(app, words.btf);
  return parse_options(app, invocation);
}

/// Programs as they would be loaded. Maps are not created: nothing runs here.
Result<std::vector<program::ProgramPtr>> link_programs(const object::Object& object, const Words& words) {
  const std::string& word = words.program;
  SAYA_TRY(program::Target target, attach::choose_target(words.btf));
  target.keep_externs = true;
  std::vector<uint32_t> chosen;
  if (word.empty()) {
    for (uint32_t i = 0; i < object.functions.size(); ++i)
      if (object.functions[i].entry) chosen.push_back(i);
  } else {
    SAYA_TRY(const uint32_t index, object::find_program(object, word));
    chosen.push_back(index);
  }
  std::vector<program::ProgramPtr> programs;
  for (const uint32_t index : chosen) {
    SAYA_TRY(program::ProgramPtr program, program::link(object, index, {}, program::Type::unspec, target));
    programs.push_back(std::move(program));
  }
  return programs;
}

std::string tag_text(const abi::Tag& tag) { return to_hex(std::as_bytes(std::span(tag))); }

Json show_json(const program::Program& program) {
  Json functions = Json::array();
  for (const program::Subprogram& part : program.subprograms)
    functions.push_back({
        {"name",  part.name },
        {"start", part.start},
        {"insns", part.size }
    });
  return {
      {"name",        program.name              },
      {"section",     program.section           },
      {"type",        to_string(program.type)   },
      {"insns",       program.code.size()       },
      {"tag",         tag_text(program.tag)     },
      {"tag_sha1",    tag_text(program.tag_sha1)},
      {"frags",       program.frags             },
      {"subprograms", std::move(functions)      },
      {"lines",       program.lines.size()      }
  };
}

Json show_json(const object::MapDefinition& map) {
  return {
      {"name",        map.spec.name               },
      {"type",        map_type_name(map.spec.type)},
      {"key_size",    map.spec.key_size           },
      {"value_size",  map.spec.value_size         },
      {"max_entries", map.spec.max_entries        },
      {"flags",       map.spec.flags              },
      {"frozen",      map.frozen                  }
  };
}

std::string show_text(const program::Program& program) {
  const std::string calls =
      program.subprograms.size() > 1 ? fmt::format("  subprograms {}", program.subprograms.size() - 1) : "";
  return fmt::format("prog {}  section {}  type {}  insns {}  tag {}  sha1 {}{}{}\n", program.name, program.section,
                     to_string(program.type), program.code.size(), tag_text(program.tag), tag_text(program.tag_sha1),
                     calls, program.frags ? "  frags" : "");
}

std::string show_text(const object::MapDefinition& map) {
  return fmt::format("map {}  {}  key {}B  value {}B  max_entries {}  flags {:#x}{}\n", map.spec.name,
                     map_type_name(map.spec.type), map.spec.key_size, map.spec.value_size, map.spec.max_entries,
                     map.spec.flags, map.frozen ? "  frozen" : "");
}

/// An object together with the programs that were asked for.
struct Opened {
  object::Object object;
  std::vector<program::ProgramPtr> programs;
};

Result<Opened> open(const Words& words) {
  SAYA_TRY(object::Object object, attach::read_object(words.file));
  SAYA_CHECK(words.settings.apply(object));
  SAYA_CHECK(words.settings.check({&object}));
  auto programs = link_programs(object, words);
  if (!programs) return std::unexpected(std::move(programs).error().at(words.file));
  return Opened{std::move(object), *std::move(programs)};
}

const program::Subprogram* subprogram_at(const program::Program& program, uint32_t slot) {
  const auto found = std::ranges::find(program.subprograms, slot, &program::Subprogram::start);
  return found == program.subprograms.end() ? nullptr : &*found;
}

/// Only where a line begins, as bpftool does.
const object::SourceLine* line_at(const program::Program& program, uint32_t slot) {
  const auto found = std::ranges::find(program.lines, slot, &object::SourceLine::insn);
  return found == program.lines.end() ? nullptr : &*found;
}

/// Disassembled with the names of maps and of what the kernel defines, which the instruction itself does not know.
std::string disassemble(const program::Program& program, const isa::Insn& insn) {
  const bool is_map = insn.kind == isa::Kind::load_imm &&
                      (insn.pseudo == isa::Pseudo::map_index || insn.pseudo == isa::Pseudo::map_index_value);
  const auto index = static_cast<uint32_t>(insn.imm);
  const bool is_variable = insn.kind == isa::Kind::load_imm && insn.pseudo == isa::Pseudo::btf_id;
  const bool is_function = insn.kind == isa::Kind::call && insn.callee == isa::Callee::kfunc;
  if (is_variable && index < program.externs.size())
    return fmt::format("r{} = &{}", insn.dst, program.externs[index].name);
  if (is_function && index < program.externs.size()) return fmt::format("call {}", program.externs[index].name);
  if (!is_map || index >= program.map_names.size()) return isa::disassemble(insn, {.helper = helper::name_of});
  if (insn.pseudo == isa::Pseudo::map_index)
    return fmt::format("r{} = map[name:{}]", insn.dst, program.map_names[index]);
  return fmt::format("r{} = map[name:{}][0]+{}", insn.dst, program.map_names[index],
                     static_cast<uint64_t>(insn.imm) >> 32);
}

std::string poison_text(const program::Program& program, uint32_t slot) {
  const auto* poison = program.poison_at(slot);
  return poison ? fmt::format("  ; poisoned: {}", poison->why) : "";
}

/// Calls `visit(slot, insn)` for each instruction; what cannot be decoded ends the listing with an error.
template <class Visit>
Result<> for_each_insn(const program::Program& program, Visit visit) {
  for (size_t slot = 0; slot < program.code.size();) {
    auto insn = isa::decode(program.code, slot);
    if (!insn) return std::unexpected(std::move(insn).error().at(fmt::format("{}: insn {}", program.name, slot)));
    visit(static_cast<uint32_t>(slot), *insn);
    slot += insn->slots();
  }
  return {};
}

Result<std::string> dump_text(const program::Program& program) {
  std::string text = fmt::format("{}: section {}, {} insns, tag {}\n", program.name, program.section,
                                 program.code.size(), tag_text(program.tag));
  SAYA_CHECK(for_each_insn(program, [&](uint32_t slot, const isa::Insn& insn) {
    if (const auto* part = subprogram_at(program, slot)) text += fmt::format("{}:\n", part->name);
    if (const auto* line = line_at(program, slot))
      text += fmt::format("; {} @ {}:{}\n", line->text, line->file, line->line);
    text += fmt::format("{:4}: ({:02x}) {}{}\n", slot, program.code[slot].opcode, disassemble(program, insn),
                        poison_text(program, slot));
  }));
  return text;
}

Result<Json> dump_json(const program::Program& program) {
  Json insns = Json::array();
  SAYA_CHECK(for_each_insn(program, [&](uint32_t slot, const isa::Insn& insn) {
    Json json = {
        {"pc", slot},
        {"opcode", fmt::format("{:#04x}", program.code[slot].opcode)},
        {"disasm", disassemble(program, insn)}
    };
    if (const auto* poison = program.poison_at(slot)) json["poisoned"] = poison->why;
    if (const auto* line = line_at(program, slot))
      json["source"] = {
          {"file",   line->file  },
          {"line",   line->line  },
          {"column", line->column},
          {"text",   line->text  }
      };
    insns.push_back(std::move(json));
  }));
  Json json = show_json(program);
  json["code"] = std::move(insns);
  return json;
}

}  // namespace

int cmd_obj_show(const Invocation& invocation) {
  Words words;
  if (const auto ended = parse(invocation, words)) return *ended;
  const auto opened = open(words);
  if (!opened) return report_error(invocation, opened.error());
  if (invocation.json) {
    Json json = {
        {"file",     words.file            },
        {"license",  opened->object.license},
        {"programs", Json::array()         },
        {"maps",     Json::array()         }
    };
    for (const auto& program : opened->programs) json["programs"].push_back(show_json(*program));
    for (const auto& map : opened->object.maps) json["maps"].push_back(show_json(map));
    print(dump(json) + "\n");
    return kOk;
  }
  print(fmt::format("{}  license \"{}\"\n", words.file, opened->object.license));
  for (const auto& program : opened->programs) print(show_text(*program));
  for (const auto& map : opened->object.maps) print(show_text(map));
  return kOk;
}

int cmd_obj_dump(const Invocation& invocation) {
  Words words;
  if (const auto ended = parse(invocation, words)) return *ended;
  const auto opened = open(words);
  if (!opened) return report_error(invocation, opened.error());
  Json programs = Json::array();
  for (const auto& program : opened->programs) {
    if (invocation.json) {
      auto json = dump_json(*program);
      if (!json) return report_error(invocation, json.error());
      programs.push_back(*std::move(json));
      continue;
    }
    const auto text = dump_text(*program);
    if (!text) return report_error(invocation, text.error());
    print((program == opened->programs.front() ? "" : "\n") + *text);
  }
  const Json json = {
      {"file",     words.file         },
      {"programs", std::move(programs)}
  };
  if (invocation.json) print(dump(json) + "\n");
  return kOk;
}

}  // namespace saya::cli
