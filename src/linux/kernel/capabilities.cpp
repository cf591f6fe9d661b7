// capget(2), for error messages: the kernel itself only says EPERM.
#include "kernel/capabilities.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace saya::kernel {
namespace {

struct Row {
  unsigned number;
  const char* name;
};
constexpr Row kNeeded[] = {
    {CAP_BPF,       "CAP_BPF"      },
    {CAP_NET_ADMIN, "CAP_NET_ADMIN"},
};

/// The effective set, a bit each; all of it where the kernel does not tell.
uint64_t effective() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[2] = {};
  if (::syscall(SYS_capget, &header, data) != 0) return ~uint64_t{0};
  return uint64_t{data[1].effective} << 32 | data[0].effective;
}

}  // namespace

std::string missing_capabilities() {
  std::string missing;
  const uint64_t has = effective();
  if (has >> CAP_SYS_ADMIN & 1) return missing;
  for (const Row& row : kNeeded)
    if (!(has >> row.number & 1)) missing += (missing.empty() ? "" : " and ") + std::string(row.name);
  return missing;
}

}  // namespace saya::kernel
