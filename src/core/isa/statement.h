// The parser of one line of assembly text.
#pragma once

#include <string_view>

#include "base/result.h"
#include "isa/insn.h"
#include "isa/line.h"

namespace saya::isa {

/// A parsed line: the instruction and, if its distance is not written as a number, the name it refers to. A call of a
/// name is Callee::local until the name turns out to be a helper's.
struct Statement {
  Insn insn;
  std::string_view target;
};

/// Reads one instruction and leaves the line behind it. Errors name the word that does not fit.
Result<Statement> parse_statement(Line& line);

}  // namespace saya::isa
