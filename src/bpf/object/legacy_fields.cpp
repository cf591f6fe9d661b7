// What the words of a legacy map definition mean. With BTF the names of its members decide; without, the order of
// iproute2's struct bpf_elf_map (bpf_elf.h), of which struct bpf_map_def is the beginning, but for two sizes that only
// one project has.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>

#include "base/bytes.h"
#include "object/legacy.h"

namespace saya::object {
namespace {

using Word = uint32_t LegacyMap::*;

struct Field {
  Word word;
  std::array<std::string_view, 3> names;
};
constexpr Field kFields[] = {
    {&LegacyMap::type,          {"type", "map_type", "type_"}},
    {&LegacyMap::key_size,      {"size_key", "key_size"}     },
    {&LegacyMap::value_size,    {"size_value", "value_size"} },
    {&LegacyMap::max_entries,   {"max_elem", "max_entries"}  },
    {&LegacyMap::flags,         {"flags", "map_flags"}       },
    {&LegacyMap::id,            {"id"}                       },
    {&LegacyMap::pinning,       {"pinning"}                  },
    {&LegacyMap::inner_id,      {"inner_id"}                 },
    {&LegacyMap::inner_idx,     {"inner_idx"}                },
    {&LegacyMap::inner_map_idx, {"inner_map_idx"}            },
    {&LegacyMap::numa_node,     {"numa_node"}                },
};
constexpr std::string_view kInnerPointer = "inner_map_def";

/// Members of known structs that say nothing to us: names for other loaders' own folders, and descriptors.
constexpr std::string_view kIgnored[] = {"namespace", "persistent_path", "inner_map_fd", "map_name", "map_ifindex"};

constexpr Word kIproute2[] = {&LegacyMap::type,        &LegacyMap::key_size, &LegacyMap::value_size,
                              &LegacyMap::max_entries, &LegacyMap::flags,    &LegacyMap::id,
                              &LegacyMap::pinning,     &LegacyMap::inner_id, &LegacyMap::inner_idx};
constexpr Word kGobpf[] = {&LegacyMap::type,        &LegacyMap::key_size, &LegacyMap::value_size,
                           &LegacyMap::max_entries, &LegacyMap::flags,    &LegacyMap::pinning};
constexpr size_t kGobpfBytes = 280;      ///< char namespace[256] follows.
constexpr size_t kGoebpfBytes = 40;      ///< Five words, and pointers to a template and to a path.
constexpr uint32_t kGoebpfPadding = 20;  ///< Zero between them, where iproute2 has an id.
constexpr uint32_t kGoebpfInner = 24;    ///< Where the first of the pointers is.
constexpr size_t kMaxMembers = 64;       ///< Many maps may share a hostile struct.

bool is_zero(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

void load_words(std::span<const Word> words, std::span<const std::byte> bytes, LegacyMap& map) {
  for (size_t i = 0; i < words.size() && (i + 1) * sizeof(uint32_t) <= bytes.size(); ++i)
    map.*words[i] = load<uint32_t>(bytes.data() + i * sizeof(uint32_t));
}

Result<LegacyMap> read_by_order(std::span<const std::byte> bytes) {
  LegacyMap map;
  if (bytes.size() == kGobpfBytes) {
    load_words(kGobpf, bytes, map);
    return map;
  }
  if (bytes.size() == kGoebpfBytes && load<uint32_t>(bytes.data() + kGoebpfPadding) == 0) {
    load_words(std::span(kIproute2).first(5), bytes, map);
    map.inner_pointer = kGoebpfInner;
    return map;
  }
  load_words(kIproute2, bytes, map);
  const size_t known = std::min(bytes.size(), std::size(kIproute2) * sizeof(uint32_t));
  if (is_zero(bytes.subspan(known))) return map;
  return fail(Code::unsupported,
              fmt::format("a definition of {} bytes, those from {} on must be zero", bytes.size(), known));
}

/// A number of one to eight bytes; its bounds were checked.
Result<uint32_t> number(std::span<const std::byte> bytes) {
  if (bytes.size() > sizeof(uint64_t))
    return fail(Code::malformed, fmt::format("{} bytes, must be a number", bytes.size()));
  uint64_t value = 0;
  std::memcpy(&value, bytes.data(), bytes.size());
  if (value > std::numeric_limits<uint32_t>::max())
    return fail(Code::invalid_argument,
                fmt::format("is {}, must be at most {}", value, std::numeric_limits<uint32_t>::max()));
  return static_cast<uint32_t>(value);
}

const Field* field_of(std::string_view member) {
  if (member.empty()) return nullptr;
  const auto* found = std::ranges::find_if(
      kFields, [&](const Field& field) { return std::ranges::find(field.names, member) != field.names.end(); });
  return found == std::end(kFields) ? nullptr : found;
}

Result<> take_member(const btf::Btf& btf, const btf::Member& member, std::span<const std::byte> bytes, LegacyMap& map) {
  const auto size = btf.size_of(member.type);
  if (!size || member.size != 0 || member.offset % 8 != 0 || member.offset / 8 > bytes.size() ||
      *size > bytes.size() - member.offset / 8)
    return fail(Code::malformed, fmt::format("is not inside the {} bytes of the definition", bytes.size()));
  const auto place = bytes.subspan(member.offset / 8, *size);
  if (const Field* field = field_of(member.name)) {
    if (btf.type(btf.resolve(member.type)).kind == btf::Kind::pointer)
      return fail(Code::invalid_argument, "is a pointer; definitions of that form belong in section '.maps'");
    SAYA_TRY(map.*field->word, number(place));
    return {};
  }
  if (member.name == kInnerPointer) map.inner_pointer = member.offset / 8;
  if (member.name == kInnerPointer || is_zero(place) || std::ranges::find(kIgnored, member.name) != std::end(kIgnored))
    return {};
  return fail(Code::unsupported, "is not known, and not zero");
}

Result<LegacyMap> read_by_name(const btf::Btf& btf, const btf::Type& declared, std::span<const std::byte> bytes) {
  if (declared.members.size() > kMaxMembers)
    return fail(Code::malformed, fmt::format("{} members, must be at most {}", declared.members.size(), kMaxMembers));
  LegacyMap map;
  for (const btf::Member& member : declared.members)
    if (auto taken = take_member(btf, member, bytes, map); !taken)
      return std::unexpected(std::move(taken).error().at(fmt::format("member '{}'", member.name)));
  return map;
}

}  // namespace

Result<LegacyMap> read_legacy_map(const btf::Btf* btf, uint32_t type, std::span<const std::byte> bytes) {
  if (!btf || type == 0) return read_by_order(bytes);
  const btf::Type& declared = btf->type(btf->resolve(type));
  const auto first = declared.members.first(std::min(declared.members.size(), kMaxMembers));
  const bool names_type = std::ranges::any_of(first, [](const btf::Member& member) {
    const Field* field = field_of(member.name);
    return field && field->word == &LegacyMap::type;
  });
  // Rust wraps the struct in its own types; what is inside has the usual order.
  return names_type ? read_by_name(*btf, declared, bytes) : read_by_order(bytes);
}

}  // namespace saya::object
