// What section names mean. Rules of libbpf 1.x (sec_def_matches(), tools/lib/bpf/libbpf.c); what it knows no more
// (libbpf 0.x took any name that begins like a row's) is matched after it, so that old objects keep their types.
#include "program/sections.h"

#include <algorithm>
#include <cctype>
#include <iterator>

#include "abi/kernel_calls.h"

namespace saya::program {
namespace {

using enum SectionMatch;

/// The last column of sections.def.
enum class Wish : uint8_t { plain, frags, sleepable };

constexpr SectionType section_type(Type type, AttachType attach, Wish wish) {
  return {.type = type,
          .frags = wish == Wish::frags,
          .sleepable = wish == Wish::sleepable,
          .expected_attach_type = static_cast<uint32_t>(attach)};
}

constexpr Section kSections[] = {
#define SAYA_SECTION(name, match, type, attach, wish) \
  {name, SectionMatch::match, section_type(Type::type, AttachType::attach, Wish::wish)},
#include "program/sections.def"
};

constexpr std::string_view kAttachTypes[] = {
#define SAYA_ATTACH_TYPE(id, name) #name,
#include "program/attach_types.def"
};
#define SAYA_ATTACH_TYPE(id, name) static_assert(kAttachTypes[id] == #name, "attach_types.def is in order");
#include "program/attach_types.def"

bool matches(std::string_view section, const Section& row) {
  if (!section.starts_with(row.name)) return false;
  return section.size() == row.name.size() || (row.match == family && section[row.name.size()] == '/');
}

/// "xdp_pass" and "tc1", but not "tcp".
bool matches_loosely(std::string_view section, const Section& row) {
  return row.match == loose && section.starts_with(row.name) && section.size() > row.name.size() &&
         !std::isalpha(static_cast<unsigned char>(section[row.name.size()]));
}

const Section* find(std::string_view section) noexcept {
  for (const Section& row : kSections)
    if (matches(section, row)) return &row;
  const Section* longest = nullptr;
  for (const Section& row : kSections)
    if (matches_loosely(section, row) && (!longest || row.name.size() > longest->name.size())) longest = &row;
  return longest;
}

}  // namespace

std::span<const Section> sections() noexcept { return kSections; }

std::string_view attach_type_name(uint32_t id) noexcept {
  return id < std::size(kAttachTypes) ? kAttachTypes[id] : std::string_view{};
}

SectionType type_of_section(std::string_view section) noexcept {
  const bool autoload = !section.starts_with('?');
  if (!autoload) section.remove_prefix(1);
  const Section* row = find(section);
  SectionType type = row ? row->type : SectionType{};
  type.autoload = autoload;
  return type;
}

std::optional<abi::Hook> hook_of(Type type) noexcept {
  switch (type) {
    case Type::xdp: return abi::Hook::xdp;
    case Type::sched_cls:
    case Type::sched_act: return abi::Hook::tc;
    case Type::socket_filter: return abi::Hook::socket;
    default: return std::nullopt;
  }
}

uint32_t caller_of(Type type) noexcept {
  switch (type) {
    case Type::xdp: return abi::kByXdp;
    case Type::sched_cls: return abi::kByClassifier;
    case Type::sched_act: return abi::kByAction;
    case Type::socket_filter: return abi::kBySocketFilter;
    default: return abi::kByNone;
  }
}

}  // namespace saya::program
