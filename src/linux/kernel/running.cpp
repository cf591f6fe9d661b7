// The answers that the running kernel gives to what objects leave open.
#include "kernel/running.h"

#include <sys/utsname.h>

#include <algorithm>
#include <charconv>

namespace saya::kernel {

const Result<Vmlinux>& RunningKernel::types() {
  if (!types_) types_ = Vmlinux::read();
  return *types_;
}

const Result<Kallsyms>& RunningKernel::symbols() {
  if (!symbols_) symbols_ = Kallsyms::read();
  return *symbols_;
}

const Result<Config>& RunningKernel::config() {
  if (!config_) config_ = Config::read();
  return *config_;
}

uint32_t parse_version(std::string_view text) {
  uint32_t parts[3] = {};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (uint32_t& part : parts) {
    const auto [stop, error] = std::from_chars(at, end, part);
    if (error != std::errc() || stop == end || *stop != '.') break;
    at = stop + 1;
  }
  return (parts[0] & 255) << 16 | (parts[1] & 255) << 8 | std::min(parts[2], uint32_t{255});
}

uint32_t running_version() {
  utsname names{};
  if (::uname(&names) != 0) return 0;
  constexpr std::string_view kDebian =
      "Debian ";  // Its release is "6.1.0-18-amd64" throughout; "Debian 6.1.76-1" tells.
  const std::string_view version = names.version;
  if (const size_t at = version.find(kDebian); at != version.npos)
    return parse_version(version.substr(at + kDebian.size()));
  return parse_version(names.release);
}

program::Target running_target(std::shared_ptr<RunningKernel> kernel) {
  program::Target target;
  target.name = "the running kernel";
  target.kernel_version = running_version();
  target.types = [kernel]() -> Result<std::shared_ptr<const btf::Btf>> {
    const Result<Vmlinux>& types = kernel->types();
    if (!types) return std::unexpected(types.error());
    return types->btf();
  };
  target.config = [kernel](std::string_view option) -> std::optional<std::string> {
    const Result<Config>& config = kernel->config();
    return config ? config->value(option) : std::nullopt;
  };
  target.has_function = [kernel](std::string_view name) { return kernel->types() && kernel->types()->is_kfunc(name); };
  // The verifier finds a variable's address among the symbols, too: a kernel without CONFIG_KALLSYMS_ALL has types of
  // variables that no program can refer to.
  target.has_variable = [kernel](std::string_view name) {
    if (kernel->symbols()) return kernel->symbols()->has(name);
    return kernel->types() && kernel->types()->variable(name).has_value();
  };
  return target;
}

}  // namespace saya::kernel
