// CO-RE from end to end: tests/core/local.bpf.c linked for the types of tests/core/target_*.bpf.c, then run. The values
// are what the sources say, and libbpf gets the same instructions (tests/core_libbpf_test.cpp).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <ostream>
#include <string>

#include "attach/target.h"
#include "helper/table.h"
#include "interp/interp.h"
#include "support/linked.h"

namespace saya::program {
namespace {

std::string path_of(std::string_view object) { return fmt::format("{}/bpf/tests/core/{}.o", SAYA_BINARY_DIR, object); }

object::Object object_of(std::string_view name) {
  auto object = object::read_file(path_of(name));
  EXPECT_TRUE(object) << object.error().message;
  return object ? *std::move(object) : object::Object();
}

Result<ProgramPtr> link_for(const object::Object& object, std::string_view program, const std::string& types) {
  SAYA_TRY(const Target target, attach::choose_target(types));
  SAYA_TRY(const uint32_t index, object::find_program(object, program));
  return link(object, index, {}, Type::unspec, target);
}

/// What the program returns over memory in which each byte is its own offset.
Result<uint64_t> run(const ProgramPtr& program) {
  std::vector<std::byte> memory(64);
  for (size_t i = 0; i < memory.size(); ++i) memory[i] = static_cast<std::byte>(i);
  return interp::run_on_memory(program, helper::table(), memory, {});
}

/// The instruction is poisoned, and reached.
constexpr std::nullopt_t kPoison = std::nullopt;

struct Row {
  const char* program;
  std::optional<uint64_t> itself, other, small;  ///< What it returns where these are the types.
  friend void PrintTo(const Row& c, std::ostream* os) { *os << c.program; }
};

const Row kRows[] = {
    {"offset_moved",          4,                  8,                  kPoison},
    {"offset_gone",           8,                  kPoison,            kPoison},
    {"offset_inner",          12,                 8,                  kPoison},
    {"offset_other",          8,                  16,                 kPoison},
    {"offset_named",          20,                 24,                 kPoison},
    {"offset_element",        12,                 32,                 kPoison},
    {"offset_pair",           36,                 100,                kPoison},
    {"offset_beyond",         4,                  16,                 kPoison},
    {"offset_flexible",       0x1b8,              0x1fc,              kPoison},
    {"offset_of_third",       28,                 40,                 kPoison},
    {"offset_flavoured",      0,                  12,                 kPoison},
    {"offset_absent",         0,                  kPoison,            kPoison},
    {"offset_agreed",         0,                  0,                  kPoison},
    {"offset_incompatible",   0,                  kPoison,            kPoison},
    {"size_grown",            4,                  8,                  kPoison},
    {"size_array",            16,                 64,                 4      },
    {"size_element",          8,                  12,                 kPoison},
    {"size_absent",           4,                  kPoison,            kPoison},
    {"signed_five",           1,                  0,                  kPoison},
    {"signed_plain",          1,                  1,                  kPoison},
    {"lshift_five",           58,                 51,                 kPoison},
    {"rshift_five",           59,                 55,                 kPoison},
    {"size_five",             4,                  4,                  kPoison},
    {"exists_moved",          1,                  1,                  0      },
    {"exists_gone",           1,                  0,                  0      },
    {"exists_absent",         1,                  0,                  0      },
    {"exists_pointer",        1,                  0,                  0      },
    {"exists_struct",         1,                  0,                  0      },
    {"exists_number",         1,                  0,                  0      },
    {"exists_array",          1,                  0,                  0      },
    {"exists_beyond",         1,                  1,                  0      },
    {"type_exists",           1,                  1,                  0      },
    {"type_absent",           1,                  0,                  0      },
    {"type_flavoured",        1,                  1,                  0      },
    {"type_alias",            1,                  1,                  0      },
    {"type_callback",         1,                  1,                  0      },
    {"type_size",             24,                 32,                 0      },
    {"type_size_absent",      4,                  0,                  0      },
    {"type_matches",          1,                  0,                  0      },
    {"type_matches_not",      1,                  0,                  0      },
    {"type_matches_union",    1,                  1,                  0      },
    {"type_matches_enum",     1,                  0,                  0      },
    {"type_matches_callback", 1,                  0,                  0      },
    {"type_matches_holder",   1,                  1,                  0      },
    {"type_matches_absent",   1,                  0,                  0      },
    {"type_id_local",         1,                  1,                  1      },
    {"type_id_target",        1,                  1,                  0      },
    {"type_id_absent",        1,                  0,                  0      },
    {"value_two",             2,                  22,                 kPoison},
    {"value_gone",            3,                  kPoison,            kPoison},
    {"value_exists",          1,                  1,                  0      },
    {"value_exists_gone",     1,                  0,                  0      },
    {"value_wide",            0x1ffffffff,        0x3fffffffff,       kPoison},
    {"value_wide_gone",       0x2ffffffff,        kPoison,            kPoison},
    {"value_below",           0xfffffffffffffffe, 0xffffffffffffff38, kPoison},
    {"load_moved",            0x7060504,          0xb0a0908,          kPoison},
    {"load_gone",             0xb0a0908,          kPoison,            kPoison},
    {"load_grown",            0x3020100,          0xf0e0d0c0b0a0908,  kPoison},
    {"load_shrunk",           0xf0e0d0c0b0a0908,  16,                 kPoison},
    {"load_grown_signed",     0x13121110,         kPoison,            kPoison},
    {"load_pointer",          0x1f1e1d1c1b1a1918, 0x2726252423222120, kPoison},
    {"load_bits",             0,                  16,                 kPoison},
    {"load_plain_bits",       4,                  0x302,              kPoison},
    {"store_grown",           0x706050400000007,  7,                  kPoison},
    {"guarded",               0xb0a0908,          0xb0a0908,          kPoison},
    {"pruning",               3,                  1,                  0      },
    {"in_a_subprogram",       0xa080604,          0x1a181614,         kPoison},
};

class CoreProgram : public testing::TestWithParam<Row> {
 protected:
  void expect(std::string_view types, std::optional<uint64_t> value) const {
    const auto program = link_for(object_, GetParam().program, path_of(types));
    ASSERT_TRUE(program) << types << ": " << program.error().message;
    const auto result = run(*program);
    ASSERT_EQ(result.has_value(), value.has_value()) << types << ": " << (result ? "runs" : result.error().message);
    if (result) {
      EXPECT_EQ(*result, *value) << types;
    } else {
      EXPECT_NE(result.error().message.find(" is poisoned: <"), std::string::npos) << result.error().message;
    }
  }

