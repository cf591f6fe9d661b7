// CLI11 for the options of one command, with saya's manners: one sentence on failure, exit code 2.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "attach/settings.h"
#include "cli/command.h"

namespace saya::cli {

/// Parses the invocation's arguments with `app`. The exit code when the command ends here (help was asked for and
/// printed, or the arguments are wrong and that was said); nothing when it goes on.
std::optional<int> parse_options(CLI::App& app, const Invocation& invocation);

/// The options that set variables and the sizes of maps in objects.
void declare_settings(CLI::App& app, attach::Settings& settings);
/// `--btf`: attach::choose_target() takes its word.
void declare_btf(CLI::App& app, std::string& word);

}  // namespace saya::cli
