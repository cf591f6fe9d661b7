// The words of `bpftool prog run` behind the program.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"

namespace saya::cli {

/// Files are paths, or "-" for standard input and output.
struct ProgWords {
  std::string program;  ///< Empty where none is named.
  std::optional<std::string> data_in, data_out, ctx_in, ctx_out;
  uint32_t data_size_out = 0;
  uint32_t ctx_size_out = 0;
  uint32_t repeat = 1;
};

/// Parses "[PROG] data_in FILE [data_out FILE [data_size_out L]] [ctx_in FILE [ctx_out FILE [ctx_size_out M]]]
/// [repeat N]" as bpftool 7.x does: in any order, words cut to any unambiguous beginning, the last one counts.
/// `is_program` tells a program's name from a word where both are possible. Errors have bpftool's words.
Result<ProgWords> parse_prog_words(std::span<const std::string> words,
                                   const std::function<bool(const std::string&)>& is_program);

}  // namespace saya::cli
