// Error numbers that only the kernel's own headers name.
#pragma once

namespace saya {

inline constexpr int ENOTSUPP = 524;  ///< include/linux/errno.h: the operation is not supported.

}  // namespace saya
