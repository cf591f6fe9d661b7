// What the `saya obj` commands share: the words, and opening an object with the programs that were asked for.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "attach/settings.h"
#include "base/result.h"
#include "cli/options.h"
#include "object/object.h"
#include "program/program.h"
#include "program/target.h"

namespace saya::cli {

using Json = nlohmann::ordered_json;

/// The words that every `obj` command takes.
struct ObjectWords {
  std::string file, program, btf;
  attach::Settings settings;
};
void declare(CLI::App& app, ObjectWords& words);

/// An object, and those of its programs that were asked for.
struct OpenedObject {
  std::string path;
  object::Object object;
  program::Target target;          ///< Whose types CO-RE was resolved against.
  std::vector<uint32_t> programs;  ///< In Object::functions.
};
/// Opens words.file and finds words.program in it, or all programs. Maps are not created: nothing runs here.
Result<OpenedObject> open_object(const ObjectWords& words);

/// The type that --type names; unspec for an empty word.
Result<program::Type> parse_type(const std::string& word);

/// The names in an object may be any bytes; JSON is UTF-8.
void print_json(const Json& json);
/// Text with names from an object in it.
void print_text(std::string_view text);

}  // namespace saya::cli
