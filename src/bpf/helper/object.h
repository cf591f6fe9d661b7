// Objects in map values.
#pragma once

#include "abi/owned_objects.h"
#include "abi/run.h"

namespace saya::helper {

using abi::Run;

/// Gives the program a reference to the object of abi::OwnedObjects around `place`, and answers with the place; with
/// null for null.
uint64_t hand_out(Run& run, std::byte* place) noexcept;

uint64_t per_cpu_ptr(Run& run, std::byte* object, uint32_t cpu) noexcept;
uint64_t this_cpu_ptr(Run& run, std::byte* object) noexcept;
uint64_t kptr_xchg(Run& run, std::byte* place, const void* object) noexcept;

}  // namespace saya::helper
