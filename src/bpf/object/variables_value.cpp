// Values of C types from words. Bounds are checked against the variable's bytes at every write: the BTF is hostile.
#include "object/variables_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/text.h"
#include "btf/type_name.h"

namespace saya::object {
namespace {

using btf::Btf;
using btf::Kind;

constexpr int kMaxDepth = 8;  ///< Of arrays in arrays.
constexpr uint8_t kSigned = 1, kBool = 4;
constexpr size_t kListed = 16;  ///< Enumerators in a message.

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  return first == text.npos ? "" : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_quoted(std::string_view text, char quote) {
  return text.size() >= 2 && text.front() == quote && text.back() == quote;
}

/// What C makes of the inside of quotes; nothing for an escape that this does not know.
std::optional<std::string> unescaped(std::string_view text) {
  constexpr std::string_view kNames = "ntr0\\\"'", kMeanings{"\n\t\r\0\\\"'", 7};
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    const size_t known = ++i < text.size() ? kNames.find(text[i]) : kNames.npos;
    if (known == kNames.npos) return std::nullopt;
    out += kMeanings[known];
  }
  return out;
}

/// The items between the commas that stand outside of braces and quotes.
Result<std::vector<std::string_view>> split_list(std::string_view text) {
  std::vector<std::string_view> items;
  size_t start = 0;
  int depth = 0;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == '\\') ++i;
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '{' || c == '}') {
      depth += c == '{' ? 1 : -1;
      if (depth < 0) return fail(Code::invalid_argument, fmt::format("'{}' has a '}}' too many", printable(text)));
    } else if (c == ',' && depth == 0) {
      items.push_back(trimmed(text.substr(start, i - start)));
      start = i + 1;
    }
  }
  if (quote != 0) return fail(Code::invalid_argument, fmt::format("'{}' lacks a closing {}", printable(text), quote));
  if (depth != 0) return fail(Code::invalid_argument, fmt::format("'{}' lacks a '}}'", printable(text)));
  items.push_back(trimmed(text.substr(start)));
  if (items.back().empty()) items.pop_back();  // "{}" and C's comma at the end.
  return items;
}

class ValueWriter {
 public:
  ValueWriter(const Btf& btf, std::span<std::byte> bytes) : btf_(btf), bytes_(bytes) {}

  Result<> write(const ValuePlace& place, std::string_view text, int depth) {
    const btf::Type& type = btf_.type(btf_.resolve(place.type));
    if (auto written = write_kind(type, place, text, depth); !written) {
      if (depth > 0) return written;  // The outermost type is the one to name.
      return std::unexpected(std::move(written).error().at(fmt::format("type {}", type_text(btf_, place.type))));
    }
    return {};
  }

 private:
  Result<> write_kind(const btf::Type& type, const ValuePlace& place, std::string_view text, int depth) {
    switch (type.kind) {
      case Kind::integer: return write_integer(type, place, text);
      case Kind::enumeration:
      case Kind::enumeration64: return write_enumerator(type, place, text);
      case Kind::array: return write_array(type, place, text, depth);
      case Kind::structure:
      case Kind::union_:
        return fail(Code::invalid_argument, "cannot be set as a whole, set its members: NAME.MEMBER=VALUE");
      case Kind::pointer: return fail(Code::invalid_argument, "is a pointer, which cannot be set");
      default: return fail(Code::unsupported, "is of a kind that cannot be set");
    }
  }

  Result<> write_integer(const btf::Type& type, const ValuePlace& place, std::string_view text) {
    const bool is_bool = (type.encoding & kBool) != 0;
    if (is_bool && (text == "true" || text == "false")) return store_bits(type, place, text == "true");
    auto number = parse_integer(text);
    if (!number && type.size == 1) number = character(text, type.name == "char");
    if (!number) {
      const std::string_view wanted = is_bool ? "true, false, 0 or 1" : "an integer of at most 64 bits";
      return fail(Code::invalid_argument, fmt::format("'{}' is not {}", printable(text), wanted));
    }
    if (is_bool && (number->negative || number->magnitude > 1))
      return fail(Code::invalid_argument, fmt::format("'{}' is not in 0..1", printable(text)));
    return store_number(type, place, *number, !is_bool && (type.encoding & kSigned) != 0, text);
  }

  /// 'c', or for a plain char also c.
  static std::optional<Integer> character(std::string_view text, bool plain) {
    const auto inside = is_quoted(text, '\'') ? unescaped(text.substr(1, text.size() - 2))
                        : plain               ? std::optional(std::string(text))
                                              : std::nullopt;
    if (!inside || inside->size() != 1) return std::nullopt;
    const auto value = static_cast<signed char>(inside->front());
    return Integer{.negative = value < 0, .magnitude = static_cast<uint64_t>(value < 0 ? -value : value)};
  }

