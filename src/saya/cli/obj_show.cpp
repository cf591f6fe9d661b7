// `saya obj show`: what an object says, a line a thing, in columns. What most things lack stands as words at the end of
// the line; lists are lines of their own, indented.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/columns.h"
#include "cli/obj_json.h"
#include "program/sections.h"

namespace saya::cli {
namespace {

using Names = std::vector<std::string_view>;

/// "  maps a, b"; nothing for an empty list.
std::string list_line(std::string_view what, const Names& names) {
  return names.empty() ? "" : fmt::format("  {} {}\n", what, fmt::join(names, ", "));
}

// --- Programs and functions ------------------------------------------------------------------------------------------

/// What is unusual about a program.
std::string words_about(const ProgramFacts& facts) {
  std::string words;
  if (const uint32_t attach = facts.section.expected_attach_type)
    words += fmt::format("  attach {}", program::attach_type_name(attach));
  if (facts.section.frags) words += "  frags";
  if (facts.section.sleepable) words += "  sleepable";
  if (!facts.section.autoload) words += "  no_autoload";
  if (facts.function->binding != object::Binding::global)
    words += fmt::format("  {}", to_string(facts.function->binding));
  if (facts.functions.size() > 1) words += fmt::format("  subprograms {}", facts.functions.size() - 1);
  if (facts.core_relocations) words += fmt::format("  core {}", facts.core_relocations);
  if (facts.lines) words += fmt::format("  lines {}", facts.lines);
  return words;
}

std::string lists_about(const object::Object& object, const ProgramFacts& facts) {
  Names calls, maps, externs;
  for (size_t i = 1; i < facts.functions.size(); ++i) calls.push_back(object.functions[facts.functions[i]].name);
  for (const uint32_t map : facts.maps) maps.push_back(object.maps[map].spec.name);
  for (const uint32_t index : facts.externs) externs.push_back(object.externs[index].name);
  std::string text = list_line("calls", calls) + list_line("maps", maps) + list_line("externs", externs);
  if (!facts.linked) return fmt::format("  cannot be linked: {}\n{}", facts.error, text);
  for (const program::Poison& poison : facts.linked->poisons)
    text += fmt::format("  poisoned insn {}: {}\n", poison.insn, poison.why);
  return text;
}

std::string programs_text(const OpenedObject& opened) {
  Columns columns;
  ProgramReader reader(opened);
  for (const uint32_t index : opened.programs) {
    const ProgramFacts program = reader.read(index);
    const auto* linked = program.linked.get();
    const std::string tags =
        linked ? fmt::format("tag {}  sha1 {}", tag_text(linked->tag), tag_text(linked->tag_sha1)) : "unlinkable";
    columns.add({fmt::format("prog {}", program.function->name), fmt::format("section {}", program.function->section),
                 fmt::format("type {}", program::to_string(linked ? linked->type : program.section.type)),
                 fmt::format("insns {}", program.insns()), tags + words_about(program)});
    columns.append(lists_about(opened.object, program));
  }
  return columns.text();
}

std::string functions_text(const ObjectFacts& facts) {
  Columns columns;
  for (const uint32_t index : facts.subprograms) {
    const object::Function& function = facts.object.functions[index];
    columns.add({fmt::format("func {}", function.name), fmt::format("section {}", function.section),
                 fmt::format("insns {}", function.code.size()), std::string(to_string(function.binding))});
  }
  return columns.text();
}

// --- Maps ------------------------------------------------------------------------------------------------------------

std::string flags_text(uint32_t flags) {
  return flags ? fmt::format("flags {:#x} ({})", flags, fmt::join(map_flag_names(flags), ", ")) : "flags 0x0";
}

std::string words_about(const object::MapDefinition& map) {
  std::string words;
  if (map.frozen) words += "  frozen";
  if (map.spec.flags & kMapNumaNode) words += fmt::format("  numa_node {}", map.spec.numa_node);
  if (map.spec.map_extra) words += fmt::format("  map_extra {:#x}", map.spec.map_extra);
  if (map.pinning != object::Pinning::none)
    words += fmt::format("  pinning {} ({})", to_string(map.pinning), map.pinning_number);
  if (map.id) words += fmt::format("  id {}", map.id);
  if (map.inner_id) words += fmt::format("  inner_id {}", map.inner_id);
  if (!map.section.empty()) words += fmt::format("  section {}", map.section);
  return words;
}

std::string lists_about(const object::Object& object, const object::MapDefinition& map) {
  std::string text;
  const std::string key = type_text(object, map.spec.key_btf_type), value = type_text(object, map.spec.value_btf_type);
  if (!key.empty()) text += fmt::format("  key_type {}\n", key);
  if (!value.empty()) text += fmt::format("  value_type {}\n", value);
  if (const MapSpec* inner = map.spec.inner.get())
    text += fmt::format("  inner {}  key {}B  value {}B  max_entries {}  {}\n", map_type_name(inner->type),
                        inner->key_size, inner->value_size, inner->max_entries, flags_text(inner->flags));
  for (const object::ProgramSlot& slot : map.programs)
    text += fmt::format("  slot {}: prog {}\n", slot.index, object.functions[slot.function].name);
  for (const object::MapSlot& slot : map.maps)
    text += fmt::format("  slot {}: map {}\n", slot.index, object.maps[slot.map].spec.name);
  return text;
}

std::string maps_text(const ObjectFacts& facts) {
  Columns columns;
  for (const uint32_t index : facts.maps) {
    const object::MapDefinition& map = facts.object.maps[index];
    columns.add({fmt::format("map {}", map.spec.name), map_type_name(map.spec.type),
                 fmt::format("key {}B", map.spec.key_size), fmt::format("value {}B", map.spec.value_size),
                 fmt::format("max_entries {}", map.spec.max_entries), flags_text(map.spec.flags) + words_about(map)});
    columns.append(lists_about(facts.object, map));
  }
  return columns.text();
}

// --- Externs and variables -------------------------------------------------------------------------------------------

std::string externs_text(const ObjectFacts& facts) {
  Columns columns;
  for (const uint32_t index : facts.externs) {
    const object::Extern& item = facts.object.externs[index];
    const std::string type = type_text(facts.object, item.btf_type);
    columns.add({fmt::format("extern {}", item.name), std::string(to_string(item.kind)), item.weak ? "weak" : "strong",
                 type.empty() ? "" : fmt::format("type {}", type)});
  }
  return columns.text();
}

std::string variables_text(const ObjectFacts& facts) {
  Columns columns;
  for (const Variable& variable : variables_of(facts))
    columns.add({fmt::format("var {}", variable.name), fmt::format("section {}", variable.section),
                 fmt::format("offset {}", variable.offset), fmt::format("size {}", variable.size),
                 fmt::format("type {}", variable.type)});
  return columns.text();
}

std::string object_text(const OpenedObject& opened, const ObjectFacts& facts) {
  return fmt::format("{}  license \"{}\"  gpl_compatible {}  btf_types {}\n", opened.path, facts.object.license,
                     facts.gpl_compatible ? "yes" : "no", facts.btf_types);
}

}  // namespace

int cmd_obj_show(const Invocation& invocation) {
  ObjectWords words;
  bool verbose = false;
  CLI::App app;
  declare(app, words);
  app.add_flag("-v", verbose, "list the variables of data sections, too");
  if (const auto ended = parse_options(app, invocation)) return *ended;
  const auto opened = open_object(words);
  if (!opened) return report_error(invocation, opened.error());
  const ObjectFacts facts = object_facts(*opened, !words.program.empty());
  if (invocation.json) {
    print_json(object_json(*opened, facts));
    return kOk;
  }
  print_text(object_text(*opened, facts) + programs_text(*opened) + functions_text(facts) + maps_text(facts) +
             externs_text(facts) + (verbose ? variables_text(facts) : ""));
  return kOk;
}

}  // namespace saya::cli
