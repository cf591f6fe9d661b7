// From what was typed to a command.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/command.h"

namespace saya::cli {

/// Finds the command that `arguments` begin with (each word may be cut as long as it is unambiguous) and takes -j and
/// --json out, wherever they stand. Errors name the word and what there is.
Result<Invocation> parse_words(std::span<const std::string> arguments);

/// The text of `saya --help`.
std::string help();
/// The text of `saya COMMAND --help`.
std::string help(const Command& command);

}  // namespace saya::cli
