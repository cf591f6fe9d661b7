// JSON as values of C types: what value_json() writes, and what people write by hand. Scalars are read by
// object/variables_value.h, as `--set` reads them.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/bytes.h"
#include "base/text.h"
#include "btf/type_name.h"
#include "object/variables_value.h"
#include "run/value_json.h"

namespace saya::run {
namespace {

using btf::Btf;
using btf::Kind;

constexpr int kMaxDepth = 32;
constexpr size_t kWide = 16;  ///< Bytes of the integers that JSON holds as strings.
constexpr size_t kListed = 16;

/// What messages show of an element.
std::string shown(const Json& json) { return printable(json.dump(-1, ' ', false, Json::error_handler_t::replace)); }

std::unexpected<Error> wrong(const Json& json, std::string_view wanted) {
  return fail(Code::invalid_argument, fmt::format("{} is not {}", shown(json), wanted));
}

/// The word that stands for a number, a truth or a name on a command line; nothing for lists and objects.
std::optional<std::string> word_of(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  if (json.is_number_integer() || json.is_boolean()) return json.dump();
  return std::nullopt;
}

/// Where a member lies.
struct Place {
  uint32_t type = 0;
  uint64_t offset = 0;
  uint32_t bit_offset = 0;
  uint32_t bit_width = 0;
};

class Reader {
 public:
  Reader(const Btf& btf, std::span<std::byte> bytes) : btf_(btf), bytes_(bytes) {}

  Result<> read(const Place& place, const Json& json, int depth) {
    const btf::Type& type = btf_.type(btf_.resolve(place.type));
    if (depth > kMaxDepth) return fail(Code::unsupported, "is nested too deep");
    switch (type.kind) {
      case Kind::pointer: return read_pointer(place, json);
      case Kind::array: return read_array(type, place, json, depth);
      case Kind::structure:
      case Kind::union_: return read_composite(type, place.offset, json, depth);
      case Kind::variable: return read_named(type.name, {.type = type.target, .offset = place.offset}, json, depth);
      case Kind::data_section: return read_section(type, json, depth);
      case Kind::integer:
        if (type.size == kWide && place.bit_width == 0) return read_wide(place, json);
        [[fallthrough]];
      default: return read_scalar(place, json);
    }
  }

 private:
  std::byte* room(uint64_t offset, uint64_t size) {
    return offset <= bytes_.size() && size <= bytes_.size() - offset ? bytes_.data() + offset : nullptr;
  }
  static std::unexpected<Error> outside() { return fail(Code::malformed, "its type leaves the value's bytes"); }

  Result<> read_scalar(const Place& place, const Json& json) {
    const auto word = word_of(json);
    if (!word) return wrong(json, "a value of type " + btf::type_name(btf_, place.type));
    return object::write_value(btf_, {place.type, place.offset, place.bit_offset, place.bit_width}, *word, bytes_);
  }

  Result<> read_pointer(const Place& place, const Json& json) {
    const auto word = word_of(json);
    const auto number = word ? parse_integer(*word) : std::nullopt;
    if (!number || !number->fits(64, false)) return wrong(json, "an address");
    std::byte* const to = room(place.offset, sizeof(uint64_t));
    if (!to) return outside();
    store(to, number->bits());
    return {};
  }

  /// A number of up to 64 bits, or up to 32 hexadecimal digits.
  Result<> read_wide(const Place& place, const Json& json) {
    std::byte* const to = room(place.offset, kWide);
    if (!to) return outside();
    const std::string word = word_of(json).value_or("");
    uint64_t words[2] = {};
    if (const auto number = parse_integer(word)) {
      words[0] = number->bits();
      words[1] = number->negative ? UINT64_MAX : 0;
    } else {
      const bool digits = word.starts_with("0x") && word.size() > 18 && word.size() <= 34;
      const size_t cut = digits ? word.size() - 16 : 0;
      if (!digits || !from_digits(word.substr(2, cut - 2), words[1]) || !from_digits(word.substr(cut), words[0]))
        return wrong(json, "an integer of 128 bits");
    }
    std::memcpy(to, words, sizeof words);
    return {};
  }

  static bool from_digits(std::string_view digits, uint64_t& value) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return error == std::errc() && end == digits.data() + digits.size();
  }

  Result<> read_array(const btf::Type& type, const Place& place, const Json& json, int depth) {
    const auto size = btf_.size_of(type.target);
    if (!size) return fail(Code::unsupported, "is an array of something without a size");
    if (json.is_string()) return read_text(type, *size, place, json.get<std::string>());
    if (!json.is_array()) return wrong(json, "a list");
    if (json.size() > type.elements)
      return fail(Code::invalid_argument,
                  fmt::format("has {} elements, must have at most {}", json.size(), type.elements));
    for (uint64_t i = 0; i < json.size(); ++i)
      if (auto done = read({.type = type.target, .offset = place.offset + i * *size}, json[i], depth + 1); !done)
        return std::unexpected(std::move(done).error().at(fmt::format("[{}]", i)));
    return {};
  }

