// --map and --dump-maps.
#include "cli/map_options.h"

#include <fmt/format.h>

namespace saya::cli {
namespace {

/// An option that may stand alone, and what it means then.
struct Alone {
  std::string_view option;
  std::string_view value;
};
constexpr Alone kAlone[] = {
    {"--dump-maps", run::kAllMaps},
    {"--events",    "-"          },
};

}  // namespace

Result<> MapWords::parse() {
  for (const std::string& word : load) {
    SAYA_TRY(run::Preload preload, run::parse_preload(word));
    preloads.push_back(std::move(preload));
  }
  return {};
}

void declare_maps(CLI::App& app, MapWords& words) {
  app.add_option("--map", words.load,
                 "NAME=FILE: what a map holds at the beginning, as --dump-maps -j or `bpftool map dump -j` writes it")
      ->allow_extra_args(false);
  app.add_option("--dump-maps", words.dump,
                 "all that the maps hold at the end, by their types; =NAME: of that map only")
      ->allow_extra_args(false)
      ->type_name("[=NAME]");
}

Invocation spell_out(const Invocation& invocation) {
  Invocation spelt = invocation;
  for (std::string& word : spelt.arguments)
    for (const Alone& alone : kAlone)
      if (word == alone.option) word += fmt::format("={}", alone.value);
  return spelt;
}

}  // namespace saya::cli
