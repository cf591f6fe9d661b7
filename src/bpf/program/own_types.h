// The types that saya carries with it.
#pragma once

#include <memory>

#include "base/result.h"
#include "btf/btf.h"

namespace saya::program {

/// What bpf/types/own_types.c declares. Parsed when first asked for, then shared; may be called from any thread.
Result<std::shared_ptr<const btf::Btf>> own_types();

}  // namespace saya::program
