// Finishes BTF for the kernel in place; sizes and record boundaries do not change.
#include "btf/kernel_form.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/bytes.h"
#include "btf/wire.h"

namespace saya::btf {
namespace {

using Variable = std::array<uint32_t, 3>;  ///< Type, offset, size.

void finish_data_section(std::byte* record, uint32_t members, std::optional<uint32_t> size) {
  if (size && load<uint32_t>(record + 8) == 0) store(record + 8, *size);
  if (members > 0) sort_variables(record + kRecordBytes, members);
}

void make_static(std::byte* record) {
  const auto info = load<uint32_t>(record + 4);
  store(record + 4, info & 0xffff0000u);  // The member count of a function is its linkage; static is 0.
}

}  // namespace

void sort_variables(std::byte* at, uint32_t count) {
  std::vector<Variable> variables(count);
  std::memcpy(variables.data(), at, count * sizeof(Variable));
  std::ranges::sort(variables, {}, [](const Variable& variable) { return std::pair(variable[1], variable); });
  std::memcpy(at, variables.data(), count * sizeof(Variable));
}

Result<std::vector<std::byte>> kernel_form(std::vector<std::byte> bytes, const ElfFacts& facts) {
  SAYA_TRY(const Sections sections, split(bytes));
  std::byte* types = bytes.data() + (sections.types.data() - bytes.data());
  uint32_t id = 1;
  for (size_t offset = 0; offset < sections.types.size(); ++id) {
    SAYA_TRY(const Record record, next_record(sections, id, offset));
    const auto name = string_in(sections.strings, record.name);
    if (record.kind == Kind::data_section)
      finish_data_section(types + record.offset, record.members, facts.section_size(name));
    if (record.kind == Kind::function && facts.is_hidden(name)) make_static(types + record.offset);
  }
  return bytes;
}

}  // namespace saya::btf
