// BTF from hand-made bytes: what is read, and what is said about bytes that are wrong.
#include "btf/btf.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <ostream>
#include <random>

#include "base/bytes.h"
#include "btf/kernel_form.h"
#include "btf/wire.h"

namespace saya::btf {
namespace {

using Words = std::vector<uint32_t>;
using Bytes = std::vector<std::byte>;

constexpr uint32_t info(Kind kind, uint32_t members = 0, bool flag = false) {
  return static_cast<uint32_t>(kind) << 24 | members | (flag ? 1u << 31 : 0);
}

template <class T>
void append(Bytes& bytes, const T& value) {
  const auto* at = reinterpret_cast<const std::byte*>(&value);
  bytes.insert(bytes.end(), at, at + sizeof value);
}

/// Offsets: int 1, number 5, pair 12, left 17, right 22, .data 28, main 34, xdp 39, line 43.
constexpr std::string_view kStrings{"\0int\0number\0pair\0left\0right\0.data\0main\0xdp\0  x = 1;\0", 52};

Bytes make_btf(const Words& types, std::string_view strings = kStrings) {
  Bytes bytes;
  append(bytes, uint32_t{0x0001eb9f});
  for (const size_t word : {size_t{24}, size_t{0}, types.size() * 4, types.size() * 4, strings.size()})
    append(bytes, static_cast<uint32_t>(word));
  for (const uint32_t word : types) append(bytes, word);
  for (const char c : strings) append(bytes, c);
  return bytes;
}

const Words kInt = {1, info(Kind::integer), 4, 0x01000020};

Words operator+(Words left, const Words& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// 1 int, 2 typedef number, 3 const, 4 array of 3, 5 struct pair { number left; const number right : 5; }, 6 pointer,
/// 7 variable, 8 data section, 9 prototype, 10 function, 11 enum, 12 enum64
const Words kTypes =
    kInt + Words{5, info(Kind::type_alias), 1} + Words{0, info(Kind::const_), 2} +
    Words{0, info(Kind::array), 0, 3, 1, 3} +
    Words{12, info(Kind::structure, 2, true), 8, 17, 2, 0, 22, 3, 32 | 5 << 24} + Words{0, info(Kind::pointer), 5} +
    Words{17, info(Kind::variable), 4, 1} + Words{28, info(Kind::data_section, 2), 0, 7, 12, 12, 7, 0, 12} +
    Words{0, info(Kind::function_proto, 1), 1, 17, 6} + Words{34, info(Kind::function, 1), 9} +
    Words{0, info(Kind::enumeration, 1, true), 4, 17, 0xffffffff} + Words{0, info(Kind::enumeration64, 1), 8, 22, 1, 2};

TEST(Btf, ReadsEveryPartOfAType) {
  const auto parsed = Btf::parse(make_btf(kTypes));
  ASSERT_TRUE(parsed) << parsed.error().message;
  const Btf& btf = **parsed;
  EXPECT_EQ(btf.count(), 13u);
  EXPECT_EQ(btf.type(2).name, "number");
  EXPECT_EQ(btf.type(4).elements, 3u);
  const Type& pair = btf.type(*btf.find(Kind::structure, "pair"));
  ASSERT_EQ(pair.members.size(), 2u);
  EXPECT_EQ(pair.members[1].name, "right");
  EXPECT_EQ(pair.members[1].offset, 32u);
  EXPECT_EQ(pair.members[1].size, 5u) << "a bit-field's width";
  EXPECT_EQ(btf.type(8).members[0].offset, 12u);
  EXPECT_EQ(btf.type(8).members[0].size, 12u);
  EXPECT_EQ(btf.type(9).members[0].type, 6u);
  EXPECT_EQ(btf.type(10).linkage, 1u);
  EXPECT_EQ(btf.type(7).linkage, 1u);
  EXPECT_EQ(btf.type(11).members[0].value, -1);
  EXPECT_EQ(btf.type(12).members[0].value, 0x200000001);
  EXPECT_EQ(btf.type(999).kind, Kind::unknown) << "an id out of range is void";
  EXPECT_FALSE(btf.find(Kind::union_, "pair"));
}

TEST(Btf, SizesFollowAliasesArraysAndPointers) {
  const auto parsed = Btf::parse(make_btf(kTypes));
  ASSERT_TRUE(parsed);
  const std::optional<uint32_t> sizes[] = {{}, 4, 4, 4, 12, 8, 8, 12, 0, {}, {}, 4, 8};
  for (uint32_t id = 0; id < std::size(sizes); ++id) EXPECT_EQ((*parsed)->size_of(id), sizes[id]) << "type " << id;
  EXPECT_EQ((*parsed)->resolve(3), 1u);
}

TEST(Btf, CyclesEndInVoid) {
  const auto parsed = Btf::parse(make_btf(Words{5, info(Kind::type_alias), 2} + Words{0, info(Kind::const_), 1} +
                                          Words{0, info(Kind::array), 0, 3, 0, 1}));
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ((*parsed)->resolve(1), 0u);
  EXPECT_FALSE((*parsed)->size_of(1));
  EXPECT_FALSE((*parsed)->size_of(3)) << "an array of itself";
}

TEST(Btf, ArraysTooLargeForASizeHaveNone) {
  const auto parsed = Btf::parse(
      make_btf(kInt + Words{0, info(Kind::array), 0, 1, 1, 0x10000} + Words{0, info(Kind::array), 0, 2, 1, 0x10000}));
  ASSERT_TRUE(parsed);
  EXPECT_EQ((*parsed)->size_of(2), 0x40000u);
  EXPECT_FALSE((*parsed)->size_of(3));
}

struct Wrong {
  const char* what;
  Bytes bytes;
  const char* message;
  friend void PrintTo(const Wrong& c, std::ostream* os) { *os << c.what; }
};

Bytes patched(Bytes bytes, size_t at, uint32_t word) {
  store(bytes.data() + at, word);
  return bytes;
}

const Wrong kWrong[] = {
    {"nothing", {}, "0 bytes are too short for the 24-byte header"},
    {"magic", patched(make_btf(kInt), 0, 0x0001eb9e), "magic is 0xeb9e, must be 0xeb9f"},
    {"big-endian", patched(make_btf(kInt), 0, 0x01009feb), "big-endian BTF is not supported"},
    {"version", patched(make_btf(kInt), 0, 0x0002eb9f), "version is 2, must be 1"},
    {"header length", patched(make_btf(kInt), 4, 4000), "header length is 4000, must be 24..92"},
    {"type section length", patched(make_btf(kInt), 12, 4000), "the type section (4000 bytes at 0) leaves"},
    {"string section offset", patched(make_btf(kInt), 16, 0xfffffff0), "the string section (52 bytes at 4294967280)"},
    {"overlapping sections", patched(make_btf(kInt), 16, 12), "the type and string sections overlap"},
    {"no strings", make_btf(kInt, ""), "must begin and end with a NUL byte"},
    {"strings without an end", make_btf(kInt, {"\0int", 4}), "must begin and end with a NUL byte"},
    {"kind 0", make_btf({0, 0, 0}), "type 1 (unknown at offset 0): kind is 0, must be 1..19"},
    {"kind 20", make_btf(kInt + Words{0, 20u << 24, 0}), "type 2 (unknown at offset 16): kind is 20, must be 1..19"},
    {"reserved bits", make_btf({0, info(Kind::pointer) | 1 << 20, 0}), "info 0x2100000 has reserved bits set"},
    {"name offset", make_btf({52, info(Kind::pointer), 0}), "type 1 (pointer at offset 0): name offset 52 is outside"},
    {"half a record", make_btf({0, info(Kind::pointer)}), "only 8 bytes are left"},
    {"hostile count", make_btf({0, info(Kind::structure, 0xffff), 8}), "65535 members need 786420 bytes, 0 are left"},
    {"member name", make_btf({0, info(Kind::union_, 1), 8, 99, 0, 0}), "type 1 (union): member name offset 99"},
    {"dangling target", make_btf({0, info(Kind::pointer), 7}), "type 1 (pointer): target type 7 does not exist"},
    {"dangling member", make_btf({0, info(Kind::structure, 1), 8, 1, 9, 0}), "member type 9 does not exist"},
    {"dangling index", make_btf({0, info(Kind::array), 0, 0, 5, 1}), "type 1 (array): index type 5 does not exist"},
};

class BtfError : public testing::TestWithParam<Wrong> {};
TEST_P(BtfError, NamesWhatIsWrong) {
  const auto parsed = Btf::parse(GetParam().bytes);
  ASSERT_FALSE(parsed);
  EXPECT_NE(parsed.error().message.find(GetParam().message), std::string::npos) << parsed.error().message;
}
INSTANTIATE_TEST_SUITE_P(Btf, BtfError, testing::ValuesIn(kWrong));

Bytes make_ext(const Words& functions, const Words& lines) {
  Bytes bytes;
  append(bytes, uint32_t{0x0001eb9f});
  for (const size_t word : {size_t{24}, size_t{0}, functions.size() * 4, functions.size() * 4, lines.size() * 4})
    append(bytes, static_cast<uint32_t>(word));
  for (const uint32_t word : functions + lines) append(bytes, word);
  return bytes;
}

TEST(BtfExt, ReadsFunctionsAndLinesOfASectionInOffsetOrder) {
  const auto btf = Btf::parse(make_btf(kTypes));
  const auto ext =
      parse_ext(**btf, make_ext({8, 39, 1, 0, 10}, {16, 39, 2, 24, 34, 43, 7 << 10 | 3, 8, 34, 43, 6 << 10}));
  ASSERT_TRUE(ext) << ext.error().message;
  ASSERT_EQ(ext->size(), 1u);
  const SectionInfo& xdp = ext->front();
  EXPECT_EQ(xdp.section, "xdp");
  ASSERT_EQ(xdp.functions.size(), 1u);
  EXPECT_EQ(xdp.functions[0].type, 10u);
  ASSERT_EQ(xdp.lines.size(), 2u);
  EXPECT_EQ(xdp.lines[0].line, 6u);
  EXPECT_EQ(xdp.lines[1].offset, 24u);
  EXPECT_EQ(xdp.lines[1].column, 3u);
  EXPECT_EQ(xdp.lines[1].file, "main");
  EXPECT_EQ(xdp.lines[1].text, "  x = 1;");
}

TEST(BtfExt, RecordsMayBeLongerThanWeKnow) {
  const auto btf = Btf::parse(make_btf(kTypes));
  const auto ext = parse_ext(**btf, make_ext({12, 39, 2, 0, 10, 777, 16, 10, 777}, {}));
  ASSERT_TRUE(ext) << ext.error().message;
  EXPECT_EQ(ext->front().functions[1].offset, 16u);
}

const Wrong kWrongExt[] = {
    {"nothing", {}, "0 bytes are too short"},
    {"magic", patched(make_ext({}, {}), 0, 0), "magic 0x0000 version 0"},
    {"table outside", patched(make_ext({}, {}), 12, 99), "func_info: 99 bytes at 0 leave the 0 bytes"},
    {"short records", make_ext({4, 39, 1, 0}, {}), "func_info: record size is 4, must be at least 8"},
    {"odd records", make_ext({9, 39, 1, 0, 10, 0}, {}), "func_info: record size is 9"},
    {"hostile count", make_ext({8, 39, 0xffffffff, 0, 10}, {}), "section 'xdp': 4294967295 records of 8 bytes"},
    {"section name", make_ext({8, 1000, 0}, {}), "a section name is outside the string section"},
    {"trailing bytes", make_ext({8, 39}, {}), "func_info: 4 trailing bytes"},
    {"no function", make_ext({8, 39, 1, 0, 1}, {}), "section 'xdp', record 0: type 1 is not a function"},
    {"line text", make_ext({}, {16, 39, 1, 0, 34, 999, 0}), "line_info: section 'xdp', record 0: string offset 999"},
};

class BtfExtError : public testing::TestWithParam<Wrong> {};
TEST_P(BtfExtError, NamesWhatIsWrong) {
  const auto btf = Btf::parse(make_btf(kTypes));
  const auto ext = parse_ext(**btf, GetParam().bytes);
  ASSERT_FALSE(ext);
  EXPECT_NE(ext.error().message.find(GetParam().message), std::string::npos) << ext.error().message;
}
INSTANTIATE_TEST_SUITE_P(BtfExt, BtfExtError, testing::ValuesIn(kWrongExt));

TEST(Btf, ControlCharactersEndAString) {
  const auto parsed = Btf::parse(make_btf({}, {"\0\tif (x)\033[2J\0", 14}));
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ((*parsed)->string_at(1), "\tif (x)");
}

TEST(KernelForm, SizesAndSortsDataSectionsAndMakesHiddenFunctionsStatic) {
  ElfFacts facts;
  facts.section_size = [](std::string_view name) { return name == ".data" ? std::optional(24u) : std::nullopt; };
  facts.is_hidden = [](std::string_view name) { return name == "main"; };
  const auto bytes = kernel_form(make_btf(kTypes), facts);
  ASSERT_TRUE(bytes) << bytes.error().message;
  const auto btf = Btf::parse(*bytes);
  ASSERT_TRUE(btf);
  EXPECT_EQ((*btf)->type(8).size, 24u);
  EXPECT_EQ((*btf)->type(8).members[0].offset, 0u);
  EXPECT_EQ((*btf)->type(8).members[1].offset, 12u);
  EXPECT_EQ((*btf)->type(10).linkage, 0u);
}

TEST(KernelForm, TakesTheOffsetsOfVariablesFromTheElfIfItKnowsThem) {
  ElfFacts facts;
  facts.section_size = [](std::string_view) { return std::nullopt; };
  facts.is_hidden = [](std::string_view) { return false; };
  const auto before = Btf::parse(make_btf(kTypes));
  const std::string_view moved = (*before)->type((*before)->type(8).members[0].type).name;
  facts.offset_of = [&](std::string_view section, std::string_view variable) {
    return section == ".data" && variable == moved ? std::optional(40u) : std::nullopt;
  };
  const auto bytes = kernel_form(make_btf(kTypes), facts);
  ASSERT_TRUE(bytes) << bytes.error().message;
  const auto btf = Btf::parse(*bytes);
  ASSERT_TRUE(btf);
  EXPECT_EQ((*btf)->type((*btf)->type(8).members.back().type).name, moved);
  EXPECT_EQ((*btf)->type(8).members.back().offset, 40u);
}

/// 1 int, 2 prototype (int, int right), 3 extern function "main", 4 extern variable "left", 5 extern variable "right",
/// 6 .kconfig { right, left }, 7 .ksyms { main, left }. The strings have no ".kconfig" and ".ksyms" of their own.
constexpr std::string_view kExternStrings{"\0int\0left\0right\0main\0.kconfig\0.ksyms\0", 37};
const Words kExterns = kInt + Words{0, info(Kind::function_proto, 2), 1, 0, 1, 10, 1} +
                       Words{16, info(Kind::function, 2), 2} + Words{5, info(Kind::variable), 0, 2} +
                       Words{10, info(Kind::variable), 1, 2} +
                       Words{21, info(Kind::data_section, 2), 0, 5, 0, 4, 4, 0, 4} +
                       Words{30, info(Kind::data_section, 2), 0, 3, 0, 0, 4, 0, 0};

TEST(DefineExterns, GivesPlacesNamesAndAStandInForFunctions) {
  ConfigLayout config;
  config.size = 12;
  config.offset = [](std::string_view name) -> std::optional<uint32_t> { return name == "left" ? 0 : 8; };
  const auto bytes = define_externs(make_btf(kExterns, kExternStrings), config);
  ASSERT_TRUE(bytes) << bytes.error().message;
  const auto btf = Btf::parse(*bytes);
  ASSERT_TRUE(btf) << btf.error().message;
  const Btf& made = **btf;
  ASSERT_EQ(made.count(), 9u) << "one was appended";
  EXPECT_EQ(made.type(3).linkage, 1u);
  EXPECT_EQ(made.type(2).members[0].name, "main") << "of the function: its parameter had none";
  EXPECT_EQ(made.type(2).members[1].name, "right");
  EXPECT_EQ(made.type(4).linkage, 1u);
  EXPECT_EQ(made.type(4).target, 1u) << "was void, which has no size";
  const Type& options = made.type(6);
  EXPECT_EQ(options.size, 12u);
  EXPECT_EQ(options.members[0].type, 4u) << "sorted";
  EXPECT_EQ(options.members[1].offset, 8u);
  const Type& symbols = made.type(7);
  EXPECT_EQ(symbols.size, 8u);
  EXPECT_EQ(symbols.members[0].type, 8u);
  EXPECT_EQ(symbols.members[1].type, 4u);
  EXPECT_EQ(symbols.members[1].offset, 4u);
  EXPECT_EQ(symbols.members[1].size, 4u);
  EXPECT_EQ(made.type(8).kind, Kind::variable);
  EXPECT_EQ(made.type(8).name, "main");
}

TEST(DefineExterns, AnyByteMayBeWrongWithoutHarm) {
  const Bytes good = make_btf(kExterns, kExternStrings);
  ConfigLayout config;
  config.offset = [](std::string_view) { return std::optional(4u); };
  std::mt19937 random(5);
  int made = 0;
  for (int round = 0; round < 2000; ++round) {
    Bytes bytes = good;
    bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    const auto defined = define_externs(std::move(bytes), config);
    made += defined && Btf::parse(*defined);
  }
  EXPECT_GT(made, 100);
}

TEST(Btf, AnyByteMayBeWrongWithoutHarm) {
  const Bytes good = make_btf(kTypes), good_ext = make_ext({8, 39, 1, 0, 10}, {16, 39, 1, 24, 34, 43, 7});
  std::mt19937 random(1);
  int accepted = 0;
  for (int round = 0; round < 2000; ++round) {
    Bytes bytes = good, ext = good_ext;
    for (Bytes* changed : {&bytes, &ext}) (*changed)[random() % changed->size()] = static_cast<std::byte>(random());
    const auto btf = Btf::parse(bytes);
    if (!btf) continue;
    ++accepted;
    for (uint32_t id = 0; id < (*btf)->count(); ++id) (void)(*btf)->size_of(id);
    (void)parse_ext(**btf, ext);
  }
  EXPECT_GT(accepted, 100) << "the mutations must also reach the later stages";
}

TEST(Btf, ReadsTheRunningKernelsTypes) {
  std::ifstream file("/sys/kernel/btf/vmlinux", std::ios::binary);
  if (!file) GTEST_SKIP() << "no /sys/kernel/btf/vmlinux: runs on kernels with CONFIG_DEBUG_INFO_BTF, such as Debian's";
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto btf = Btf::parse(std::as_bytes(std::span(text)));
  ASSERT_TRUE(btf) << btf.error().message;
  for (const auto& [name, size] : {
           std::pair{"__sk_buff", 192u},
           {"xdp_md",    24u }
  }) {
    const auto id = (*btf)->find(Kind::structure, name);
    ASSERT_TRUE(id) << name;
    EXPECT_EQ((*btf)->size_of(*id), size) << name;
  }
}

}  // namespace
}  // namespace saya::btf
