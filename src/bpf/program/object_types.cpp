// The kernel's verifier knows which id a call of bpf_obj_new_impl() is given (kernel/bpf/verifier.c, Linux 6.18); here
// every id that the code loads as one may be: where clang puts ids that CO-RE fills in, and where the argument goes.
#include "program/object_types.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "isa/opcodes.h"

namespace saya::program {
namespace {

constexpr uint8_t kMove64 = 0xb7, kMove32 = 0xb4;  // Of an immediate.
constexpr size_t kMostTypes = 128;                 // Ours: a bound on the work that hostile code makes.

bool allocates(const Program& program) {
  return std::ranges::any_of(program.externs, [](const ExternUse& use) {
    return use.name == "bpf_obj_new_impl" || use.name == "bpf_percpu_obj_new_impl";
  });
}

std::set<uint32_t> loaded_ids(const Program& program) {
  std::set<uint32_t> ids;
  for (const isa::RawInsn& insn : program.code) {
    const bool wide = insn.opcode == isa::kLoadImm && insn.src() == 0;
    const bool argument = (insn.opcode == kMove64 || insn.opcode == kMove32) && insn.dst() == 1;
    if (!wide && !argument) continue;
    const auto id = static_cast<uint32_t>(insn.imm);
    if (program.btf->type(id).kind == btf::Kind::structure && ids.size() < kMostTypes) ids.insert(id);
  }
  return ids;
}

}  // namespace

std::vector<abi::ObjectTypePtr> find_object_types(const Program& program) {
  std::vector<abi::ObjectTypePtr> types;
  if (!program.btf || !allocates(program)) return types;
  for (const uint32_t id : loaded_ids(program)) {
    const btf::Type& type = program.btf->type(id);
    types.push_back(std::make_shared<abi::ObjectType>(
        abi::ObjectType{id, std::string(type.name), type.size, object::object_fields(*program.btf, id)}));
  }
  return types;
}

}  // namespace saya::program
