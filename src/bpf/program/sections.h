// What section names mean, as a table, and the numbers that go with it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "program/program.h"

namespace saya::program {

/// BPF_* of enum bpf_attach_type; values are kernel ABI.
enum class AttachType : uint32_t {
  none = 0,  ///< As a number the same as cgroup_inet_ingress, which no other type of program has.
#define SAYA_ATTACH_TYPE(id, name) name = id,
#include "program/attach_types.def"
};
/// "tcx_ingress"; empty for a number that Linux 6.18 does not know.
std::string_view attach_type_name(uint32_t id) noexcept;

/// How a section's name matches a row.
enum class SectionMatch : uint8_t {
  exact,   ///< The name itself.
  family,  ///< The name itself, or with "/" and more behind it.
  loose,   ///< The name itself, or, where no other row says more, with anything behind it that starts with no letter.
};

/// One row of program/sections.def.
struct Section {
  std::string_view name;
  SectionMatch match;
  SectionType type;
};
std::span<const Section> sections() noexcept;

}  // namespace saya::program
