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

}  // namespace

std::string_view to_string(Type type) noexcept {
  const auto* row = std::ranges::find(kRows, type, &Row::type);
  return row == std::end(kRows) ? "unknown" : row->name;
}

std::optional<Type> parse_type(std::string_view word) noexcept {
  const auto* row = std::ranges::find(kRows, word, &Row::name);
  if (row != std::end(kRows)) return row->type;
  const Type by_section = type_of_section(word).type;
  return by_section == Type::unspec ? std::nullopt : std::optional(by_section);
}

}  // namespace saya::program
