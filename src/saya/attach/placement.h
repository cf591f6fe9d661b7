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
  std::string object;            ///< Path of an object, or of a .c file to compile first.
  std::string port;              ///< Only there; empty: on every port.
  std::string program;           ///< Section or function name; empty where the object leaves no doubt.
  hook::Filter filter;           ///< Its place among the filters; `program` in it is filled when attached.
  bool as_section_says = false;  ///< At tc: no word says whether it is a filter. Its section does: see place_of().
  uint32_t tcx_flags = 0;        ///< Its place among the tcx programs: hook::kTcxBefore, kTcxAfter, or 0, the last.
  std::string tcx_relative;      ///< Before or after which program; empty: all.
};

/// Parses "[OBJ:]PROG [dev PORT] [pref N] [handle H] [protocol P] [chain N] [classid M:N] [da]", or at tc ingress and
/// egress "[OBJ:]PROG [dev PORT] tcx [before|after [PROG]]", which makes the point tcx_ingress or tcx_egress. At XDP
/// only a program and a port are allowed, and for a filter `da` is implied by nothing: without it the return value is a
/// class. `default_object` stands for a missing OBJ. Errors name the word and what is allowed.
Result<Placement> parse_placement(hook::Point point, std::string_view words, const std::string& default_object);

/// Where a program of that section goes: to tcx when the section is "tcx/..." and no word says that it is a filter.
hook::Point place_of(const Placement& placement, std::string_view section) noexcept;

/// An EtherType in host order from a name ("ip", "ipv6", "arp", "802.1Q", "802.1ad", "all") or a number, as tc takes
/// it.
Result<uint16_t> parse_protocol(std::string_view word);

}  // namespace saya::attach
