// Values of C types as JSON, as bpftool's btf_dumper.c (7.x) has them. The types are hostile: every place is checked
// against the bytes, and types that overlap themselves end with the budget.
#include "run/value_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/bytes.h"

namespace saya::run {
namespace {

using btf::Btf;
using btf::Kind;

constexpr int kMaxDepth = 32;
constexpr uint8_t kSigned = 1, kChar = 2, kBool = 4;
constexpr uint32_t kWord = 64;

/// Up to 128 bits.
struct Wide {
  uint64_t low = 0;
  uint64_t high = 0;
};

std::string hex_text(Wide value) {
  return value.high ? fmt::format("{:#x}{:016x}", value.high, value.low) : fmt::format("{:#x}", value.low);
}

/// An object may have several members without a name: JSON allows it, Json's own insertion does not.
void append(Json::object_t& object, std::string_view name, Json value) {
  static_cast<std::vector<Json::object_t::value_type>&>(object).emplace_back(std::string(name), std::move(value));
}

class Formatter {
 public:
  Formatter(const Btf& btf, std::span<const std::byte> bytes)
      : btf_(btf), bytes_(bytes), budget_(4096 + 16 * bytes.size()) {}

  /// Nothing where types and bytes do not fit.
  std::optional<Json> format(uint32_t id, uint64_t offset, int depth) {
    const btf::Type& type = btf_.type(btf_.resolve(id));
    const auto size = btf_.size_of(id);
    if (depth > kMaxDepth || budget_ == 0 || !size || !has(offset, *size)) return std::nullopt;
    --budget_;
    switch (type.kind) {
      case Kind::integer: return integer(type, offset);
      case Kind::enumeration:
      case Kind::enumeration64: return enumerator(type, offset);
      case Kind::pointer: return Json(load<uint64_t>(at(offset)));
      case Kind::floating: return floating(type, offset);
      case Kind::array: return array(type, offset, depth);
      case Kind::structure:
      case Kind::union_: return composite(type, offset, depth);
      case Kind::variable: return variable(type, offset, depth);
      case Kind::data_section: return data_section(type, offset, depth);
      default: return std::nullopt;
    }
  }

 private:
  bool has(uint64_t offset, uint64_t size) const { return offset <= bytes_.size() && size <= bytes_.size() - offset; }
  const std::byte* at(uint64_t offset) const { return bytes_.data() + offset; }

  /// `width` bits from bit `first` of the value.
  std::optional<Wide> bits(uint64_t first, uint32_t width) const {
    if (width > 2 * kWord || !has(first / 8, (first % 8 + width + 7) / 8)) return std::nullopt;
    Wide value;
    for (uint32_t i = 0; i < width; ++i) {
      const uint64_t bit = first + i;
      const uint64_t one = static_cast<uint64_t>(*at(bit / 8)) >> (bit % 8) & 1;
      (i < kWord ? value.low : value.high) |= one << (i % kWord);
    }
    return value;
  }

  std::optional<Json> integer(const btf::Type& type, uint64_t offset) const {
    const bool plain = type.bit_offset == 0 && (type.size == 1 || type.size == 2 || type.size == 4 || type.size == 8);
    if (!plain) {
      const auto value = bits(offset * 8 + type.bit_offset, type.size * 8 - type.bit_offset);
      return value ? std::optional(Json(hex_text(*value))) : std::nullopt;
    }
    uint64_t value = 0;
    std::memcpy(&value, at(offset), type.size);
    if (type.encoding & kBool) return Json(value != 0);
    if (type.encoding & kChar) return Json(character(static_cast<uint8_t>(value)));
    if (type.encoding & kSigned) return Json(extended(value, type.size));
    return Json(value);
  }

  /// U+0000 to U+00FF in UTF-8.
  static std::string character(uint8_t code) {
    if (code < 0x80) return std::string(1, static_cast<char>(code));
    return {static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 0x3f))};
  }

  static int64_t extended(uint64_t value, uint32_t size) {
    const unsigned unused = 64 - 8 * size;
    return static_cast<int64_t>(value << unused) >> unused;
  }

