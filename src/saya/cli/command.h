// A command as its handler sees it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace saya::cli {

/// Exit codes of saya.
enum Exit : int { kOk = 0, kFailed = 1, kUsage = 2 };

/// One row of commands.def.
struct Invocation;
struct Command {
  std::string_view words;
  std::string_view arguments;
  std::string_view doc;
  int (*handler)(const Invocation&);
};
std::span<const Command> commands() noexcept;

/// What was typed after the command's words, -j taken out.
struct Invocation {
  const Command& command;
  std::vector<std::string> arguments;
  bool json = false;
};

/// Prints one sentence to standard error (with -j also {"error": ...} to standard output); returns `code`.
int report_error(const Invocation& invocation, const Error& error, int code = kFailed);
int usage_error(const Invocation& invocation, std::string message);

#define SAYA_COMMAND(words, handler, arguments, doc) int cmd_##handler(const Invocation& invocation);
#include "cli/commands.def"

}  // namespace saya::cli
