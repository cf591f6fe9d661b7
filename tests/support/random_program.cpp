// Builds programs from pieces that are valid by construction: every register is a scalar but r9 (the map's value) and
// r10, every branch is an if-else or a counted loop, every access lies at a known place of the stack or the value.
// Helpers take their memory from the stack; below it are a slot for their key and one for the context.
#include "support/random_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "abi/run.h"
#include "interp/atomic.h"
#include "isa/insn.h"

namespace saya::tests {
namespace {

using isa::Insn;
using isa::Kind;
using isa::Width;

constexpr uint8_t kValueRegister = 9;
constexpr uint8_t kFrameRegister = 10;
constexpr uint8_t kLoopRegister = 8;
constexpr unsigned kMaxBranches = 5;  ///< The verifier walks both sides of each.
constexpr unsigned kMaxFunctions = 3;
constexpr int16_t kKeySlot = -static_cast<int16_t>(kStackSize) - 8;
constexpr int16_t kContextSlot = kKeySlot - 8;
constexpr uint32_t kValueSize = 16;  ///< Of the maps that helpers work on.

/// The first is the one that lines of the program name by its value. Then those with elements, under keys 0..7, and
/// those without keys.
const MapSpec kMaps[] = {
    {.name = "result",      .type = 2,  .key_size = 4, .value_size = kResultSize, .max_entries = 1},
    {.name = "hash",        .type = 1,  .key_size = 4, .value_size = kValueSize,  .max_entries = 4},
    {.name = "array",       .type = 2,  .key_size = 4, .value_size = kValueSize,  .max_entries = 6},
    {.name = "percpu",      .type = 6,  .key_size = 4, .value_size = kValueSize,  .max_entries = 6},
    {.name = "percpu_hash", .type = 5,  .key_size = 4, .value_size = kValueSize,  .max_entries = 4},
    {.name = "queue",       .type = 22, .key_size = 0, .value_size = kValueSize,  .max_entries = 3},
    {.name = "stack",       .type = 23, .key_size = 0, .value_size = kValueSize,  .max_entries = 3},
};
constexpr size_t kFirstElementMap = 1, kFirstKeylessMap = 5;

constexpr int64_t kEdges[] = {0,          1,          -1,        2,        7,    8,      31,         32,
                              63,         64,         255,       0x7fff,   -128, -32768, 0x7fffffff, -0x80000000LL,
                              0xffffffff, 0x80000000, INT64_MAX, INT64_MIN};

constexpr isa::Alu kAlus[] = {
#define SAYA_ALU(name, code, offset, text) isa::Alu::name,
#include "isa/ops.def"
};
constexpr isa::Swap kSwaps[] = {
#define SAYA_SWAP(name, cls, source, text) isa::Swap::name,
#include "isa/ops.def"
};
constexpr isa::Cond kConds[] = {
#define SAYA_COND(name, code, text) isa::Cond::name,
#include "isa/ops.def"
};
constexpr isa::Atomic kAtomics[] = {
#define SAYA_ATOMIC(name, code, text) isa::Atomic::name,
#include "isa/ops.def"
};

bool is_shift(isa::Alu op) { return op == isa::Alu::lsh || op == isa::Alu::rsh || op == isa::Alu::arsh; }
bool is_division(isa::Alu op) {
  return op == isa::Alu::div || op == isa::Alu::sdiv || op == isa::Alu::mod || op == isa::Alu::smod;
}

/// An instruction whose jump goes to a label: distances are known only when all is written.
struct Line {
  Insn insn;
  int label = -1;
};

/// A memory operand: base register and offset.
struct Place {
  uint8_t base = 0;
  int16_t offset = 0;
};

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  program::ProgramPtr program(std::vector<MapPtr> maps);

