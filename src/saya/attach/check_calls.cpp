// Calls against the tables of what there is: helper/helpers.def and helper/kfuncs.def here, abi/kernel_*.def in
// Linux 6.18. The sentences about what is not allowed are the kernel's own.
#include "attach/check_calls.h"

#include <fmt/format.h>

#include <unordered_map>

#include "abi/kernel_calls.h"
#include "helper/table.h"

namespace saya::attach {
namespace {

using program::Type;

constexpr std::string_view kGplHelper = "cannot call GPL-restricted function from non-GPL compatible program";
constexpr std::string_view kGplFunction = "cannot call kernel function from non-GPL compatible program";
constexpr std::string_view kNoPacketLoads = "BPF_LD_[ABS|IND] instructions not allowed for this program type";

/// Each reason once, with the instruction where it was met first.
class ReasonList {
 public:
  explicit ReasonList(const program::Program& program) : program_(program) {}

  void add(uint32_t insn, std::string why) {
    const auto [known, fresh] = index_.try_emplace(std::move(why), entries_.size());
    if (fresh)
      entries_.push_back({insn, 0, &known->first});
    else
      ++entries_[known->second].more;
  }

  std::vector<std::string> texts() const {
    std::vector<std::string> texts;
    for (const Entry& entry : entries_)
      texts.push_back(fmt::format("insn {}{}: {}{}", entry.insn, source(entry.insn), *entry.why,
                                  entry.more ? fmt::format(" ({} times)", entry.more + 1) : ""));
    return texts;
  }

 private:
  struct Entry {
    uint32_t insn;
    size_t more;
    const std::string* why;
  };

  /// " (fw.bpf.c:33)": the file without its folder.
  std::string source(uint32_t insn) const {
    const object::SourceLine* line = program_.line_of(insn);
    if (!line) return {};
    const std::string_view file = line->file.substr(line->file.rfind('/') + 1);
    return fmt::format(" ({}:{})", file, line->line);
  }

  const program::Program& program_;
  std::unordered_map<std::string, size_t> index_;  ///< Its keys stay where they are.
  std::vector<Entry> entries_;
};

class Inspector {
 public:
  Inspector(const program::Program& program, const program::Target& target) : program_(program), target_(target) {}

  CallReasons inspect() {
    for (size_t slot = 0; slot < program_.code.size();) {
      const auto insn = isa::decode(program_.code, slot);
      at_ = static_cast<uint32_t>(slot);
      if (insn)
        inspect(*insn);
      else
        refuse(insn.error().message);
      slot += insn ? insn->slots() : 1;
    }
    return {run_.texts(), kernel_.texts(), unknown_.texts()};
  }

 private:
  void refuse(std::string why) {
    run_.add(at_, why);
    kernel_.add(at_, std::move(why));
  }

  void inspect(const isa::Insn& insn) {
    if (insn.kind == isa::Kind::load_packet && program_.type == Type::xdp) refuse(std::string(kNoPacketLoads));
    if (insn.kind == isa::Kind::load_imm && insn.pseudo == isa::Pseudo::btf_id) inspect_variable(insn);
    if (insn.kind != isa::Kind::call) return;
    switch (insn.callee) {
      case isa::Callee::helper: return inspect_helper(static_cast<int32_t>(insn.imm));
      case isa::Callee::kfunc: return inspect_function(insn);
      case isa::Callee::indirect: return kernel_.add(at_, "unknown opcode 8d");
      case isa::Callee::local: return;
    }
  }

  void inspect_helper(int32_t number) {
    if (program_.poison_at(at_)) return;  // A note says so: whether it is reached is not known here.
    const auto id = static_cast<uint32_t>(number);
    const abi::KernelHelper* known = abi::find_kernel_helper(id);
    if (!known) return refuse(fmt::format("invalid func unknown#{}", number));
    const std::string name = fmt::format("bpf_{}#{}", known->name, id);
    const std::string wrong_type = fmt::format("program of this type cannot use helper {}", name);
    const std::string wrong_licence = fmt::format("{}: {}", name, kGplHelper);
    const bool licensed = program_.gpl_compatible;

    if (caller_ && !(known->callers & caller_))
      kernel_.add(at_, wrong_type);
    else if (known->gpl_only && !licensed)
      kernel_.add(at_, wrong_licence);

    const auto hook = program::hook_of(program_.type);
    if (!hook) return;  // There is one reason against it that decides.
    const abi::HelperSpec* ours = abi::find_helper(helper::table(), id);
    if (!(known->callers & caller_))
      run_.add(at_, wrong_type);
    else if (!ours)
      run_.add(at_, fmt::format("calls {}, which saya does not have", name));
    else if (known->gpl_only && !licensed)
      run_.add(at_, wrong_licence);
  }

  const program::ExternUse* extern_of(const isa::Insn& insn) const {
    const auto index = static_cast<uint32_t>(insn.imm);
    return index < program_.externs.size() ? &program_.externs[index] : nullptr;
  }

  void inspect_function(const isa::Insn& insn) {
    const program::ExternUse* use = extern_of(insn);
    if (!use) return refuse(fmt::format("calls the kernel function with BTF id {}, which has no name", insn.imm));
    const auto& has = target_.has_function;
    const bool ours = has && has(use->name), hooked = program::hook_of(program_.type).has_value();
    if (!use->weak && !ours && hooked)
      run_.add(at_, fmt::format("calls the kernel function {}, which saya does not have", use->name));
    const abi::KernelFunction* known = abi::find_kernel_function(use->name);
    std::string why;
    if (known && !program_.gpl_compatible)
      why = kGplFunction;
    else if (known && caller_ && !(known->callers & caller_))
      why = fmt::format("calling kernel function {} is not allowed", use->name);
    if (!why.empty() && ours && hooked) run_.add(at_, why);
    if (!why.empty())
      kernel_.add(at_, std::move(why));
    else if (!known && !use->weak)
      kernel_.add(at_, fmt::format("calls the kernel function {}, which Linux 6.18 does not have", use->name));
  }

  void inspect_variable(const isa::Insn& insn) {
    const program::ExternUse* use = extern_of(insn);
    const auto& has = target_.has_variable;
    if (!use || use->weak) return;
    if (!(has && has(use->name)) && program::hook_of(program_.type))
      run_.add(at_, fmt::format("refers to the kernel variable {}, which saya does not have", use->name));
    unknown_.add(at_, fmt::format("refers to {}, and saya does not know which variables the kernel has", use->name));
  }

  const program::Program& program_;
  const program::Target& target_;
  const uint32_t caller_ = program::caller_of(program_.type);
  ReasonList run_{program_}, kernel_{program_}, unknown_{program_};
  uint32_t at_ = 0;  ///< Slot.
};

}  // namespace

CallReasons check_calls(const program::Program& program, const program::Target& target) {
  return Inspector(program, target).inspect();
}

bool knows_calls_of(Type type) noexcept { return program::caller_of(type) != abi::kByNone; }

}  // namespace saya::attach
