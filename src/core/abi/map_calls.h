// Which helpers take maps of which types.
#pragma once

#include <cstdint>

namespace saya::abi {

/// Whether helper `id` (BPF_FUNC_*) takes a map of type `type` (BPF_MAP_TYPE_*); where not, the kernel says
/// "cannot pass map_type T into func F#ID". Numbers that Linux 6.18 does not know are not restricted.
bool takes_map(uint32_t id, uint32_t type) noexcept;

}  // namespace saya::abi
