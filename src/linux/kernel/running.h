// The running kernel as a place where programs will run.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "kernel/config.h"
#include "kernel/kallsyms.h"
#include "kernel/vmlinux.h"
#include "program/target.h"

namespace saya::kernel {

/// What the running kernel says about itself, each source read when first asked for and then kept. Control side only;
/// one thread at a time.
class RunningKernel {
 public:
  const Result<Vmlinux>& types();
  const Result<Kallsyms>& symbols();
  const Result<Config>& config();

 private:
  std::optional<Result<Vmlinux>> types_;
  std::optional<Result<Kallsyms>> symbols_;
  std::optional<Result<Config>> config_;
};

/// LINUX_KERNEL_VERSION of "6.18.44-amd64": 0x06122c; 0 for what does not begin with a number.
uint32_t parse_version(std::string_view text);
/// LINUX_KERNEL_VERSION of the running kernel.
uint32_t running_version();

/// What programs find when they run in the running kernel. The target keeps `kernel` alive.
program::Target running_target(std::shared_ptr<RunningKernel> kernel = std::make_shared<RunningKernel>());

}  // namespace saya::kernel
