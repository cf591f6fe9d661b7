// Linking, from objects that clang made: what is appended, what references become, what is known about the result.
#include "program/program.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "base/bytes.h"
#include "map/host.h"
#include "support/linked.h"

namespace saya::program {
namespace {

using isa::Pseudo;
using isa::RawInsn;
using tests::link_by_name;

constexpr RawInsn kExit{0x95, 0, 0, 0};
constexpr RawInsn return_constant(int32_t value) { return {0xb7, 0, 0, value}; }

std::string hex(const abi::Tag& tag) { return to_hex(std::as_bytes(std::span(tag))); }

object::Object object_of(std::string_view name) {
  auto object = object::read_file(fmt::format("{}/bpf/tests/object/{}.o", SAYA_BINARY_DIR, name));
  EXPECT_TRUE(object) << object.error().message;
  return object ? *std::move(object) : object::Object();
}

struct Linked {
  const char* object;
  const char* program;
  std::vector<std::string> subprograms;
  std::vector<std::string> maps;
  friend void PrintTo(const Linked& c, std::ostream* os) { *os << c.object << ": " << c.program; }
};

const Linked kLinked[] = {
    {"calls",                    "first",    {"first", "twice"},                               {}                            },
    {"calls",                    "second",   {"second", "hidden_seven", "add_three", "twice"}, {}                            },
    {"calls",                    "loop",     {"loop", "each", "add_three", "twice"},           {}                            },
    {"calls",                    "classify", {"classify", "weak_five", "twice"},               {}                            },
    {"maps",                     "count",    {"count"},                                        {"counters", "flows", "jumps"}},
    {"maps",                     "look",     {"look"},                                         {"flows"}                     },
    {"static",                   "entry",    {"entry", "tail"},                                {"shown", "hidden"}           },
    {"static",                   "tail",     {"tail"},                                         {"hidden"}                    },
    {"sections_without_symbols", "entry",    {"entry", "func_2"},                              {}                            },
};

class Link : public testing::TestWithParam<Linked> {
 protected:
  const object::Object object_ = object_of(GetParam().object);
  const Result<ProgramPtr> linked_ = link_by_name(object_, GetParam().program);
};

TEST_P(Link, AppendsWhatIsCalledOnceAndBindsWhatIsUsed) {
  ASSERT_TRUE(linked_) << linked_.error().message;
  std::vector<std::string> subprograms, maps;
  for (const Subprogram& subprogram : (*linked_)->subprograms) subprograms.push_back(subprogram.name);
  for (const MapPtr& map : (*linked_)->maps) maps.push_back(map->spec().name);
  EXPECT_EQ(subprograms, GetParam().subprograms);
  EXPECT_EQ(maps, GetParam().maps);
}

TEST_P(Link, CallsAndCallbacksReachTheStartOfASubprogram) {
  ASSERT_TRUE(linked_) << linked_.error().message;
  std::vector<uint32_t> slots;
  const auto insns = isa::decode_all((*linked_)->code, &slots);
  ASSERT_TRUE(insns) << insns.error().message;
  for (size_t i = 0; i < insns->size(); ++i) {
    const isa::Insn& insn = (*insns)[i];
    int64_t target = 0;
    if (insn.kind == isa::Kind::call && insn.callee == isa::Callee::local) target = int64_t{slots[i]} + 1 + insn.jump;
    if (insn.kind == isa::Kind::load_imm && insn.pseudo == Pseudo::func) target = int64_t{slots[i]} + 1 + insn.imm;
    const auto starts_there = [&](const Subprogram& subprogram) { return subprogram.start == target; };
    EXPECT_TRUE(std::ranges::any_of((*linked_)->subprograms, starts_there)) << isa::disassemble(insn);
  }
}

TEST_P(Link, SubprogramsCoverTheCodeWithoutGaps) {
  ASSERT_TRUE(linked_) << linked_.error().message;
  uint32_t end = 0;
  for (const Subprogram& subprogram : (*linked_)->subprograms) {
    EXPECT_EQ(subprogram.start, end) << subprogram.name;
    end += subprogram.size;
  }
  EXPECT_EQ(end, (*linked_)->code.size());
}

TEST_P(Link, LinesMoveWithTheirFunctions) {
  ASSERT_TRUE(linked_) << linked_.error().message;
  std::vector<std::string> expected, got;
  auto describe = [](const object::SourceLine& line, uint32_t start) {
    return fmt::format("{}: {}:{} {}", start + line.insn, line.line, line.column, line.text);
  };
  for (const Subprogram& subprogram : (*linked_)->subprograms)
    for (const object::Function& function : object_.functions)
      if (function.name == subprogram.name)
        for (const object::SourceLine& line : function.lines) expected.push_back(describe(line, subprogram.start));
  for (const object::SourceLine& line : (*linked_)->lines) got.push_back(describe(line, 0));
  EXPECT_EQ(got, expected);
  const object::SourceLine* last = (*linked_)->line_of(static_cast<uint32_t>((*linked_)->code.size()) - 1);
  EXPECT_EQ(last, got.empty() ? nullptr : &(*linked_)->lines.back());
}
INSTANTIATE_TEST_SUITE_P(Program, Link, testing::ValuesIn(kLinked));

TEST(Program, KnowsItsOriginTypeAndLicence) {
  const auto program = link_by_name(object_of("maps"), "look");
  ASSERT_TRUE(program) << program.error().message;
  EXPECT_EQ((*program)->name, "look");
  EXPECT_EQ((*program)->origin, "maps.o:[tc]");
  EXPECT_EQ((*program)->type, Type::sched_cls);
  EXPECT_EQ((*program)->license, "Dual BSD/GPL");
  EXPECT_TRUE((*program)->gpl_compatible);
  EXPECT_FALSE((*link_by_name(object_of("data"), "sum"))->gpl_compatible);
}

TEST(Program, TheTypeAskedForOverridesTheSectionsName) {
  const auto program = link_by_name(object_of("maps"), "look", Type::xdp);
  ASSERT_TRUE(program) << program.error().message;
  EXPECT_EQ((*program)->type, Type::xdp);
}

TEST(Program, ReadsVariablesWhereTheObjectPutThem) {
  const object::Object object = object_of("data");
  const auto program = link_by_name(object, "sum");
  ASSERT_TRUE(program) << program.error().message;
  const auto insns = isa::decode_all((*program)->code);
  ASSERT_TRUE(insns);
  for (const isa::Insn& insn : *insns) {
    if (insn.kind != isa::Kind::load_imm || insn.pseudo == Pseudo::value) continue;
    ASSERT_EQ(insn.pseudo, Pseudo::map_index_value);
    const auto index = static_cast<uint64_t>(insn.imm) & 0xffffffff, offset = static_cast<uint64_t>(insn.imm) >> 32;
    ASSERT_LT(index, (*program)->maps.size());
    EXPECT_LT(offset, (*program)->maps[index]->spec().value_size);
  }
  EXPECT_EQ((*program)->maps.size(), 4u);
}

TEST(Program, DataSectionsAreFilled) {
  const auto maps = create_maps(object_of("data"), {});
  ASSERT_TRUE(maps) << maps.error().message;
  for (const MapPtr& map : *maps) {
    const auto value = host_lookup(*map, std::vector<std::byte>(4));
    ASSERT_TRUE(value) << value.error().message;
    if (map->spec().name == ".data.tuning") {
      EXPECT_EQ(to_hex(*value), "09000000");
    } else if (map->spec().name == "data.bss") {
      EXPECT_EQ(*value, std::vector<std::byte>(128));
    } else if (map->spec().name == "data.rodata") {
      EXPECT_NE(to_hex(*value).find("64000000"), std::string::npos) << "limit = 100";
    }
  }
}

object::Object object_with(std::vector<RawInsn> code, std::vector<object::Relocation> relocations) {
  object::Function function;
  function.name = "f";
  function.section = "xdp";
  function.entry = true;
  function.code = std::move(code);
  function.relocations = std::move(relocations);
  object::Object object;
  object.file = "made.o";
  object.functions.push_back(std::move(function));
  return object;
}

TEST(Program, RecursionLinks) {
  const auto object = object_with(
      {
          {0x85, 0x10, 0, 0},
          kExit
  },
      {{0, object::Relocation::Kind::call, 0, 0}});
  const auto program = link(object, 0, {});
  ASSERT_TRUE(program) << program.error().message;
  EXPECT_EQ((*program)->code[0].imm, -1);
  EXPECT_EQ((*program)->subprograms.size(), 1u);
}

TEST(Program, AChainOfCallsMayBeAsLongAsTheObject) {
  constexpr uint32_t kLength = 100'000;
  object::Object object;
  for (uint32_t i = 0; i < kLength; ++i) {
    object::Function function;
    function.name = "f";
    function.code = {
        {0x85, 0x10, 0, 0},
        kExit
    };
    function.relocations = {
        {0, object::Relocation::Kind::call, std::min(i + 1, kLength - 1), 0}  // The last one calls itself.
    };
    object.functions.push_back(std::move(function));
  }
  const auto program = link(object, 0, {});
  ASSERT_TRUE(program) << program.error().message;
  EXPECT_EQ((*program)->subprograms.size(), kLength);
  EXPECT_EQ((*program)->code[0].imm, 1);
}

struct LinkError {
  const char* what;
  object::Object object;
  const char* message;
  friend void PrintTo(const LinkError& c, std::ostream* os) { *os << c.what; }
};

const LinkError kErrors[] = {
    {"a map that does not exist",      object_with({{0x18, 1, 0, 0}, {}, kExit},           {{0, object::Relocation::Kind::map, 3, 0}}),
     "made.o:[xdp]: function 'f', instruction 0: map 3 does not exist, there are 0"},
    {"a function that does not exist",
     object_with({{0x85, 0x10, 0, 0}, kExit},                                              {{0, object::Relocation::Kind::call, 9, 0}}),
     "function 'f', instruction 0: function 9 does not exist, there are 1"         },
    {"a descriptor in the file",       object_with({kExit, {0x18, 0x11, 0, 5}, {}, kExit}, {}),
     "instruction 1: a 64-bit immediate of kind 1 without a relocation"            },
};

class ProgramError : public testing::TestWithParam<LinkError> {};
TEST_P(ProgramError, NamesFunctionInstructionAndTarget) {
  const auto program = link(GetParam().object, 0, {});
  ASSERT_FALSE(program);
  EXPECT_NE(program.error().message.find(GetParam().message), std::string::npos) << program.error().message;
}
INSTANTIATE_TEST_SUITE_P(Program, ProgramError, testing::ValuesIn(kErrors));

TEST(Program, FromCodeFindsTheFunctionsThatAreCalled) {
  // call +1; exit; r0 = 1; exit
  const auto program = from_code("made",
                                 {
                                     {0x85, 0x10, 0, 1},
                                     kExit, return_constant(1), kExit
  },
                                 Type::xdp);
  ASSERT_EQ(program->subprograms.size(), 2u);
  EXPECT_EQ(program->subprograms[0].size, 2u);
  EXPECT_EQ(program->subprograms[1].start, 2u);
  EXPECT_EQ(program->line_of(0), nullptr);
}

// Both digests as Linux showed them: SHA-1 before 6.18, SHA-256 since.
TEST(Tags, AreThoseOfTheKernel) {
  EXPECT_EQ(hex(tag_sha1(std::vector{return_constant(1), kExit})), "57cd311f2e27366b");
  EXPECT_EQ(hex(tag_sha256(std::vector{return_constant(0), kExit})), "59f4a931744dcdc6");
}

TEST(Tags, DoNotDependOnMapNumbers) {
  auto load = [](Pseudo pseudo, int32_t low, int32_t high) {
    return std::vector<RawInsn>{
        {0x18, static_cast<uint8_t>(static_cast<unsigned>(pseudo) << 4), 0, low },
        {0,    0,                                                        0, high},
        kExit
    };
  };
  EXPECT_EQ(tag_sha256(load(Pseudo::map_index, 3, 0)), tag_sha256(load(Pseudo::map_fd, 77, 0)));
  EXPECT_EQ(tag_sha256(load(Pseudo::map_index_value, 3, 8)), tag_sha256(load(Pseudo::map_value, 77, 16)));
  EXPECT_NE(tag_sha256(load(Pseudo::map_index, 3, 0)), tag_sha256(load(Pseudo::map_index_value, 3, 0)));
  EXPECT_NE(tag_sha256(load(Pseudo::value, 3, 0)), tag_sha256(load(Pseudo::value, 4, 0)));
}

}  // namespace
}  // namespace saya::program
