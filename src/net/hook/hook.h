// What every hook has in common: where it stands, what it decides for a packet, and who watches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "abi/executable.h"
#include "packet/packet.h"

namespace saya::hook {

/// The most packets that hooks and ports handle in one call.
inline constexpr size_t kBurst = 64;

/// Where on a port a program runs, in the order in which packets meet them.
enum class Point : uint8_t {
  xdp,
  cpumap,  ///< Of an element of a CPU map, over what is redirected there.
  tcx_ingress,
  ingress,
  tcx_egress,
  egress,
  devmap,  ///< Of an element of a device map, over what is redirected there.
};
inline constexpr size_t kPoints = 7;
/// "xdp", "tcx/ingress" and the like.
std::string_view to_string(Point point) noexcept;
/// Which context and which verdicts programs have there.
abi::Hook kind_of(Point point) noexcept;
/// Whether programs are filters there: with pref, handle and direct action.
constexpr bool has_filters(Point point) noexcept { return point == Point::ingress || point == Point::egress; }

/// What a hook decided for one packet.
struct Outcome {
  abi::Effect effect = abi::Effect::pass;
  abi::Drop reason{};        ///< For Effect::drop.
  abi::Redirect redirect{};  ///< For Effect::redirect.
};

/// One run of a program, as it is reported.
struct Verdict {
  Point point;
  const abi::Executable& program;
  uint32_t pref = 0;  ///< Of the filter; 0 elsewhere.
  uint32_t handle = 0;
  int32_t code = 0;           ///< The low 32 bits of r0; meaningless when faulted.
  bool direct_action = true;  ///< False: the code is a class, not a verdict.
  bool faulted = false;
};

/// Sees every program's verdict. Called on the worker's thread, before the verdict takes effect.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_verdict(const Packet& packet, const Verdict& verdict) noexcept = 0;
};

/// What a hook needs besides programs and packets.
struct Context {
  const abi::Services& services;
  Observer* observer = nullptr;
};

}  // namespace saya::hook