  Result<> write_enumerator(const btf::Type& type, const ValuePlace& place, std::string_view text) {
    if (const auto number = parse_integer(text)) return store_number(type, place, *number, type.flag, text);
    const auto found = std::ranges::find(type.members, text, &btf::Member::name);
    if (found != type.members.end()) return store_bits(type, place, static_cast<uint64_t>(found->value));
    std::string names;
    for (size_t i = 0; i < std::min(type.members.size(), kListed); ++i)
      names += fmt::format("{}{}", i ? ", " : "", printable(type.members[i].name));
    if (type.members.size() > kListed) names += fmt::format(" and {} more", type.members.size() - kListed);
    return fail(Code::no_such_entry,
                fmt::format("'{}' is no enumerator and no integer, there are {}", printable(text), names));
  }

  Result<> write_array(const btf::Type& array, const ValuePlace& place, std::string_view text, int depth) {
    const auto size = btf_.size_of(array.target), whole = btf_.size_of(place.type);
    if (!size || !whole || depth == kMaxDepth) return fail(Code::unsupported, "is an array that cannot be set");
    SAYA_CHECK(check_room(place.offset, *whole));
    std::ranges::fill(bytes_.subspan(place.offset, *whole), std::byte{0});
    const btf::Type& element = btf_.type(btf_.resolve(array.target));
    const bool bytes = element.kind == Kind::integer && element.size == 1 && (element.encoding & kBool) == 0;
    const bool braces = text.starts_with('{') && text.ends_with('}');
    if (bytes && is_quoted(text, '"')) return write_text(array, place, text.substr(1, text.size() - 2), true);
    if (bytes && !braces && element.name == "char") return write_text(array, place, text, false);
    SAYA_TRY(const auto items, split_list(braces ? text.substr(1, text.size() - 2) : text));
    if (items.size() > array.elements)
      return fail(Code::invalid_argument, fmt::format("{} values, it has {} elements", items.size(), array.elements));
    for (size_t i = 0; i < items.size(); ++i)
      if (auto written = write({array.target, place.offset + i * *size}, items[i], depth + 1); !written)
        return std::unexpected(std::move(written).error().at(fmt::format("element {}", i)));
    return {};
  }

  Result<> write_text(const btf::Type& array, const ValuePlace& place, std::string_view text, bool escapes) {
    const auto plain = escapes ? unescaped(text) : std::optional(std::string(text));
    if (!plain)
      return fail(Code::invalid_argument, fmt::format("'{}' has an unknown escape after '\\'", printable(text)));
    if (plain->size() > array.elements)
      return fail(Code::invalid_argument,
                  fmt::format("'{}' has {} bytes, at most {} fit", printable(*plain), plain->size(), array.elements));
    std::ranges::copy(std::as_bytes(std::span(*plain)), bytes_.begin() + static_cast<std::ptrdiff_t>(place.offset));
    return {};
  }

  Result<> store_number(const btf::Type& type, const ValuePlace& place, const Integer& number, bool is_signed,
                        std::string_view text) {
    SAYA_CHECK(check_shape(type, place));
    const unsigned bits = place.bit_width ? place.bit_width : 8 * type.size;
    if (!number.fits(bits, is_signed))
      return fail(Code::invalid_argument, fmt::format("{} is not in {}", printable(text), range_text(bits, is_signed)));
    return store_bits(type, place, number.bits());
  }

  /// A size that C has, and bits that lie in it.
  Result<> check_shape(const btf::Type& type, const ValuePlace& place) const {
    if (type.size == 0 || type.size > 8)
      return fail(Code::unsupported, fmt::format("has {} bytes, must have 1..8", type.size));
    if (place.bit_width > 64 || place.bit_offset > 63)
      return fail(Code::malformed, fmt::format("is a bit-field of {} bits", place.bit_width));
    return {};
  }

  Result<> store_bits(const btf::Type& type, const ValuePlace& place, uint64_t value) {
    SAYA_CHECK(check_shape(type, place));
    if (place.bit_width == 0) {
      SAYA_CHECK(check_room(place.offset, type.size));
      std::memcpy(bytes_.data() + place.offset, &value, type.size);  // Little-endian: the low bytes come first.
      return {};
    }
    SAYA_CHECK(check_room(place.offset, (place.bit_offset + place.bit_width + 7) / 8));
    for (uint32_t i = 0; i < place.bit_width; ++i) {
      const uint32_t bit = place.bit_offset + i;
      std::byte& byte = bytes_[place.offset + bit / 8];
      const auto mask = std::byte{1} << (bit % 8);
      byte = (value >> i & 1) ? byte | mask : byte & ~mask;
    }
    return {};
  }

  Result<> check_room(uint64_t offset, uint64_t size) const {
    if (offset <= bytes_.size() && size <= bytes_.size() - offset) return {};
    return fail(Code::malformed,
                fmt::format("{} bytes at {} leave the variable's {} bytes", size, offset, bytes_.size()));
  }

  const Btf& btf_;
  std::span<std::byte> bytes_;
};

}  // namespace

Result<> write_value(const Btf& btf, const ValuePlace& place, std::string_view text, std::span<std::byte> bytes) {
  return ValueWriter(btf, bytes).write(place, trimmed(text), 0);
}

std::string type_text(const Btf& btf, uint32_t type) {
  std::string text = btf::type_name(btf, type);
  if (text.contains('*')) return text;
  for (const std::string_view qualifier : {"const ", "volatile "})
    if (text.starts_with(qualifier)) text.erase(0, qualifier.size());
  return text;
}

}  // namespace saya::object
