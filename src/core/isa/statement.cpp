// The grammar of one line, in the syntax of the kernel's verifier log (kernel/bpf/disasm.c, Linux 6.18).
#include "isa/statement.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "isa/wire.h"

namespace saya::isa {
namespace {

using namespace wire;

constexpr int64_t kInt16Min = std::numeric_limits<int16_t>::min();
constexpr int64_t kInt16Max = std::numeric_limits<int16_t>::max();
constexpr int64_t kInt32Min = std::numeric_limits<int32_t>::min();
constexpr int64_t kInt32Max = std::numeric_limits<int32_t>::max();
constexpr int64_t kUint32Max = std::numeric_limits<uint32_t>::max();

template <class Row, size_t n>
const Row* find_text(const Row (&rows)[n], std::string_view text) {
  const Row* found = std::ranges::find(rows, text, &Row::text);
  return found == std::end(rows) ? nullptr : found;
}

/// "u32" with sign 'u', "s32" with sign 's'.
Result<Width> width_word(Line& line, char sign) {
  for (Width width : kWidths)
    if (line.take(fmt::format("{}{}", sign, bits(width)))) return width;
  return line.expected(fmt::format("{0}8, {0}16, {0}32 or {0}64", sign));
}

/// "(u32 *)"
Result<Width> type(Line& line, char sign) {
  SAYA_CHECK(line.expect("("));
  SAYA_TRY(const Width width, width_word(line, sign));
  SAYA_CHECK(line.expect("*"));
  SAYA_CHECK(line.expect(")"));
  return width;
}

/// "(r1 +4)", "(r1)" into the register and the offset of an instruction.
Result<> address(Line& line, uint8_t& base, int16_t& offset) {
  SAYA_CHECK(line.expect("("));
  SAYA_TRY(base, line.expect_register());
  if (line.peek() == "+" || line.peek() == "-") {
    SAYA_TRY(const int64_t distance, line.number(kInt16Min, kInt16Max));
    offset = static_cast<int16_t>(distance);
  }
  return line.expect(")");
}

/// A register of the instruction's width, or a 32-bit immediate. Hexadecimal may fill all 32 bits where the verifier's
/// log prints it so (comparisons) and where no extension to 64 bits could surprise.
Result<> operand(Line& line, Insn& insn) {
  if (is_name(line.peek())) {
    SAYA_TRY(insn.src, line.expect_register(insn.width));
    return {};
  }
  insn.imm_operand = true;
  const bool bit_pattern = insn.kind == Kind::branch || insn.width != Width::w64;
  SAYA_TRY(insn.imm, bit_pattern ? line.number32() : line.number(kInt32Min, kInt32Max));
  return {};
}

/// "pc+3", or a name that is looked up when the program is complete.
Result<Statement> target(Line& line, Insn insn) {
  const bool is_long = (insn.kind == Kind::jump && insn.width == Width::w32) || insn.kind == Kind::call;
  if (line.peek() == "pc" && (line.peek(1) == "+" || line.peek(1) == "-")) {
    line.next();
    SAYA_TRY(const int64_t distance, line.number(is_long ? kInt32Min : kInt16Min, is_long ? kInt32Max : kInt16Max));
    insn.jump = static_cast<int32_t>(distance);
    return Statement{insn, {}};
  }
  if (!is_name(line.peek())) return line.expected("a label or pc+N");
  return Statement{insn, line.next()};
}

// What may stand right of "register =".

Result<Insn> negation(Line& line, Register dst) {
  line.next();
  if (line.peek() != fmt::format("{}{}", dst.width == Width::w64 ? 'r' : 'w', dst.number))
    return line.expected("the destination register");
  line.next();
  return Insn{.kind = Kind::neg, .width = dst.width, .dst = dst.number};
}

Result<Insn> extension(Line& line, Register dst) {
  line.next();
  SAYA_TRY(const Width from, width_word(line, 's'));
  SAYA_CHECK(line.expect(")"));
  if (from >= dst.width) return line.expected("a narrower type than the register before it");
  SAYA_TRY(const uint8_t src, line.expect_register(dst.width));
  return Insn{.kind = Kind::move_extend, .width = dst.width, .source_width = from, .dst = dst.number, .src = src};
}

/// "skb[4]", "skb[r1 + 4]"; the result always goes to r0.
Result<Insn> packet_field(Line& line, Register dst, Width width) {
  if (dst.number != 0) return line.expected("r0 as the destination of a packet load");
  if (width == Width::w64) return line.expected("u8, u16 or u32 before a packet load");
  SAYA_CHECK(line.expect("skb"));
  SAYA_CHECK(line.expect("["));
  Insn insn{.kind = Kind::load_packet, .width = width, .imm_operand = !is_name(line.peek())};
  if (!insn.imm_operand) {
    SAYA_TRY(insn.src, line.expect_register());
    SAYA_CHECK(line.expect("+"));
  }
  SAYA_TRY(insn.imm, line.number32());
  SAYA_CHECK(line.expect("]"));
  return insn;
}

Result<Insn> memory_value(Line& line, Register dst) {
  line.next();
  const bool is_signed = line.peek(1).starts_with('s');
  SAYA_TRY(const Width width, type(line, is_signed ? 's' : 'u'));
  if (dst.width != Width::w64) return line.expected("a 64-bit register as the destination of a load");
  if (line.peek() == "skb" && !is_signed) return packet_field(line, dst, width);
  if (is_signed && width == Width::w64) return line.expected("s8, s16 or s32 before an address");
  Insn insn{.kind = is_signed ? Kind::load_extend : Kind::load, .width = width, .dst = dst.number};
  SAYA_CHECK(address(line, insn.src, insn.offset));
  return insn;
}

/// "bswap32 r1", the register being the destination.
Result<Insn> swapped(Line& line, Register dst) {
  const std::string_view word = line.peek();
  for (const SwapRow& op : kSwap)
    for (Width width : {Width::w16, Width::w32, Width::w64}) {
      if (word != fmt::format("{}{}", op.text, bits(width))) continue;
      line.next();
      if (line.peek() != fmt::format("r{}", dst.number)) return line.expected("the destination register");
      line.next();
      return Insn{.kind = Kind::swap, .swap = static_cast<Swap>(&op - kSwap), .width = width, .dst = dst.number};
    }
  return line.expected("be16, be32, be64 or the like");
}

/// The operation that "atomic64_fetch_add" or "load_acquire" names.
const AtomicRow* returning_atomic(std::string_view word) {
  const AtomicRow* acquire = &row(kAtomic, Atomic::load_acquire);
  if (word == acquire->text) return acquire;
  for (std::string_view family : {"atomic64_", "atomic_"}) {
    if (!word.starts_with(family)) continue;
    const AtomicRow* op = find_text(kAtomic, word.substr(family.size()));
    return op && op->code < acquire->code ? op : nullptr;
  }
  return nullptr;
}

Result<Insn> fetch(Line& line, Register dst, Insn insn, bool family64) {
  if ((insn.width == Width::w64) != family64 || insn.width < Width::w32)
    return line.expected(family64 ? "u64 in an atomic64 operation" : "u32 in an atomic operation");
  SAYA_CHECK(address(line, insn.dst, insn.offset));
  SAYA_CHECK(line.expect(","));
  const bool compare = insn.atomic == Atomic::cmpxchg;
  if (compare) {
    SAYA_CHECK(line.expect("r0"));
    SAYA_CHECK(line.expect(","));
  }
  const std::string_view value = line.peek();
  SAYA_TRY(insn.src, line.expect_register());
  SAYA_CHECK(line.expect(")"));
  const uint8_t result = compare ? uint8_t{0} : insn.src;
  if (dst.number == result) return insn;
  return fail(Code::invalid_argument,
              fmt::format("'{}': the old value goes to r{}, not r{}", value, result, dst.number));
}

Result<Insn> atomic_value(Line& line, Register dst) {
  const AtomicRow* op = returning_atomic(line.peek());
  if (!op || dst.width != Width::w64) return line.expected("an atomic operation with a result in a 64-bit register");
  const bool family64 = line.next().starts_with("atomic64_");
  SAYA_CHECK(line.expect("("));
  Insn insn{.kind = Kind::atomic, .atomic = static_cast<Atomic>(op - kAtomic)};
  SAYA_TRY(insn.width, type(line, 'u'));
  if (insn.atomic != Atomic::load_acquire) return fetch(line, dst, insn, family64);
  insn.dst = dst.number;
  SAYA_CHECK(address(line, insn.src, insn.offset));
  SAYA_CHECK(line.expect(")"));
  return insn;
}

/// "[KEY:5" with one of the keys of a pseudo load.
Result<int64_t> reference_id(Line& line) {
  SAYA_CHECK(line.expect(":"));
  SAYA_TRY(const int64_t id, line.number(0, kUint32Max));
  SAYA_CHECK(line.expect("]"));
  return id;
}

Result<int64_t> upper_half(Line& line) {
  SAYA_CHECK(line.expect("+"));
  SAYA_TRY(const int64_t high, line.number(0, kUint32Max));
  return static_cast<int64_t>(static_cast<uint64_t>(high) << 32);
}

/// "map[fd:3]", "map[idx:3][0]+8"
Result<Insn> map_reference(Line& line, Insn insn) {
  const bool by_fd = line.take("fd");
  if (!by_fd) SAYA_CHECK(line.expect("idx"));
  SAYA_TRY(insn.imm, reference_id(line));
  insn.pseudo = by_fd ? Pseudo::map_fd : Pseudo::map_index;
  if (!line.take("[")) return insn;
  insn.pseudo = by_fd ? Pseudo::map_value : Pseudo::map_index_value;
  SAYA_CHECK(line.expect("0"));
  SAYA_CHECK(line.expect("]"));
  SAYA_TRY(const int64_t high, upper_half(line));
  insn.imm |= high;
  return insn;
}

/// "btf[id:3]+0"
Result<Insn> btf_reference(Line& line, Insn insn) {
  SAYA_CHECK(line.expect("id"));
  SAYA_TRY(insn.imm, reference_id(line));
  SAYA_TRY(const int64_t high, upper_half(line));
  insn.imm |= high;
  insn.pseudo = Pseudo::btf_id;
  return insn;
}

/// "subprog[+5]", "subprog[label]"
Result<Statement> function_reference(Line& line, Insn insn) {
  insn.pseudo = Pseudo::func;
  std::string_view label;
  if (is_name(line.peek())) {
    label = line.next();
  } else {
    SAYA_TRY(insn.imm, line.number(kInt32Min, kInt32Max));
  }
  SAYA_CHECK(line.expect("]"));
  return Statement{insn, label};
}

Result<Statement> reference(Line& line, Register dst) {
  const Insn insn{.kind = Kind::load_imm, .dst = dst.number};
  const std::string_view what = line.peek();
  if (dst.width != Width::w64 || (what != "map" && what != "btf" && what != "subprog"))
    return line.expected("map[..], btf[..] or subprog[..] into a 64-bit register");
  line.next();
  SAYA_CHECK(line.expect("["));
  if (what == "subprog") return function_reference(line, insn);
  SAYA_TRY(const Insn loaded, what == "map" ? map_reference(line, insn) : btf_reference(line, insn));
  return Statement{loaded, {}};
}

/// "5" is a move of one slot. "0x5", "5 ll" and what 32 bits cannot hold is a 64-bit load of two.
Result<Insn> constant(Line& line, Register dst) {
  Insn move{.kind = Kind::alu, .alu = Alu::mov, .width = dst.width, .dst = dst.number};
  if (dst.width == Width::w32) {
    SAYA_CHECK(operand(line, move));
    return move;
  }
  const bool hexadecimal = line.peek().starts_with("0x");
  SAYA_TRY(const int64_t value, line.number64());
  if (line.take("ll") || hexadecimal || value < kInt32Min || value > kInt32Max)
    return Insn{.kind = Kind::load_imm, .dst = dst.number, .imm = value};
  move.imm_operand = true;
  move.imm = value;
  return move;
}

Result<Insn> plain_value(Line& line, Register dst) {
  if (line.peek() == "-" && is_name(line.peek(1))) return negation(line, dst);
  if (line.peek() == "(") return extension(line, dst);
  if (line.peek() == "*") return memory_value(line, dst);
  if (!is_name(line.peek())) return constant(line, dst);
  if (line.peek(1) == "(") return atomic_value(line, dst);
  if (is_name(line.peek(1))) return swapped(line, dst);
  Insn insn{.kind = Kind::alu, .alu = Alu::mov, .width = dst.width, .dst = dst.number};
  SAYA_CHECK(operand(line, insn));
  return insn;
}

// Statements, by their first word.

Result<Statement> whole(Result<Insn> insn) {
  if (!insn) return std::unexpected(std::move(insn).error());
  return Statement{*insn, {}};
}

Result<Statement> assignment(Line& line) {
  SAYA_TRY(const Register dst, line.any_register());
  if (line.take("=")) return line.peek(1) == "[" ? reference(line, dst) : whole(plain_value(line, dst));
  const AluRow* op = find_text(kAlu, line.peek());
  if (!op) return line.expected("an operator such as = or +=");
  line.next();
  Insn insn{.kind = Kind::alu, .alu = static_cast<Alu>(op - kAlu), .width = dst.width, .dst = dst.number};
  SAYA_CHECK(operand(line, insn));
  return Statement{insn, {}};
}

Result<Statement> store(Line& line) {
  Insn insn{.kind = Kind::store};
  SAYA_TRY(insn.width, type(line, 'u'));
  SAYA_CHECK(address(line, insn.dst, insn.offset));
  SAYA_CHECK(line.expect("="));
  if (is_name(line.peek())) {
    SAYA_TRY(insn.src, line.expect_register());
    return Statement{insn, {}};
  }
  SAYA_CHECK(operand(line, insn));
  return Statement{insn, {}};
}

Result<Statement> locked(Line& line) {
  Insn insn{.kind = Kind::atomic};
  SAYA_CHECK(line.expect("*"));
  SAYA_TRY(insn.width, type(line, 'u'));
  if (insn.width < Width::w32) return line.expected("u32 or u64 in an atomic operation");
  SAYA_CHECK(address(line, insn.dst, insn.offset));
  const AtomicRow* op = find_text(kAtomic, line.peek());
  if (!op || !op->text.ends_with('=')) return line.expected("+=, |=, &= or ^=");
  line.next();
  insn.atomic = static_cast<Atomic>(op - kAtomic);
  SAYA_TRY(insn.src, line.expect_register());
  return Statement{insn, {}};
}

Result<Statement> store_release(Line& line) {
  Insn insn{.kind = Kind::atomic, .atomic = Atomic::store_release};
  SAYA_CHECK(line.expect("("));
  SAYA_TRY(insn.width, type(line, 'u'));
  SAYA_CHECK(address(line, insn.dst, insn.offset));
  SAYA_CHECK(line.expect(","));
  SAYA_TRY(insn.src, line.expect_register());
  SAYA_CHECK(line.expect(")"));
  return Statement{insn, {}};
}

Result<Statement> branch(Line& line) {
  SAYA_TRY(const Register dst, line.any_register());
  const CondRow* cond = find_text(kCond, line.peek());
  if (!cond) return line.expected("a comparison such as == or s>");
  line.next();
  Insn insn{.kind = Kind::branch, .cond = static_cast<Cond>(cond - kCond), .width = dst.width, .dst = dst.number};
  SAYA_CHECK(operand(line, insn));
  SAYA_CHECK(line.expect("goto"));
  return target(line, insn);
}

Result<Statement> jump(Line& line) { return target(line, {.kind = Kind::jump, .width = Width::w64}); }
Result<Statement> long_jump(Line& line) { return target(line, {.kind = Kind::jump, .width = Width::w32}); }
Result<Statement> may_goto(Line& line) { return target(line, {.kind = Kind::may_goto}); }
Result<Statement> exit_statement(Line&) { return Statement{{.kind = Kind::exit}, {}}; }

Result<Statement> call_register(Line& line) {
  Insn insn{.kind = Kind::call, .callee = Callee::indirect};
  SAYA_TRY(insn.dst, line.expect_register());
  return Statement{insn, {}};
}

/// "name#5": the number decides.
Result<Statement> call_numbered(Line& line) {
  Insn insn{.kind = Kind::call, .callee = line.next() == "kernel-function" ? Callee::kfunc : Callee::helper};
  line.next();
  SAYA_TRY(insn.imm, line.number(kInt32Min, kInt32Max));
  if (insn.callee == Callee::kfunc && line.take("fd_index")) {
    SAYA_TRY(const int64_t index, line.number(kInt16Min, kInt16Max));
    insn.offset = static_cast<int16_t>(index);
  }
  return Statement{insn, {}};
}

Result<Statement> call(Line& line) {
  if (is_name(line.peek()))
    return line.peek(1) == "#" ? call_numbered(line) : target(line, {.kind = Kind::call, .callee = Callee::local});
  Insn insn{.kind = Kind::call, .callee = Callee::helper};
  SAYA_TRY(insn.imm, line.number(kInt32Min, kInt32Max));
  return Statement{insn, {}};
}

struct Opening {
  std::string_view word;
  Result<Statement> (*parse)(Line&);
};
constexpr Opening kOpenings[] = {
    {"*",             store         },
    {"lock",          locked        },
    {"store_release", store_release },
    {"if",            branch        },
    {"goto",          jump          },
    {"gotol",         long_jump     },
    {"may_goto",      may_goto      },
    {"call",          call          },
    {"callx",         call_register },
    {"exit",          exit_statement},
};

}  // namespace

Result<Statement> parse_statement(Line& line) {
  for (const Opening& opening : kOpenings)
    if (line.take(opening.word)) return opening.parse(line);
  return assignment(line);
}

}  // namespace saya::isa
