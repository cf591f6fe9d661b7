// The lexer of the assembler: names, numbers, and the operators that isa/ops.def lists.
#include "isa/line.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "isa/wire.h"

namespace saya::isa {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_inner(char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '$'; }

/// A comment starts at "//", or at '#' unless that follows a word, as in "bpf_map_lookup_elem#1".
std::string_view without_comment(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i)
    if (text.substr(i, 2) == "//" || (text[i] == '#' && (i == 0 || is_blank(text[i - 1])))) return text.substr(0, i);
  return text;
}

/// Length of the longest operator of the tables that starts the text ("s>>=", "<<="), or 0.
size_t operator_length(std::string_view text) {
  size_t longest = 0;
  for (const auto& row : wire::kAlu)
    if (text.starts_with(row.text)) longest = std::max(longest, row.text.size());
  for (const auto& row : wire::kCond)
    if (text.starts_with(row.text)) longest = std::max(longest, row.text.size());
  return longest;
}

/// What the verifier calls a kernel function whose name it was not told; the one word with a dash in it.
constexpr std::string_view kKernelFunction = "kernel-function";

size_t word_length(std::string_view text) {
  if (const size_t length = operator_length(text)) return length;  // First: "s>" starts with a letter.
  if (text.starts_with(kKernelFunction)) return kKernelFunction.size();
  if (!is_inner(text.front())) return 1;
  return static_cast<size_t>(std::ranges::find_if_not(text, is_inner) - text.begin());
}

constexpr int64_t kInt32Min = std::numeric_limits<int32_t>::min();
constexpr int64_t kInt32Max = std::numeric_limits<int32_t>::max();

}  // namespace

bool is_name(std::string_view word) {
  return word == kKernelFunction || (!word.empty() && is_letter(word.front()) && std::ranges::all_of(word, is_inner));
}

Line::Line(std::string_view text) {
  text = without_comment(text);
  while (!text.empty()) {
    if (is_blank(text.front())) {
      text.remove_prefix(1);
      continue;
    }
    const size_t length = word_length(text);
    words_.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
}

bool Line::take(std::string_view word) {
  if (at_end() || peek() != word) return false;
  ++at_;
  return true;
}

std::unexpected<Error> Line::expected(std::string_view what) const {
  const std::string found = at_end() ? "end of line" : fmt::format("'{}'", peek());
  return fail(Code::invalid_argument, fmt::format("{}: expected {}", found, what));
}

Result<> Line::expect(std::string_view word) {
  if (!take(word)) return expected(fmt::format("'{}'", word));
  return {};
}

Result<> Line::expect_end() {
  if (!at_end()) return expected("end of line");
  return {};
}

Result<Register> Line::any_register() {
  const std::string_view word = peek();
  unsigned number = 0;
  const bool prefixed = word.size() > 1 && (word[0] == 'r' || word[0] == 'w') && (word.size() == 2 || word[1] != '0');
  if (!prefixed) return expected("a register, r0..r10 or w0..w10");
  const auto [end, error] = std::from_chars(word.data() + 1, word.data() + word.size(), number);
  if (error != std::errc{} || end != word.data() + word.size() || number > 10)
    return expected("a register, r0..r10 or w0..w10");
  ++at_;
  return Register{static_cast<uint8_t>(number), word[0] == 'r' ? Width::w64 : Width::w32};
}

Result<uint8_t> Line::expect_register(Width width) {
  const size_t before = at_;
  SAYA_TRY(const Register reg, any_register());
  if (reg.width == width) return reg.number;
  at_ = before;
  return expected(width == Width::w64 ? "a 64-bit register, r0..r10" : "a 32-bit register, w0..w10");
}

Result<Line::Literal> Line::literal() {
  Literal value;
  value.negative = take("-");
  if (!value.negative) take("+");
  std::string_view digits = peek();
  value.hexadecimal = digits.starts_with("0x");
  if (value.hexadecimal) digits.remove_prefix(2);
  const char* last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, value.magnitude, value.hexadecimal ? 16 : 10);
  if (digits.empty() || end != last || error == std::errc::invalid_argument) return expected("a number");
  if (error != std::errc{}) return expected("a number of at most 64 bits");
  ++at_;
  return value;
}

Result<int64_t> Line::number(int64_t low, int64_t high) {
  SAYA_TRY(const Literal value, literal());
  const uint64_t limit = value.negative ? uint64_t{0} - static_cast<uint64_t>(low) : static_cast<uint64_t>(high);
  if (value.magnitude <= limit)
    return static_cast<int64_t>(value.negative ? uint64_t{0} - value.magnitude : value.magnitude);
  --at_;  // Back to the digits, so that the message shows them.
  return expected(fmt::format("a number in {}..{}", low, high));
}

Result<int64_t> Line::number64() {
  const size_t before = at_;
  SAYA_TRY(const Literal value, literal());
  if (!value.negative) return static_cast<int64_t>(value.magnitude);
  at_ = before;
  return number(std::numeric_limits<int64_t>::min(), 0);
}

Result<int64_t> Line::number32() {
  const size_t before = at_;
  SAYA_TRY(const Literal value, literal());
  const bool bits = value.hexadecimal && !value.negative && value.magnitude <= std::numeric_limits<uint32_t>::max();
  if (bits) return static_cast<int32_t>(value.magnitude);
  at_ = before;
  return number(kInt32Min, kInt32Max);
}

}  // namespace saya::isa