  std::optional<Json> enumerator(const btf::Type& type, uint64_t offset) const {
    if (type.size == 0 || type.size > 8) return std::nullopt;
    uint64_t raw = 0;
    std::memcpy(&raw, at(offset), type.size);
    const int64_t value = extended(raw, type.size);
    const auto same = [&](const btf::Member& member) {
      return extended(static_cast<uint64_t>(member.value), type.size) == value;
    };
    const auto found = std::ranges::find_if(type.members, same);
    return found != type.members.end() ? Json(found->name) : Json(value);
  }

  std::optional<Json> floating(const btf::Type& type, uint64_t offset) const {
    if (type.size == sizeof(double)) return Json(load<double>(at(offset)));
    if (type.size == sizeof(float)) return Json(load<float>(at(offset)));
    return std::nullopt;
  }

  /// What bpftool takes for a string: an array of plain `char` with a NUL in it and nothing but ASCII before.
  std::optional<std::string> text(const btf::Type& array, uint64_t offset) const {
    uint32_t id = array.target;
    for (int depth = 0; depth < kMaxDepth && is_qualifier(btf_.type(id).kind); ++depth) id = btf_.type(id).target;
    const btf::Type& element = btf_.type(id);
    if (element.kind != Kind::integer || element.size != 1) return std::nullopt;
    if (element.encoding != kChar && element.name != "char") return std::nullopt;
    std::string text(reinterpret_cast<const char*>(at(offset)), array.elements);
    const size_t end = text.find('\0');
    if (end == text.npos) return std::nullopt;
    text.resize(end);
    const bool ascii = std::ranges::all_of(text, [](char c) { return c > 0x1f && c < 0x7f; });
    return ascii ? std::optional(std::move(text)) : std::nullopt;
  }

  /// Not a typedef: one of char is no character.
  static bool is_qualifier(Kind kind) {
    return kind == Kind::const_ || kind == Kind::volatile_ || kind == Kind::restrict_ || kind == Kind::type_tag;
  }

  std::optional<Json> array(const btf::Type& type, uint64_t offset, int depth) {
    if (auto string = text(type, offset)) return Json(*std::move(string));
    const auto size = btf_.size_of(type.target);
    if (!size) return std::nullopt;
    Json list = Json::array();
    for (uint64_t i = 0; i < type.elements; ++i) {
      auto element = format(type.target, offset + i * *size, depth + 1);
      if (!element) return std::nullopt;
      list.push_back(*std::move(element));
    }
    return list;
  }

  std::optional<Json> composite(const btf::Type& type, uint64_t offset, int depth) {
    Json object = Json::object();
    for (const btf::Member& member : type.members) {
      auto value = this->member(member, offset, depth);
      if (!value) return std::nullopt;
      append(object.get_ref<Json::object_t&>(), member.name, *std::move(value));
    }
    return object;
  }

  std::optional<Json> member(const btf::Member& member, uint64_t offset, int depth) {
    if (member.size == 0 && member.offset % 8 == 0) return format(member.type, offset + member.offset / 8, depth + 1);
    if (member.size == 0) return std::nullopt;
    const auto value = bits(offset * 8 + member.offset, member.size);
    return value ? std::optional(Json(hex_text(*value))) : std::nullopt;
  }

  std::optional<Json> variable(const btf::Type& type, uint64_t offset, int depth) {
    auto value = format(type.target, offset, depth + 1);
    if (!value) return std::nullopt;
    return Json{
        {type.name, *std::move(value)}
    };
  }

  std::optional<Json> data_section(const btf::Type& type, uint64_t offset, int depth) {
    Json list = Json::array();
    for (const btf::Member& place : type.members) {
      auto value = format(place.type, offset + place.offset, depth + 1);
      if (!value) return std::nullopt;
      list.push_back(*std::move(value));
    }
    return Json{
        {type.name, std::move(list)}
    };
  }

  const Btf& btf_;
  std::span<const std::byte> bytes_;
  uint64_t budget_;  ///< Values that may still be shown.
};

}  // namespace

std::optional<Json> value_json(const btf::Btf& btf, uint32_t type, std::span<const std::byte> bytes) {
  if (type == 0) return std::nullopt;
  // The variables of a data section may end before the section does.
  const auto size = btf.size_of(type);
  const bool section = btf.type(type).kind == Kind::data_section;
  if (!size || (section ? *size > bytes.size() : *size != bytes.size())) return std::nullopt;
  return Formatter(btf, bytes).format(type, 0, 0);
}

}  // namespace saya::run
