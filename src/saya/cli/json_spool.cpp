// A file without a name: nothing is left behind, however saya ends.
#include "cli/json_spool.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <string>

#include "cli/output.h"

namespace saya::cli {

Result<JsonSpool> JsonSpool::open() {
  std::FILE* const file = std::tmpfile();
  if (!file) return fail_errno("a temporary file for the packets of -v or --events", errno);
  return JsonSpool(file);
}

void JsonSpool::add(const run::Json& element) {
  constexpr std::string_view kBreak = "\n    ";  // Strings have no line breaks: JSON escapes them.
  std::string text(empty_ ? "" : ",");
  text += kBreak;
  for (const char c : element.dump(2, ' ', false, run::Json::error_handler_t::replace))
    c == '\n' ? text += kBreak : text += c;
  print(text, file_.get());
  empty_ = false;
}

Result<> JsonSpool::print_member(std::string_view name, std::FILE* to) {
  print(fmt::format(",\n  \"{}\": [", name), to);
  SAYA_CHECK(copy(to));
  print(empty_ ? "]" : "\n  ]", to);
  return {};
}

Result<> JsonSpool::copy(std::FILE* to) {
  errno = 0;
  if (std::fflush(file_.get()) != 0 || std::ferror(file_.get()) != 0)
    return fail_errno("write a temporary file", errno ? errno : EIO);
  std::rewind(file_.get());
  std::array<char, 65536> piece;
  while (const size_t got = std::fread(piece.data(), 1, piece.size(), file_.get())) print({piece.data(), got}, to);
  if (std::ferror(file_.get()) != 0) return fail_errno("read a temporary file", errno ? errno : EIO);
  return {};
}

}  // namespace saya::cli
