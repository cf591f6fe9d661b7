// Where a program can run and why not, without running it: as far as its type, its calls, its maps and its licence say.
// What only following its paths can tell is the verifier's to say.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "attach/objects.h"
#include "program/program.h"
#include "program/target.h"

namespace saya::attach {

enum class Answer : uint8_t { no, yes, unknown };

/// What one target says to a program.
struct TargetAnswer {
  Answer answer = Answer::yes;
  std::vector<std::string> reasons;  ///< Why not, or why it is not known; empty for yes.
};

/// The answers to one program as a program of one type.
struct TypeAnswers {
  program::Type type = program::Type::unspec;
  uint32_t index = 0;              ///< In Object::functions.
  size_t insns = 0;                ///< With what it calls.
  TargetAnswer run;                ///< saya's own hooks.
  TargetAnswer kernel;             ///< Linux 6.18, when the loader is privileged.
  std::vector<std::string> notes;  ///< What will happen at instructions that were poisoned in linking.
};

/// Checks the programs of one object. Creates its maps, since only that tells whether they can be created. Control
/// side.
class ObjectCheck {
 public:
  /// `target`: what saya's own hooks answer to the object.
  explicit ObjectCheck(object::Object object, program::Target target = program::default_target());

  /// The answers for function `index` of the object as a program of `type`; where that is unspec, of the type that its
  /// section says; where that says nothing, of the type of those that tail-call it, or of each that saya's hooks run.
  std::vector<TypeAnswers> check(uint32_t index, program::Type type = program::Type::unspec);

  const object::Object& object() const noexcept { return open_.object; }

 private:
  TypeAnswers check_as(uint32_t index, program::Type type);
  void check_linked(const program::Program& program, TypeAnswers& answers);
  std::vector<std::string> map_reasons(const program::Program& program) const;
  Result<> attempt(uint32_t index, program::Type type);
  const Result<>& fill_slots(program::Type type);

  program::Target target_;
  Result<> configured_;
  OpenObject open_;
  Result<> created_;                          ///< Whether open_.maps could be made.
  std::map<program::Type, Result<>> filled_;  ///< Whether prog arrays can be filled for a program of a type.
  size_t insns_ = 0;                          ///< Of all programs that were linked.
};

}  // namespace saya::attach
