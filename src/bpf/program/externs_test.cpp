// Linking against places that have kernel functions and variables, and against places that lack them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>

#include "program/program.h"
#include "support/linked.h"

namespace saya::program {
namespace {

using isa::Callee;
using isa::Pseudo;

object::Object externs() {
  auto object = object::read_file(fmt::format("{}/bpf/tests/object/externs.o", SAYA_BINARY_DIR));
  EXPECT_TRUE(object) << object.error().message;
  return object ? *std::move(object) : object::Object();
}

Target target_with(const std::set<std::string, std::less<>>& names) {
  const auto has = [names](std::string_view name) { return names.contains(name); };
  return {.name = "a test", .has_function = has, .has_variable = has};
}

Result<ProgramPtr> link_for(const object::Object& object, std::string_view program, const Target& target) {
  SAYA_TRY(const uint32_t index, object::find_program(object, program));
  return link(object, index, {}, Type::unspec, target);
}

struct LinkCase {
  const char* program;
  std::set<std::string, std::less<>> there;  ///< What the target has.
  std::string expected;                      ///< What becomes of each reference in order, or the error's end.
  friend void PrintTo(const LinkCase& c, std::ostream* os) { *os << c.program << ": " << c.expected; }
};

const LinkCase kCases[] = {
    {"weak",             {},                    "0, 0, 0, 0, 0, poison: weak kernel function 'bpf_no_such_function' is not known to a test"},
    {"weak",
     {"runqueues", "bpf_no_such_function"},
     "&runqueues, 0, 0, &bpf_no_such_function, &runqueues, call bpf_no_such_function"                                                      },
    {"weak",
     {"no_such_address", "bpf_prog_active"},
     "0, &bpf_prog_active, &no_such_address untyped, 0, 0, poison: "
     "weak kernel function 'bpf_no_such_function' is not known to a test"                                                                  },
    {"strong_function",  {"bpf_rcu_read_lock"}, "call bpf_rcu_read_lock"                                                                   },
    {"strong_function",
     {},
     "externs.o:[xdp/strong_function]: function 'strong_function', instruction 0: extern kernel function "
     "'bpf_rcu_read_lock' is not known to a test"                                                                                          },
    {"strong_variable",  {"__start_BTF"},       "&__start_BTF untyped"                                                                     },
    {"strong_variable",  {},                    "extern kernel variable '__start_BTF' is not known to a test"                              },
    {"unexplained",
     {"nowhere"},
     "symbol 'nowhere' is not defined in this object, and not declared __ksym or __kconfig either"                                         },
    {"unexplained_weak", {"perhaps"},           "0"                                                                                        },
};

/// "&runqueues, 0, call bpf_foo": every load of an address or of zero, and every call that is not local.
std::string references(const Program& program) {
  std::string text;
  std::vector<uint32_t> slots;
  const auto insns = isa::decode_all(program.code, &slots);
  EXPECT_TRUE(insns);
  for (size_t i = 0; insns && i < insns->size(); ++i) {
    const isa::Insn& insn = (*insns)[i];
    std::string one;
    if (insn.kind == isa::Kind::load_imm && insn.pseudo == Pseudo::btf_id) {
      const ExternUse& used = program.externs.at(static_cast<uint32_t>(insn.imm));
      one = fmt::format("&{}{}", used.name, used.typed ? "" : " untyped");
    } else if (insn.kind == isa::Kind::load_imm && insn.pseudo == Pseudo::value) {
      one = fmt::to_string(insn.imm);
    } else if (const Poison* poison = program.poison_at(slots[i])) {
      EXPECT_EQ(insn.imm, kPoisonedKfunc + 1) << "the function is extern 1 of the object, as libbpf counts";
      one = "poison: " + poison->why;
    } else if (insn.kind == isa::Kind::call && insn.callee == Callee::kfunc) {
      one = "call " + program.externs.at(static_cast<uint32_t>(insn.imm)).name;
    }
    if (!one.empty()) text += (text.empty() ? "" : ", ") + one;
  }
  return text;
}

class LinkExterns : public testing::TestWithParam<LinkCase> {};
TEST_P(LinkExterns, AsFarAsTheTargetHasThem) {
  const auto program = link_for(externs(), GetParam().program, target_with(GetParam().there));
  const std::string got = program ? references(**program) : program.error().message;
  EXPECT_TRUE(got.ends_with(GetParam().expected)) << got;
}
INSTANTIATE_TEST_SUITE_P(Program, LinkExterns, testing::ValuesIn(kCases));

TEST(LinkExterns, ForLookingKeepsThemAll) {
  const object::Object object = externs();
  Target target = target_with({});
  target.keep_externs = true;
  std::set<std::string> names;
  for (const object::Function& function : object.functions) {
    const auto program = link_for(object, function.name, target);
    ASSERT_TRUE(program) << program.error().message;
    EXPECT_TRUE((*program)->poisons.empty());
    for (const ExternUse& used : (*program)->externs) names.insert(used.name);
  }
  EXPECT_EQ(names.size(), object.externs.size());
}

TEST(LinkExterns, UsesEachOnce) {
  const auto program = link_for(externs(), "weak", target_with({"runqueues", "bpf_no_such_function"}));
  ASSERT_TRUE(program) << program.error().message;
  EXPECT_EQ((*program)->externs.size(), 2u);
}

object::Object made(std::vector<isa::RawInsn> code, std::vector<object::Relocation> relocations,
                    std::vector<object::Extern> externs) {
  object::Object object;
  object.file = "made.o";
  object.functions.push_back(
      {.name = "f", .section = "xdp", .entry = true, .code = std::move(code), .relocations = std::move(relocations)});
  object.externs = std::move(externs);
  return object;
}

TEST(LinkExterns, RefusesWhatNoObjectOfACompilerHas) {
  using Kind = object::Relocation::Kind;
  constexpr isa::RawInsn kCall{0x85, 0x20, 0, 3}, kLoad{0x18, 1, 0, 0}, kExit{0x95, 0, 0, 0};
  const object::Extern variable{.name = "v", .kind = object::Extern::Kind::variable, .btf_type = 1};
  const std::pair<object::Object, const char*> cases[] = {
      {made({kCall, kExit},     {},                                {}),         "instruction 0: a call of kernel function #3 without a relocation"},
      {made({kCall, kExit},     {{0, Kind::extern_call, 4}},       {variable}), "extern 4 does not exist, there are 1"                            },
      {made({kCall, kExit},     {{0, Kind::extern_call, 0}},       {variable}), "calls 'v', which is a variable"                                  },
      {made({kLoad, {}, kExit}, {{0, Kind::extern_address, 0, 8}}, {variable}), "an address +8 bytes from extern 'v'"                             },
  };
  for (const auto& [object, message] : cases) {
    const auto program = link(object, 0, {}, Type::unspec, target_with({"v"}));
    ASSERT_FALSE(program) << message;
    EXPECT_TRUE(program.error().message.ends_with(message)) << program.error().message;
  }
}

}  // namespace
}  // namespace saya::program
