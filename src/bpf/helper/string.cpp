// kernel/bpf/helpers.c with lib/kstrtox.c and lib/string.c, kernel/trace/bpf_trace.c (bpf_snprintf_btf), Linux 6.18.
#include "helper/string.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <string_view>

#include "base/bytes.h"
#include "helper/errno.h"
#include "helper/print_format.h"

namespace saya::helper {
namespace {

constexpr uint64_t kBaseMask = 0x1f;  // BPF_STRTOX_BASE_MASK
constexpr size_t kMostDigits = 63;    // What the kernel copies of a number before it looks at it.
constexpr uint64_t kShowFlags = 0xf;  // BTF_F_ALL
constexpr uint32_t kBtfPointer = 16;  // struct btf_ptr: a pointer, a type id, flags.

/// As the kernel's isspace(): Latin-1, with its no-break space.
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || static_cast<uint8_t>(c) == 0xa0; }
char lower(char c) { return static_cast<char>(c | 0x20); }

/// The value of a digit; 16 for anything else.
unsigned digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  return lower(c) >= 'a' && lower(c) <= 'f' ? static_cast<unsigned>(lower(c) - 'a' + 10) : 16;
}

char at(std::string_view text, size_t i) { return i < text.size() ? text[i] : '\0'; }

/// The base that "0x1f", "017" and "17" say, and how many characters say so.
size_t skip_prefix(std::string_view text, unsigned& base) {
  const bool hex = at(text, 0) == '0' && lower(at(text, 1)) == 'x';
  if (base == 0) base = at(text, 0) != '0' ? 10 : hex && digit(at(text, 2)) < 16 ? 16 : 8;
  return base == 16 && hex ? std::min<size_t>(2, text.size()) : 0;
}

/// A number as its sign and its magnitude, and how many characters it took; negative, an errno.
struct Number {
  int64_t consumed;
  uint64_t magnitude = 0;
  bool negative = false;
};

Number parse_digits(std::string_view text, unsigned base) {
  Number number{.consumed = 0};
  bool overflow = false;
  for (unsigned value; (value = digit(at(text, static_cast<size_t>(number.consumed)))) < base; ++number.consumed)
    overflow |= __builtin_mul_overflow(number.magnitude, base, &number.magnitude) |
                __builtin_add_overflow(number.magnitude, value, &number.magnitude);
  if (overflow) number.consumed = -ERANGE;
  if (number.consumed == 0) number.consumed = -EINVAL;
  return number;
}

Number parse(std::string_view text, uint64_t flags) {
  auto base = static_cast<unsigned>(flags & kBaseMask);
  if ((base != 0 && base != 8 && base != 10 && base != 16) || (flags & ~kBaseMask)) return {-EINVAL};
  size_t start = static_cast<size_t>(std::ranges::find_if_not(text, is_space) - text.begin());
  const bool negative = at(text, start) == '-';
  start += negative;
  if (start == text.size()) return {-EINVAL};
  const std::string_view rest = text.substr(start, kMostDigits);
  const size_t prefix = skip_prefix(rest, base);
  Number number = parse_digits(rest.substr(prefix), base);
  number.negative = negative;
  if (number.consumed > 0) number.consumed += static_cast<int64_t>(start + prefix);
  return number;
}

std::string_view text_of(const std::byte* text, uint32_t size) { return {reinterpret_cast<const char*>(text), size}; }

}  // namespace

uint64_t strtol(Run&, const std::byte* text, uint32_t size, uint64_t flags, uint64_t* value) noexcept {
  *value = 0;
  const Number number = parse(text_of(text, size), flags);
  if (number.consumed < 0) return result(number.consumed);
  const uint64_t most = static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) + number.negative;
  if (number.magnitude > most) return result(-ERANGE);
  *value = number.negative ? uint64_t{0} - number.magnitude : number.magnitude;
  return result(number.consumed);
}

uint64_t strtoul(Run&, const std::byte* text, uint32_t size, uint64_t flags, uint64_t* value) noexcept {
  *value = 0;
  const Number number = parse(text_of(text, size), flags);
  if (number.consumed < 0) return result(number.consumed);
  if (number.negative) return result(-EINVAL);
  *value = number.magnitude;
  return result(number.consumed);
}

uint64_t strncmp(Run&, const std::byte* text, uint32_t size, const char* other) noexcept {
  const auto* const one = reinterpret_cast<const uint8_t*>(text);
  for (uint32_t i = 0; i < size; ++i) {
    const auto two = static_cast<uint8_t>(other[i]);
    if (one[i] != two) return result(one[i] < two ? -1 : 1);
    if (two == 0) break;
  }
  return 0;
}

uint64_t snprintf(Run&, std::byte* to, uint32_t size, const char* format, const std::byte* bytes,
                  uint32_t bytes_size) noexcept {
  std::array<uint64_t, kMostPrintValues> storage;
  const auto values = print_values(bytes, bytes_size, storage);
  if (!values) return result(-EINVAL);
  char nothing;
  const std::span<char> out = size != 0 ? std::span(reinterpret_cast<char*>(to), size) : std::span(&nothing, 1);
  const int64_t length = print({format, std::strlen(format) + 1}, *values, out);
  return result(length < 0 ? length : length + 1);
}

uint64_t snprintf_btf(Run&, std::byte*, uint32_t, const std::byte* pointer, uint32_t pointer_size,
                      uint64_t flags) noexcept {
  if (flags & ~kShowFlags || pointer_size != kBtfPointer) return result(-EINVAL);
  return result(load<uint32_t>(pointer + 8) == 0 ? -EINVAL : -ENOENT);
}

}  // namespace saya::helper
