// Lookups in the table of error codes, and errno turned into an Error.
#include "base/result.h"

#include <system_error>

namespace saya {
namespace {

struct CodeRow {
  int error;
  std::string_view text;
};

constexpr CodeRow kRows[] = {
#define SAYA_CODE(name, err, text) {err, text},
#include "base/codes.def"
};

Code code_of(int error) noexcept {
  for (size_t i = 0; i < std::size(kRows); ++i)
    if (kRows[i].error == error) return static_cast<Code>(i);
  return error == EPERM ? Code::not_permitted : Code::io;
}

}  // namespace

std::unexpected<Error> fail_errno(std::string_view what, int error) {
  return fail(code_of(error), std::string(what) + ": " + std::generic_category().message(error));
}

int to_errno(Code code) noexcept { return kRows[static_cast<size_t>(code)].error; }
std::string_view to_string(Code code) noexcept { return kRows[static_cast<size_t>(code)].text; }

}  // namespace saya
