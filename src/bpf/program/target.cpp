// The targets that need no kernel.
#include "program/target.h"

#include <algorithm>
#include <iterator>

#include "program/own_types.h"

namespace saya::program {
namespace {

constexpr uint32_t kLinux_6_18 = (6 << 16) + (18 << 8);

struct ConfigRow {
  std::string_view option, value;
};
constexpr ConfigRow kConfig[] = {
#define SAYA_CONFIG(option, value, doc) {#option, value},
#include "program/kconfig.def"
};

std::optional<std::string> config_value(std::string_view option) {
  const auto found = std::ranges::find(kConfig, option, &ConfigRow::option);
  return found == std::end(kConfig) ? std::nullopt : std::optional(std::string(found->value));
}

}  // namespace

const Target& default_target() {
  static const Target target{
      .name = "saya's own types",
      .types = own_types,
      .config = config_value,
      .kernel_version = kLinux_6_18,
  };
  return target;
}

}  // namespace saya::program
