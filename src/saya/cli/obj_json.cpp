// Every fact is a member of its own; what does not apply is left out.
#include "cli/obj_json.h"

#include "base/bytes.h"
#include "program/sections.h"

namespace saya::cli {
namespace {

template <class Things, class Name>
Json names_of(const std::vector<uint32_t>& indices, const Things& things, Name name) {
  Json names = Json::array();
  for (const uint32_t index : indices) names.push_back(name(things[index]));
  return names;
}

const auto map_name = [](const object::MapDefinition& map) { return map.spec.name; };
const auto extern_name = [](const object::Extern& item) { return item.name; };

Json subprograms_json(const program::Program& program) {
  Json subprograms = Json::array();
  for (const program::Subprogram& part : program.subprograms)
    subprograms.push_back({
        {"name",  part.name },
        {"start", part.start},
        {"insns", part.size }
    });
  return subprograms;
}

Json poisons_json(const program::Program& program) {
  Json poisons = Json::array();
  for (const program::Poison& poison : program.poisons)
    poisons.push_back({
        {"insn", poison.insn},
        {"why",  poison.why }
    });
  return poisons;
}

Json function_json(const object::Function& function) {
  return {
      {"name",    function.name              },
      {"section", function.section           },
      {"binding", to_string(function.binding)},
      {"insns",   function.code.size()       },
      {"lines",   function.lines.size()      }
  };
}

Json shape_json(const MapSpec& spec) {
  Json json = {
      {"type",        map_type_name(spec.type)  },
      {"type_number", spec.type                 },
      {"key_size",    spec.key_size             },
      {"value_size",  spec.value_size           },
      {"max_entries", spec.max_entries          },
      {"flags",       spec.flags                },
      {"flag_names",  map_flag_names(spec.flags)}
  };
  if (spec.flags & kMapNumaNode) json["numa_node"] = spec.numa_node;
  if (spec.map_extra) json["map_extra"] = spec.map_extra;
  return json;
}

Json slots_json(const object::Object& object, const object::MapDefinition& map) {
  Json slots = Json::array();
  for (const object::ProgramSlot& slot : map.programs)
    slots.push_back({
        {"index",   slot.index                          },
        {"program", object.functions[slot.function].name}
    });
  for (const object::MapSlot& slot : map.maps)
    slots.push_back({
        {"index", slot.index                     },
        {"map",   object.maps[slot.map].spec.name}
    });
  return slots;
}

void add_type(Json& json, const char* member, const object::Object& object, uint32_t btf_type) {
  if (const std::string type = type_text(object, btf_type); !type.empty()) json[member] = type;
}

Json map_json(const object::Object& object, const object::MapDefinition& map) {
  Json json = {
      {"name", map.spec.name}
  };
  json.update(shape_json(map.spec));
  json["section"] = map.section;
  json["frozen"] = map.frozen;
  add_type(json, "key_type", object, map.spec.key_btf_type);
  add_type(json, "value_type", object, map.spec.value_btf_type);
  json["pinning"] = to_string(map.pinning);
  json["pinning_number"] = map.pinning_number;
  if (map.id) json["id"] = map.id;
  if (map.inner_id) json["inner_id"] = map.inner_id;
  if (map.spec.inner) json["inner"] = shape_json(*map.spec.inner);
  if (Json slots = slots_json(object, map); !slots.empty()) json["slots"] = std::move(slots);
  return json;
}

Json extern_json(const object::Object& object, const object::Extern& item) {
  Json json = {
      {"name", item.name           },
      {"kind", to_string(item.kind)},
      {"weak", item.weak           }
  };
  add_type(json, "type", object, item.btf_type);
  if (item.kind == object::Extern::Kind::config) json["size"] = item.size;
  return json;
}

Json variable_json(const Variable& variable) {
  return {
      {"name",    variable.name   },
      {"section", variable.section},
      {"type",    variable.type   },
      {"offset",  variable.offset },
      {"size",    variable.size   }
  };
}

/// One element for each of `things`.
template <class Things, class Make>
Json array_of(const Things& things, Make make) {
  Json array = Json::array();
  for (const auto& thing : things) array.push_back(make(thing));
  return array;
}

}  // namespace

std::string tag_text(const abi::Tag& tag) { return to_hex(std::as_bytes(std::span(tag))); }

Json program_json(const object::Object& object, const ProgramFacts& facts) {
  Json json = {
      {"name", facts.function->name},
      {"section", facts.function->section},
      {"type", program::to_string(facts.linked ? facts.linked->type : facts.section.type)},
      {"binding", to_string(facts.function->binding)},
      {"insns", facts.insns()},
      {"frags", facts.section.frags},
      {"sleepable", facts.section.sleepable},
      {"autoload", facts.section.autoload},
      {"maps", names_of(facts.maps, object.maps, map_name)},
      {"externs", names_of(facts.externs, object.externs, extern_name)},
      {"core_relocations", facts.core_relocations},
      {"lines", facts.lines}
  };
  if (const uint32_t attach = facts.section.expected_attach_type)
    json["expected_attach_type"] = program::attach_type_name(attach);
  if (!facts.linked) {
    json["error"] = facts.error;
    return json;
  }
  json["tag"] = tag_text(facts.linked->tag);
  json["tag_sha1"] = tag_text(facts.linked->tag_sha1);
  json["subprograms"] = subprograms_json(*facts.linked);
  if (!facts.linked->poisons.empty()) json["poisons"] = poisons_json(*facts.linked);
  return json;
}

Json object_json(const OpenedObject& opened, const ObjectFacts& facts) {
  const object::Object& object = facts.object;
  ProgramReader reader(opened);
  const auto program = [&](uint32_t index) { return program_json(object, reader.read(index)); };
  const auto function = [&](uint32_t index) { return function_json(object.functions[index]); };
  const auto map = [&](uint32_t index) { return map_json(object, object.maps[index]); };
  const auto item = [&](uint32_t index) { return extern_json(object, object.externs[index]); };
  return {
      {"file", opened.path},
      {"license", object.license},
      {"gpl_compatible", facts.gpl_compatible},
      {"btf_types", facts.btf_types},
      {"programs", array_of(opened.programs, program)},
      {"functions", array_of(facts.subprograms, function)},
      {"maps", array_of(facts.maps, map)},
      {"externs", array_of(facts.externs, item)},
      {"variables", array_of(variables_of(facts), variable_json)}
  };
}

}  // namespace saya::cli
