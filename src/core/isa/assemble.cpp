// Text to wire format: the inverse of disassemble(), with labels.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "isa/insn.h"
#include "isa/line.h"
#include "isa/statement.h"

namespace saya::isa {
namespace {

constexpr int64_t kInt16Min = std::numeric_limits<int16_t>::min();
constexpr int64_t kInt16Max = std::numeric_limits<int16_t>::max();
constexpr uint32_t kHelperIds = 1024;  ///< Linux 6.18 has 212; names are searched below this.

class Assembler {
 public:
  explicit Assembler(const Names& names) : names_(names) {}

  Result<> add_line(std::string_view text, size_t number) {
    Line line(text);
    while (is_name(line.peek()) && line.peek(1) == ":") SAYA_CHECK(add_label(line, number));
    if (line.at_end()) return {};
    SAYA_TRY(const Statement parsed, parse_statement(line));
    SAYA_CHECK(line.expect_end());
    if (!parsed.target.empty()) fixups_.push_back({insns_.size(), slots_, parsed.target, number});
    insns_.push_back(parsed.insn);
    slots_ += parsed.insn.slots();
    return {};
  }

  Result<std::vector<RawInsn>> finish() {
    for (const Fixup& fixup : fixups_)
      if (Result<> done = resolve(fixup); !done)
        return std::unexpected(std::move(done).error().at(fmt::format("line {}", fixup.line)));
    std::vector<RawInsn> code;
    for (const Insn& insn : insns_) encode(insn, code);
    return code;
  }

 private:
  struct Label {
    size_t slot;
    size_t line;
  };
  struct Fixup {
    size_t insn;
    size_t slot;
    std::string_view name;
    size_t line;
  };

  Result<> add_label(Line& line, size_t number) {
    const std::string_view name = line.next();
    line.next();
    const auto [at, added] = labels_.try_emplace(name, slots_, number);
    if (added) return {};
    return fail(Code::invalid_argument, fmt::format("'{}': label already stands in line {}", name, at->second.line));
  }

  Result<> resolve(const Fixup& fixup) {
    const auto label = labels_.find(fixup.name);
    if (label == labels_.end()) return resolve_helper(fixup);
    Insn& insn = insns_[fixup.insn];
    const int64_t distance = static_cast<int64_t>(label->second.slot) - static_cast<int64_t>(fixup.slot) - 1;
    const bool is_long =
        insn.kind == Kind::call || insn.kind == Kind::load_imm || (insn.kind == Kind::jump && insn.width == Width::w32);
    if (!is_long && (distance < kInt16Min || distance > kInt16Max))
      return fail(Code::invalid_argument,
                  fmt::format("'{}': {} slots away, must be {}..{}", fixup.name, distance, kInt16Min, kInt16Max));
    if (insn.kind == Kind::load_imm)
      insn.imm = distance;
    else
      insn.jump = static_cast<int32_t>(distance);
    return {};
  }

  Result<> resolve_helper(const Fixup& fixup) {
    Insn& insn = insns_[fixup.insn];
    if (insn.kind != Kind::call) return fail(Code::invalid_argument, fmt::format("'{}': no such label", fixup.name));
    for (uint32_t id = 0; names_.helper && id < kHelperIds; ++id) {
      const std::string_view name = names_.helper(id);
      if (name.empty() || (fixup.name != name && fixup.name != fmt::format("bpf_{}", name))) continue;
      insn.callee = Callee::helper;
      insn.imm = id;
      return {};
    }
    return fail(Code::invalid_argument, fmt::format("'{}': no such label or helper", fixup.name));
  }

  Names names_;
  std::vector<Insn> insns_;
  size_t slots_ = 0;
  std::unordered_map<std::string_view, Label> labels_;
  std::vector<Fixup> fixups_;
};

}  // namespace

Result<std::vector<RawInsn>> assemble(std::string_view text, const Names& names) {
  Assembler assembler(names);
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (Result<> added = assembler.add_line(text.substr(0, end), number); !added)
      return std::unexpected(std::move(added).error().at(fmt::format("line {}", number)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return assembler.finish();
}

}  // namespace saya::isa
