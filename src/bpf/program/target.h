// What an object leaves open, and the place where its programs will run answers: types, configuration, symbols.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "btf/btf.h"
#include "object/object.h"

namespace saya::program {

/// One such place. Every member may be empty: then nothing of the kind exists there. Called on the control side only.
struct Target {
  std::string name;  ///< For messages: "the running kernel", "saya's own types".
  /// The types that CO-RE resolves against. Asked only when a program has CO-RE relocations; answers quickly when asked
  /// again.
  std::function<Result<std::shared_ptr<const btf::Btf>>()> types;
  /// The value of CONFIG_X as a kernel configuration writes it: `y`, `250`, `"text"`; nothing when it is not set.
  std::function<std::optional<std::string>(std::string_view option)> config;
  uint32_t kernel_version = 0;  ///< LINUX_KERNEL_VERSION: (6 << 16) + (18 << 8).
  /// Whether programs there can call this kernel function.
  std::function<bool(std::string_view function)> has_function;
  /// Whether programs there can refer to this kernel variable.
  std::function<bool(std::string_view variable)> has_variable;
  /// For looking at programs that will not run: they keep their references to kernel functions and variables, whether
  /// there are any or not.
  bool keep_externs = false;
};

/// saya's own hooks without any kernel: Linux 6.18 with HZ = 250, and the types of the packet's headers and contexts
/// that saya carries with it. Immutable, lives for ever.
const Target& default_target();

/// Fills the map `.kconfig` of `object` with what `target` says; does nothing when there is none. Must come before its
/// maps are created. An option that the target does not have and the object does not declare weak is an error.
Result<> bind_config(object::Object& object, const Target& target);

}  // namespace saya::program
