// The rows. Measured on Linux 6.18: kernel/bpf/mprog.c and tcx.c decide them.
#include "support/tcx_cases.h"

#include <cerrno>

namespace saya::tests {
namespace {

using Action = TcxStep::Action;
constexpr uint32_t kReplace = 4, kBefore = 8, kAfter = 16, kId = 32, kLink = 8192;

std::vector<TcxStep> three() { return {{.program = 1}, {.program = 2}, {.program = 3}}; }

std::vector<TcxStep> after_three(TcxStep step) {
  auto steps = three();
  steps.push_back(step);
  return steps;
}

/// Programs 1 to 3, then one more request.
TcxCase one_more(std::string name, TcxStep step, std::string order = "1 2 3") {
  return {.name = std::move(name), .steps = after_three(step), .order = std::move(order)};
}

std::vector<TcxCase> attach_cases() {
  return {
      {.name = "a program is put behind the others", .steps = three(), .order = "1 2 3", .revision = 4},
      one_more("BEFORE alone is the first place", {.program = 4, .flags = kBefore},
      "4 1 2 3"),
      one_more("AFTER alone is the last place", {.program = 4, .flags = kAfter},
      "1 2 3 4"),
      one_more("BEFORE a program", {.program = 4, .flags = kBefore, .relative = 2},
      "1 4 2 3"),
      one_more("BEFORE the first program", {.program = 4, .flags = kBefore, .relative = 1},
      "4 1 2 3"),
      one_more("AFTER a program", {.program = 4, .flags = kAfter, .relative = 2},
      "1 2 4 3"),
      one_more("AFTER the last program", {.program = 4, .flags = kAfter, .relative = 3},
      "1 2 3 4"),
      one_more("BEFORE a program by its id", {.program = 4, .flags = kBefore | kId, .relative = 3},
      "1 2 4 3"),
      one_more("AFTER a program by its id", {.program = 4, .flags = kAfter | kId, .relative = 1},
      "1 4 2 3"),
      one_more("BEFORE and AFTER contradict each other",
               {.program = 4, .flags = kBefore | kAfter, .relative = 2, .error = ERANGE}
      ),
      one_more("BEFORE and AFTER alone contradict each other",
               {.program = 4, .flags = kBefore | kAfter, .error = ERANGE}
      ),
      {.name = "BEFORE and AFTER alone contradict each other in an empty list",
       .steps = {{.program = 1, .flags = kBefore | kAfter, .error = ERANGE}},
       .order = ""},
      one_more("a program relative to which place is not said", {.program = 4, .relative = 2, .error = EINVAL}
      ),
      one_more("an id relative to which place is not said",
               {.program = 4, .flags = kId, .relative = 2, .error = EINVAL}
      ),
      one_more("the same program twice", {.program = 2, .error = EEXIST}
      ),
      one_more("the same program before itself", {.program = 2, .flags = kBefore, .relative = 2, .error = EEXIST}
      ),
      one_more("BEFORE a program that is not there", {.program = 4, .flags = kBefore, .relative = 5, .error = ENOENT}
      ),
      one_more("AFTER a program that is not there", {.program = 4, .flags = kAfter, .relative = 5, .error = ENOENT}
      ),
      one_more("the revision that is", {.program = 4, .revision = 4},
      "1 2 3 4"),
      one_more("another revision", {.program = 4, .revision = 3, .error = ESTALE}
      ),
      one_more("another revision wins over a program that is there", {.program = 2, .revision = 3, .error = ESTALE}
      ),
      one_more("REPLACE keeps the place", {.program = 4, .flags = kReplace, .replaced = 2},
      "1 4 3"),
      one_more("REPLACE of a program by itself", {.program = 2, .flags = kReplace, .replaced = 2, .error = EEXIST}
      ),
      one_more("REPLACE of a program that is not there",
               {.program = 4, .flags = kReplace, .replaced = 5, .error = ENOENT}
      ),
      one_more("REPLACE with the place that it has",
               {.program = 4, .flags = kReplace | kBefore, .relative = 3, .replaced = 2},
      "1 4 3"),
      one_more("REPLACE with another place",
               {.program = 4, .flags = kReplace | kBefore, .relative = 2, .replaced = 2, .error = ERANGE}
      ),
      one_more("REPLACE counts as a change", {.program = 4, .flags = kReplace, .replaced = 2, .revision = 4},
      "1 4 3"),
  };
}

std::vector<TcxCase> detach_cases() {
  constexpr auto kDetach = Action::detach;
  return {
      one_more("a program is taken out", {.action = kDetach, .program = 2},
       "1 3"),
      one_more("no program is the last one", {.action = kDetach},
       "1 2"),
      one_more("no program BEFORE is the first one", {.action = kDetach, .flags = kBefore},
       "2 3"),
      one_more("no program AFTER is the last one", {.action = kDetach, .flags = kAfter},
       "1 2"),
      one_more("the one BEFORE a program", {.action = kDetach, .flags = kBefore, .relative = 3},
       "1 3"),
      one_more("the one AFTER a program", {.action = kDetach, .flags = kAfter, .relative = 1},
       "1 3"),
      one_more("a program and its place", {.action = kDetach, .program = 2, .flags = kBefore, .relative = 3},
       "1 3"),
      one_more("a program and another place",
               {.action = kDetach, .program = 2, .flags = kBefore, .relative = 2, .error = ERANGE}
       ),
      one_more("a program that is not there to be taken out", {.action = kDetach, .program = 5, .error = ENOENT}
       ),
      one_more("REPLACE of nothing", {.action = kDetach, .program = 2, .flags = kReplace, .error = EINVAL}
       ),
      one_more("taking out in another revision", {.action = kDetach, .program = 2, .revision = 9, .error = ESTALE}
       ),
      one_more("taking out relative to a program but where", {.action = kDetach, .relative = 2, .error = EINVAL}
       ),
      {.name = "nothing can be taken out of an empty list",
                                          .steps = {{.program = 1}, {.action = kDetach, .program = 1}, {.action = kDetach, .error = ENOENT}},
                                          .order = ""},
      {.name = "an emptied list begins with revision 1 again",
                                          .steps = {{.program = 1}, {.action = kDetach, .program = 1}, {.program = 2, .revision = 1}},
                                          .order = "2",
                                          .revision = 2},
  };
}

std::vector<TcxCase> link_cases() {
  const std::vector<TcxStep> mixed = {
      {.program = 1},
      {.action = Action::link, .program = 2},
      {.program = 3}
  };
  const auto more = [&](std::string name, TcxStep step, std::string order = "1 2 3") {
    auto steps = mixed;
    steps.push_back(step);
    return TcxCase{.name = std::move(name), .steps = std::move(steps), .order = std::move(order)};
  };
  return {
      more("a link is put behind the others", {.action = Action::link, .program = 4}, "1 2 3 4"),
      more("a link that is closed takes its program along", {.action = Action::unlink, .program = 2}, "1 3"),
      more("BEFORE a link", {.program = 4, .flags = kBefore | kLink, .relative = 2}, "1 4 2 3"),
      more("AFTER the program of a link", {.program = 4, .flags = kAfter, .relative = 2}, "1 2 4 3"),
      more("a link BEFORE a program", {.action = Action::link, .program = 4, .flags = kBefore, .relative = 1},
           "4 1 2 3"),
      more("a link for a program that is there", {.action = Action::link, .program = 1, .error = EEXIST}),
      more("the program of a link is not replaced", {.program = 4, .flags = kReplace, .replaced = 2, .error = EBUSY}),
      more("the program of a link is not taken out", {.action = Action::detach, .program = 2, .error = EBUSY}),
      more("the program of a link is not taken out by its place",
           {.action = Action::detach, .flags = kAfter, .relative = 1, .error = EBUSY}),
  };
}

std::vector<TcxCase> full_cases() {
  TcxCase full{.name = "63 programs are the most", .steps = {}, .order = ""};
  for (uint32_t i = 1; i <= 63; ++i) {
    full.steps.push_back({.program = i});
    full.order += (i == 1 ? "" : " ") + std::to_string(i);
  }
  full.steps.push_back({.program = 64, .error = ERANGE});
  full.steps.push_back({.program = 64, .flags = kBefore, .error = ERANGE});
  TcxCase replaced = full;
  replaced.name = "a program of a full list can be replaced";
  replaced.steps.push_back({.program = 64, .flags = kReplace, .replaced = 63});
  replaced.order.replace(replaced.order.size() - 2, 2, "64");
  return {full, replaced};
}

}  // namespace

std::vector<TcxCase> tcx_order_cases() {
  std::vector<TcxCase> all;
  for (auto part : {attach_cases(), detach_cases(), link_cases(), full_cases()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace saya::tests
