// Cuts `.BTF` into sections and records. Layout: Linux 6.18 include/uapi/linux/btf.h; every length is checked here, so
// that the readers above meet only bytes that exist.
#include "btf/wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/bytes.h"

namespace saya::btf {
namespace {

struct Header {
  uint16_t magic;
  uint8_t version;
  uint8_t flags;
  uint32_t header_bytes;
  uint32_t type_offset;
  uint32_t type_bytes;
  uint32_t string_offset;
  uint32_t string_bytes;
};
static_assert(sizeof(Header) == kHeaderBytes);

constexpr Shape kShapes[] = {
    {"void"},
    {.name = "int", .fixed_bytes = 4, .has_size = true},
    {.name = "pointer", .has_target = true},
    {.name = "array", .fixed_bytes = 12},
    {.name = "struct", .member_bytes = 12, .has_size = true},
    {.name = "union", .member_bytes = 12, .has_size = true},
    {.name = "enum", .member_bytes = 8, .has_size = true},
    {"forward"},
    {.name = "typedef", .has_target = true},
    {.name = "volatile", .has_target = true},
    {.name = "const", .has_target = true},
    {.name = "restrict", .has_target = true},
    {.name = "function", .has_target = true},
    {.name = "function prototype", .member_bytes = 8, .has_target = true},
    {.name = "variable", .fixed_bytes = 4, .has_target = true},
    {.name = "data section", .member_bytes = 12, .has_size = true},
    {.name = "float", .has_size = true},
    {.name = "declaration tag", .fixed_bytes = 4, .has_target = true},
    {.name = "type tag", .has_target = true},
    {.name = "enum64", .member_bytes = 12, .has_size = true},
};
static_assert(std::size(kShapes) == static_cast<size_t>(Kind::enumeration64) + 1);

/// Bits of `info` that no kind uses.
constexpr uint32_t kReservedInfo = 0x60ff0000;

Result<std::span<const std::byte>> cut(std::span<const std::byte> body, uint32_t offset, uint32_t size,
                                       std::string_view what) {
  if (offset > body.size() || size > body.size() - offset)
    return fail(Code::malformed, fmt::format("the {} section ({} bytes at {}) leaves the {} bytes after the header",
                                             what, size, offset, body.size()));
  return body.subspan(offset, size);
}

Result<> check_header(const Header& header, size_t available) {
  if (header.magic == std::byteswap(kMagic)) return fail(Code::unsupported, "big-endian BTF is not supported");
  if (header.magic != kMagic)
    return fail(Code::malformed, fmt::format("magic is {:#06x}, must be {:#06x}", header.magic, kMagic));
  if (header.version != 1) return fail(Code::unsupported, fmt::format("version is {}, must be 1", header.version));
  if (header.flags != 0) return fail(Code::unsupported, fmt::format("flags are {:#x}, must be 0", header.flags));
  if (header.header_bytes < kHeaderBytes || header.header_bytes > available)
    return fail(Code::malformed,
                fmt::format("header length is {}, must be {}..{}", header.header_bytes, kHeaderBytes, available));
  return {};
}

/// What is wrong with the record of type `id`.
std::unexpected<Error> wrong(uint32_t id, std::string_view kind, size_t offset, std::string_view cause) {
  return fail(Code::malformed, fmt::format("type {} ({} at offset {}): {}", id, kind, offset, cause));
}

constexpr uint64_t repeat(uint8_t byte) { return byte * 0x0101010101010101u; }

/// A word with bit 7 set in the first byte that is below a blank or is DEL; the bits above it may be anything. NUL and
/// tab are such bytes.
constexpr uint64_t control_bytes(uint64_t word) {
  const uint64_t del = word ^ repeat(0x7f);
  return (((word - repeat(' ')) & ~word) | ((del - repeat(1)) & ~del)) & repeat(0x80);
}

/// How many of `size` bytes come before the first control character; eight at a time, since a kernel's types have half
/// a million names.
size_t before_control(const char* text, size_t size) {
  for (size_t at = 0; at < size;) {
    uint64_t word = 0;
    std::memcpy(&word, text + at, std::min(size - at, sizeof word));
    const uint64_t found = control_bytes(word);  // Bytes beyond the end are NUL.
    if (!found) {
      at += sizeof word;
      continue;
    }
    at += static_cast<size_t>(std::countr_zero(found)) / 8;
    if (at >= size) return size;
    if (text[at] != '\t') return at;
    ++at;
  }
  return size;
}

}  // namespace

const Shape& shape_of(Kind kind) noexcept { return kShapes[static_cast<size_t>(kind)]; }

Result<Sections> split(std::span<const std::byte> bytes) {
  if (bytes.size() < kHeaderBytes)
    return fail(Code::malformed,
                fmt::format("{} bytes are too short for the {}-byte header", bytes.size(), kHeaderBytes));
  const auto header = load<Header>(bytes.data());
  SAYA_CHECK(check_header(header, bytes.size()));
  const auto body = bytes.subspan(header.header_bytes);
  Sections sections;
  SAYA_TRY(sections.types, cut(body, header.type_offset, header.type_bytes, "type"));
  SAYA_TRY(sections.strings, cut(body, header.string_offset, header.string_bytes, "string"));
  if (header.type_offset < uint64_t{header.string_offset} + header.string_bytes &&
      header.string_offset < uint64_t{header.type_offset} + header.type_bytes)
    return fail(Code::malformed, "the type and string sections overlap");
  if (sections.strings.empty() || sections.strings.front() != std::byte{0} || sections.strings.back() != std::byte{0})
    return fail(Code::malformed, "the string section must begin and end with a NUL byte");
  return sections;
}

Result<Record> next_record(const Sections& sections, uint32_t id, size_t& offset) {
  const auto rest = sections.types.subspan(offset);
  if (rest.size() < kRecordBytes)
    return wrong(id, "unknown", offset, fmt::format("only {} bytes are left", rest.size()));
  Record record;
  record.id = id;
  record.offset = static_cast<uint32_t>(offset);
  record.name = load<uint32_t>(rest.data());
  const auto info = load<uint32_t>(rest.data() + 4);
  record.word = load<uint32_t>(rest.data() + 8);
  const uint32_t kind = info >> 24 & 31;
  if (kind == 0 || kind >= std::size(kShapes))
    return wrong(id, "unknown", offset, fmt::format("kind is {}, must be 1..{}", kind, std::size(kShapes) - 1));
  const Shape& shape = kShapes[kind];
  if (info & kReservedInfo) return wrong(id, shape.name, offset, fmt::format("info {:#x} has reserved bits set", info));
  record.kind = static_cast<Kind>(kind);
  record.flag = info >> 31;
  record.members = info & 0xffff;
  if (record.name >= sections.strings.size())
    return wrong(
        id, shape.name, offset,
        fmt::format("name offset {} is outside the {} bytes of strings", record.name, sections.strings.size()));
  const size_t extra = shape.fixed_bytes + size_t{shape.member_bytes} * record.members;
  if (extra > rest.size() - kRecordBytes)
    return wrong(
        id, shape.name, offset,
        fmt::format("{} members need {} bytes, {} are left", record.members, extra, rest.size() - kRecordBytes));
  record.extra = rest.subspan(kRecordBytes, extra);
  offset += kRecordBytes + extra;
  return record;
}

std::string_view string_in(std::span<const std::byte> strings, uint32_t offset) noexcept {
  const auto* text = reinterpret_cast<const char*>(strings.data()) + offset;
  return {text, before_control(text, std::min(strings.size() - offset, kMaxStringBytes))};
}

}  // namespace saya::btf
