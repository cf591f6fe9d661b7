// Which program a word on the command line means.
#include <fmt/format.h>

#include <algorithm>

#include "object/object.h"

namespace saya::object {
namespace {

constexpr size_t kMaxListed = 32;

using Indices = std::vector<uint32_t>;

template <class Wanted>
Indices programs(const Object& object, Wanted wanted) {
  Indices found;
  for (uint32_t i = 0; i < object.functions.size(); ++i)
    if (object.functions[i].entry && wanted(object.functions[i])) found.push_back(i);
  return found;
}

/// "drop_all (section 'xdp'), count (section 'tc')"
std::string list(const Object& object, const Indices& indices) {
  std::string text;
  for (size_t i = 0; i < indices.size(); ++i) {
    if (i == kMaxListed) return text + fmt::format(" and {} more", indices.size() - i);
    const Function& function = object.functions[indices[i]];
    text += fmt::format("{}{} (section '{}')", i ? ", " : "", function.name, function.section);
  }
  return text;
}

Result<uint32_t> find_only(const Object& object, const Indices& all, const Suits& suits) {
  const Indices suited = suits ? programs(object, suits) : Indices();
  if (suited.size() == 1) return suited.front();
  if (all.size() == 1) return all.front();
  return fail(Code::invalid_argument, fmt::format("{} has {} programs, name one of: {}", object.file, all.size(),
                                                  list(object, suited.empty() ? all : suited)));
}

}  // namespace

Result<uint32_t> find_program(const Object& object, std::string_view word, const Suits& suits) {
  const Indices all = programs(object, [](const Function&) { return true; });
  if (all.empty()) return fail(Code::no_such_entry, fmt::format("{} has no program", object.file));
  if (word.empty()) return find_only(object, all, suits);
  Indices found = programs(object, [&](const Function& function) { return function.name == word; });
  if (found.empty()) found = programs(object, [&](const Function& function) { return function.section == word; });
  if (found.size() == 1) return found.front();
  if (found.empty())
    return fail(Code::no_such_entry,
                fmt::format("{} has no program or section '{}', it has: {}", object.file, word, list(object, all)));
  return fail(Code::invalid_argument, fmt::format("'{}' means {} programs of {}, name one of: {}", word, found.size(),
                                                  object.file, list(object, found)));
}

}  // namespace saya::object
