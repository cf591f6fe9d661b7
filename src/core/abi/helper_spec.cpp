// Lookup of a helper by id.
#include "abi/helper_spec.h"

#include <algorithm>

namespace saya::abi {

const HelperSpec* find_helper(HelperTable table, uint32_t id) noexcept {
  const auto row = std::ranges::lower_bound(table, id, {}, &HelperSpec::id);
  return row != table.end() && row->id == id ? &*row : nullptr;
}

}  // namespace saya::abi
