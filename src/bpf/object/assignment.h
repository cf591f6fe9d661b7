// "NAME=VALUE", and lists of names for the answer to a wrong one.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace saya::object {

struct Assignment {
  std::string_view name, value;
};

/// Cuts at the first '='. The error says that `text` must have the form `form`.
inline Result<Assignment> split_assignment(std::string_view text, std::string_view form) {
  constexpr size_t kMaxNameBytes = 1024;
  const size_t equals = text.find('=');
  if (equals == text.npos || equals == 0 || equals > kMaxNameBytes)
    return fail(Code::invalid_argument, fmt::format("'{}' must be {}", text.substr(0, kMaxNameBytes), form));
  return Assignment{text.substr(0, equals), text.substr(equals + 1)};
}

/// The descriptions of all, the first 32 of many.
template <class List, class Describe>
std::string list_of(const List& all, Describe describe) {
  constexpr size_t kMaxListed = 32;
  std::string text;
  for (size_t i = 0; i < all.size() && i < kMaxListed; ++i)
    text += fmt::format("{}{}", i ? ", " : "", describe(all[i]));
  return all.size() > kMaxListed ? text + fmt::format(" and {} more", all.size() - kMaxListed) : text;
}

}  // namespace saya::object
