// The command table, and errors as the user sees them.
#include "cli/command.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/output.h"

namespace saya::cli {
namespace {

constexpr Command kCommands[] = {
#define SAYA_COMMAND(words, handler, arguments, doc) {words, arguments, doc, cmd_##handler},
#include "cli/commands.def"
};

}  // namespace

std::span<const Command> commands() noexcept { return kCommands; }

int report_error(const Invocation& invocation, const Error& error, int code) {
  if (invocation.json) {
    const nlohmann::json json = {
        {"error", error.message}
    };
    print(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");  // Names may be any bytes.
  }
  complain(error.message);
  return code;
}

int usage_error(const Invocation& invocation, std::string message) {
  const std::string usage =
      fmt::format("{}\nusage: saya {} {}", message, invocation.command.words, invocation.command.arguments);
  return report_error(invocation, {Code::invalid_argument, usage}, kUsage);
}

int cmd_version(const Invocation& invocation) {
  if (!invocation.arguments.empty())
    return usage_error(invocation,
                       fmt::format("what is '{}'? version takes no arguments", invocation.arguments.front()));
  const nlohmann::json json = {
      {"version", SAYA_VERSION}
  };
  print(invocation.json ? json.dump() + "\n" : "saya " SAYA_VERSION "\n");
  return kOk;
}

}  // namespace saya::cli
