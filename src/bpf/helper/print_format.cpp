// kernel/bpf/helpers.c bpf_bprintf_prepare() and lib/vsprintf.c, Linux 6.18: what is refused, and how the rest looks.
#include "helper/print_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "helper/peek.h"

namespace saya::helper {
namespace {

constexpr uint32_t kMaxWidth = (1 << 23) - 1;  // FIELD_WIDTH_MAX.
constexpr size_t kMaxStrings = 512;            // MAX_BPRINTF_BIN_ARGS: bytes that all %s of a line share.

// ctype without a locale.
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_graphic(char c) { return c > ' ' && c < 0x7f; }
bool is_plain(char c) { return is_graphic(c) || is_space(c) || static_cast<uint8_t>(c) >= 0x80; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_punctuation(char c) { return is_graphic(c) && !is_digit(c) && !is_letter(c); }
bool ends_conversion(char c) { return c == '\0' || is_space(c) || is_punctuation(c); }

/// "%-08lx": everything between the percent sign and the end of the conversion.
struct Conversion {
  bool left = false, plus = false, space = false, zero = false;
  uint32_t width = 0;
  bool wide = false;  ///< l or ll: 64 bits.
  char type = 0;      ///< d u x X c s p
  char pointer = 0;   ///< After %p: K x s S B I i, or 0.
  bool ipv6 = false;  ///< %pI6, %pi6.
};

/// Text that is written as far as there is room and counted in full.
class Text {
 public:
  explicit Text(std::span<char> out) : out_(out) {}
  void put(std::string_view text) {
    if (length_ < room()) text.substr(0, room() - length_).copy(out_.data() + length_, text.size());
    length_ += text.size();
  }
  void pad(char c, uint64_t count) {
    if (length_ < room()) std::fill_n(out_.data() + length_, std::min<uint64_t>(count, room() - length_), c);
    length_ += count;
  }
  int64_t finish() {
    out_[std::min<size_t>(length_, room())] = '\0';
    return static_cast<int64_t>(length_);
  }

 private:
  size_t room() const { return out_.size() - 1; }
  std::span<char> out_;
  uint64_t length_ = 0;
};

/// Reads format characters; past the end there are NULs.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}
  bool done() const { return at_ >= text_.size(); }
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  char take() { return at_ < text_.size() ? text_[at_++] : '\0'; }
  void skip(size_t count) { at_ += count; }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

void read_flags(Cursor& in, Conversion& c) {
  for (;; in.take()) switch (in.peek()) {
      case '0': c.zero = true; break;
      case '+': c.plus = true; break;
      case '-': c.left = true; break;
      case ' ': c.space = true; break;
      default: return;
    }
}

/// What follows "%p"; false for a kind that the kernel refuses.
bool read_pointer(Cursor& in, Conversion& c) {
  const char kind = in.peek();
  if ((kind == 'k' || kind == 'u') && in.peek(1) == 's') {  // A string of the kernel's or a user's memory.
    in.skip(2);
    c.type = 's';
    return ends_conversion(in.peek());
  }
  if (ends_conversion(kind)) return true;
  c.pointer = kind;
  if (kind == 'K' || kind == 'x' || kind == 's' || kind == 'S' || kind == 'B') {
    in.skip(1);
    return true;
  }
  if ((kind != 'i' && kind != 'I') || (in.peek(1) != '4' && in.peek(1) != '6')) return false;
  c.ipv6 = in.peek(1) == '6';
  in.skip(2);
  return true;
}

/// Reads a conversion after its percent sign; false for one that the kernel refuses.
bool read_conversion(Cursor& in, Conversion& c) {
  read_flags(in, c);
  while (is_digit(in.peek())) c.width = std::min(c.width * 10 + static_cast<uint32_t>(in.take() - '0'), kMaxWidth);
  c.type = in.take();
  if (c.type == 'p') return read_pointer(in, c);
  if (c.type == 's') return ends_conversion(in.peek());
  if (c.type == 'c') return true;
  for (int i = 0; i < 2 && c.type == 'l'; ++i) {
    c.wide = true;
    c.type = in.take();
  }
  if (c.type == 'i') c.type = 'd';
  return c.type == 'd' || c.type == 'u' || c.type == 'x' || c.type == 'X';
}

void put_padded(Text& out, const Conversion& c, std::string_view text) {
  const uint64_t padding = c.width > text.size() ? c.width - text.size() : 0;
  if (!c.left) out.pad(' ', padding);
  out.put(text);
  if (c.left) out.pad(' ', padding);
}

void put_number(Text& out, const Conversion& c, uint64_t value) {
  const bool negative = c.type == 'd' && (c.wide ? static_cast<int64_t>(value) < 0 : static_cast<int32_t>(value) < 0);
  uint64_t magnitude = negative ? uint64_t{0} - value : value;
  if (!c.wide) magnitude = static_cast<uint32_t>(magnitude);
  std::array<char, 24> digits;
  const char* end = c.type == 'x'   ? fmt::format_to(digits.data(), "{:x}", magnitude)
                    : c.type == 'X' ? fmt::format_to(digits.data(), "{:X}", magnitude)
                                    : fmt::format_to(digits.data(), "{}", magnitude);
  const std::string_view number(digits.data(), static_cast<size_t>(end - digits.data()));
  const std::string_view sign = negative ? "-" : c.type != 'd' ? "" : c.plus ? "+" : c.space ? " " : "";
  const uint64_t size = sign.size() + number.size();
  const uint64_t padding = c.width > size ? c.width - size : 0;
  if (!c.left && !c.zero) out.pad(' ', padding);
  out.put(sign);
  if (!c.left && c.zero) out.pad('0', padding);
  out.put(number);
  if (c.left) out.pad(' ', padding);
}

void put_ipv4(Text& out, const Conversion& c, const std::array<char, 16>& raw) {
  const auto byte = [&](size_t i) { return static_cast<unsigned>(static_cast<uint8_t>(raw[i])); };
  std::array<char, 24> text;
  const char* end = c.pointer == 'i'
                        ? fmt::format_to(text.data(), "{:03}.{:03}.{:03}.{:03}", byte(0), byte(1), byte(2), byte(3))
                        : fmt::format_to(text.data(), "{}.{}.{}.{}", byte(0), byte(1), byte(2), byte(3));
  put_padded(out, c, {text.data(), static_cast<size_t>(end - text.data())});
}

void put_ipv6(Text& out, const Conversion& c, const std::array<char, 16>& raw) {
  std::array<char, 48> text;
  char* end = text.data();
  for (size_t i = 0; i < raw.size(); ++i) {
    if (i != 0 && i % 2 == 0 && c.pointer == 'I') *end++ = ':';
    end = fmt::format_to(end, "{:02x}", static_cast<unsigned>(static_cast<uint8_t>(raw[i])));
  }
  put_padded(out, c, {text.data(), static_cast<size_t>(end - text.data())});
}

void put_pointer(Text& out, Conversion c, uint64_t value) {
  if (c.pointer == 'i' || c.pointer == 'I') {
    std::array<char, 16> raw{};
    if (peek(value, std::span(raw).first(c.ipv6 ? 16 : 4)) < (c.ipv6 ? 16u : 4u)) raw = {};
    return c.ipv6 ? put_ipv6(out, c, raw) : put_ipv4(out, c, raw);
  }
  c.type = 'x';
  c.wide = true;
  if (c.pointer == 's' || c.pointer == 'S' || c.pointer == 'B') {  // A symbol; there are none, so its address.
    std::array<char, 24> text;
    const char* end = fmt::format_to(text.data(), "{:#x}", value);
    return put_padded(out, c, {text.data(), static_cast<size_t>(end - text.data())});
  }
  if (c.width == 0) {
    c.width = 16;
    c.zero = true;
  }
  put_number(out, c, value);
}

/// Prints the string at `address`; `left` is what all strings of the line may still take, NULs included.
void put_string(Text& out, const Conversion& c, uint64_t address, size_t& left) {
  std::array<char, kMaxStrings> buffer;
  const size_t got = peek(address, std::span(buffer).first(left));
  std::string_view text(buffer.data(), got);
  const size_t end = text.find('\0');
  if (end == text.npos && got < left) text = {};  // It runs into memory that cannot be read.
  text = text.substr(0, std::min(end, left - 1));
  left -= text.size() + 1;
  put_padded(out, c, text);
}

}  // namespace

int64_t print(std::string_view format, std::span<const uint64_t> values, std::span<char> out) noexcept {
  const size_t end = format.find('\0');
  if (end == format.npos) return -EINVAL;
  Cursor in(format.substr(0, end));
  Text text(out);
  size_t used = 0, strings_left = kMaxStrings;
  while (!in.done()) {
    const char c = in.take();
    if (!is_plain(c)) return -EINVAL;
    if (c != '%') {
      text.put({&c, 1});
      continue;
    }
    if (in.peek() == '%') {
      text.put("%");
      in.take();
      continue;
    }
    Conversion conversion;
    if (used == values.size() || !read_conversion(in, conversion)) return -EINVAL;
    const uint64_t value = values[used++];
    if (conversion.type == 's') {
      if (strings_left == 0) return -ENOSPC;
      put_string(text, conversion, value, strings_left);
    } else if (conversion.type == 'p') {
      put_pointer(text, conversion, value);
    } else if (conversion.type == 'c') {
      const char character = static_cast<char>(value);
      put_padded(text, conversion, {&character, 1});
    } else {
      put_number(text, conversion, value);
    }
  }
  return text.finish();
}

std::optional<std::span<const uint64_t>> print_values(const std::byte* bytes, uint32_t size,
                                                      std::array<uint64_t, kMostPrintValues>& storage) noexcept {
  if (size % sizeof(uint64_t) != 0 || size > sizeof storage || (size != 0 && !bytes)) return std::nullopt;
  if (size != 0) std::memcpy(storage.data(), bytes, size);
  return std::span<const uint64_t>(storage).first(size / sizeof(uint64_t));
}

}  // namespace saya::helper
