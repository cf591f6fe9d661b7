// Measuring programs from outside.
#include "run/timed_program.h"

#include <algorithm>
#include <limits>

namespace saya::run {
namespace {

/// The least that two readings one after the other are apart.
Nanoseconds time_of_reading(const Clock& clock) {
  constexpr int kTries = 1000;
  Nanoseconds least = std::numeric_limits<Nanoseconds>::max();
  for (int i = 0; i < kTries; ++i) {
    const Nanoseconds start = clock.now();
    least = std::min(least, clock.now() - start);
  }
  return least;
}

}  // namespace

TimedProgram::TimedProgram(abi::ExecutablePtr program)
    : Executable(program->identity()), program_(std::move(program)), reading_(time_of_reading(clock_)) {}

void TimedProgram::run(std::span<abi::Run> runs, std::span<uint64_t> results) const noexcept {
  const Nanoseconds start = clock_.now();
  program_->run(runs, results);
  const Nanoseconds spent = clock_.now() - start - reading_;
  spent_.fetch_add(static_cast<uint64_t>(std::max<Nanoseconds>(spent, 0)), std::memory_order_relaxed);
  runs_.fetch_add(runs.size(), std::memory_order_relaxed);
}

double TimedProgram::per_run() const noexcept {
  const uint64_t runs = runs_.load(std::memory_order_relaxed);
  return runs ? static_cast<double>(spent_.load(std::memory_order_relaxed)) / static_cast<double>(runs) : 0;
}

}  // namespace saya::run
