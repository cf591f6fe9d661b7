// Where a program can run and why not, without running it: as far as its type, its calls, its maps and its licence say.
// What only following its paths can tell is the verifier's to say.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attach/objects.h"
#include "attach/target.h"
#include "program/program.h"

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
  explicit ObjectCheck(object::Object object, program::Target target = own_target());

  /// The answers for function `index` of the object as a program of `type`; where that is unspec, of the type that its
  /// section says; where that says nothing, of the type of those that tail-call it, or of each that saya's hooks run.
  std::vector<TypeAnswers> check(uint32_t index, program::Type type = program::Type::unspec);

  const object::Object& object() const noexcept { return object_; }

 private:
  /// The object opened for programs of one type, as `saya run` opens it.
  class Trial {
   public:
    Trial(const object::Object& object, program::Type type, const program::Target& target);
    ~Trial();
    /// Whether function `index` gets as far as the hook.
    Result<> attempt(uint32_t index);

   private:
    program::Type type_;
    Objects objects_;
    Result<const OpenObject*> open_;
    std::optional<Result<>> filled_;  ///< Whether the prog arrays could be filled.
  };

  TypeAnswers check_as(uint32_t index, program::Type type);
  void check_linked(const program::Program& program, TypeAnswers& answers);
  std::vector<std::string> map_reasons(const program::Program& program) const;
  Result<> attempt(uint32_t index, program::Type type);

  object::Object object_;
  program::Target target_;
  std::map<std::pair<program::Type, bool>, Trial> trials_;  ///< By type, and by whether they take fragments.
  size_t insns_ = 0;                                        ///< Of all programs that were linked.
};

}  // namespace saya::attach
