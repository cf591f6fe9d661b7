// iproute2 as a child process: it shares the thread's namespace.
#include "support/network_config.h"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace saya::tests {
namespace {

Result<> run_ip(const std::string& batch) {
  if (batch.empty()) return {};
  std::FILE* ip = ::popen("ip -batch - 2>&1 >/dev/null", "w");
  if (!ip) return fail(Code::io, "ip cannot be started");
  std::fwrite(batch.data(), 1, batch.size(), ip);
  const int status = ::pclose(ip);
  if (status != 0) return fail(Code::io, fmt::format("ip refused a line of\n{}", batch));
  return {};
}

}  // namespace

Result<> configure(std::string_view lines) {
  std::string batch;
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size() - 1);
    const std::string line(lines.substr(0, end));
    lines.remove_prefix(end + 1);
    const size_t equals = line.find(" = ");
    if (equals == line.npos) {
      batch += line + "\n";
      continue;
    }
    SAYA_CHECK(run_ip(batch));
    batch.clear();
    const std::string file = "/proc/sys/net/" + line.substr(0, equals);
    if (!(std::ofstream(file) << line.substr(equals + 3)).flush())
      return fail(Code::io, fmt::format("cannot write to {}", file));
  }
  return run_ip(batch);
}

}  // namespace saya::tests
