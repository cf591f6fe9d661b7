// Names of GoogleTest parameters, made from the sentences that cases are called by.
#pragma once

#include <algorithm>
#include <cctype>
#include <string>

namespace saya::tests {

/// The sentence as GoogleTest allows it: what is neither letter nor digit becomes '_'.
inline std::string case_name_of(std::string sentence) {
  std::ranges::replace_if(sentence, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return sentence;
}

/// For INSTANTIATE_TEST_SUITE_P: names a case by its member `name`, or by itself when it is a text.
inline constexpr auto case_name = [](const auto& test) {
  if constexpr (requires { test.param.name; })
    return case_name_of(test.param.name);
  else
    return case_name_of(test.param);
};

}  // namespace saya::tests
