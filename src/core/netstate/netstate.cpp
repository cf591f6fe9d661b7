// The state file of `saya run`: JSON, read strictly, because a mistyped member would silently change verdicts.
#include "netstate/netstate.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "base/bytes.h"

namespace saya {
namespace {

using nlohmann::json;

constexpr uint64_t kLargestIfindex = std::numeric_limits<int32_t>::max();
constexpr uint64_t kSmallestMtu = 68;  // RFC 791: what every IPv4 link carries.
constexpr uint64_t kLargestMtu = 65536;
constexpr size_t kLongestName = 15;       // IFNAMSIZ - 1.
constexpr size_t kMostInterfaces = 4096;  // Looked through for every route.
constexpr size_t kLongestQuote = 80;
constexpr int kDeepest = 8;

/// Text to a tree. nlohmann keeps the last of two members with one name; we refuse both, and deep nesting.
class Reader {
 public:
  Result<json> read(std::string_view text) {
    const auto watch = [this](int depth, json::parse_event_t event, json& value) { return see(depth, event, value); };
    try {
      json tree = json::parse(text.begin(), text.end(), watch);
      if (error_) return std::unexpected(std::move(*error_));
      return tree;
    } catch (const json::exception& error) {        // Their only way to say where the text is wrong.
      const std::string_view words = error.what();  // "[json.exception.parse_error.101] parse error at line 2, ..."
      return fail(Code::malformed, std::string(words.substr(words.find("] ") + 2)));
    }
  }

 private:
  bool see(int depth, json::parse_event_t event, json& value) {
    if (error_) return false;
    const auto level = static_cast<size_t>(depth);
    if (depth > kDeepest)
      return give_up(fmt::format("values are nested {} deep, at most {} are allowed", depth, kDeepest));
    if (names_.size() <= level) names_.resize(level + 1);
    if (event == json::parse_event_t::object_start && names_.size() > level + 1) names_[level + 1].clear();
    if (event == json::parse_event_t::key && !names_[level].insert(value.get<std::string>()).second)
      return give_up(fmt::format("member '{}' appears twice in one object", value.get<std::string>()));
    return true;
  }
  bool give_up(std::string message) {
    error_ = Error{Code::malformed, std::move(message)};
    return false;
  }

