// Programs that leave a trace: each takes the next number with an atomic add and writes a record under it.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <sstream>

#include "base/bytes.h"
#include "isa/insn.h"
#include "support/clsact_cases.h"

namespace saya::tests {
namespace {

struct TraceField {
  std::string_view name;
  int offset;  ///< In struct __sk_buff.
};

/// After the id, in this order, four bytes each.
constexpr TraceField kTraceFields[] = {
    {"pkt_type",      4  },
    {"mark",          8  },
    {"queue_mapping", 12 },
    {"protocol",      16 },
    {"vlan_present",  20 },
    {"vlan_tci",      24 },
    {"priority",      32 },
    {"ifindex",       40 },
    {"tc_index",      44 },
    {"cb0",           48 },
    {"tc_classid",    72 },
    {"wire_len",      160},
};
constexpr size_t kRecordSize = 4 * (1 + std::size(kTraceFields));
constexpr size_t kRecords = 16;
constexpr size_t kRecordsAt = 8;  ///< Behind the 64-bit count.

int offset_of(std::string_view name) {
  const auto* const found = std::ranges::find(kTraceFields, name, &TraceField::name);
  return found == std::end(kTraceFields) ? -1 : found->offset;
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::string assembly(const FilterProgram& what) {
  std::string text = fmt::format(
      "r6 = r1\n"
      "r7 = map[idx:0][0]+0\n"
      "r8 = 1\n"
      "r8 = atomic64_fetch_add((u64 *)(r7 +0), r8)\n"
      "if r8 > {} goto act\n"
      "r8 *= {}\n"
      "r7 += r8\n"
      "r0 = {}\n"
      "*(u32 *)(r7 +{}) = r0\n",
      kRecords - 1, kRecordSize, what.id, kRecordsAt);
  for (size_t i = 0; i < std::size(kTraceFields); ++i)
    text +=
        fmt::format("r0 = *(u32 *)(r6 +{})\n*(u32 *)(r7 +{}) = r0\n", kTraceFields[i].offset, kRecordsAt + 4 + 4 * i);
  text += "act:\n";
  for (const std::string& set : words_of(what.sets)) {
    const size_t equals = set.find('=');
    text += fmt::format("r0 = {}\n*(u32 *)(r6 +{}) = r0\n", set.substr(equals + 1), offset_of(set.substr(0, equals)));
  }
  return text + fmt::format("r0 = {}\nexit\n", static_cast<int32_t>(what.verdict));
}

}  // namespace

MapSpec trace_map_spec() {
  return {.name = "trace",
          .type = static_cast<uint32_t>(MapKind::array),
          .key_size = 4,
          .value_size = static_cast<uint32_t>(kRecordsAt + kRecords * kRecordSize),
          .max_entries = 1};
}

program::ProgramPtr filter_program(const FilterProgram& what, const MapPtr& trace) {
  program::Program program;
  program.name = fmt::format("q{}", what.id);
  program.origin = program.name;
  program.type = program::Type::sched_cls;
  program.license = "GPL";
  program.gpl_compatible = true;
  program.maps = {trace};
  program.code = isa::assemble(assembly(what)).value();
  program.subprograms = {
      {.name = program.name, .start = 0, .size = static_cast<uint32_t>(program.code.size())}
  };
  return std::make_shared<const program::Program>(std::move(program));
}

std::vector<std::string> read_trace(std::span<const std::byte> value) {
  std::vector<std::string> rows;
  const auto count = std::min<uint64_t>(load<uint64_t>(value.data()), kRecords);
  for (size_t i = 0; i < count; ++i) {
    const std::byte* record = value.data() + kRecordsAt + i * kRecordSize;
    std::string row = fmt::format("{}", load<uint32_t>(record));
    for (size_t f = 0; f < std::size(kTraceFields); ++f)
      row += fmt::format(" {}={:#x}", kTraceFields[f].name, load<uint32_t>(record + 4 + 4 * f));
    rows.push_back(row);
  }
  return rows;
}

std::string compare_trace(std::span<const std::string> expected, std::span<const std::string> seen) {
  for (size_t i = 0; i < expected.size() || i < seen.size(); ++i) {
    if (i >= seen.size()) return fmt::format("'{}' did not run", expected[i]);
    if (i >= expected.size()) return fmt::format("'{}' ran too", seen[i]);
    const std::vector<std::string> has = words_of(seen[i]);
    const std::vector<std::string> wants = words_of(expected[i]);
    for (const std::string& want : wants)
      if (std::ranges::find(has, want) == has.end() || has[0] != wants[0])
        return fmt::format("expected '{}', but saw '{}'", expected[i], seen[i]);
  }
  return {};
}

}  // namespace saya::tests
