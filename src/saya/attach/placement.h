// Where a program shall run, as people write it: "--ingress 'fw.o:policy pref 10 da'".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "hook/filters.h"
#include "hook/hook.h"

namespace saya::attach {

/// One program at one hook.
struct Placement {
  hook::Point point = hook::Point::xdp;
  std::string object;   ///< Path of an object, or of a .c file to compile first.
  std::string program;  ///< Section or function name; empty where the object leaves no doubt.
  hook::Filter filter;  ///< Its place among the filters; `program` in it is filled when attached.
};

/// Parses "[OBJ:]PROG [pref N] [handle H] [protocol P] [chain N] [classid M:N] [da]"; only the first word is allowed at
/// XDP, and at tc `da` is implied by nothing: without it the return value is a class. `default_object` stands for a
/// missing OBJ. Errors name the word and what is allowed.
Result<Placement> parse_placement(hook::Point point, std::string_view words, const std::string& default_object);

/// An EtherType in host order from a name ("ip", "ipv6", "arp", "802.1Q", "802.1ad", "all") or a number, as tc takes
/// it.
Result<uint16_t> parse_protocol(std::string_view word);

}  // namespace saya::attach
