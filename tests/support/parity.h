// A whole object on both sides: opened, its maps created, its programs made ready, in saya and in the running kernel.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "abi/helper_spec.h"
#include "abi/map_timers.h"
#include "attach/kernel_load.h"
#include "attach/objects.h"
#include "program/program.h"
#include "support/test_run.h"

namespace saya::tests {

/// Runs the programs of one object here and there, and says what each run left. Both sides start with fresh maps and
/// keep them from run to run.
class Parity {
 public:
  /// One program of the object.
  struct Program {
    std::string name;
    program::Type type = program::Type::unspec;
    Result<abi::ExecutablePtr> ours;     ///< Ready to run in saya, or why not.
    const attach::KernelAnswer* theirs;  ///< What the kernel made of it.
  };

  /// Errors only where the object cannot be opened or the kernel cannot be asked. Maps that saya lacks make the
  /// programs of the object errors, each with the reason.
  static Result<std::unique_ptr<Parity>> open(const std::string& path, std::shared_ptr<kernel::RunningKernel> kernel =
                                                                           std::make_shared<kernel::RunningKernel>());
  /// The same of an object that has been read. Programs call saya's helpers through `helpers`; CO-RE resolves against
  /// the types of `types`, if given, on both sides, else against the kernel's.
  static Result<std::unique_ptr<Parity>> open(object::Object object, std::shared_ptr<kernel::RunningKernel> kernel,
                                              abi::HelperTable helpers, const program::Target* types = nullptr);
  ~Parity();
  Parity(const Parity&) = delete;
  Parity& operator=(const Parity&) = delete;

  const std::vector<Program>& programs() const noexcept { return programs_; }
  /// Maps of the object that the kernel refuses, and slots that it does not fill.
  const std::vector<Error>& problems() const noexcept { return kernel_.problems; }
  /// Verdict, packet, context and all maps of the object after a run, as text; a fault is an error.
  Result<std::string> run_in_saya(const Program& program, const TestInput& input);
  Result<std::string> run_in_kernel(const Program& program, const TestInput& input);

  // The same in parts.
  Result<TestOutcome> outcome_in_saya(const Program& program, const TestInput& input);
  Result<TestOutcome> outcome_in_kernel(const Program& program, const TestInput& input) const;
  Result<std::string> maps_in_saya() const;
  Result<std::string> maps_in_kernel() const;

  /// Saya's maps, in the order of the object's; none when it has no place for one of them.
  std::span<const MapPtr> maps() const;
  /// The descriptor of the kernel's map of that number.
  Result<int> kernel_map(uint32_t number) const { return kernel_.session.map_fd(number); }
  /// Puts a program that both sides have into a slot of a prog array, there and here.
  Result<> set_slot(uint32_t number, uint32_t slot, const Program& program);

 private:
  Parity(object::Object object, attach::KernelLoad kernel, program::Target target, abi::HelperTable helpers);
  Result<abi::ExecutablePtr> make(const attach::KernelAnswer& program);

  abi::HelperTable helpers_;
  attach::KernelLoad kernel_;
  attach::Objects objects_;
  Result<const attach::OpenObject*> open_;
  bool filled_ = false;
  abi::MapTimers timers_;  ///< Maps keep timers from run to run.
  std::vector<Program> programs_;
};

}  // namespace saya::tests
