// What can be said about an object, gathered once for people and for programs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/obj.h"

namespace saya::cli {

/// A program as it would be loaded, and what it refers to, itself or through the functions that it calls.
struct ProgramFacts {
  const object::Function* function = nullptr;
  program::ProgramPtr linked;  ///< Null when it cannot be linked: nothing keeps the others from being shown.
  std::string error;           ///< Then this says why.
  program::SectionType section;
  std::vector<uint32_t> functions;  ///< In Object::functions: itself, then what it calls, in the order of linking.
  std::vector<uint32_t> maps;       ///< In Object::maps.
  std::vector<uint32_t> externs;    ///< In Object::externs; those of `.kconfig` if it reads any.
  size_t core_relocations = 0;
  size_t lines = 0;  ///< Source lines that debug information names.

  /// Instructions: of the whole program, or of the function alone when it cannot be linked.
  size_t insns() const noexcept { return linked ? linked->code.size() : function->code.size(); }
};

/// A global variable of a data section.
struct Variable {
  std::string_view section, name;
  std::string type;
  uint32_t offset = 0;  ///< In its section.
  uint32_t size = 0;
};

/// Borrows from the OpenedObject. Of an object of which one program was asked for: what that program refers to.
struct ObjectFacts {
  const object::Object& object;
  bool gpl_compatible = false;
  uint32_t btf_types = 0;
  std::vector<uint32_t> subprograms;  ///< Functions that are no programs, in Object::functions.
  std::vector<uint32_t> maps;
  std::vector<uint32_t> externs;
};
ObjectFacts object_facts(const OpenedObject& opened, bool one_program);

/// Links the programs of an object one after the other, and keeps none: in a hostile object each may be as long as all
/// of it. It stops linking when they would take minutes.
class ProgramReader {
 public:
  explicit ProgramReader(const OpenedObject& opened) : opened_(opened) {}
  ProgramFacts read(uint32_t index);

 private:
  Result<program::ProgramPtr> link(uint32_t index);

  const OpenedObject& opened_;
  size_t insns_ = 0;  ///< Of all programs together.
};

/// The variables of those of facts.maps that are data sections, as far as debug information names them.
std::vector<Variable> variables_of(const ObjectFacts& facts);
/// "struct flow_key"; empty when it is not known, or is a data section's.
std::string type_text(const object::Object& object, uint32_t btf_type);

std::string_view to_string(object::Binding binding) noexcept;
std::string_view to_string(object::Pinning pinning) noexcept;
std::string_view to_string(object::Extern::Kind kind) noexcept;

}  // namespace saya::cli
