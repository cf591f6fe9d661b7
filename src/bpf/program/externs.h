// The step of linking that resolves externs. Used by link.cpp only.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "object/object.h"
#include "program/program.h"
#include "program/target.h"

namespace saya::program {

/// Resolves what the functions of one program refer to in the kernel, as far as `target` has it.
class ExternLinker {
 public:
  ExternLinker(const object::Object& object, const Target& target, Program& program)
      : object_(object), target_(target), program_(program) {}

  /// Changes the instruction at slot `at` of the program, which `relocation` (extern_call or extern_address) is for:
  /// into a call of, or the address of, an entry of Program::externs; where the target lacks a weak extern, into a
  /// poisoned call or into 0. Where it lacks another, the error names symbol and target.
  Result<> apply(const object::Relocation& relocation, uint32_t at);

 private:
  bool target_has(const object::Extern& wanted) const;
  std::unexpected<Error> missing(const object::Extern& wanted) const;
  bool is_typed(const object::Extern& variable) const;
  void make_null(uint32_t at);
  void poison_call(uint32_t at, uint32_t number);
  uint32_t use(uint32_t number);

  const object::Object& object_;
  const Target& target_;
  Program& program_;
  std::vector<uint32_t> uses_;  ///< By number in Object::externs, one more than the index in Program::externs; or 0.
};

}  // namespace saya::program
