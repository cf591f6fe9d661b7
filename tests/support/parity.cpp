// Both sides take an object the way users do: attach/objects.h and interp/interp.h here, attach/kernel_load.h there.
#include "support/parity.h"

#include <fmt/format.h>

#include <algorithm>

#include "attach/map_programs.h"
#include "attach/tail_calls.h"
#include "attach/target.h"
#include "helper/table.h"
#include "interp/interp.h"
#include "kernel/bpf.h"
#include "kernel/running.h"
#include "map/prog_array.h"
#include "support/map_text.h"

namespace saya::tests {
namespace {

constexpr uint64_t kHashKey = 0x5eed;
MapWorld world() { return {.nr_cpus = kernel::possible_cpus().value_or(1), .hash_key = kHashKey}; }

}  // namespace

Result<std::unique_ptr<Parity>> Parity::open(const std::string& path, std::shared_ptr<kernel::RunningKernel> kernel) {
  SAYA_TRY(object::Object object, attach::read_object(path));
  return open(std::move(object), std::move(kernel), helper::table());
}

Result<std::unique_ptr<Parity>> Parity::open(object::Object object, std::shared_ptr<kernel::RunningKernel> kernel,
                                             abi::HelperTable helpers, const program::Target* types) {
  program::Target target = kernel::running_target(kernel);
  if (types) target.types = types->types;
  SAYA_TRY(attach::KernelLoad load, attach::load_into_kernel(object, target, program::Type::unspec, kernel));
  program::Target ours = attach::own_target();
  ours.types = target.types;
  ours.config = target.config;
  ours.kernel_version = target.kernel_version;
  return std::unique_ptr<Parity>(new Parity(std::move(object), std::move(load), std::move(ours), helpers));
}

Parity::Parity(object::Object object, attach::KernelLoad kernel, program::Target target, abi::HelperTable helpers)
    : helpers_(helpers),
      kernel_(std::move(kernel)),
      objects_(world(), std::move(target)),
      open_(objects_.open("object", object)) {
  for (const attach::KernelAnswer& answer : kernel_.programs)
    programs_.push_back({object.functions[answer.function].name, answer.type, make(answer), &answer});
}

Parity::~Parity() {
  if (open_) attach::release_programs(**open_);
}

Result<abi::ExecutablePtr> Parity::make(const attach::KernelAnswer& answer) {
  if (!open_) return std::unexpected(open_.error());
  const attach::OpenObject& open = **open_;
  SAYA_TRY(const program::ProgramPtr program,
           program::link(open.object, answer.function, open.maps, answer.type, objects_.target()));
  SAYA_TRY(abi::ExecutablePtr executable, interp::run_checked(program, helpers_));
  if (!filled_) SAYA_CHECK(attach::fill_prog_arrays(open, answer.type, objects_.target()));
  filled_ = true;
  return executable;
}

Result<TestOutcome> Parity::outcome_in_saya(const Program& program, const TestInput& input) {
  if (!program.ours) return std::unexpected(program.ours.error());
  TestInput with_timers = input;
  with_timers.timers = &timers_;
  return tests::run_in_saya(**program.ours, with_timers);
}

Result<TestOutcome> Parity::outcome_in_kernel(const Program& program, const TestInput& input) const {
  const auto hook = program::hook_of(program.type);
  if (!hook || !program.theirs->fd) return fail(Code::unsupported, program.theirs->reason);
  return tests::run_in_kernel(program.theirs->fd.get(), *hook, input);
}

std::span<const MapPtr> Parity::maps() const {
  if (!open_) return {};
  return (*open_)->maps;
}

Result<std::string> Parity::maps_in_saya() const {
  std::string text;
  for (const MapPtr& map : maps()) {
    SAYA_TRY(const std::string elements, text_of_map(*map));
    text += elements;
  }
  return text;
}

Result<std::string> Parity::maps_in_kernel() const {
  std::string text;
  for (uint32_t i = 0; i < maps().size(); ++i) {
    SAYA_TRY(const int fd, kernel_map(i));
    SAYA_TRY(const std::string elements, text_of_kernel_map(fd, maps()[i]->spec()));
    text += elements;
  }
  return text;
}

Result<std::string> Parity::run_in_saya(const Program& program, const TestInput& input) {
  SAYA_TRY(const TestOutcome outcome, outcome_in_saya(program, input));
  SAYA_TRY(const std::string maps, maps_in_saya());
  return to_text(outcome) + maps;
}

Result<std::string> Parity::run_in_kernel(const Program& program, const TestInput& input) {
  SAYA_TRY(const TestOutcome outcome, outcome_in_kernel(program, input));
  SAYA_TRY(const std::string maps, maps_in_kernel());
  return to_text(outcome) + maps;
}

Result<> Parity::set_slot(uint32_t number, uint32_t slot, const Program& program) {
  if (!program.ours) return std::unexpected(program.ours.error());
  SAYA_CHECK(kernel_.session.set_tail_call(number, slot, program.theirs->fd.get()));
  return static_cast<ProgArray&>(*maps()[number]).set(slot, *program.ours);
}

}  // namespace saya::tests
