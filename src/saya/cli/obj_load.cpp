// The second half of `saya obj check --load`.
#include "cli/obj_load.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "cli/columns.h"

namespace saya::cli {
namespace {

using attach::KernelAnswer;
using attach::KernelLoad;
using Outcome = KernelAnswer::Outcome;

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::loaded: return "loaded";
    case Outcome::refused: return "refused";
    case Outcome::not_asked: return "not asked";
  }
  return "";
}

std::vector<const KernelAnswer*> answers_of(const KernelLoad& load, std::span<const uint32_t> shown) {
  std::vector<const KernelAnswer*> answers;
  for (const KernelAnswer& answer : load.programs)
    if (std::ranges::find(shown, answer.function) != shown.end()) answers.push_back(&answer);
  return answers;
}

std::string tag_text(const KernelAnswer& answer) { return to_hex(std::as_bytes(std::span(answer.info.tag))); }

std::string details(const KernelAnswer& answer) {
  if (answer.outcome != Outcome::loaded) return fmt::format("  {}\n", answer.reason);
  return fmt::format("  id {} tag {} xlated {} B jited {} B\n  {}\n", answer.info.id, tag_text(answer),
                     answer.info.xlated_size, answer.info.jited_size, answer.statistics);
}

/// Lines of the log, indented.
std::string log_text(std::string_view log) {
  std::string text;
  while (!log.empty()) {
    const std::string_view line = log.substr(0, log.find('\n'));
    text += fmt::format("    {}\n", line);
    log.remove_prefix(std::min(line.size() + 1, log.size()));
  }
  return text;
}

}  // namespace

std::string load_text(const object::Object& object, const KernelLoad& load, std::span<const uint32_t> shown,
                      bool logs) {
  Columns columns;
  for (const KernelAnswer* answer : answers_of(load, shown)) {
    columns.add({object.functions[answer->function].name, std::string(program::to_string(answer->type)),
                 fmt::format("running kernel: {}", to_string(answer->outcome))});
    columns.append(details(*answer) + (logs ? log_text(answer->log) : ""));
  }
  std::string text = columns.text();
  for (const Error& problem : load.problems) text += problem.message + "\n";
  return text;
}

Json load_json(const object::Object& object, const KernelLoad& load, std::span<const uint32_t> shown) {
  Json json = {
      {"programs", Json::array()},
      {"problems", Json::array()}
  };
  for (const KernelAnswer* answer : answers_of(load, shown)) {
    Json program = {
        {"name",   object.functions[answer->function].name},
        {"type",   program::to_string(answer->type)       },
        {"answer", to_string(answer->outcome)             }
    };
    if (answer->outcome == Outcome::loaded) {
      program["id"] = answer->info.id;
      program["tag"] = tag_text(*answer);
      program["xlated_bytes"] = answer->info.xlated_size;
      program["jited_bytes"] = answer->info.jited_size;
      program["statistics"] = answer->statistics;
    } else {
      program["reason"] = answer->reason;
      program["log"] = answer->log;
    }
    json["programs"].push_back(std::move(program));
  }
  for (const Error& problem : load.problems) json["problems"].push_back(problem.message);
  return json;
}

bool is_loaded(const KernelLoad& load, std::span<const uint32_t> shown) {
  return std::ranges::none_of(answers_of(load, shown),
                              [](const KernelAnswer* answer) { return answer->outcome == Outcome::refused; });
}

}  // namespace saya::cli
