// The program's walk: from a file to a hook.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <utility>

#include "abi/helper_spec.h"
#include "attach/objects.h"
#include "attach/placement.h"
#include "attach/target.h"
#include "nic/nic.h"
#include "program/program.h"

namespace saya::attach {

/// Attaches programs to the ports of a NIC. Control side; not shared between threads.
class Pipeline {
 public:
  /// Programs are linked, and objects set up, for `target`.
  explicit Pipeline(MapWorld world, program::Target target = own_target(), Settings settings = {})
      : objects_(world, std::move(target), std::move(settings)) {}
  /// No program may run any more: what they tail-call goes with the pipeline.
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  /// Takes `wanted` all the way: opens, links, makes executable, and publishes it on each of `ports`. Errors say
  /// which stage refused and why; then no port has changed. Returns the placement with pref and handle as chosen and
  /// filter.program set. What is published is what `wrap` makes of the program, if given.
  using Wrap = std::function<abi::ExecutablePtr(abi::ExecutablePtr)>;
  Result<Placement> attach(const Placement& wanted, std::span<nic::Port* const> ports, const Wrap& wrap = {});

  /// The stages before the last: function `index` of the object at `path`, ready to run as a program of `type`, with
  /// the prog arrays of its object filled.
  Result<abi::ExecutablePtr> prepare(const std::string& path, uint32_t index, program::Type type);
  /// Opens the object at `path`, or finds it.
  Result<const OpenObject*> open(const std::string& path) { return objects_.open(path); }

  const Objects& objects() const noexcept { return objects_; }

 private:
  Objects objects_;
  std::set<const OpenObject*> filled_;  ///< Whose prog arrays hold what they hold from the beginning.
};

/// The type that a program has when nobody says one: what its section tells, else that of the object's other programs,
/// where they agree, else sched_cls.
program::Type default_type(const object::Object& object, const object::Function& function);

/// The function of `object` that `placement` means: its name or section, else the only program whose section name fits
/// the hook, else the only program.
Result<uint32_t> choose_program(const object::Object& object, const Placement& placement);

}  // namespace saya::attach