 private:
  uint64_t below(uint64_t limit) { return random_.next() % limit; }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <class T, size_t N>
  T any(const T (&of)[N]) {
    return of[below(N)];
  }
  int64_t constant() { return chance(60) ? any(kEdges) : static_cast<int64_t>(random_.next() >> below(64)); }
  int64_t constant32() { return static_cast<int32_t>(constant()); }
  Width word() { return chance(50) ? Width::w64 : Width::w32; }
  Width any_width() { return static_cast<Width>(below(4)); }
  uint8_t scalar() { return static_cast<uint8_t>(below(kLoopRegister)); }  ///< r0..r7; r8 counts loops.

  void emit(const Insn& insn, int label = -1) { lines_.push_back({insn, label}); }
  void set(uint8_t dst, int64_t value);
  void load_value_address();
  void load(uint8_t dst, Place from, Width width) {
    emit({.kind = Kind::load, .width = width, .dst = dst, .src = from.base, .offset = from.offset});
  }
  void save(Place to, uint8_t src, Width width) {
    emit({.kind = Kind::store, .width = width, .dst = to.base, .src = src, .offset = to.offset});
  }
  int new_label() {
    labels_.push_back(0);
    return static_cast<int>(labels_.size()) - 1;
  }
  void place(int label) { labels_[static_cast<size_t>(label)] = lines_.size(); }

  Place any_place(Width width, bool aligned);
  Place value_place(Width width, bool aligned);

  void alu();
  void unary();
  void memory();
  void variable_memory();
  void atomic();
  void simple();
  void branch_over(int label);
  void jump_to(int label);
  void if_else(unsigned depth);
  void loop();
  void call();
  void copy(uint8_t dst, uint8_t src) {
    emit({.kind = Kind::alu, .alu = isa::Alu::mov, .width = Width::w64, .dst = dst, .src = src});
  }
  void stack_address(uint8_t dst, int16_t offset);
  void helper(uint32_t id);
  void map_argument(size_t first, size_t end);
  void key_argument();
  void map_lookup();
  void value_argument(uint8_t dst);
  void map_change();
  void queue_change();
  void checksum();
  void frame_bytes();
  void frame_resize();
  void helper_call();
  void body(unsigned pieces, unsigned depth);
  void prologue(bool arguments);
  void epilogue();
  void write_functions();
  std::vector<isa::RawInsn> encode() const;

