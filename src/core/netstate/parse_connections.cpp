// Tracked connections of the state file.
#include <netinet/in.h>

#include "netstate/reading.h"

namespace saya {
namespace {

constexpr uint32_t kMostConnections = 8192;  ///< Half of what a worker's table holds: programs make some, too.

constexpr Word kProtocols[] = {
    {"tcp", IPPROTO_TCP},
    {"udp", IPPROTO_UDP},
};

Result<Endpoint> read_end(const Object& object, const char* name, const Endpoint& otherwise) {
  if (!object.has(name)) return otherwise;
  SAYA_TRY(const Endpoint end, object.parsed(name, parse_endpoint));
  if (otherwise.address.family != 0 && end.address.family != otherwise.address.family)
    return object.member(name).refuse("of the address family of 'source'");
  return end;
}

Result<> read_ends(const Object& object, Connection& connection) {
  SAYA_TRY(connection.source, object.parsed("source", parse_endpoint));
  SAYA_CHECK(object.required("destination"));
  SAYA_TRY(connection.destination, read_end(object, "destination", connection.source));
  SAYA_TRY(connection.reply_source, read_end(object, "reply_source", connection.destination));
  SAYA_TRY(connection.reply_destination, read_end(object, "reply_destination", connection.source));
  return {};
}

std::string key_of(const Connection& connection, const Endpoint& from, const Endpoint& to) {
  return fmt::format("connection {} {} {} {} {} {}", connection.protocol, connection.zone, key_of(from.address),
                     from.port, key_of(to.address), to.port);
}

}  // namespace

Result<> read_connection(const Value& value, Reading& reading) {
  if (reading.facts.connections.size() == kMostConnections)
    return fail(Code::no_space,
                fmt::format("{} is one too many, at most {} are allowed", value.path, kMostConnections));
  SAYA_TRY(const Object object, Object::open(value, {"protocol", "source", "destination", "reply_source",
                                                     "reply_destination", "zone", "mark", "replied", "assured"}));
  Connection connection;
  SAYA_CHECK(object.required("protocol"));
  SAYA_TRY(const uint32_t protocol, object.word_or("protocol", kProtocols, 0));
  connection.protocol = static_cast<uint8_t>(protocol);
  SAYA_CHECK(read_ends(object, connection));
  SAYA_TRY(const uint32_t zone, object.number_or("zone", 0, UINT16_MAX, 0));
  connection.zone = static_cast<uint16_t>(zone);
  SAYA_TRY(connection.mark, object.number_or("mark", 0, kAnyNumber, 0));
  SAYA_TRY(connection.replied, object.flag_or("replied", true));
  SAYA_TRY(connection.assured, object.flag_or("assured", true));
  for (const auto& [from, to] : {std::pair(connection.source, connection.destination),
                                 std::pair(connection.reply_source, connection.reply_destination)})
    if (!reading.is_new(key_of(connection, from, to))) return duplicate(object, "one of its directions");
  reading.facts.connections.push_back(connection);
  return {};
}

}  // namespace saya
