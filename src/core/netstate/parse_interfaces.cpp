// Interfaces of the state file, and the neighbours behind them.
#include <sys/socket.h>

#include <algorithm>

#include "netstate/reading.h"

namespace saya {
namespace {

constexpr uint32_t kSmallestMtu = 68;  // RFC 791: what every IPv4 link carries.
constexpr uint32_t kLargestMtu = 65536;
constexpr size_t kLongestName = 15;  // IFNAMSIZ - 1.
constexpr size_t kMostInterfaces = 4096;
constexpr uint32_t kLargestLabel = 0xfffff;

constexpr Word kStates[] = {
    {"incomplete", kIncomplete},
    {"reachable",  kReachable },
    {"stale",      kStale     },
    {"delay",      kDelay     },
    {"probe",      kProbe     },
    {"failed",     kFailed    },
    {"noarp",      kNoArp     },
    {"permanent",  kPermanent },
};

bool is_name(std::string_view name) {
  const auto plain = [](char c) { return c > ' ' && c != '/' && c != 0x7f; };
  return !name.empty() && name.size() <= kLongestName && std::all_of(name.begin(), name.end(), plain);
}

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

Result<TunnelKey> read_tunnel(const Value& value) {
  SAYA_TRY(const Object object, Object::open(value, {"id", "remote", "local", "tos", "ttl", "label"}));
  TunnelKey key;
  SAYA_TRY(key.id, object.number_or<uint64_t>("id", 0, UINT64_MAX, 0));
  SAYA_TRY(key.remote, object.parsed("remote", parse_ip));
  SAYA_TRY(key.local, object.parsed("local", parse_ip));
  if (key.local.family != key.remote.family) return object.member("local").refuse("of the remote's address family");
  SAYA_TRY(const uint32_t tos, object.number_or("tos", 0, 255, 0));
  SAYA_TRY(const uint32_t ttl, object.number_or("ttl", 0, 255, 64));
  SAYA_TRY(key.label, object.number_or("label", 0, key.remote.family == AF_INET ? 0 : kLargestLabel, 0));
  key.tos = static_cast<uint8_t>(tos);
  key.ttl = static_cast<uint8_t>(ttl);
  return key;
}

Result<> read_identity(const Object& object, Interface& interface, Reading& reading) {
  SAYA_TRY(interface.name, object.text("name"));
  if (!is_name(interface.name))
    return object.member("name").refuse(fmt::format("1..{} characters without blanks or '/'", kLongestName));
  if (!reading.ifindexes.emplace(interface.name, 0).second)
    return duplicate(object, fmt::format("name '{}'", interface.name));
  SAYA_TRY(interface.ifindex, object.number("ifindex", 1, kLargestIfindex));
  if (!reading.is_new(fmt::format("ifindex {}", interface.ifindex)))
    return duplicate(object, fmt::format("ifindex {}", interface.ifindex));
  reading.ifindexes[interface.name] = interface.ifindex;
  if (!object.has("mac")) return {};
  SAYA_TRY(interface.mac, object.parsed("mac", parse_mac));
  interface.has_mac = true;
  return {};
}

}  // namespace

Result<> read_interface(const Value& value, Reading& reading) {
  std::vector<Interface>& interfaces = reading.facts.interfaces;
  if (interfaces.size() == kMostInterfaces)
    return fail(Code::no_space, fmt::format("{} is one too many, at most {} are allowed", value.path, kMostInterfaces));
  SAYA_TRY(const Object object, Object::open(value, {"name", "ifindex", "mac", "mtu", "up", "forwarding", "peer",
                                                     "vrf_table", "tunnel", "addresses"}));
  Interface interface;
  SAYA_CHECK(read_identity(object, interface, reading));
  SAYA_TRY(interface.mtu, object.number_or("mtu", kSmallestMtu, kLargestMtu, interface.mtu));
  SAYA_TRY(interface.up, object.flag_or("up", true));
  SAYA_TRY(interface.forwarding, object.flag_or("forwarding", true));
  SAYA_TRY(interface.table, object.number_or("vrf_table", 1, kAnyNumber, 0));
  if (object.has("peer")) SAYA_CHECK(object.text("peer"));  // Who it is is looked up when all are known.
  if (object.has("tunnel")) {
    SAYA_TRY(interface.tunnel, read_tunnel(object.member("tunnel")));
  }
  SAYA_CHECK(read_addresses(object, interface, reading));
  interfaces.push_back(std::move(interface));
  return {};
}

Result<> read_neighbour(const Value& value, Reading& reading) {
  SAYA_TRY(const Object object, Object::open(value, {"address", "mac", "state", "dev", "ifindex"}));
  Neighbour neighbour;
  SAYA_TRY(neighbour.address, object.parsed("address", parse_ip));
  SAYA_TRY(const uint32_t state, object.word_or("state", kStates, kReachable));
  neighbour.state = static_cast<uint8_t>(state);
  if (neighbour.usable() || object.has("mac")) {
    SAYA_TRY(neighbour.mac, object.parsed("mac", parse_mac));
  }
  SAYA_TRY(neighbour.ifindex, read_device(object, reading));
  if (!reading.is_new(fmt::format("neighbour {} {}", neighbour.ifindex, key_of(neighbour.address))))
    return duplicate(object, fmt::format("address {} on one interface", object.member("address").brief()));
  reading.facts.neighbours.push_back(neighbour);
  return {};
}

}  // namespace saya