  std::vector<std::set<std::string>> names_;  ///< Of the open object at each depth.
  std::optional<Error> error_;
};

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
  Result<uint32_t> number(const char* name, uint64_t least, uint64_t most) const {
    SAYA_TRY(const Value value, required(name));
    if (!value.tree.is_number_unsigned() || value.tree.get<uint64_t>() < least || value.tree.get<uint64_t>() > most)
      return value.refuse(fmt::format("a whole number {}..{}", least, most));
    return static_cast<uint32_t>(value.tree.get<uint64_t>());
  }
  Result<bool> flag(const char* name) const {
    SAYA_TRY(const Value value, required(name));
    if (!value.tree.is_boolean()) return value.refuse("true or false");
    return value.tree.get<bool>();
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

std::unexpected<Error> duplicate(const Object& object, std::string_view what) {
  return fail(Code::already_exists, fmt::format("{}: {} appears twice", object.path(), what));
}

bool is_name(std::string_view name) {
  const auto plain = [](char c) { return c > ' ' && c != '/' && c != 0x7f; };
  return !name.empty() && name.size() <= kLongestName && std::all_of(name.begin(), name.end(), plain);
}

bool has_host_bits(const IpPrefix& prefix) {
  for (size_t bit = prefix.length; bit < prefix.address.bytes.size() * 8; ++bit)
    if ((prefix.address.bytes[bit / 8] & std::byte{static_cast<uint8_t>(0x80u >> bit % 8)}) != std::byte{0})
      return true;
  return false;
}

/// What has been read so far, and the keys it must not hold twice.
struct Reading {
  Netstate state;
  std::set<std::string> keys;

  bool is_new(std::string key) { return keys.insert(std::move(key)).second; }
};

std::string key_of(const IpAddress& address) { return fmt::format("{} {}", address.family, to_hex(address.bytes)); }
std::string key_of(const IpPrefix& prefix) { return fmt::format("{}/{}", key_of(prefix.address), prefix.length); }

Result<> read_addresses(const Object& object, Interface& interface, Reading& reading) {
  return for_each_element(object, "addresses", [&](const Value& value) -> Result<> {
    if (!value.tree.is_string()) return value.refuse("a string");
    Result<IpPrefix> prefix = parse_prefix(value.tree.get<std::string>());
    if (!prefix) return std::unexpected(std::move(prefix).error().at(value.path));
    if (!reading.is_new(fmt::format("address {} {}", interface.ifindex, key_of(*prefix))))
      return duplicate(object, fmt::format("address {}", value.brief()));
    interface.addresses.push_back(*prefix);
    return {};
  });
}

Result<> read_interface(const Value& value, Reading& reading) {
  Netstate& state = reading.state;
  if (state.interfaces.size() == kMostInterfaces)
    return fail(Code::no_space, fmt::format("{} is one too many, at most {} are allowed", value.path, kMostInterfaces));
  SAYA_TRY(const Object object, Object::open(value, {"name", "ifindex", "mac", "mtu", "up", "addresses"}));
  Interface interface;
  SAYA_TRY(interface.name, object.text("name"));
  if (!is_name(interface.name))
    return object.member("name").refuse(fmt::format("1..{} characters without blanks or '/'", kLongestName));
  SAYA_TRY(interface.ifindex, object.number("ifindex", 1, kLargestIfindex));
  if (state.find_interface(interface.name)) return duplicate(object, fmt::format("name '{}'", interface.name));
  if (state.find_interface(interface.ifindex)) return duplicate(object, fmt::format("ifindex {}", interface.ifindex));
  interface.has_mac = object.has("mac");
  if (interface.has_mac) {
    SAYA_TRY(interface.mac, object.parsed("mac", parse_mac));
  }
  if (object.has("mtu")) {
    SAYA_TRY(interface.mtu, object.number("mtu", kSmallestMtu, kLargestMtu));
  }
  if (object.has("up")) {
    SAYA_TRY(interface.up, object.flag("up"));
  }
  SAYA_CHECK(read_addresses(object, interface, reading));
  state.interfaces.push_back(std::move(interface));
  return {};
}

/// The ifindex behind "dev" or "ifindex", exactly one of which is given.
Result<uint32_t> read_device(const Object& object, const Netstate& state) {
  if (object.has("dev") == object.has("ifindex"))
    return fail(Code::invalid_argument, fmt::format("{} needs either 'dev' or 'ifindex'", object.path()));
  if (object.has("dev")) {
    SAYA_TRY(const std::string name, object.text("dev"));
    if (const Interface* interface = state.find_interface(name)) return interface->ifindex;
    return object.member("dev").refuse("the name of an interface of this file");
  }
  SAYA_TRY(const uint32_t ifindex, object.number("ifindex", 1, kLargestIfindex));
  if (!state.find_interface(ifindex)) return object.member("ifindex").refuse("that of an interface of this file");
  return ifindex;
}

Result<> read_route(const Value& value, Reading& reading) {
  SAYA_TRY(const Object object, Object::open(value, {"destination", "via", "dev", "ifindex", "metric"}));
  Route route;
  SAYA_TRY(route.destination, object.parsed("destination", parse_prefix));
  if (has_host_bits(route.destination))
    return object.member("destination").refuse(fmt::format("zero behind its {} bits", route.destination.length));
  SAYA_TRY(route.ifindex, read_device(object, reading.state));
  if (object.has("via")) {
    SAYA_TRY(route.gateway, object.parsed("via", parse_ip));
    if (route.gateway.family != route.destination.address.family)
      return object.member("via").refuse("of the destination's address family");
  }
  if (object.has("metric")) {
    SAYA_TRY(route.metric, object.number("metric", 0, std::numeric_limits<uint32_t>::max()));
  }
  if (!reading.is_new(fmt::format("route {} {}", key_of(route.destination), route.metric)))
    return duplicate(object,
                     fmt::format("destination {} with metric {}", object.member("destination").brief(), route.metric));
  reading.state.routes.push_back(route);
  return {};
}

Result<> read_neighbour(const Value& value, Reading& reading) {
  SAYA_TRY(const Object object, Object::open(value, {"address", "mac", "dev", "ifindex"}));
  Neighbour neighbour;
  SAYA_TRY(neighbour.address, object.parsed("address", parse_ip));
  SAYA_TRY(neighbour.mac, object.parsed("mac", parse_mac));
  SAYA_TRY(neighbour.ifindex, read_device(object, reading.state));
  if (!reading.is_new(fmt::format("neighbour {} {}", neighbour.ifindex, key_of(neighbour.address))))
    return duplicate(object, fmt::format("address {} on one interface", object.member("address").brief()));
  reading.state.neighbours.push_back(neighbour);
  return {};
}

}  // namespace

const Interface* Netstate::find_interface(uint32_t ifindex) const noexcept {
  const auto at = std::find_if(interfaces.begin(), interfaces.end(), [&](auto& i) { return i.ifindex == ifindex; });
  return at == interfaces.end() ? nullptr : &*at;
}

const Interface* Netstate::find_interface(std::string_view name) const noexcept {
  const auto at = std::find_if(interfaces.begin(), interfaces.end(), [&](auto& i) { return i.name == name; });
  return at == interfaces.end() ? nullptr : &*at;
}

Result<Netstate> parse_netstate(std::string_view text) {
  SAYA_TRY(const json tree, Reader().read(text));
  SAYA_TRY(const Object file, Object::open({tree, "netstate"}, {"interfaces", "routes", "neighbours"}));
  Reading reading;
  SAYA_CHECK(for_each_element(file, "interfaces", [&](const Value& v) { return read_interface(v, reading); }));
  SAYA_CHECK(for_each_element(file, "routes", [&](const Value& v) { return read_route(v, reading); }));
  SAYA_CHECK(for_each_element(file, "neighbours", [&](const Value& v) { return read_neighbour(v, reading); }));
  return std::move(reading.state);
}

}  // namespace saya
