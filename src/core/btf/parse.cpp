// Turns `.BTF` records into types (Linux 6.18 Documentation/bpf/btf.rst). Two passes: read every record, then check
// that every id it names exists.
#include <fmt/format.h>

#include "base/bytes.h"
#include "btf/btf.h"
#include "btf/wire.h"

namespace saya::btf {
namespace {

/// The members of one record, whose strings are still to be checked.
class MemberReader {
 public:
  MemberReader(const Sections& sections, const Record& record) : sections_(sections), record_(record) {}

  Result<std::vector<Member>> read() const {
    std::vector<Member> members;
    const size_t each = shape_of(record_.kind).member_bytes;
    if (each == 0) return members;
    members.reserve(record_.members);
    for (size_t i = 0; i < record_.members; ++i) {
      SAYA_TRY(Member member, read_one(record_.extra.data() + i * each));
      members.push_back(member);
    }
    return members;
  }

 private:
  Result<Member> read_one(const std::byte* at) const {
    const auto first = load<uint32_t>(at), second = load<uint32_t>(at + 4);
    Member member;
    if (record_.kind == Kind::data_section) {
      member.type = first;
      member.offset = second;
      member.size = load<uint32_t>(at + 8);
      return member;
    }
    SAYA_TRY(member.name, name(first));
    if (record_.kind == Kind::enumeration) {
      member.value = record_.flag ? int64_t{static_cast<int32_t>(second)} : int64_t{second};
    } else if (record_.kind == Kind::enumeration64) {
      member.value = static_cast<int64_t>(uint64_t{load<uint32_t>(at + 8)} << 32 | second);
    } else {
      member.type = second;
      if (record_.kind != Kind::function_proto) set_place(member, load<uint32_t>(at + 8));
    }
    return member;
  }

  /// With the record's flag set, the upper 8 bits are a bit-field's width.
  void set_place(Member& member, uint32_t place) const {
    member.offset = record_.flag ? place & 0xffffff : place;
    member.size = record_.flag ? place >> 24 : 0;
  }

  Result<std::string_view> name(uint32_t offset) const {
    if (offset < sections_.strings.size()) return string_in(sections_.strings, offset);
    return fail(Code::malformed,
                fmt::format("type {} ({}): member name offset {} is outside the {} bytes of strings", record_.id,
                            shape_of(record_.kind).name, offset, sections_.strings.size()));
  }

  const Sections& sections_;
  const Record& record_;
};

Result<Type> read_type(const Sections& sections, const Record& record) {
  const Shape& shape = shape_of(record.kind);
  Type type;
  type.kind = record.kind;
  type.flag = record.flag;
  type.name = string_in(sections.strings, record.name);
  if (shape.has_size) type.size = record.word;
  if (shape.has_target) type.target = record.word;
  if (record.kind == Kind::array) {
    type.target = load<uint32_t>(record.extra.data());
    type.index_type = load<uint32_t>(record.extra.data() + 4);
    type.elements = load<uint32_t>(record.extra.data() + 8);
  }
  if (record.kind == Kind::integer) type.encoding = load<uint32_t>(record.extra.data()) >> 24 & 15;
  if (record.kind == Kind::function) type.linkage = record.members;
  if (record.kind == Kind::variable) type.linkage = load<uint32_t>(record.extra.data());
  SAYA_TRY(type.members, MemberReader(sections, record).read());
  return type;
}

Result<> check_ids(std::span<const Type> types) {
  for (size_t id = 0; id < types.size(); ++id) {
    const Type& type = types[id];
    auto check = [&](uint32_t target, std::string_view role) -> Result<> {
      if (target < types.size()) return {};
      return fail(Code::malformed, fmt::format("type {} ({}): {} type {} does not exist, there are {}", id,
                                               shape_of(type.kind).name, role, target, types.size()));
    };
    SAYA_CHECK(check(type.target, "target"));
    SAYA_CHECK(check(type.index_type, "index"));
    for (const Member& member : type.members) SAYA_CHECK(check(member.type, "member"));
  }
  return {};
}

Result<std::vector<Type>> read_types(const Sections& sections) {
  std::vector<Type> types(1);  // Id 0 is void and has no record.
  for (size_t offset = 0; offset < sections.types.size();) {
    SAYA_TRY(const Record record, next_record(sections, static_cast<uint32_t>(types.size()), offset));
    SAYA_TRY(Type type, read_type(sections, record));
    types.push_back(std::move(type));
  }
  SAYA_CHECK(check_ids(types));
  return types;
}

}  // namespace

Result<std::shared_ptr<const Btf>> Btf::parse(std::span<const std::byte> bytes) {
  std::shared_ptr<Btf> btf(new Btf);
  btf->bytes_.assign(bytes.begin(), bytes.end());
  SAYA_TRY(const Sections sections, split(btf->bytes_));
  btf->strings_ = sections.strings;
  SAYA_TRY(btf->types_, read_types(sections));
  return btf;
}

}  // namespace saya::btf
