// The running kernel's configuration.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"

namespace saya::kernel {

/// A kernel configuration. Immutable.
class Config {
 public:
  /// /boot/config-RELEASE or /proc/config.gz, whichever there is.
  static Result<Config> read();
  /// The text of a .config file.
  explicit Config(std::string_view text);

  /// What stands behind "CONFIG_X=": `y`, `250`, `"text"`; nothing when the option is not set.
  std::optional<std::string> value(std::string_view option) const;

 private:
  std::unordered_map<std::string, std::string> values_;
};

}  // namespace saya::kernel
