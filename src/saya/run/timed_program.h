// A program with a stopwatch around it.
#pragma once

#include <atomic>

#include "abi/executable.h"
#include "base/time.h"

namespace saya::run {

/// Runs another program and adds up how long that takes, what it tail-calls included.
class TimedProgram final : public abi::Executable {
 public:
  explicit TimedProgram(abi::ExecutablePtr program);

  void run(std::span<abi::Run> runs, std::span<uint64_t> results) const noexcept override;
  uint64_t enter(abi::Run& run) const noexcept override { return program_->enter(run); }
  uint64_t call(abi::Run& run, uint64_t function, Map& map, std::span<const std::byte> key,
                std::byte* value) const noexcept override {
    return program_->call(run, function, map, key, value);
  }

  /// Nanoseconds per run, without what reading the clock takes; 0 before the first.
  double per_run() const noexcept;

 private:
  const abi::ExecutablePtr program_;
  const RealClock clock_;
  const Nanoseconds reading_;  ///< What reading the clock takes.
  mutable std::atomic<uint64_t> spent_{0};
  mutable std::atomic<uint64_t> runs_{0};
};

}  // namespace saya::run
