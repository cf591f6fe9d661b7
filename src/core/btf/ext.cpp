// `.BTF.ext`: which function starts and which source line stands where, and what CO-RE relocates
// (Linux 6.18 Documentation/bpf/btf.rst 4.2, Documentation/bpf/llvm_reloc.rst).
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>
#include <unordered_map>

#include "base/bytes.h"
#include "btf/btf.h"
#include "btf/wire.h"

namespace saya::btf {
namespace {

struct Header {
  uint16_t magic;
  uint8_t version;
  uint8_t flags;
  uint32_t header_bytes;
  uint32_t function_offset;
  uint32_t function_bytes;
  uint32_t line_offset;
  uint32_t line_bytes;
};
/// Follows the header if its length says so: clang 10 and newer.
struct CoreHeader {
  uint32_t offset;
  uint32_t bytes;
};
constexpr size_t kInsnBytes = 8;
constexpr size_t kFunctionBytes = 8;
constexpr size_t kLineBytes = 16;
constexpr size_t kCoreBytes = 16;

/// Collects the tables by section name, in the order in which names first appear.
class ExtReader {
 public:
  explicit ExtReader(const Btf& btf) : btf_(btf) {}

  /// One table: a record size, then blocks of (section name, count, records). Records may be longer than we know.
  template <class Take>
  Result<> read_table(std::span<const std::byte> table, std::string_view what, size_t known_bytes, Take take) {
    if (table.empty()) return {};
    if (table.size() < 4) return fail(Code::malformed, fmt::format("{}: {} bytes are too short", what, table.size()));
    const auto each = load<uint32_t>(table.data());
    if (each < known_bytes || each % 4 != 0)
      return fail(Code::malformed, fmt::format("{}: record size is {}, must be at least {} and a multiple of 4", what,
                                               each, known_bytes));
    for (table = table.subspan(4); !table.empty();) {
      SAYA_TRY(const Block block, next_block(table, each, what));
      for (size_t i = 0; i < block.count; ++i)
        if (auto taken = take(sections_[block.section], block.records.data() + i * each); !taken)
          return std::unexpected(std::move(taken).error().at(
              fmt::format("{}: section '{}', record {}", what, sections_[block.section].section, i)));
    }
    return {};
  }

  Result<> take_function(SectionInfo& section, const std::byte* at) const {
    const FunctionInfo info{load<uint32_t>(at), load<uint32_t>(at + 4)};
    if (info.type >= btf_.count() || btf_.type(info.type).kind != Kind::function)
      return fail(Code::malformed, fmt::format("type {} is not a function", info.type));
    section.functions.push_back(info);
    return {};
  }

  Result<> take_line(SectionInfo& section, const std::byte* at) const {
    const auto file = btf_.string_at(load<uint32_t>(at + 4)), text = btf_.string_at(load<uint32_t>(at + 8));
    if (!file || !text)
      return fail(Code::malformed,
                  fmt::format("string offset {} is outside the string section", load<uint32_t>(at + (file ? 8 : 4))));
    const auto place = load<uint32_t>(at + 12);  // Line in the upper 22 bits, column in the lower 10.
    section.lines.push_back({load<uint32_t>(at), *file, *text, place >> 10, place & 1023});
    return {};
  }

  Result<> take_relocation(SectionInfo& section, const std::byte* at) const {
    const auto offset = load<uint32_t>(at), type = load<uint32_t>(at + 4), kind = load<uint32_t>(at + 12);
    const auto access = btf_.string_at(load<uint32_t>(at + 8));
    if (offset % kInsnBytes != 0)
      return fail(Code::malformed, fmt::format("offset {} is not a multiple of {}", offset, kInsnBytes));
    if (type == 0 || type >= btf_.count())
      return fail(Code::malformed, fmt::format("type {} does not exist, there are {}", type, btf_.count()));
    if (!access)
      return fail(Code::malformed,
                  fmt::format("string offset {} is outside the string section", load<uint32_t>(at + 8)));
    if (kind > static_cast<uint32_t>(CoreKind::type_matches))
      return fail(Code::unsupported, fmt::format("relocation kind is {}, must be 0..{}", kind,
                                                 static_cast<uint32_t>(CoreKind::type_matches)));
    section.relocations.push_back({
        offset, {type, *access, static_cast<CoreKind>(kind)}
    });
    return {};
  }

