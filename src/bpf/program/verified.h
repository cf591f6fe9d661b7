// A program that the verifier accepted, with what it proved. Compiling takes this type, so unverified code cannot be
// compiled: it does not type-check.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "program/program.h"

namespace saya::verify {
class Verifier;
}

namespace saya::program {

/// What engines may rely on, by slot of Program::code.
struct Facts {
  /// 0, or 1 + index into abi::ctx_fields(): the access goes to that context field.
  std::vector<uint8_t> ctx_field;
};

class Verified {
 public:
  const Program& program() const noexcept { return *program_; }
  const ProgramPtr& shared_program() const noexcept { return program_; }
  const Facts& facts() const noexcept { return facts_; }

 private:
  friend class verify::Verifier;  ///< The only maker.
  Verified(ProgramPtr program, Facts facts) : program_(std::move(program)), facts_(std::move(facts)) {}

  ProgramPtr program_;
  Facts facts_;
};

}  // namespace saya::program
