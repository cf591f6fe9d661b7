// The checks of a whole program. "run" is tried out up to the point where packets would come, so that a yes is one.
#include "attach/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "attach/check_calls.h"
#include "attach/map_programs.h"
#include "attach/tail_calls.h"
#include "helper/table.h"
#include "interp/interp.h"

namespace saya::attach {
namespace {

using program::Type;

constexpr size_t kMostInsns = 1'000'000;  ///< BPF_COMPLEXITY_LIMIT_INSNS, Linux 6.18 include/linux/bpf.h.

/// Programs of real objects have some hundred thousand together. In a hostile object each may be as long as all of it.
constexpr size_t kMostLinked = size_t{32} << 20;

program::Target for_looking(program::Target target) {
  target.keep_externs = true;
  return target;
}

bool is_in_slot(const object::Object& object, uint32_t index) {
  return std::ranges::any_of(object.maps, [&](const object::MapDefinition& map) {
    return std::ranges::find(map.programs, index, &object::ProgramSlot::function) != map.programs.end();
  });
}

/// The type of the programs that tail-call those whose sections say nothing, if it is one.
Type type_of_others(const object::Object& object) {
  std::set<Type> types;
  for (const object::Function& function : object.functions)
    if (function.entry) types.insert(program::type_of_section(function.section).type);
  types.erase(Type::unspec);
  return types.size() == 1 ? *types.begin() : Type::unspec;
}

std::vector<Type> types_of(const object::Object& object, uint32_t index, Type type) {
  if (type == Type::unspec) type = program::type_of_section(object.functions[index].section).type;
  if (type == Type::unspec && is_in_slot(object, index)) type = type_of_others(object);
  if (type != Type::unspec) return {type};
  return {Type::xdp, Type::sched_cls};
}

void refuse(TypeAnswers& answers, const std::string& reason) {
  answers.run.reasons.push_back(reason);
  answers.kernel.reasons.push_back(reason);
}

void take(TargetAnswer& answer, std::vector<std::string> reasons) {
  std::ranges::move(reasons, std::back_inserter(answer.reasons));
}

void conclude(TargetAnswer& answer) {
  if (answer.answer == Answer::yes && !answer.reasons.empty()) answer.answer = Answer::no;
}

/// Why saya cannot make a map; empty when it can.
std::string map_reason(const object::MapDefinition& map, bool used) {
  const std::string who = fmt::format("map '{}'{}", map.spec.name, used ? "" : ", which this program does not use,");
  if (const auto described = object::check_described(map); !described)
    return fmt::format("{}: {}", who, described.error().message);
  const MapType* type = find_map_type(map.spec.type);
  if (!type) return fmt::format("{} is of type {}, which saya does not have", who, map_type_name(map.spec.type));
  const auto storage = type->storage(map.spec, 1);
  if (storage) return {};
  return used ? storage.error().message : fmt::format("{} cannot be made: {}", who, storage.error().message);
}

std::vector<std::string> kernel_map_reasons(const object::Object& object, const program::Program& program) {
  std::vector<std::string> reasons;
  for (const uint32_t number : program.map_numbers) {
    const MapSpec& spec = object.maps[number].spec;
    if (const auto described = object::check_described(object.maps[number]); !described)
      reasons.push_back(fmt::format("map '{}': {}", spec.name, described.error().message));
    if (spec.type >= kMapTypeNumbers)
      reasons.push_back(fmt::format("map '{}' is of type {}, which Linux 6.18 does not have", spec.name, spec.type));
  }
  return reasons;
}

}  // namespace

ObjectCheck::ObjectCheck(object::Object object, program::Target target)
    : object_(std::move(object)), target_(std::move(target)) {}

std::vector<TypeAnswers> ObjectCheck::check(uint32_t index, Type type) {
  std::vector<TypeAnswers> answers;
  for (const Type each : types_of(object_, index, type)) answers.push_back(check_as(index, each));
  return answers;
}

TypeAnswers ObjectCheck::check_as(uint32_t index, Type type) {
  TypeAnswers answers{.type = type, .index = index, .insns = object_.functions[index].code.size()};
  if (insns_ > kMostLinked) {
    for (TargetAnswer* answer : {&answers.run, &answers.kernel})
      *answer = {Answer::unknown, {fmt::format("the programs before it have {} instructions together", insns_)}};
    return answers;
  }
  const auto program = program::link(object_, index, {}, type, for_looking(target_));
  if (program)
    check_linked(**program, answers);
  else
    refuse(answers, program.error().message);
  conclude(answers.run);
  conclude(answers.kernel);
  return answers;
}

void ObjectCheck::check_linked(const program::Program& program, TypeAnswers& answers) {
  insns_ += program.code.size();
  answers.insns = program.code.size();
  if (!program::hook_of(answers.type))
    answers.run.reasons.push_back(
        fmt::format("saya has no hook for programs of type {}", program::to_string(answers.type)));
  if (answers.insns > kMostInsns)
    refuse(answers, fmt::format("{} instructions, at most {} are allowed", answers.insns, kMostInsns));
  CallReasons calls = check_calls(program, target_);
  take(answers.run, std::move(calls.run));
  take(answers.kernel, std::move(calls.kernel));
  take(answers.run, map_reasons(program));
  take(answers.kernel, kernel_map_reasons(object_, program));
  if (!knows_calls_of(answers.type))
    calls.unknown.push_back(
        fmt::format("saya does not know what programs of type {} may call", program::to_string(answers.type)));
  if (answers.kernel.reasons.empty() && !calls.unknown.empty())
    answers.kernel = {Answer::unknown, std::move(calls.unknown)};
  if (answers.run.reasons.empty())
    if (const auto made = attempt(answers.index, answers.type); !made)
      answers.run.reasons.push_back(made.error().message);
  for (const program::Poison& poison : program.poisons)
    answers.notes.push_back(fmt::format("insn {} stops the program when it is reached: {}", poison.insn, poison.why));
}

std::vector<std::string> ObjectCheck::map_reasons(const program::Program& program) const {
  std::vector<std::string> reasons;
  for (uint32_t i = 0; i < object_.maps.size(); ++i) {
    const bool used = std::ranges::find(program.map_numbers, i) != program.map_numbers.end();
    if (std::string reason = map_reason(object_.maps[i], used); !reason.empty()) reasons.push_back(std::move(reason));
  }
  return reasons;
}

/// The program's walk (pipeline.cpp) up to the hook, together with what came before of its kind: a prog array takes
/// programs of one kind only.
Result<> ObjectCheck::attempt(uint32_t index, Type type) {
  const bool frags = program::type_of_section(object_.functions[index].section).frags;
  const auto [entry, fresh] = trials_.try_emplace({type, frags}, object_, type, target_);
  return entry->second.attempt(index);
}

ObjectCheck::Trial::Trial(const object::Object& object, Type type, const program::Target& target)
    : type_(type), objects_({}, target), open_(objects_.open(object.file, object)) {}

ObjectCheck::Trial::~Trial() {
  if (open_) release_programs(**open_);
}

Result<> ObjectCheck::Trial::attempt(uint32_t index) {
  SAYA_TRY(const OpenObject* open, open_);
  SAYA_TRY(const program::ProgramPtr program, program::link(open->object, index, open->maps, type_, objects_.target()));
  SAYA_TRY(const abi::ExecutablePtr executable, interp::run_checked(program, helper::table()));
  SAYA_CHECK(claim_prog_arrays(*program));
  if (!filled_) filled_ = fill_prog_arrays(*open, type_, objects_.target());
  return *filled_;
}

}  // namespace saya::attach
