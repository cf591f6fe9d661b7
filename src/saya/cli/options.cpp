// The one place that sees CLI11's exceptions.
#include "cli/options.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/output.h"

namespace saya::cli {

void declare_settings(CLI::App& app, attach::Settings& settings) {
  app.add_option("--set", settings.variables, "NAME=VALUE: a global variable's value, before anything is loaded")
      ->allow_extra_args(false);
  app.add_option("--map-size", settings.map_sizes, "NAME=N: a map's max_entries")->allow_extra_args(false);
}

void declare_btf(CLI::App& app, std::string& word) {
  app.add_option("--btf", word,
                 "file with the types that CO-RE resolves against, or 'bundled' (default: the running kernel's)");
}

std::optional<int> parse_options(CLI::App& app, const Invocation& invocation) {
  app.description(std::string(invocation.command.doc));
  app.name(fmt::format("saya {}", invocation.command.words));
  std::vector<std::string> reversed(invocation.arguments.rbegin(),
                                    invocation.arguments.rend());  // CLI11 pops the back.
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    print(app.help());
    return kOk;
  } catch (const CLI::ParseError& error) {
    return usage_error(invocation, error.what());
  }
  return std::nullopt;
}

}  // namespace saya::cli
