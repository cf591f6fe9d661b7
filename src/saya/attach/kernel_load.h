// Asking the running kernel: would it take the programs of an object?
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "kernel/load.h"
#include "object/object.h"
#include "program/program.h"
#include "program/target.h"

namespace saya::attach {

/// The kernel's answer about one program.
struct KernelAnswer {
  enum class Outcome : uint8_t {
    loaded,
    refused,
    not_asked,  ///< The kernel would need to know what the program is to be attached to.
  };
  uint32_t function = 0;  ///< In Object::functions.
  program::Type type = program::Type::unspec;
  Outcome outcome = Outcome::not_asked;
  std::string reason;        ///< Why it is not loaded; of a refused one, it ends with the last lines of the log.
  std::string log;           ///< What the verifier said about a refused program.
  std::string statistics;    ///< Of a loaded program: "processed 12 insns (limit 1000000) ...".
  kernel::ProgramInfo info;  ///< Of a loaded program.
  Fd fd;                     ///< The loaded program; it goes when this does.
};

/// What has become of an object in the kernel. All of it goes when this does: nothing is pinned.
struct KernelLoad {
  kernel::Session session;             ///< Has the maps.
  std::vector<KernelAnswer> programs;  ///< Each program of the object, in file order.
  std::vector<Error> problems;  ///< Maps that the kernel refuses, and slots of prog arrays that it does not fill.
};

/// Puts the object's maps and programs into the running kernel, prog arrays filled, linked for `target`. A program
/// whose section tells no type has that of all others of the object, else `other`: tc takes any section. Fails only
/// when the kernel cannot be asked at all, with words about what is missing, or when the target lacks configuration.
Result<KernelLoad> load_into_kernel(
    object::Object object, const program::Target& target, program::Type other = program::Type::sched_cls,
    std::shared_ptr<kernel::RunningKernel> kernel = std::make_shared<kernel::RunningKernel>());

}  // namespace saya::attach
