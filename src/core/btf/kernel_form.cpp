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

/// Rewrites the records of one `.BTF`.
class Finisher {
 public:
  Finisher(const Sections& sections, std::byte* types, const ElfFacts& facts)
      : sections_(sections), types_(types), facts_(facts) {}

  Result<> run() {
    for (size_t offset = 0; offset < sections_.types.size();) {
      SAYA_TRY(const Record record, next_record(sections_, static_cast<uint32_t>(names_.size()), offset));
      names_.push_back(record.name);
      if (record.kind == Kind::data_section) data_sections_.push_back(record);
      if (record.kind == Kind::function && is_hidden(record)) make_static(types_ + record.offset);
    }
    for (const Record& record : data_sections_) finish_data_section(record);  // Their variables may come after them.
    return {};
  }

 private:
  bool is_hidden(const Record& record) const { return facts_.is_hidden(string_in(sections_.strings, record.name)); }

  void finish_data_section(const Record& record) {
    const auto section = string_in(sections_.strings, record.name);
    std::byte* at = types_ + record.offset;
    if (const auto size = facts_.section_size(section); size && record.word == 0) store(at + 8, *size);
    at += kRecordBytes;
    for (uint32_t i = 0; facts_.offset_of && i < record.members; ++i)
      place_variable(section, at + i * sizeof(Variable));
    if (record.members > 0) sort_variables(at, record.members);
  }

  void place_variable(std::string_view section, std::byte* at) const {
    const auto type = load<uint32_t>(at);
    if (type >= names_.size()) return;
    if (const auto offset = facts_.offset_of(section, string_in(sections_.strings, names_[type])))
      store(at + 4, *offset);
  }

  static void make_static(std::byte* record) {
    const auto info = load<uint32_t>(record + 4);
    store(record + 4, info & 0xffff0000u);  // The member count of a function is its linkage; static is 0.
  }

  const Sections& sections_;
  std::byte* types_;
  const ElfFacts& facts_;
  std::vector<uint32_t> names_ = {0};  ///< Of each type, the offset in the strings; type 0 has none.
  std::vector<Record> data_sections_;
};

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
  SAYA_CHECK(Finisher(sections, types, facts).run());
  return bytes;
}

}  // namespace saya::btf
