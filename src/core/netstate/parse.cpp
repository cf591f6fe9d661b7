// The state file of `saya run`: JSON, read strictly, because a mistyped member would silently change verdicts.
#include "netstate/reading.h"

namespace saya {
namespace {

Result<> connect_peers(const Object& file, Reading& reading) {
  size_t i = 0;
  return for_each_element(file, "interfaces", [&](const Value& value) -> Result<> {
    Interface& interface = reading.facts.interfaces[i++];
    if (!value.tree.contains("peer")) return {};
    const std::string path = fmt::format("{}.peer", value.path);
    const std::string name = value.tree.at("peer").get<std::string>();
    const auto other = reading.ifindexes.find(name);
    if (other == reading.ifindexes.end() || other->second == interface.ifindex)
      return Value{value.tree.at("peer"), path}.refuse("the name of another interface of this file");
    interface.peer = other->second;
    return {};
  });
}

}  // namespace

Result<uint32_t> read_name(const Object& object, const char* name, const Reading& reading) {
  if (!object.has(name)) return 0u;
  SAYA_TRY(const std::string text, object.text(name));
  const auto at = reading.ifindexes.find(text);
  if (at == reading.ifindexes.end()) return object.member(name).refuse("the name of an interface of this file");
  return at->second;
}

Result<uint32_t> read_device_or(const Object& object, const Reading& reading) {
  if (!object.has("ifindex")) return read_name(object, "dev", reading);
  if (object.has("dev"))
    return fail(Code::invalid_argument, fmt::format("{} needs either 'dev' or 'ifindex'", object.path()));
  SAYA_TRY(const uint32_t ifindex, object.number("ifindex", 1, kLargestIfindex));
  if (!reading.has_interface(ifindex)) return object.member("ifindex").refuse("that of an interface of this file");
  return ifindex;
}

Result<uint32_t> read_device(const Object& object, const Reading& reading) {
  if (!object.has("dev") && !object.has("ifindex"))
    return fail(Code::invalid_argument, fmt::format("{} needs either 'dev' or 'ifindex'", object.path()));
  return read_device_or(object, reading);
}

Result<Netstate> parse_netstate(std::string_view text) {
  SAYA_TRY(const json tree, read_json(text));
  SAYA_TRY(const Object file,
           Object::open({tree, "netstate"}, {"interfaces", "routes", "neighbours", "rules", "sockets", "connections",
                                             "netns_cookie", "tcp_syncookies"}));
  Reading reading;
  const auto read = [&](const char* member, Result<> (*one)(const Value&, Reading&)) {
    return for_each_element(file, member, [&](const Value& v) { return one(v, reading); });
  };
  SAYA_CHECK(read("interfaces", read_interface));
  SAYA_CHECK(connect_peers(file, reading));
  SAYA_CHECK(read("routes", read_route));
  SAYA_CHECK(read("neighbours", read_neighbour));
  SAYA_CHECK(read("rules", read_rule));
  SAYA_CHECK(read("sockets", read_socket));
  SAYA_CHECK(read("connections", read_connection));
  SAYA_TRY(reading.facts.netns_cookie, file.number_or<uint64_t>("netns_cookie", 1, UINT64_MAX, 1));
  SAYA_TRY(const uint32_t syncookies, file.number_or("tcp_syncookies", 0, 2, 1));
  reading.facts.syncookies = static_cast<uint8_t>(syncookies);
  return Netstate(std::move(reading.facts));
}

}  // namespace saya
