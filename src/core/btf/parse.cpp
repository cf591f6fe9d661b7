// Turns `.BTF` records into types (Linux 6.18 Documentation/bpf/btf.rst). Two passes: count, so that ids can be
// checked and nothing moves; then read.
#include <fmt/format.h>

#include "base/bytes.h"
#include "btf/btf.h"
#include "btf/wire.h"

namespace saya::btf {
namespace {

/// All types, and the pool that their members lie in.
struct Types {
  std::vector<Type> types = std::vector<Type>(1);  ///< Id 0 is void and has no record.
  std::vector<Member> members;
};

/// Makes room for everything at once, so that no member moves while it is being read. The number of types.
Result<uint32_t> reserve(const Sections& sections, Types& out) {
  uint32_t types = 1;
  size_t members = 0;
  for (size_t offset = 0; offset < sections.types.size(); ++types) {
    SAYA_TRY(const Record record, next_record(sections, types, offset));
    if (shape_of(record.kind).member_bytes) members += record.members;
  }
  out.types.reserve(types);
  out.members.reserve(members);
  return types;
}

/// Reads one record after the other. Thousands of types are usual, a hundred thousand in a kernel: what is said about
/// a wrong one stands apart from the way of the right ones.
class TypeReader {
 public:
  TypeReader(const Sections& sections, uint32_t count, Types& out) : sections_(sections), count_(count), out_(out) {}

  Result<> read(const Record& record) {
    const Shape& shape = shape_of(record.kind);
    Type& type = out_.types.emplace_back();
    type.kind = record.kind;
    type.flag = record.flag;
    type.name = string_in(sections_.strings, record.name);
    if (shape.has_size) type.size = record.word;
    if (shape.has_target) type.target = record.word;
    read_extra(record, type);
    if (type.target >= count_) return dangling(record, "target", type.target);
    if (type.index_type >= count_) return dangling(record, "index", type.index_type);
    return shape.member_bytes ? read_members(record, shape.member_bytes, type) : Result<>();
  }

 private:
  static void read_extra(const Record& record, Type& type) {
    const std::byte* at = record.extra.data();
    if (record.kind == Kind::array) {
      type.target = load<uint32_t>(at);
      type.index_type = load<uint32_t>(at + 4);
      type.elements = load<uint32_t>(at + 8);
    } else if (record.kind == Kind::integer) {
      const auto word = load<uint32_t>(at);  // Encoding in bits 24-27, bit offset in 16-23.
      type.encoding = word >> 24 & 15;
      type.bit_offset = word >> 16 & 255;
    } else if (record.kind == Kind::function) {
      type.linkage = record.members;
    } else if (record.kind == Kind::variable) {
      type.linkage = load<uint32_t>(at);
    }
  }

  Result<> read_members(const Record& record, size_t each, Type& type) {
    for (size_t i = 0; i < record.members; ++i) {
      const std::byte* at = record.extra.data() + i * each;
      Member& member = out_.members.emplace_back();
      if (record.kind == Kind::data_section)
        read_place(at, member);
      else if (const auto name = load<uint32_t>(at); name < sections_.strings.size())
        read_named(record, at, member);
      else
        return wrong_name(record, name);
      if (member.type >= count_) return dangling(record, "member", member.type);
    }
    type.members = std::span(out_.members).last(record.members);
    return {};
  }

  static void read_place(const std::byte* at, Member& member) {
    member.type = load<uint32_t>(at);
    member.offset = load<uint32_t>(at + 4);
    member.size = load<uint32_t>(at + 8);
  }

  void read_named(const Record& record, const std::byte* at, Member& member) const {
    const auto second = load<uint32_t>(at + 4);
    member.name = string_in(sections_.strings, load<uint32_t>(at));
    if (record.kind == Kind::enumeration) {
      member.value = record.flag ? int64_t{static_cast<int32_t>(second)} : int64_t{second};
    } else if (record.kind == Kind::enumeration64) {
      member.value = static_cast<int64_t>(uint64_t{load<uint32_t>(at + 8)} << 32 | second);
    } else {
      member.type = second;
      if (record.kind != Kind::function_proto) set_place(record, load<uint32_t>(at + 8), member);
    }
  }

  /// With the record's flag set, the upper 8 bits are a bit-field's width.
  static void set_place(const Record& record, uint32_t place, Member& member) {
    member.offset = record.flag ? place & 0xffffff : place;
    member.size = record.flag ? place >> 24 : 0;
  }

  Result<> wrong_name(const Record& record, uint32_t offset) const {
    return fail(Code::malformed, fmt::format("type {} ({}): member name offset {} is outside the {} bytes of strings",
                                             record.id, shape_of(record.kind).name, offset, sections_.strings.size()));
  }
  Result<> dangling(const Record& record, std::string_view role, uint32_t target) const {
    return fail(Code::malformed, fmt::format("type {} ({}): {} type {} does not exist, there are {}", record.id,
                                             shape_of(record.kind).name, role, target, count_));
  }

  const Sections& sections_;
  const uint32_t count_;
  Types& out_;
};

Result<Types> read_types(const Sections& sections) {
  Types out;
  SAYA_TRY(const uint32_t count, reserve(sections, out));
  TypeReader reader(sections, count, out);
  for (size_t offset = 0; offset < sections.types.size();) {
    SAYA_TRY(const Record record, next_record(sections, static_cast<uint32_t>(out.types.size()), offset));
    SAYA_CHECK(reader.read(record));
  }
  return out;
}

}  // namespace

Result<std::shared_ptr<const Btf>> Btf::parse(std::vector<std::byte>&& bytes) {
  std::shared_ptr<Btf> btf(new Btf);
  btf->bytes_ = std::move(bytes);
  SAYA_TRY(const Sections sections, split(btf->bytes_));
  btf->strings_ = sections.strings;
  SAYA_TRY(Types read, read_types(sections));
  btf->types_ = std::move(read.types);
  btf->members_ = std::move(read.members);
  return btf;
}

Result<std::shared_ptr<const Btf>> Btf::parse(std::span<const std::byte> bytes) {
  return parse(std::vector<std::byte>(bytes.begin(), bytes.end()));
}

}  // namespace saya::btf