  /// By offset, equals as in the file. clang refuses std::stable_sort: libstdc++ 12 makes it of something deprecated.
  static std::vector<CoreRelocation> in_order(std::vector<CoreRelocation> relocations) {
    if (std::ranges::is_sorted(relocations, {}, &CoreRelocation::offset)) return relocations;
    std::vector<size_t> order(relocations.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::sort(order, {}, [&](size_t i) { return std::pair(relocations[i].offset, i); });
    std::vector<CoreRelocation> sorted;
    for (const size_t i : order) sorted.push_back(relocations[i]);
    return sorted;
  }

  std::vector<SectionInfo> take_sections() && {
    for (SectionInfo& section : sections_) {
      std::ranges::sort(section.functions, {}, [](const FunctionInfo& f) { return std::tuple(f.offset, f.type); });
      std::ranges::sort(section.lines, {}, [](const Line& l) { return std::tuple(l.offset, l.line, l.column); });
      section.relocations = in_order(std::move(section.relocations));
    }
    return std::move(sections_);
  }

 private:
  struct Block {
    size_t section;
    size_t count;
    std::span<const std::byte> records;
  };

  Result<Block> next_block(std::span<const std::byte>& table, uint32_t each, std::string_view what) {
    if (table.size() < 8) return fail(Code::malformed, fmt::format("{}: {} trailing bytes", what, table.size()));
    const auto name = btf_.string_at(load<uint32_t>(table.data()));
    const auto count = load<uint32_t>(table.data() + 4);
    if (!name) return fail(Code::malformed, fmt::format("{}: a section name is outside the string section", what));
    const uint64_t bytes = uint64_t{count} * each;
    if (bytes > table.size() - 8)
      return fail(Code::malformed, fmt::format("{}: section '{}': {} records of {} bytes do not fit in {}", what, *name,
                                               count, each, table.size() - 8));
    const Block block{section(*name), count, table.subspan(8, bytes)};
    table = table.subspan(8 + bytes);
    return block;
  }

  size_t section(std::string_view name) {
    const auto [found, fresh] = index_.try_emplace(name, sections_.size());
    if (fresh) sections_.push_back({.section = name, .functions = {}, .lines = {}, .relocations = {}});
    return found->second;
  }

  const Btf& btf_;
  std::vector<SectionInfo> sections_;
  std::unordered_map<std::string_view, size_t> index_;
};

Result<std::span<const std::byte>> cut(std::span<const std::byte> body, uint32_t offset, uint32_t size,
                                       std::string_view what) {
  if (offset > body.size() || size > body.size() - offset)
    return fail(Code::malformed,
                fmt::format("{}: {} bytes at {} leave the {} bytes after the header", what, size, offset, body.size()));
  return body.subspan(offset, size);
}

/// The table of CO-RE relocations; empty when the header is too short to name it.
Result<std::span<const std::byte>> core_table(const Header& header, std::span<const std::byte> bytes,
                                              std::span<const std::byte> body) {
  if (header.header_bytes < sizeof(Header) + sizeof(CoreHeader)) return std::span<const std::byte>();
  const auto core = load<CoreHeader>(bytes.data() + sizeof(Header));
  return cut(body, core.offset, core.bytes, "core_relo");
}

}  // namespace

Result<std::vector<SectionInfo>> parse_ext(const Btf& btf, std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(Header))
    return fail(Code::malformed, fmt::format("{} bytes are too short for the header", bytes.size()));
  const auto header = load<Header>(bytes.data());
  if (header.magic != kMagic || header.version != 1)
    return fail(Code::malformed, fmt::format("magic {:#06x} version {}, must be {:#06x} version 1", header.magic,
                                             header.version, kMagic));
  if (header.header_bytes < sizeof(Header) || header.header_bytes > bytes.size())
    return fail(Code::malformed,
                fmt::format("header length is {}, must be {}..{}", header.header_bytes, sizeof(Header), bytes.size()));
  const auto body = bytes.subspan(header.header_bytes);
  SAYA_TRY(const auto functions, cut(body, header.function_offset, header.function_bytes, "func_info"));
  SAYA_TRY(const auto lines, cut(body, header.line_offset, header.line_bytes, "line_info"));
  SAYA_TRY(const auto relocations, core_table(header, bytes, body));
  ExtReader reader(btf);
  SAYA_CHECK(reader.read_table(functions, "func_info", kFunctionBytes, [&](SectionInfo& section, const std::byte* at) {
    return reader.take_function(section, at);
  }));
  SAYA_CHECK(reader.read_table(lines, "line_info", kLineBytes, [&](SectionInfo& section, const std::byte* at) {
    return reader.take_line(section, at);
  }));
  SAYA_CHECK(reader.read_table(relocations, "core_relo", kCoreBytes, [&](SectionInfo& section, const std::byte* at) {
    return reader.take_relocation(section, at);
  }));
  return std::move(reader).take_sections();
}

}  // namespace saya::btf
