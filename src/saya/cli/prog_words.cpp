// The grammar of bpftool's do_run() (tools/bpf/bpftool/prog.c, 7.x).
#include "cli/prog_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/text.h"

namespace saya::cli {
namespace {

/// A word and what its value becomes: a file or a number.
struct Key {
  std::string_view word;
  std::optional<std::string> ProgWords::* file = nullptr;
  uint32_t ProgWords::* number = nullptr;
  std::string_view what = "";  ///< Of a number, in messages.
};
constexpr Key kKeys[] = {
    {"data_in",       &ProgWords::data_in,  nullptr,                   ""                   },
    {"data_out",      &ProgWords::data_out, nullptr,                   ""                   },
    {"data_size_out", nullptr,              &ProgWords::data_size_out, "output data size"   },
    {"ctx_in",        &ProgWords::ctx_in,   nullptr,                   ""                   },
    {"ctx_out",       &ProgWords::ctx_out,  nullptr,                   ""                   },
    {"ctx_size_out",  nullptr,              &ProgWords::ctx_size_out,  "output context size"},
    {"repeat",        nullptr,              &ProgWords::repeat,        "repeat number"      },
};

bool begins_key(const std::string& word) {
  return !word.empty() && std::ranges::any_of(kKeys, [&](const Key& key) { return key.word.starts_with(word); });
}

Result<const Key*> find_key(const std::string& word) {
  std::vector<const Key*> found;
  for (const Key& key : kKeys)
    if (!word.empty() && key.word.starts_with(word)) found.push_back(&key);
  if (found.size() == 1) return found.front();
  std::vector<std::string> names;
  for (const Key* key : found) names.push_back(fmt::format("'{}'", key->word));
  if (!found.empty())
    return fail(Code::invalid_argument,
                fmt::format("ambiguous prefix: '{}' could be {}", word, fmt::join(names, " or ")));
  for (const Key& key : kKeys) names.push_back(fmt::format("'{}'", key.word));
  const std::string last = names.back();
  names.pop_back();
  return fail(Code::invalid_argument, fmt::format("expected no more arguments, {} or {}, got: '{}'?",
                                                  fmt::join(names, ", "), last, printable(word)));
}

/// As strtoul() with base 0, but only what fits.
std::optional<uint32_t> number_of(std::string_view word) {
  int base = 10;
  if (word.starts_with("0x") || word.starts_with("0X"))
    base = 16;
  else if (word.size() > 1 && word.starts_with('0'))
    base = 8;
  if (base == 16) word.remove_prefix(2);
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, base);
  return error == std::errc() && end == word.data() + word.size() ? std::optional(value) : std::nullopt;
}

Result<> set(const Key& key, const std::string& value, ProgWords& words) {
  if (key.file) {
    words.*key.file = value;
    return {};
  }
  const auto number = number_of(value);
  if (!number)
    return fail(Code::invalid_argument, fmt::format("can't parse {} as {}: it must be a number in 0..{}",
                                                    printable(value), key.what, UINT32_MAX));
  words.*key.number = *number;
  return {};
}

}  // namespace

Result<ProgWords> parse_prog_words(std::span<const std::string> words,
                                   const std::function<bool(const std::string&)>& is_program) {
  ProgWords parsed;
  if (!words.empty() && (!begins_key(words[0]) || (words.size() % 2 == 1 && is_program(words[0])))) {
    parsed.program = words[0];
    words = words.subspan(1);
  }
  if (words.size() < 2) return fail(Code::invalid_argument, "needs data_in and a file at least");
  for (; !words.empty(); words = words.subspan(2)) {
    SAYA_TRY(const Key* key, find_key(words[0]));
    if (words.size() == 1) return fail(Code::invalid_argument, fmt::format("'{}' needs a value", key->word));
    SAYA_CHECK(set(*key, words[1], parsed));
  }
  if (parsed.data_in == "-" && parsed.ctx_in == "-")
    return fail(Code::invalid_argument, "cannot use standard input for both data_in and ctx_in");
  return parsed;
}

}  // namespace saya::cli
