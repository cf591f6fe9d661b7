// Program types by name.
#include <algorithm>
#include <iterator>

#include "program/program.h"

namespace saya::program {
namespace {

struct Row {
  Type type;
  std::string_view name;
};
constexpr Row kRows[] = {
#define SAYA_PROGRAM_TYPE(id, name, doc) {Type::name, #name},
#include "program/types.def"
};

/// What tc calls them after "type".
constexpr Row kTcWords[] = {
    {Type::sched_cls, "cls"},
    {Type::sched_act, "act"},
};

std::optional<Type> find(std::span<const Row> rows, std::string_view word) noexcept {
  const auto row = std::ranges::find(rows, word, &Row::name);
  return row == rows.end() ? std::nullopt : std::optional(row->type);
}

}  // namespace

std::string_view to_string(Type type) noexcept {
  const auto* row = std::ranges::find(kRows, type, &Row::type);
  return row == std::end(kRows) ? "unknown" : row->name;
}

std::optional<Type> parse_type(std::string_view word) noexcept {
  if (const auto type = find(kRows, word)) return type;
  if (const auto type = find(kTcWords, word)) return type;
  const Type by_section = type_of_section(word).type;
  return by_section == Type::unspec ? std::nullopt : std::optional(by_section);
}

}  // namespace saya::program
