// What the steps of parse_netstate() share.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "netstate/netstate.h"
#include "netstate/strict_json.h"

namespace saya {

inline constexpr uint32_t kLargestIfindex = std::numeric_limits<int32_t>::max();
inline constexpr uint32_t kAnyNumber = std::numeric_limits<uint32_t>::max();

/// What has been read so far, and the keys it must not hold twice.
struct Reading {
  NetworkFacts facts;
  std::map<std::string, uint32_t, std::less<>> ifindexes;  ///< Of the interfaces, by name.
  std::set<std::string> keys;

  bool is_new(std::string key) { return keys.insert(std::move(key)).second; }
  bool has_interface(uint32_t ifindex) const { return keys.contains(fmt::format("ifindex {}", ifindex)); }
};

inline std::string key_of(const IpAddress& address) {
  return fmt::format("{} {}", address.family, to_hex(address.bytes));
}
inline std::string key_of(const IpPrefix& prefix) {
  return fmt::format("{}/{}", key_of(prefix.address), prefix.length);
}

inline std::unexpected<Error> duplicate(const Object& object, std::string_view what) {
  return fail(Code::already_exists, fmt::format("{}: {} appears twice", object.path(), what));
}

/// The interface that the member names; 0 when there is no such member.
Result<uint32_t> read_name(const Object& object, const char* name, const Reading& reading);
/// The interface behind "dev" or "ifindex", at most one of which may be given; 0 for neither.
Result<uint32_t> read_device_or(const Object& object, const Reading& reading);
/// The same, and one must be given.
Result<uint32_t> read_device(const Object& object, const Reading& reading);

Result<> read_interface(const Value& value, Reading& reading);
Result<> read_route(const Value& value, Reading& reading);
Result<> read_neighbour(const Value& value, Reading& reading);
Result<> read_rule(const Value& value, Reading& reading);
Result<> read_socket(const Value& value, Reading& reading);
Result<> read_connection(const Value& value, Reading& reading);

}  // namespace saya
