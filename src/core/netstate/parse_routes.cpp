// Routes and rules of the state file.
#include <sys/socket.h>

#include "netstate/reading.h"

namespace saya {
namespace {

constexpr uint32_t kUserMetric6 = 1024;  // IP6_RT_PRIO_USER: what `ip -6 route add` gets.

constexpr Word kTypes[] = {
    {"unicast",     static_cast<uint32_t>(RouteType::unicast)    },
    {"local",       static_cast<uint32_t>(RouteType::local)      },
    {"broadcast",   static_cast<uint32_t>(RouteType::broadcast)  },
    {"anycast",     static_cast<uint32_t>(RouteType::anycast)    },
    {"multicast",   static_cast<uint32_t>(RouteType::multicast)  },
    {"blackhole",   static_cast<uint32_t>(RouteType::blackhole)  },
    {"unreachable", static_cast<uint32_t>(RouteType::unreachable)},
    {"prohibit",    static_cast<uint32_t>(RouteType::prohibit)   },
    {"throw",       static_cast<uint32_t>(RouteType::none)       },
};

constexpr Word kFamilies[] = {
    {"ipv4", AF_INET },
    {"ipv6", AF_INET6},
};

bool needs_device(RouteType type) { return type < RouteType::blackhole; }

/// A prefix without bits behind its length.
Result<IpPrefix> read_prefix(const Object& object, const char* name) {
  SAYA_TRY(const IpPrefix prefix, object.parsed(name, parse_prefix));
  if (masked(prefix.address, prefix.length) != prefix.address)
    return object.member(name).refuse(fmt::format("zero behind its {} bits", prefix.length));
  return prefix;
}

/// Next hop and preferred source: IPv4 may go by way of an IPv6 neighbour, not the other way round.
Result<> read_hosts(const Object& object, Route& route) {
  const uint8_t family = route.destination.address.family;
  if (object.has("via")) {
    SAYA_TRY(route.gateway, object.parsed("via", parse_ip));
    if (family == AF_INET6 && route.gateway.family != family)
      return object.member("via").refuse("of the destination's address family");
  }
  if (object.has("source")) {
    SAYA_TRY(route.source, object.parsed("source", parse_ip));
    if (route.source.family != family) return object.member("source").refuse("of the destination's address family");
  }
  return {};
}

Result<> read_numbers(const Object& object, Route& route) {
  const bool six = route.destination.address.family == AF_INET6;
  SAYA_TRY(route.metric, object.number_or("metric", 0, kAnyNumber, six ? kUserMetric6 : 0));
  const bool local = route.type >= RouteType::local && route.type <= RouteType::anycast;
  SAYA_TRY(route.table, object.number_or("table", 1, kAnyNumber, local ? kLocalTable : kMainTable));
  SAYA_TRY(route.mtu, object.number_or("mtu", 0, kAnyNumber, 0));
  SAYA_TRY(route.mtu_locked, object.flag_or("mtu_locked", false));
  SAYA_TRY(route.encapsulates, object.flag_or("encapsulates", false));
  return {};
}

Result<IpPrefix> read_selector(const Object& object, const char* name, uint8_t& family) {
  if (!object.has(name)) return IpPrefix{};
  SAYA_TRY(const IpPrefix prefix, read_prefix(object, name));
  if (family != 0 && family != prefix.address.family) return object.member(name).refuse("of the rule's address family");
  family = prefix.address.family;
  return prefix;
}

}  // namespace

Result<> read_route(const Value& value, Reading& reading) {
  SAYA_TRY(const Object object, Object::open(value, {"destination", "type", "via", "dev", "ifindex", "metric", "table",
                                                     "mtu", "mtu_locked", "source", "encapsulates"}));
  Route route;
  SAYA_TRY(route.destination, read_prefix(object, "destination"));
  SAYA_TRY(const uint32_t type, object.word_or("type", kTypes, static_cast<uint32_t>(RouteType::unicast)));
  route.type = static_cast<RouteType>(type);
  const bool device = needs_device(route.type);
  SAYA_TRY(route.ifindex, device ? read_device(object, reading) : read_device_or(object, reading));
  SAYA_CHECK(read_hosts(object, route));
  SAYA_CHECK(read_numbers(object, route));
  const uint32_t apart = route.destination.address.family == AF_INET6 ? route.ifindex : 0;  // IPv6 has one a device.
  if (!reading.is_new(fmt::format("route {} {} {} {}", key_of(route.destination), route.metric, route.table, apart)))
    return duplicate(object, fmt::format("destination {} with metric {} in table {}",
                                         object.member("destination").brief(), route.metric, route.table));
  reading.facts.routes.push_back(route);
  return {};
}

Result<> read_rule(const Value& value, Reading& reading) {
  SAYA_TRY(const Object object,
           Object::open(value, {"priority", "family", "from", "to", "mark", "mask", "in", "out", "table"}));
  Rule rule;
  SAYA_TRY(rule.priority, object.number("priority", 1, kAnyNumber));
  SAYA_TRY(const uint32_t family, object.word_or("family", kFamilies, 0));
  rule.family = static_cast<uint8_t>(family);
  SAYA_TRY(rule.from, read_selector(object, "from", rule.family));
  SAYA_TRY(rule.to, read_selector(object, "to", rule.family));
  SAYA_TRY(rule.mark, object.number_or("mark", 0, kAnyNumber, 0));
  SAYA_TRY(rule.mask, object.number_or("mask", 0, kAnyNumber, object.has("mark") ? kAnyNumber : 0));
  SAYA_TRY(rule.in, read_name(object, "in", reading));
  SAYA_TRY(rule.out, read_name(object, "out", reading));
  SAYA_TRY(rule.table, object.number("table", 1, kAnyNumber));
  reading.facts.rules.push_back(rule);
  return {};
}

}  // namespace saya
