// What this thread may ask of the kernel.
#pragma once

#include <string>

namespace saya::kernel {

/// The capabilities that loading packet programs takes and this thread does not have, "CAP_BPF and CAP_NET_ADMIN";
/// empty when it has them all. CAP_SYS_ADMIN stands for each of them.
std::string missing_capabilities();

}  // namespace saya::kernel
