// `saya obj check`: a line for each program and hook, what each target says to it, reasons indented below.
#include <fmt/format.h>

#include <algorithm>

#include "attach/check.h"
#include "attach/kernel_load.h"
#include "cli/columns.h"
#include "cli/obj.h"
#include "cli/obj_load.h"
#include "cli/obj_verb.h"
#include "cli/output.h"

namespace saya::cli {
namespace {

using attach::Answer;
using attach::TargetAnswer;
using attach::TypeAnswers;

struct CheckWords : ObjectWords {
  std::string type;
  bool verbose = false;
  bool load = false;
};

/// A program and what the targets say to it.
struct Checked {
  const object::Function* function = nullptr;
  std::vector<TypeAnswers> answers;
};

std::string_view to_string(Answer answer) {
  switch (answer) {
    case Answer::no: return "no";
    case Answer::yes: return "yes";
    case Answer::unknown: return "unknown";
  }
  return "";
}

/// saya's hook, or the type of programs that it has no hook for.
std::string_view hook_word(program::Type type) {
  const auto hook = program::hook_of(type);
  return hook ? abi::to_string(*hook) : program::to_string(type);
}

bool can_run(const TypeAnswers& answers) {
  return answers.run.answer != Answer::no || answers.kernel.answer != Answer::no;
}

bool can_run(const Checked& checked) {
  return std::ranges::any_of(checked.answers, [](const TypeAnswers& answers) { return can_run(answers); });
}

std::string reasons_text(std::string_view target, const std::vector<std::string>& reasons) {
  std::string text;
  for (const std::string& reason : reasons) text += fmt::format("  {}: {}\n", target, reason);
  return text;
}

std::string check_text(const std::vector<Checked>& programs) {
  Columns columns;
  for (const Checked& checked : programs)
    for (const TypeAnswers& answers : checked.answers) {
      columns.add({checked.function->name, std::string(hook_word(answers.type)),
                   fmt::format("run: {}", to_string(answers.run.answer)),
                   fmt::format("kernel: {}", to_string(answers.kernel.answer))});
      columns.append(reasons_text("run", answers.run.reasons) + reasons_text("kernel", answers.kernel.reasons) +
                     reasons_text("note", answers.notes));
    }
  return columns.text();
}

Json target_json(const TargetAnswer& answer) {
  return {
      {"answer",  to_string(answer.answer)},
      {"reasons", answer.reasons          }
  };
}

Json check_json(const Checked& checked) {
  Json hooks = Json::array();
  for (const TypeAnswers& answers : checked.answers)
    hooks.push_back({
        {"hook",   hook_word(answers.type)         },
        {"type",   program::to_string(answers.type)},
        {"run",    target_json(answers.run)        },
        {"kernel", target_json(answers.kernel)     },
        {"notes",  answers.notes                   }
    });
  return {
      {"name",    checked.function->name   },
      {"section", checked.function->section},
      {"hooks",   std::move(hooks)         }
  };
}

Json object_json(const CheckWords& words, const object::Object& object, const std::vector<Checked>& programs) {
  Json json = {
      {"file",           words.file                                },
      {"license",        object.license                            },
      {"gpl_compatible", program::is_gpl_compatible(object.license)},
      {"programs",       Json::array()                             }
  };
  for (const Checked& checked : programs) json["programs"].push_back(check_json(checked));
  return json;
}

/// What tc would have loaded each program as: the first type that saya runs it as.
std::vector<VerbProgram> verb_programs(const std::vector<Checked>& programs) {
  std::vector<VerbProgram> verbs;
  for (const Checked& checked : programs) {
    const auto runs =
        std::ranges::find(checked.answers, Answer::yes, [](const TypeAnswers& answers) { return answers.run.answer; });
    const TypeAnswers& answers = runs == checked.answers.end() ? checked.answers.front() : *runs;
    verbs.push_back({checked.function, answers.type, answers.insns, answers.run.reasons});
  }
  return verbs;
}

/// What the running kernel says, if it is to be asked.
Result<std::optional<attach::KernelLoad>> ask_kernel(const CheckWords& words, const OpenedObject& opened,
                                                     program::Type type) {
  if (!words.load) return std::nullopt;
  SAYA_TRY(attach::KernelLoad load,
           attach::load_into_kernel(opened.object, type, words.btf.empty() ? nullptr : &opened.target));
  return load;
}

}  // namespace

int cmd_obj_check(const Invocation& invocation) {
  CheckWords words;
  CLI::App app;
  declare(app, words);
  app.add_option("--type", words.type, "take the programs as ones of this type, whatever their sections say");
  app.add_flag("-v", words.verbose, "also the report of tc's `verb`: maps and programs as they were loaded");
  app.add_flag("--load", words.load,
               "also ask the running kernel, which loads the programs and lets go of them again; takes CAP_BPF and\n"
               "CAP_NET_ADMIN. With -v, also the verifier's log of a program that it refuses");
  app.footer(
      "Exit code: 0 when every program can run on at least one target, 1 when one cannot run anywhere or the running\n"
      "kernel refuses it, 2 when the object cannot be read.\n");
  if (const auto ended = parse_options(app, invocation)) return *ended;
  const auto type = parse_type(words.type);
  if (!type) return usage_error(invocation, type.error().message);
  auto opened = open_object(words);
  if (!opened) return report_error(invocation, opened.error(), kUsage);

  const auto load = ask_kernel(words, *opened, *type);
  if (!load) return report_error(invocation, load.error());

  attach::ObjectCheck check(std::move(opened->object), std::move(opened->target));
  std::vector<Checked> programs;
  for (const uint32_t index : opened->programs)
    programs.push_back({&check.object().functions[index], check.check(index, *type)});
  const std::string verb = words.verbose ? verb_text(check.object(), verb_programs(programs)) : "";
  if (invocation.json) {
    Json json = object_json(words, check.object(), programs);
    if (words.verbose) json["verb"] = verb;
    if (*load) json["running_kernel"] = load_json(check.object(), **load, opened->programs);
    print_json(json);
  } else {
    print_text(check_text(programs) + (words.verbose ? "\n" + verb : "") +
               (*load ? "\n" + load_text(check.object(), **load, opened->programs, words.verbose) : ""));
  }
  const bool runs = std::ranges::all_of(programs, [](const Checked& checked) { return can_run(checked); });
  return runs && (!*load || is_loaded(**load, opened->programs)) ? kOk : kFailed;
}

}  // namespace saya::cli
