// What the sources of the kernel's own tests state about a program, in decl tags of its function.
#pragma once

#include <optional>
#include <string>

#include "object/object.h"
#include "program/target.h"

namespace saya::tests {

inline constexpr size_t kStatedFrame = 64;  ///< Zero bytes over which it holds: TEST_DATA_LEN of test_loader.c.

/// "comment:test_retval=N": the return value. Nothing without one, or for a pointer.
std::optional<uint32_t> stated_value(const object::Object& object, const std::string& program);

/// "comment:test_btf_path=FILE": the types that CO-RE resolves against, of an object beside that at `path`. The
/// kernel's build calls objects NAME.bpf.o, a copy may be NAME.o.
std::optional<program::Target> stated_types(const object::Object& object, const std::string& program,
                                            const std::string& path);

}  // namespace saya::tests
