// Instructions from hostile bytes and hostile text: nothing crashes, and whatever is accepted survives the round trip
// decode -> encode and disassemble -> assemble.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "isa/insn.h"

namespace {

using saya::isa::Insn;
using saya::isa::RawInsn;

void require(bool holds) {
  if (!holds) std::abort();
}

bool equal(std::span<const RawInsn> left, std::span<const RawInsn> right) { return std::ranges::equal(left, right); }

void round_trip(std::span<const RawInsn> code, size_t at) {
  const auto insn = saya::isa::decode(code, at);
  if (!insn) return;
  std::vector<RawInsn> again;
  saya::isa::encode(*insn, again);
  require(equal(again, code.subspan(at, insn->slots())));
  const auto assembled = saya::isa::assemble(saya::isa::disassemble(*insn));
  require(assembled.has_value() && equal(*assembled, again));
}

void from_text(std::string_view text) {
  const auto code = saya::isa::assemble(text);
  if (code) require(saya::isa::decode_all(*code).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<RawInsn> code(size / sizeof(RawInsn));
  if (!code.empty()) std::memcpy(code.data(), data, code.size() * sizeof(RawInsn));
  for (size_t at = 0; at < code.size(); ++at) round_trip(code, at);
  from_text({reinterpret_cast<const char*>(data), size});
  return 0;
}
