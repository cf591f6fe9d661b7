// CO-RE over types made by hand: what no compiler writes. What compilers write is in program/core_patch_test.cpp.
#include "btf/core.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "support/btf_words.h"

namespace saya::btf {
namespace {

using tests::info;
using tests::operator+;
using tests::Words;

constexpr uint32_t kSignedInt = 0x01000020;

/// "int" 1, "s" 5, "x" 7, "y" 9, "e" 11
constexpr std::string_view kStrings{"\0int\0s\0x\0y\0e\0", 13};

std::shared_ptr<const Btf> btf_of(const Words& types) {
  auto parsed = Btf::parse(tests::make_btf(types, kStrings));
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? *parsed : nullptr;
}

const Words kInt = {1, info(Kind::integer), 4, kSignedInt};

/// 1 int, 2 struct s { int x; }, 3 struct without name, 4 enum e { x = 1 }, 5 array of 2
const Words kLocal = kInt + Words{5, info(Kind::structure, 1), 4, 7, 1, 0} + Words{0, info(Kind::structure), 4} +
                     Words{11, info(Kind::enumeration, 1), 4, 7, 1} + Words{0, info(Kind::array), 0, 1, 1, 2};

std::string refusal(const std::shared_ptr<const Btf>& target, CoreQuery query) {
  const auto local = btf_of(kLocal);
  const auto answer = CoreResolver(*local).resolve(query, target.get());
  return answer ? "no error" : answer.error().message;
}

struct Wrong {
  const char* what;
  CoreQuery query;
  const char* message;
  friend void PrintTo(const Wrong& c, std::ostream* os) { *os << c.what; }
};

const std::string kLong = [] {
  std::string text = "0";
  for (int i = 0; i < 64; ++i) text += ":0";
  return text;
}();

const Wrong kWrong[] = {
    {"empty",            {2, "", CoreKind::field_exists},           "must be numbers with ':' between them"     },
    {"no number",        {2, "0:x", CoreKind::field_exists},        "must be numbers with ':' between them"     },
    {"negative",         {2, "-1", CoreKind::field_exists},         "must be numbers with ':' between them"     },
    {"begins with ':'",  {2, ":0", CoreKind::field_exists},         "must be numbers with ':' between them"     },
    {"ends with ':'",    {2, "0:", CoreKind::field_exists},         "must be numbers with ':' between them"     },
    {"beyond 31 bits",   {2, "2147483648", CoreKind::field_exists}, "must be numbers with ':' between them"     },
    {"65 numbers",       {2, kLong, CoreKind::field_exists},        "has more than 64 numbers"                  },
    {"no such member",   {2, "0:1", CoreKind::field_exists},        "struct s has 1 members, not a number 1"    },
    {"no such element",  {5, "0:2", CoreKind::field_exists},        "an array of 2 has no element 2"            },
    {"into a number",    {2, "0:0:0", CoreKind::field_exists},      "number 3 of '0:0:0' goes into a int"       },
    {"no size",          {3, "0:0", CoreKind::field_exists},        "has 0 members"                             },
    {"type with a path", {2, "0:0", CoreKind::type_exists},         "the access string of a type must be '0'"   },
    {"no enumerator",    {4, "1", CoreKind::enum_value},            "there is no such enumerator"               },
    {"no enumeration",   {2, "0", CoreKind::enum_value},            "there is no such enumerator"               },
    {"no name",          {3, "0", CoreKind::type_exists},           "a type without a name cannot be looked for"},
    {"signed element",   {5, "0:1", CoreKind::field_signed},        "a type without a name cannot be looked for"},
};

class CoreRefusal : public testing::TestWithParam<Wrong> {};
TEST_P(CoreRefusal, SaysWhatIsWrongWithTheQuery) {
  const std::string message = refusal(btf_of(kLocal), GetParam().query);
  EXPECT_NE(message.find(GetParam().message), message.npos) << message;
}
INSTANTIATE_TEST_SUITE_P(Core, CoreRefusal, testing::ValuesIn(kWrong));

TEST(Core, OnlyLocalKindsDoWithoutATarget) {
  const auto local = btf_of(kLocal);
  const auto answer = CoreResolver(*local).resolve({2, "0", CoreKind::type_id_local}, nullptr);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->new_value, 2u);
  EXPECT_EQ(refusal(nullptr, {2, "0", CoreKind::type_exists}), "there are no types to resolve it against");
}

/// struct s whose two anonymous members are structs like it, and so on: 2^n ways, none of which has an x.
Words tree(uint32_t levels) {
  Words types = Words{5, info(Kind::structure, 2), 4, 0, 2, 0, 0, 2, 0};
  for (uint32_t id = 2; id < levels; ++id)
    types = types + Words{0, info(Kind::structure, 2), 4, 0, id + 1, 0, 0, id + 1, 0};
  return types + Words{0, info(Kind::structure), 4};
}

TEST(Core, TypesThatMultiplyWithoutEndAreGivenUp) {
  EXPECT_EQ(refusal(btf_of(tree(60)), {2, "0:0", CoreKind::field_exists}), "its types take too long to compare");
}

TEST(Core, AStructInsideItselfIsTooDeep) {
  EXPECT_EQ(refusal(btf_of({5, info(Kind::structure, 1), 4, 0, 1, 0}), {2, "0:0", CoreKind::field_exists}),
            "the target's types are nested too deeply");
}

TEST(Core, ABitFieldNeedsASize) {
  const auto target =
      btf_of(Words{1, info(Kind::integer), 0, kSignedInt} + Words{5, info(Kind::structure, 1, true), 4, 7, 1, 3 << 24});
  EXPECT_EQ(refusal(target, {2, "0:0", CoreKind::field_byte_offset}), "a bit-field of int without a size");
}

TEST(Core, APointerToItselfEndsTheComparison) {
  const auto types = btf_of(Words{5, info(Kind::type_alias), 2} + Words{0, info(Kind::pointer), 2});
  for (const CoreKind kind : {CoreKind::type_exists, CoreKind::type_matches}) {
    const auto answer = CoreResolver(*types).resolve({1, "0", kind}, types.get());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message, "its types are nested too deeply");
  }
}

TEST(Core, MessagesNameTheFieldAsLibbpfDoes) {
  const auto local = btf_of(kLocal);
  const CoreResolver resolver(*local);
  EXPECT_EQ(resolver.describe({2, "3:0", CoreKind::field_byte_offset}),
            "<byte_off> [2] struct s[3].x (3:0 @ offset 12)");
  EXPECT_EQ(resolver.describe({4, "0", CoreKind::enum_value}), "<enumval_value> [4] enum e::x = 1");
  EXPECT_EQ(resolver.describe({3, "0", CoreKind::type_matches}), "<type_matches> [3] struct <anon>");
  EXPECT_EQ(resolver.describe({2, "0:7", CoreKind::field_signed}), "<signed> [2] struct s (0:7)");
}

}  // namespace
}  // namespace saya::btf
