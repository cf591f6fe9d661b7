// The report that tc and ip print for `verb`.
#pragma once

#include <string>
#include <vector>

#include "object/object.h"
#include "program/program.h"

namespace saya::cli {

/// A program as it was loaded, or why it was not.
struct VerbProgram {
  const object::Function* function = nullptr;
  program::Type type = program::Type::unspec;
  size_t insns = 0;
  std::vector<std::string> reasons;  ///< Empty when it was loaded.
};

/// The blocks of iproute2 6.1's own loader (lib/bpf_legacy.c), byte for byte: maps, those of maps after the others,
/// then programs, those of sections "ID/SLOT" after the others. The numbers in brackets are tc's descriptors: they
/// count from 5, after its standard streams, its netlink socket and the object.
std::string verb_text(const object::Object& object, const std::vector<VerbProgram>& programs);

}  // namespace saya::cli
