// The options that fill maps and show them, which `run` and `obj run` share.
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "run/map_files.h"

namespace saya::cli {

struct MapWords {
  std::vector<std::string> load;  ///< --map, as typed.
  std::vector<std::string> dump;  ///< --dump-maps: names, run::kAllMaps for all.
  std::vector<run::Preload> preloads;

  /// Makes `preloads` of `load`.
  Result<> parse();
};

void declare_maps(CLI::App& app, MapWords& words);

/// The invocation with a value for each option that needs none but may have one: "--dump-maps" becomes
/// "--dump-maps=*", since CLI11 would take the next word for it.
Invocation spell_out(const Invocation& invocation);

}  // namespace saya::cli
