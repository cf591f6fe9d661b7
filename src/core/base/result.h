// The one error type. Every fallible function in saya returns Result<T>.
#pragma once

#include <cerrno>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace saya {

/// What went wrong, for code that must decide. The text is for people.
enum class Code : uint8_t {
#define SAYA_CODE(name, err, text) name,
#include "base/codes.def"
};

struct Error {
  Code code;
  std::string message;  ///< Innermost cause last: "load fw.o: section 'xdp': bad relocation".

  /// The same error seen from one level further out.
  Error at(std::string_view where) && {
    message.insert(0, std::string(where) + ": ");
    return std::move(*this);
  }
};

/// std::expected that warns when dropped; libstdc++ does not mark its own [[nodiscard]].
template <class T = void>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};

inline std::unexpected<Error> fail(Code code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

/// A failed system call: `what` and the words of `error` (an errno value), with the matching code.
std::unexpected<Error> fail_errno(std::string_view what, int error);

/// The errno value the control API reports for `code` (negated on the wire, as the kernel does).
int to_errno(Code code) noexcept;
/// The table's words for `code`: "invalid argument".
std::string_view to_string(Code code) noexcept;

}  // namespace saya

#define SAYA_CAT2(a, b) a##b
#define SAYA_CAT(a, b) SAYA_CAT2(a, b)
/// Declare `decl` from a Result, or return its error to our caller.
#define SAYA_TRY(decl, ...)                                                                           \
  auto SAYA_CAT(try_, __LINE__) = (__VA_ARGS__);                                                      \
  if (!SAYA_CAT(try_, __LINE__)) return std::unexpected(std::move(SAYA_CAT(try_, __LINE__)).error()); \
  decl = *std::move(SAYA_CAT(try_, __LINE__))
/// The same for a Result<> that carries nothing.
#define SAYA_CHECK(...) \
  if (auto try_ = (__VA_ARGS__); !try_) return std::unexpected(std::move(try_).error())