  const object::Object object_ = object_of("local");
};

TEST_P(CoreProgram, ComesToWhatTheTypesSay) {
  expect("local", GetParam().itself);
  expect("target_other", GetParam().other);
  expect("target_small", GetParam().small);
}
INSTANTIATE_TEST_SUITE_P(Program, CoreProgram, testing::ValuesIn(kRows));

TEST(Core, EveryProgramHasARow) {
  const object::Object local = object_of("local");
  for (const object::Function& function : local.functions) {
    const bool known = std::ranges::any_of(kRows, [&](const Row& row) { return row.program == function.name; });
    EXPECT_TRUE(known || !function.entry) << function.name;
  }
}

TEST(Core, APoisonedInstructionSaysWhatIsMissingWhere) {
  const auto program = link_for(object_of("local"), "value_gone", path_of("target_other"));
  ASSERT_TRUE(program) << program.error().message;
  ASSERT_EQ((*program)->poisons.size(), 2u) << "both slots of a 64-bit load";
  for (uint32_t i = 0; i < 2; ++i) {
    const Poison& poison = (*program)->poisons[i];
    EXPECT_EQ((*program)->poison_at(poison.insn), &poison);
    EXPECT_EQ((*program)->code[poison.insn], (isa::RawInsn{.opcode = 0x85, .imm = kPoisonedCall}));
    EXPECT_TRUE(
        poison.why.ends_with("enum named::NAMED_GONE = 3: there is no such enumerator in " + path_of("target_other")))
        << poison.why;
  }
  EXPECT_EQ((*program)->poison_at(1000), nullptr);
}

struct Refused {
  const char* program;
  const char* message;
  friend void PrintTo(const Refused& c, std::ostream* os) { *os << c.program; }
};
constexpr Refused kRefused[] = {
    {"disputed", "struct twice.disputed (0:1 @ offset 4): it is ambiguous: types"                                 },
    {"half",     "struct sized.grows (0:0 @ offset 0): the instruction accesses 2 bytes, its field has 4"         },
    {"beyond",
     "struct far.field (0:0 @ offset 0): the offset 40000 is too large for a load or store, must be at most 32767"},
};

class CoreRefused : public testing::TestWithParam<Refused> {};
TEST_P(CoreRefused, NamesFunctionInstructionAndField) {
  const auto program = link_for(object_of("refused"), GetParam().program, path_of("target_other"));
  ASSERT_FALSE(program);
  const std::string& message = program.error().message;
  EXPECT_TRUE(message.starts_with(fmt::format("refused.o:[xdp]: function '{}', instruction ", GetParam().program)))
      << message;
  EXPECT_NE(message.find(GetParam().message), message.npos) << message;
}
INSTANTIATE_TEST_SUITE_P(Program, CoreRefused, testing::ValuesIn(kRefused));

struct Forged {
  const char* what;
  isa::RawInsn first, second;
  const char* message;
  friend void PrintTo(const Forged& c, std::ostream* os) { *os << c.what; }
};
constexpr Forged kForged[] = {
    {"another immediate",
     {0xb7, 0, 0, 5},
     {0x95, 0, 0, 0},
     "the instruction's immediate is 5, expected 4 (to become 8)"                                                              },
    {"a register operand",       {0xbf, 0, 0, 4},    {0x95, 0, 0, 0}, "opcode 0xbf is no instruction that CO-RE can change"    },
    {"a jump",                   {0x05, 0, 0, 4},    {0x95, 0, 0, 0}, "opcode 0x05 is no instruction that CO-RE can change"    },
    {"another offset",           {0x61, 0x10, 5, 0}, {0x95, 0, 0, 0}, "the instruction's offset is 5, expected 4 (to become 8)"},
    {"a third field",            {0x18, 0, 1, 4},    {0, 0, 0, 0},    "the 64-bit load has an unexpected form"                 },
    {"half a load",              {0x18, 0, 0, 4},    {0, 1, 0, 0},    "the 64-bit load has an unexpected form"                 },
    {"another 64-bit immediate",
     {0x18, 0, 0, 4},
     {0, 0, 0, 1},
     "the instruction's immediate is 4294967300, expected 4"                                                                   },
};

class ForgedInstruction : public testing::TestWithParam<Forged> {};
TEST_P(ForgedInstruction, IsNotChanged) {
  object::Object object = object_of("local");
  const uint32_t index = object::find_program(object, "offset_moved").value();
  object::Function& function = object.functions[index];
  function.code = {GetParam().first, GetParam().second};
  for (object::CoreRelocation& relocation : function.core) relocation.insn = 0;
  const auto target = attach::choose_target(path_of("target_other"));
  ASSERT_TRUE(target) << target.error().message;
  const auto program = link(object, index, {}, Type::unspec, *target);
  ASSERT_FALSE(program);
  EXPECT_NE(program.error().message.find(GetParam().message), std::string::npos) << program.error().message;
}
INSTANTIATE_TEST_SUITE_P(Program, ForgedInstruction, testing::ValuesIn(kForged));

TEST(Core, ARelocationBehindTheCodeIsRefused) {
  object::Object object = object_of("local");
  const uint32_t index = object::find_program(object, "offset_moved").value();
  object.functions[index].core.front().insn = 1000;
  const auto program = link(object, index, {});
  ASSERT_FALSE(program);
  EXPECT_NE(program.error().message.find("instruction 1000: CO-RE"), std::string::npos) << program.error().message;
}

TEST(Core, TheTargetIsAskedOnlyIfARelocationNeedsIt) {
  const object::Object object = object_of("local");
  Target target{.name = "nowhere"};
  const auto linked = [&](std::string_view name) {
    return link(object, object::find_program(object, name).value(), {}, Type::unspec, target);
  };
  EXPECT_TRUE(linked("type_id_local"));
  const auto program = linked("offset_moved");
  ASSERT_FALSE(program);
  EXPECT_TRUE(program.error().message.ends_with(": nowhere: there are no types")) << program.error().message;
}

}  // namespace
}  // namespace saya::program
