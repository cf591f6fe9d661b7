// Everything that a descriptor holds, up to a limit.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace saya {

/// Reads `fd` from where it stands to its end. An error when more than `most` bytes come, which a device or a pipe may
/// never stop to give; messages begin with `what`.
Result<std::string> read_all(int fd, size_t most, std::string_view what);
/// The same for the file at `path`, a pipe perhaps; messages begin with the path.
Result<std::string> read_whole_file(const std::string& path, size_t most);

}  // namespace saya
