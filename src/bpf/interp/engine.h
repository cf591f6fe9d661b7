// The room's own door to both engines: interp.h offers the unchecked one for verified programs only, benchmarks and
// tests of the engine itself reach it here.
#pragma once

#include <span>

#include "abi/executable.h"
#include "abi/helper_spec.h"
#include "base/result.h"
#include "interp/code.h"
#include "interp/interp.h"

namespace saya::interp {

/// A decoded program as an Executable.
class Interpreted final : public abi::Executable {
 public:
  Interpreted(Identity identity, Decoded code, Limits limits);
  void run(std::span<abi::Run> runs, std::span<uint64_t> results) const noexcept override;
  uint64_t enter(abi::Run& run) const noexcept override;
  uint64_t call(abi::Run& run, uint64_t function, Map& map, std::span<const std::byte> key,
                std::byte* value) const noexcept override;
  const Decoded& code() const noexcept { return code_; }

 private:
  const Decoded code_;
  const Limits limits_;
};

/// The unchecked engine over a program that the caller vouches for. `facts` as a verifier would prove them.
Result<abi::ExecutablePtr> make_unchecked(program::ProgramPtr program, abi::HelperTable helpers,
                                          const program::Facts& facts);

}  // namespace saya::interp
