// Externs in BTF made definitions, for a kernel that knows none. What libbpf makes of them (tools/lib/bpf/libbpf.c,
// Linux 6.12), but for the name of the variable that stands for functions: here a function's.
#include <span>
#include <utility>

#include "base/bytes.h"
#include "btf/kernel_form.h"
#include "btf/wire.h"

namespace saya::btf {
namespace {

constexpr uint32_t kExtern = 2;  ///< Linkage of functions and variables.
constexpr uint32_t kGlobal = 1;
constexpr uint32_t kSlotBytes = 4;     ///< Of each variable of `.ksyms`.
constexpr uint32_t kVariableWord = 3;  ///< Words of the records: the linkage follows the three common ones.
constexpr size_t kVariableBytes = kRecordBytes + sizeof(uint32_t);
constexpr size_t kPlaceBytes = 3 * sizeof(uint32_t);  ///< A variable of a section: type, offset, size.
constexpr size_t kParameterBytes = 2 * sizeof(uint32_t);

class Definer {
 public:
  Definer(std::vector<std::byte>& bytes, const Sections& sections, const ConfigLayout& config)
      : bytes_(bytes),
        sections_(sections),
        types_(bytes.data() + (sections.types.data() - bytes.data())),
        config_(config) {}

  Result<> run() {
    for (size_t offset = 0; offset < sections_.types.size();) {
      SAYA_TRY(Record record, next_record(sections_, static_cast<uint32_t>(records_.size()), offset));
      records_.push_back(record);
      if (int_ == 0 && record.kind == Kind::integer && record.word == kSlotBytes) int_ = record.id;
    }
    for (const Record& record : std::span(records_).subspan(1)) define(record);
    if (stand_in_) append_stand_in(*stand_in_);
    return {};
  }

 private:
  std::byte* at(const Record& record, size_t byte = 0) { return types_ + record.offset + byte; }

  void define(const Record& record) {
    if (record.kind == Kind::function && record.members == kExtern) define_function(record);
    if (record.kind == Kind::variable && load<uint32_t>(at(record, kVariableWord * 4)) == kExtern)
      store(at(record, kVariableWord * 4), kGlobal);
    if (record.kind != Kind::data_section) return;
    const auto name = string_in(sections_.strings, record.name);
    if (name == ".kconfig") place_config(record);
    if (name == ".ksyms") place_symbols(record);
  }

  void define_function(const Record& function) {
    const auto info = load<uint32_t>(at(function, 4));
    store(at(function, 4), (info & 0xffff0000u) | kGlobal);
    if (function.word >= records_.size() || records_[function.word].kind != Kind::function_proto) return;
    const Record& prototype = records_[function.word];
    for (size_t i = 0; i < prototype.members; ++i) {
      std::byte* parameter = at(prototype, kRecordBytes + i * kParameterBytes);
      const bool nameless = load<uint32_t>(parameter) == 0 && load<uint32_t>(parameter + 4) != 0;
      if (nameless) store(parameter, function.name);  // Any name will do, and this one is at hand.
    }
  }

  void place_config(const Record& section) {
    store(at(section, 8), config_.size);
    for (size_t i = 0; i < section.members; ++i) {
      std::byte* place = at(section, kRecordBytes + i * kPlaceBytes);
      const auto type = load<uint32_t>(place);
      if (type >= records_.size()) continue;
      const auto offset = config_.offset(string_in(sections_.strings, records_[type].name));
      if (offset) store(place + 4, *offset);
    }
    sort_variables(at(section, kRecordBytes), section.members);
  }

  void place_symbols(const Record& section) {
    store(at(section, 8), section.members * kSlotBytes);
    for (uint32_t i = 0; i < section.members; ++i) {
      std::byte* place = at(section, kRecordBytes + i * kPlaceBytes);
      const auto type = load<uint32_t>(place);
      if (type < records_.size()) place_symbol(place, records_[type]);
      store(place + 4, i * kSlotBytes);
      store(place + 8, kSlotBytes);
    }
  }

  void place_symbol(std::byte* place, const Record& symbol) {
    if (symbol.kind == Kind::variable) store(at(symbol, 8), int_);
    if (symbol.kind != Kind::function) return;
    stand_in_ = symbol.name;
    store(place, static_cast<uint32_t>(records_.size()));
  }

  /// A new last type: `int NAME`.
  void append_stand_in(uint32_t name) {
    const uint32_t words[] = {name, static_cast<uint32_t>(Kind::variable) << 24, int_, kGlobal};
    const auto end = types_ - bytes_.data() + static_cast<std::ptrdiff_t>(sections_.types.size());
    const auto record = std::as_bytes(std::span(words));
    static_assert(sizeof words == kVariableBytes);
    bytes_.insert(bytes_.begin() + end, record.begin(), record.end());
    std::byte* header = bytes_.data();
    const auto types_at = load<uint32_t>(header + 8), strings_at = load<uint32_t>(header + 16);
    store(header + 12, static_cast<uint32_t>(load<uint32_t>(header + 12) + sizeof words));
    if (strings_at > types_at) store(header + 16, static_cast<uint32_t>(strings_at + sizeof words));
  }

  std::vector<std::byte>& bytes_;
  const Sections& sections_;
  std::byte* const types_;
  const ConfigLayout& config_;
  std::vector<Record> records_ = std::vector<Record>(1);  ///< By id; void has none.
  uint32_t int_ = 0;                                      ///< Some integer of 4 bytes.
  std::optional<uint32_t> stand_in_;                      ///< The name of what stands for functions in `.ksyms`.
};

}  // namespace

Result<std::vector<std::byte>> define_externs(std::vector<std::byte> bytes, const ConfigLayout& config) {
  SAYA_TRY(const Sections sections, split(bytes));
  SAYA_CHECK(Definer(bytes, sections, config).run());
  return bytes;
}

}  // namespace saya::btf
