// Kernel configurations, compressed or not, where libbpf looks for them too (bpf_object__read_kconfig_file()).
#include "kernel/config.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <zlib.h>

#include <algorithm>
#include <memory>

namespace saya::kernel {
namespace {

constexpr size_t kMostBytes = size_t{16} << 20;
constexpr size_t kChunk = size_t{64} << 10;

struct Close {
  void operator()(gzFile file) const { ::gzclose(file); }
};

/// The file's text, unpacked; nothing when it cannot be read.
std::optional<std::string> unpacked(const std::string& path) {
  const std::unique_ptr<gzFile_s, Close> file(::gzopen(path.c_str(), "rbe"));
  if (!file) return std::nullopt;
  std::string text;
  for (int got = 1; got > 0 && text.size() <= kMostBytes;) {
    const size_t had = text.size();
    text.resize(had + kChunk);
    got = ::gzread(file.get(), text.data() + had, kChunk);
    text.resize(had + static_cast<size_t>(std::max(got, 0)));
    if (got < 0) return std::nullopt;
  }
  return text.size() <= kMostBytes ? std::optional(std::move(text)) : std::nullopt;
}

}  // namespace

Result<Config> Config::read() {
  utsname names{};
  ::uname(&names);
  const std::string paths[] = {fmt::format("/boot/config-{}", names.release), "/proc/config.gz"};
  for (const std::string& path : paths)
    if (const auto text = unpacked(path)) return Config(*text);
  return fail(Code::no_such_entry, fmt::format("neither {} nor {} can be read", paths[0], paths[1]));
}

Config::Config(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const size_t equals = line.find('=');
    if (line.starts_with("CONFIG_") && equals != line.npos)
      values_.try_emplace(std::string(line.substr(0, equals)), line.substr(equals + 1));
  }
}

std::optional<std::string> Config::value(std::string_view option) const {
  const auto found = values_.find(std::string(option));
  return found == values_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace saya::kernel
