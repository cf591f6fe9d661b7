// What the running kernel said about an object, told.
#pragma once

#include <span>
#include <string>

#include "attach/kernel_load.h"
#include "cli/obj.h"

namespace saya::cli {

/// A line for each program of `shown` (numbers in Object::functions), reasons indented below, then what is wrong with
/// the object's maps. `logs`: also what the verifier said about refused programs.
std::string load_text(const object::Object& object, const attach::KernelLoad& load, std::span<const uint32_t> shown,
                      bool logs);
Json load_json(const object::Object& object, const attach::KernelLoad& load, std::span<const uint32_t> shown);

/// Whether the kernel refused none of these programs.
bool is_loaded(const attach::KernelLoad& load, std::span<const uint32_t> shown);

}  // namespace saya::cli
