// Strict JSON: every member known, none twice, every mistake named with its place, its value and what is allowed.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/result.h"

namespace saya {

using nlohmann::json;

/// Text to a tree; malformed text, deep nesting and two members of one name are errors.
Result<json> read_json(std::string_view text);

inline constexpr size_t kLongestQuote = 80;  ///< Characters of a value in a message.

/// A value and the words that name it in a message: "routes[2].via".
struct Value {
  const json& tree;
  std::string path;

  std::unexpected<Error> refuse(std::string_view wanted) const {
    return fail(Code::invalid_argument, fmt::format("{} is {}, must be {}", path, brief(), wanted));
  }
  std::string brief() const {
    if (tree.is_structured()) return tree.is_object() ? "an object" : "an array";
    const std::string text = tree.dump(-1, ' ', true, json::error_handler_t::replace);
    return text.size() <= kLongestQuote ? text : text.substr(0, kLongestQuote) + "...";
  }
};

/// An object all of whose members are known.
class Object {
 public:
  static Result<Object> open(const Value& value, std::initializer_list<std::string_view> known) {
    if (!value.tree.is_object()) return value.refuse("an object");
    for (const auto& [name, member] : value.tree.items())
      if (std::find(known.begin(), known.end(), name) == known.end())
        return fail(Code::invalid_argument, fmt::format("{} has an unknown member '{}', known are: {}", value.path,
                                                        name, fmt::join(known, ", ")));
    return Object(value);
  }
  bool has(const char* name) const { return value_.tree.contains(name); }
  Result<Value> required(const char* name) const {
    if (!has(name)) return fail(Code::invalid_argument, fmt::format("{} has no '{}'", value_.path, name));
    return member(name);
  }
  Value member(const char* name) const { return {value_.tree.at(name), fmt::format("{}.{}", value_.path, name)}; }

  Result<std::string> text(const char* name) const {
    SAYA_TRY(const Value value, required(name));
    if (!value.tree.is_string()) return value.refuse("a string");
    return value.tree.get<std::string>();
  }
  template <std::unsigned_integral T = uint32_t>
  Result<T> number(const char* name, std::type_identity_t<T> least, std::type_identity_t<T> most) const {
    SAYA_TRY(const Value value, required(name));
    if (!value.tree.is_number_unsigned() || value.tree.get<uint64_t>() < least || value.tree.get<uint64_t>() > most)
      return value.refuse(fmt::format("a whole number {}..{}", least, most));
    return static_cast<T>(value.tree.get<uint64_t>());
  }
  /// As number(); `otherwise` when there is no such member.
  template <std::unsigned_integral T = uint32_t>
  Result<T> number_or(const char* name, std::type_identity_t<T> least, std::type_identity_t<T> most,
                      std::type_identity_t<T> otherwise) const {
    if (!has(name)) return T{otherwise};
    return number<T>(name, least, most);
  }
  Result<bool> flag(const char* name) const {
    SAYA_TRY(const Value value, required(name));
    if (!value.tree.is_boolean()) return value.refuse("true or false");
    return value.tree.get<bool>();
  }
  Result<bool> flag_or(const char* name, bool otherwise) const {
    return has(name) ? flag(name) : Result<bool>(otherwise);
  }
  /// The number that a table has for the member's text; `otherwise` when there is no such member.
  template <class Names>
  Result<uint32_t> word_or(const char* name, const Names& names, uint32_t otherwise) const {
    if (!has(name)) return otherwise;
    SAYA_TRY(const std::string word, text(name));
    std::string known;
    for (const auto& row : names) {
      if (row.word == word) return static_cast<uint32_t>(row.value);
      known += fmt::format("{}{}", known.empty() ? "" : ", ", row.word);
    }
    return member(name).refuse(fmt::format("one of: {}", known));
  }
  /// The member parsed from its text by one of the functions of netstate.h.
  template <class T>
  Result<T> parsed(const char* name, Result<T> (*parse)(std::string_view)) const {
    SAYA_TRY(const std::string text_value, text(name));
    Result<T> result = parse(text_value);
    if (!result) return std::unexpected(std::move(result).error().at(fmt::format("{}.{}", value_.path, name)));
    return result;
  }
  const std::string& path() const { return value_.path; }

 private:
  explicit Object(Value value) : value_(std::move(value)) {}
  Value value_;
};

/// Calls `each(element)` for the elements of an optional array.
template <class Each>
Result<> for_each_element(const Object& object, const char* name, Each each) {
  if (!object.has(name)) return {};
  const Value array = object.member(name);
  if (!array.tree.is_array()) return array.refuse("an array");
  for (size_t i = 0; i < array.tree.size(); ++i)
    SAYA_CHECK(each(Value{array.tree[i], fmt::format("{}[{}]", array.path, i)}));
  return {};
}

/// One row of a table for Object::word_or().
struct Word {
  std::string_view word;
  uint32_t value;
};

}  // namespace saya