  Result<> read_text(const btf::Type& array, uint32_t size, const Place& place, const std::string& text) {
    if (size != 1) return fail(Code::invalid_argument, fmt::format("'{}' is not a list", printable(text)));
    if (text.size() > array.elements)
      return fail(Code::invalid_argument,
                  fmt::format("'{}' has {} bytes, at most {} fit", printable(text), text.size(), array.elements));
    std::byte* const to = room(place.offset, text.size());
    if (!to) return outside();
    std::memcpy(to, text.data(), text.size());
    return {};
  }

  Result<> read_composite(const btf::Type& type, uint64_t offset, const Json& json, int depth) {
    if (!json.is_object()) return wrong(json, "an object with the members of " + btf::type_name(btf_, type_id(type)));
    for (const auto& [name, value] : json.items()) {
      const auto place = find_member(type, name, offset, 0);
      if (!place) return no_member(type, name);
      if (auto done = read(*place, value, depth + 1); !done)
        return std::unexpected(std::move(done).error().at(name.empty() ? "(anonymous)" : printable(name)));
    }
    return {};
  }

  uint32_t type_id(const btf::Type& type) const { return static_cast<uint32_t>(&type - &btf_.type(0)); }

  static std::unexpected<Error> no_member(const btf::Type& type, const std::string& name) {
    std::string names;
    for (size_t i = 0; i < std::min(type.members.size(), kListed); ++i)
      names += fmt::format("{}{}", i ? ", " : "", type.members[i].name);
    if (type.members.size() > kListed) names += fmt::format(" and {} more", type.members.size() - kListed);
    return fail(Code::no_such_entry, fmt::format("there is no member '{}'; there are: {}", printable(name), names));
  }

  /// The member of that name, also inside of anonymous ones.
  std::optional<Place> find_member(const btf::Type& type, std::string_view name, uint64_t offset, int depth) const {
    for (const btf::Member& member : type.members)
      if (member.name == name) return place_of(member, offset);
    if (depth > kMaxDepth || name.empty()) return std::nullopt;
    for (const btf::Member& member : type.members) {
      if (!member.name.empty()) continue;
      const btf::Type& inner = btf_.type(btf_.resolve(member.type));
      if (inner.kind != Kind::structure && inner.kind != Kind::union_) continue;
      if (auto place = find_member(inner, name, offset + member.offset / 8, depth + 1)) return place;
    }
    return std::nullopt;
  }

  static Place place_of(const btf::Member& member, uint64_t offset) {
    if (member.size == 0) return {.type = member.type, .offset = offset + member.offset / 8};
    // object::write_value() counts bits from the byte.
    return {member.type, offset + member.offset / 8, member.offset % 8, member.size};
  }

  /// {"NAME": VALUE}, as a variable is written.
  Result<> read_named(std::string_view name, const Place& place, const Json& json, int depth) {
    if (!json.is_object() || json.size() != 1 || json.items().begin().key() != name)
      return wrong(json, fmt::format("an object with '{}'", name));
    if (auto done = read(place, json.front(), depth + 1); !done)
      return std::unexpected(std::move(done).error().at(name));
    return {};
  }

  /// {".data": [{"NAME": VALUE}...]}: any of the variables.
  Result<> read_section(const btf::Type& section, const Json& json, int depth) {
    if (!json.is_object() || json.size() != 1 || !json.front().is_array())
      return wrong(json, fmt::format("an object with '{}' and a list", section.name));
    for (const Json& variable : json.front()) {
      if (!variable.is_object() || variable.size() != 1) return wrong(variable, "an object with one variable");
      const std::string name = variable.items().begin().key();
      const auto place = std::ranges::find_if(
          section.members, [&](const btf::Member& member) { return btf_.type(member.type).name == name; });
      if (place == section.members.end())
        return fail(Code::no_such_entry, fmt::format("there is no variable '{}'", printable(name)));
      SAYA_CHECK(read({.type = place->type, .offset = place->offset}, variable, depth + 1));
    }
    return {};
  }

  const Btf& btf_;
  std::span<std::byte> bytes_;
};

}  // namespace

Result<> read_value(const btf::Btf& btf, uint32_t type, const Json& json, std::span<std::byte> bytes) {
  return Reader(btf, bytes).read({.type = type}, json, 0);
}

}  // namespace saya::run
