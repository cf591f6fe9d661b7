// Opening an object for the `saya obj` commands.
#include "cli/obj.h"

#include <fmt/format.h>

#include "attach/objects.h"
#include "attach/target.h"
#include "base/terminal.h"
#include "cli/output.h"

namespace saya::cli {
namespace {

Result<std::vector<uint32_t>> choose(const object::Object& object, const std::string& word) {
  std::vector<uint32_t> chosen;
  if (!word.empty()) {
    SAYA_TRY(const uint32_t index, object::find_program(object, word));
    return std::vector{index};
  }
  for (uint32_t i = 0; i < object.functions.size(); ++i)
    if (object.functions[i].entry) chosen.push_back(i);
  return chosen;
}

}  // namespace

void declare(CLI::App& app, ObjectWords& words) {
  app.add_option("FILE", words.file, "object, or .c file to compile first")->required();
  app.add_option("PROG", words.program, "only this program: section or function name");
  declare_settings(app, words.settings);
  declare_btf(app, words.btf);
}

Result<OpenedObject> open_object(const ObjectWords& words) {
  SAYA_TRY(object::Object object, attach::read_object(words.file));
  SAYA_CHECK(words.settings.apply(object));
  SAYA_CHECK(words.settings.check({&object}));
  SAYA_TRY(program::Target target, attach::choose_target(words.btf));
  auto chosen = choose(object, words.program);
  if (!chosen) return std::unexpected(std::move(chosen).error().at(words.file));
  return OpenedObject{words.file, std::move(object), std::move(target), *std::move(chosen)};
}

Result<program::Type> parse_type(const std::string& word) {
  if (word.empty()) return program::Type::unspec;
  if (const auto type = program::parse_type(word)) return *type;
  return fail(
      Code::invalid_argument,
      fmt::format("--type '{}' is no type of programs: give xdp, tc or another of docs/reference/programs.md", word));
}

void print_json(const Json& json) { print(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"); }

void print_text(std::string_view text) { print(for_terminal(text)); }

}  // namespace saya::cli
