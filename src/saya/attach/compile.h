// From a .c file to an object, with the machine's clang.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"

namespace saya::attach {

/// Compiles a BPF C file (-O2 -g -target bpf -mcpu=v3) with clang-19 or clang from PATH and returns the object's bytes.
/// Errors carry clang's own words. Runs a child process and waits for it; writes only a temporary file.
Result<std::vector<std::byte>> compile_c(const std::string& path);

}  // namespace saya::attach
