// Types as C writes them.
#pragma once

#include <string>

#include "btf/btf.h"

namespace saya::btf {

/// "struct flow_key", "const volatile int", "char *[4]", "void (*)(...)", of a function "int (...)"; "void" for an id
/// that is out of range, and
/// "..." in place of what is nested deeper than anything people write.
std::string type_name(const Btf& btf, uint32_t id);

}  // namespace saya::btf