  abi::Random random_;
  std::vector<Line> lines_;
  std::vector<size_t> labels_;     ///< Label to line.
  std::vector<int> functions_;     ///< Labels of called functions, written after the main program.
  std::vector<size_t> starts_{0};  ///< Lines where subprograms begin.
  unsigned branches_ = 0;
  bool in_loop_ = false;
  bool in_function_ = false;
};

void Generator::set(uint8_t dst, int64_t value) {
  if (value == static_cast<int32_t>(value) && chance(70))
    emit({.kind = Kind::alu, .alu = isa::Alu::mov, .width = Width::w64, .imm_operand = true, .dst = dst, .imm = value});
  else
    emit({.kind = Kind::load_imm, .pseudo = isa::Pseudo::value, .dst = dst, .imm = value});
}

void Generator::load_value_address() {
  emit({.kind = Kind::load_imm, .pseudo = isa::Pseudo::map_index_value, .dst = kValueRegister, .imm = 0});
}

Place Generator::any_place(Width width, bool aligned) {
  const unsigned size = isa::bytes(width);
  if (chance(50)) {  // The stack is always accessed aligned: the verifier insists.
    const auto slot = static_cast<int16_t>(below(kStackSize / size) * size);
    return {kFrameRegister, static_cast<int16_t>(slot - static_cast<int16_t>(kStackSize))};
  }
  return value_place(width, aligned);
}

Place Generator::value_place(Width width, bool aligned) {
  const unsigned size = isa::bytes(width);
  const uint64_t offset = aligned ? below(kScratchSize / size) * size : below(kScratchSize - size + 1);
  return {kValueRegister, static_cast<int16_t>(offset)};
}

void Generator::alu() {
  Insn insn{.kind = Kind::alu, .alu = any(kAlus), .width = word(), .imm_operand = chance(50), .dst = scalar()};
  if (!insn.imm_operand) {
    insn.src = scalar();
  } else {
    insn.imm = constant32();
    if (is_shift(insn.alu)) insn.imm = static_cast<int64_t>(below(isa::bits(insn.width)));
    if (is_division(insn.alu) && insn.imm == 0) insn.imm = -1;
  }
  emit(insn);
}

void Generator::unary() {
  switch (below(3)) {
    case 0: return emit({.kind = Kind::neg, .width = word(), .dst = scalar()});
    case 1: {
      constexpr Width kSwapWidths[] = {Width::w16, Width::w32, Width::w64};
      return emit({.kind = Kind::swap, .swap = any(kSwaps), .width = any(kSwapWidths), .dst = scalar()});
    }
    default: {
      const Width width = word();
      const auto source = static_cast<Width>(below(width == Width::w64 ? 3 : 2));
      return emit(
          {.kind = Kind::move_extend, .width = width, .source_width = source, .dst = scalar(), .src = scalar()});
    }
  }
}

void Generator::memory() {
  const Width width = any_width();
  const Place where = any_place(width, false);
  switch (below(4)) {
    case 0: return load(scalar(), where, width);
    case 1: return save(where, scalar(), width);
    case 2:
      return emit({.kind = Kind::store,
                   .width = width,
                   .imm_operand = true,
                   .dst = where.base,
                   .offset = where.offset,
                   .imm = constant32()});
    default: {
      const auto narrow = static_cast<Width>(below(3));
      const Place from = any_place(narrow, false);
      return emit(
          {.kind = Kind::load_extend, .width = narrow, .dst = scalar(), .src = from.base, .offset = from.offset});
    }
  }
}

/// An access at an offset that only a mask bounds.
void Generator::variable_memory() {
  const uint8_t index = scalar();
  const auto pointer = static_cast<uint8_t>((index + 1) % kLoopRegister);
  const Width width = any_width();
  emit({.kind = Kind::alu, .alu = isa::Alu::and_, .width = word(), .imm_operand = true, .dst = index, .imm = 63});
  emit({.kind = Kind::alu, .alu = isa::Alu::mov, .width = Width::w64, .dst = pointer, .src = kValueRegister});
  emit({.kind = Kind::alu, .alu = isa::Alu::add, .width = Width::w64, .dst = pointer, .src = index});
  const Place where{pointer, static_cast<int16_t>(below(kScratchSize - 63 - isa::bytes(width)))};
  if (chance(50)) save(where, index, width);
  load(pointer, where, width);
}

void Generator::atomic() {
  const isa::Atomic op = any(kAtomics);
  const bool ordered = op == isa::Atomic::load_acquire || op == isa::Atomic::store_release;
  const Width width = ordered ? any_width() : word();
  Insn insn{.kind = Kind::atomic, .atomic = op, .width = width, .src = scalar()};
  // Linux 6.18 forgets that a branch depends on what an atomic operation read from the stack (docs/differences.md).
  const bool reads = interp::result_register(insn) >= 0;
  const Place where = reads ? value_place(width, true) : any_place(width, true);
  insn.dst = where.base;
  insn.offset = where.offset;
  if (op == isa::Atomic::load_acquire) std::swap(insn.dst, insn.src);
  emit(insn);
  // Linux 6.18 on x86-64 does not always clear the upper half of r0 when the compared values are equal
  // (docs/differences.md).
  if (op == isa::Atomic::cmpxchg && width == Width::w32)
    emit({.kind = Kind::alu, .alu = isa::Alu::mov, .width = Width::w32, .dst = 0, .src = 0});
}

void Generator::simple() {
  const uint64_t kind = below(100);
  if (kind < 40) return alu();
  if (kind < 55) return unary();
  if (kind < 78) return memory();
  if (kind < 83) return variable_memory();
  if (kind < 94) return atomic();
  return set(scalar(), constant());
}

void Generator::branch_over(int label) {
  Insn insn{.kind = Kind::branch, .cond = any(kConds), .width = word(), .imm_operand = chance(50), .dst = scalar()};
  if (insn.imm_operand)
    insn.imm = constant32();
  else
    insn.src = scalar();
  emit(insn, label);
}

void Generator::jump_to(int label) { emit({.kind = Kind::jump, .width = word()}, label); }

void Generator::if_else(unsigned depth) {
  ++branches_;
  const int otherwise = new_label();
  const int end = new_label();
  branch_over(otherwise);
  body(1 + static_cast<unsigned>(below(4)), depth + 1);
  jump_to(end);
  place(otherwise);
  body(1 + static_cast<unsigned>(below(4)), depth + 1);
  place(end);
}

/// Counts r8 down; tested at the end, or at the start with an unconditional jump back.
void Generator::loop() {
  in_loop_ = true;
  const int start = new_label();
  const int end = new_label();
  const bool test_first = chance(50);
  constexpr isa::Cond kUntilZero[] = {isa::Cond::ne, isa::Cond::gt, isa::Cond::sgt};
  set(kLoopRegister, static_cast<int64_t>(1 + below(4)));
  place(start);
  if (test_first)
    emit({.kind = Kind::branch, .cond = isa::Cond::eq, .width = word(), .imm_operand = true, .dst = kLoopRegister},
         end);
  body(2 + static_cast<unsigned>(below(5)), 1);
  emit({.kind = Kind::alu, .alu = isa::Alu::sub, .width = word(), .imm_operand = true, .dst = kLoopRegister, .imm = 1});
  if (test_first)
    jump_to(start);
  else
    emit({.kind = Kind::branch, .cond = any(kUntilZero), .width = word(), .imm_operand = true, .dst = kLoopRegister},
         start);
  place(end);
  in_loop_ = false;
}

void Generator::call() {
  size_t callee = functions_.size();
  if (callee < kMaxFunctions && (callee == 0 || chance(50)))
    functions_.push_back(new_label());  // Called here at once: the verifier wants every function reachable.
  else
    callee = below(functions_.size());
  emit({.kind = Kind::call, .callee = isa::Callee::local}, functions_[callee]);
  for (uint8_t clobbered = 1; clobbered <= 5; ++clobbered) set(clobbered, constant());
}

void Generator::body(unsigned pieces, unsigned depth) {
  for (unsigned i = 0; i < pieces; ++i) {
    const uint64_t kind = below(100);
    if (kind < 8 && branches_ < kMaxBranches && depth < 3)
      if_else(depth);
    else if (kind < 12 && !in_loop_ && depth == 0)
      loop();
    else if (kind < 16 && !in_function_)
      call();
    else if (kind < 26)
      helper_call();
    else
      simple();
  }
}

void Generator::stack_address(uint8_t dst, int16_t offset) {
  copy(dst, kFrameRegister);
  emit({.kind = Kind::alu, .alu = isa::Alu::add, .width = Width::w64, .imm_operand = true, .dst = dst, .imm = offset});
}

void Generator::helper(uint32_t id) { emit({.kind = Kind::call, .callee = isa::Callee::helper, .imm = id}); }

/// r1: one of the maps from `first` to before `end`.
void Generator::map_argument(size_t first, size_t end) {
  const auto map = static_cast<int64_t>(first + below(end - first));
  emit({.kind = Kind::load_imm, .pseudo = isa::Pseudo::map_index, .dst = 1, .imm = map});
}

/// r2: one of eight keys, which a scalar chooses.
void Generator::key_argument() {
  copy(2, scalar());
  emit({.kind = Kind::alu, .alu = isa::Alu::and_, .width = Width::w64, .imm_operand = true, .dst = 2, .imm = 7});
  save({kFrameRegister, kKeySlot}, 2, Width::w32);
  stack_address(2, kKeySlot);
}

/// `dst`: 16 bytes of the stack.
void Generator::value_argument(uint8_t dst) {
  stack_address(dst, static_cast<int16_t>(-static_cast<int>(kStackSize) + 8 * static_cast<int>(below(4))));
}

/// Looks an element up and works on it where it is.
void Generator::map_lookup() {
  key_argument();
  map_argument(kFirstElementMap, kFirstKeylessMap);
  helper(1);
  const int end = new_label();
  emit({.kind = Kind::branch, .cond = isa::Cond::eq, .width = Width::w64, .imm_operand = true, .dst = 0}, end);
  const Width width = any_width();
  const auto offset = static_cast<int16_t>(below(kValueSize / isa::bytes(width)) * isa::bytes(width));
  if (chance(50)) save({0, offset}, 7, width);
  load(0, {0, offset}, width);
  place(end);
}

void Generator::map_change() {
  constexpr int64_t kFlags[] = {0, 0, 0, 1, 2, 3, 4, 8};
  key_argument();
  map_argument(kFirstElementMap, kFirstKeylessMap);
  if (chance(30)) return helper(3);
  value_argument(3);
  set(4, any(kFlags));
  helper(2);
}

/// Pushes, pops or looks at a queue or stack; a value that is popped is written to the stack.
void Generator::queue_change() {
  constexpr int64_t kFlags[] = {0, 0, 2, 2, 1};
  constexpr uint32_t kPush = 87, kPop = 88, kPeek = 89;
  map_argument(kFirstKeylessMap, std::size(kMaps));
  value_argument(2);
  if (chance(50)) return helper(chance(70) ? kPop : kPeek);
  set(3, any(kFlags));
  helper(kPush);
}

/// Moves an end of the frame, by up to 8 bytes inwards or outwards.
void Generator::frame_resize() {
  constexpr uint32_t kEnds[] = {44, 54, 65};  // xdp_adjust_head, _meta and _tail.
  copy(2, scalar());
  load(1, {kFrameRegister, kContextSlot}, Width::w64);
  emit({.kind = Kind::alu, .alu = isa::Alu::and_, .width = Width::w64, .imm_operand = true, .dst = 2, .imm = 15});
  emit({.kind = Kind::alu, .alu = isa::Alu::sub, .width = Width::w64, .imm_operand = true, .dst = 2, .imm = 8});
  helper(any(kEnds));
}

void Generator::checksum() {
  const auto region = [&](uint8_t address) {
    const auto size = static_cast<int64_t>(4 * below(kStackSize / 4 + 1));
    stack_address(address, -static_cast<int16_t>(kStackSize));
    set(static_cast<uint8_t>(address + 1), size);
  };
  copy(5, scalar());
  region(1);
  region(3);
  helper(28);
}

/// Bytes of the frame to the stack or back; some of them lie behind its end.
void Generator::frame_bytes() {
  copy(2, scalar());
  load(1, {kFrameRegister, kContextSlot}, Width::w64);
  emit({.kind = Kind::alu, .alu = isa::Alu::and_, .width = Width::w64, .imm_operand = true, .dst = 2, .imm = 63});
  stack_address(3, -static_cast<int16_t>(kStackSize));
  set(4, static_cast<int64_t>(1 + below(kStackSize)));
  helper(chance(50) ? 189 : 190);
}

void Generator::helper_call() {
  switch (below(in_function_ ? 5 : 7)) {  // Functions do not know the context.
    case 0: map_lookup(); break;
    case 1:
    case 2: map_change(); break;
    case 3: queue_change(); break;
    case 4: checksum(); break;
    case 5: frame_bytes(); break;
    default: frame_resize();
  }
  for (uint8_t clobbered = 1; clobbered <= 5; ++clobbered) set(clobbered, constant());
}

/// Every scalar gets a value (functions keep their arguments) and every byte of the stack is written.
void Generator::prologue(bool arguments) {
  if (!arguments) save({kFrameRegister, kContextSlot}, 1, Width::w64);
  load_value_address();
  for (uint8_t r = 0; r <= kLoopRegister; ++r)
    if (!arguments || r < 1 || r > 5) set(r, constant());
  for (unsigned at = 0; at < kStackSize; at += 8)
    save({kFrameRegister, static_cast<int16_t>(static_cast<int>(at) - static_cast<int>(kStackSize))}, scalar(),
         Width::w64);
}

void Generator::epilogue() {
  for (uint8_t r = 0; r <= kLoopRegister; ++r)
    save({kValueRegister, static_cast<int16_t>(kRegistersAt + 8u * r)}, r, Width::w64);
  for (unsigned at = 0; at < kStackSize; at += 8) {
    load(1, {kFrameRegister, static_cast<int16_t>(static_cast<int>(at) - static_cast<int>(kStackSize))}, Width::w64);
    save({kValueRegister, static_cast<int16_t>(kStackAt + at)}, 1, Width::w64);
  }
  emit({.kind = Kind::exit});
}

void Generator::write_functions() {
  in_function_ = true;
  for (const int function : functions_) {
    place(function);
    starts_.push_back(lines_.size());
    prologue(true);
    body(4 + static_cast<unsigned>(below(8)), 0);
    emit({.kind = Kind::exit});
  }
}

std::vector<isa::RawInsn> Generator::encode() const {
  std::vector<int32_t> slots{0};
  for (const Line& line : lines_) slots.push_back(slots.back() + static_cast<int32_t>(line.insn.slots()));
  std::vector<isa::RawInsn> code;
  for (size_t i = 0; i < lines_.size(); ++i) {
    Insn insn = lines_[i].insn;
    if (lines_[i].label >= 0) insn.jump = slots[labels_[static_cast<size_t>(lines_[i].label)]] - slots[i + 1];
    isa::encode(insn, code);
  }
  return code;
}

program::ProgramPtr Generator::program(std::vector<MapPtr> maps) {
  prologue(false);
  body(10 + static_cast<unsigned>(below(30)), 0);
  epilogue();
  write_functions();

  program::Program program;
  program.name = "random";
  program.origin = "random";
  program.type = program::Type::xdp;
  program.license = "GPL";
  program.gpl_compatible = true;
  program.maps = std::move(maps);
  program.code = encode();
  size_t slot = 0;
  size_t line = 0;
  for (size_t i = 0; i < starts_.size(); ++i) {
    for (; line < starts_[i]; ++line) slot += lines_[line].insn.slots();
    program.subprograms.push_back({.name = fmt::format("f{}", i), .start = static_cast<uint32_t>(slot)});
  }
  for (size_t i = 0; i < program.subprograms.size(); ++i) {
    const size_t end = i + 1 < program.subprograms.size() ? program.subprograms[i + 1].start : program.code.size();
    program.subprograms[i].size = static_cast<uint32_t>(end) - program.subprograms[i].start;
  }
  return std::make_shared<const program::Program>(std::move(program));
}

}  // namespace

std::span<const MapSpec> random_program_maps() { return kMaps; }

program::ProgramPtr random_program(uint64_t seed, std::vector<MapPtr> maps) {
  return Generator(seed).program(std::move(maps));
}

std::string listing(const program::Program& program) {
  std::string text;
  std::vector<uint32_t> slots;
  const auto insns = isa::decode_all(program.code, &slots);
  if (!insns) return insns.error().message + "\n";
  for (size_t i = 0; i < insns->size(); ++i) text += fmt::format("{:4}: {}\n", slots[i], isa::disassemble((*insns)[i]));
  return text;
}

}  // namespace saya::tests
