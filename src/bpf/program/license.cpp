// Which licences count as GPL compatible: license_is_gpl_compatible(), include/linux/license.h, Linux 6.18.
#include <algorithm>
#include <iterator>

#include "program/program.h"

namespace saya::program {

bool is_gpl_compatible(std::string_view license) noexcept {
  static constexpr std::string_view kCompatible[] = {
      "GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL",
  };
  return std::ranges::find(kCompatible, license) != std::end(kCompatible);
}

}  // namespace saya::program
