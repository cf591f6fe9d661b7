// The running kernel's symbols and their addresses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"

namespace saya::kernel {

/// A table of symbols in the form of /proc/kallsyms. Immutable.
class Kallsyms {
 public:
  static Result<Kallsyms> read(const std::string& path = "/proc/kallsyms");
  /// Lines that are not "ADDRESS KIND NAME..." are passed over.
  explicit Kallsyms(std::string_view text);

  bool has(std::string_view name) const { return symbols_.contains(std::string(name)); }
  /// no_such_entry for an unknown symbol, invalid_argument for one with several addresses, not_permitted where the
  /// kernel hides them (kernel.kptr_restrict).
  Result<uint64_t> address(std::string_view name) const;

 private:
  struct Symbol {
    uint64_t address = 0;
    uint64_t other = 0;  ///< A second symbol of that name, or the same address.
  };
  std::unordered_map<std::string, Symbol> symbols_;
};

}  // namespace saya::kernel
