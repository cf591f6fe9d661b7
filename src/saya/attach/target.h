// saya as the place where programs run, and whose types CO-RE resolves against, as `--btf` names it.
#pragma once

#include <string>

#include "base/result.h"
#include "program/target.h"

namespace saya::attach {

/// program::default_target() with the kernel functions that saya has. Immutable, lives for ever.
const program::Target& own_target();

/// `btf` is a file with the types: BTF as it is (/sys/kernel/btf/vmlinux, what `bpftool gen min_core_btf` writes) or an
/// ELF file that has them (vmlinux, an object); "bundled" for those that saya carries with it; empty for the running
/// kernel's, or if it shows none, the bundled ones. Everything else is as own_target() has it. A file that cannot
/// be opened is an error at once; what is in it is read, once, when a program needs it.
Result<program::Target> choose_target(const std::string& btf);

}  // namespace saya::attach
