// An object as JSON.
#pragma once

#include "cli/obj_facts.h"

namespace saya::cli {

/// What `saya -j obj show` prints.
Json object_json(const OpenedObject& opened, const ObjectFacts& facts);
/// One program in it; `saya -j obj dump` adds the code.
Json program_json(const object::Object& object, const ProgramFacts& facts);
/// A tag as bpftool shows it.
std::string tag_text(const abi::Tag& tag);

}  // namespace saya::cli
