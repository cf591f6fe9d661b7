// The targets that need no kernel.
#include "program/target.h"

#include "program/own_types.h"

namespace saya::program {
namespace {

constexpr uint32_t kLinux_6_18 = (6 << 16) + (18 << 8);

}  // namespace

const Target& default_target() {
  static const Target target{.name = "saya's own types", .types = own_types, .kernel_version = kLinux_6_18};
  return target;
}

Result<> bind_config(object::Object&, const Target&) { return {}; }

}  // namespace saya::program
