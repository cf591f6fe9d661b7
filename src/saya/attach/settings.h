// What the user sets in objects before their maps are created.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "object/object.h"

namespace saya::attach {

struct Settings {
  std::vector<std::string> variables;  ///< "NAME=VALUE", object/variables.h.
  std::vector<std::string> map_sizes;  ///< "NAME=N".

  /// Applies those whose name `object` has, in order.
  Result<> apply(object::Object& object) const;
  /// Each must be for one of the objects: the error says for one that is not what each object has.
  Result<> check(const std::vector<const object::Object*>& objects) const;
};

}  // namespace saya::attach
