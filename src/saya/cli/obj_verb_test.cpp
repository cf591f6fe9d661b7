// tc's report, against what iproute2 6.1 built without libbpf printed for the same definitions.
#include "cli/obj_verb.h"

#include <gtest/gtest.h>

namespace saya::cli {
namespace {

object::MapDefinition map(const char* name, uint32_t type, uint32_t id, uint32_t pinning, uint32_t value,
                          uint32_t entries) {
  object::MapDefinition map;
  map.spec = {.name = name, .type = type, .key_size = 4, .value_size = value, .max_entries = entries};
  map.id = id;
  map.pinning_number = pinning;
  return map;
}

object::Function function(const char* section) {
  object::Function function;
  function.name = section;
  function.section = section;
  function.entry = true;
  return function;
}

TEST(Verb, TheReportOfOneProgramIsIpsByteForByte) {
  object::Object object;
  object.license = "GPL";
  object.functions = {function("prog")};
  EXPECT_EQ(verb_text(object,
                      {
                          {&object.functions[0], program::Type::xdp, 2, {}}
  }),
            "\n"
            "Prog section 'prog' loaded (5)!\n"
            " - Type:         6\n"
            " - Instructions: 2 (0 over limit)\n"
            " - License:      GPL\n"
            "\n"
            "Verifier analysis:\n"
            "\n");
}

TEST(Verb, MapsComeBeforeProgramsMapsOfMapsAndTailCalledProgramsLast) {
  object::Object object;
  object.license = "GPL";
  object.functions = {function("2/0"), function("classifier")};
  object.maps = {map("outer", 12, 0, 2, 8, 4), map("glob", 2, 1, 2, 8, 4), map("jmp", 3, 2, 2, 4, 4)};
  object.maps[1].spec.flags = 0x81;
  object.maps[2].programs = {
      {.index = 0, .function = 0}
  };
  const std::string text = verb_text(object, {
                                                 {&object.functions[0], program::Type::sched_cls, 2,    {}},
                                                 {&object.functions[1], program::Type::sched_cls, 5000, {}}
  });
  EXPECT_EQ(text,
            "Map object 'glob' loaded (5)!\n"
            " - Type:         2\n"
            " - Identifier:   1\n"
            " - Pinning:      2\n"
            " - Size key:     4\n"
            " - Size value:   8\n"
            " - Max elems:    4\n"
            " - Flags:        0x81\n"
            "\n"
            "Map object 'jmp' loaded (6)!\n"
            " - Type:         3\n"
            " - Identifier:   2\n"
            " - Pinning:      2\n"
            " - Size key:     4\n"
            " - Size value:   4\n"
            " - Max elems:    4\n"
            " - Flags:        0\n"
            "\n"
            "Map object 'outer' loaded (7)!\n"
            " - Type:         12\n"
            " - Identifier:   0\n"
            " - Pinning:      2\n"
            " - Size key:     4\n"
            " - Size value:   4\n"
            " - Max elems:    4\n"
            " - Flags:        0\n"
            "\n"
            "\n"
            "Prog section 'classifier' loaded (8)!\n"
            " - Type:         3\n"
            " - Instructions: 5000 (904 over limit)\n"
            " - License:      GPL\n"
            "\n"
            "Verifier analysis:\n"
            "\n"
            "\n"
            "Prog section '2/0' loaded (9)!\n"
            " - Type:         3\n"
            " - Instructions: 2 (0 over limit)\n"
            " - License:      GPL\n"
            "\n"
            "Verifier analysis:\n"
            "\n");
}

TEST(Verb, ARefusedProgramIsReportedWithTheReasonsAndTakesNoNumber) {
  object::Object object;
  object.functions = {function("a"), function("b")};
  EXPECT_EQ(verb_text(object,
                      {
                          {&object.functions[0], program::Type::xdp, 1, {"one", "two"}},
                          {&object.functions[1], program::Type::xdp, 1, {}            }
  }),
            "\n"
            "Prog section 'a' rejected: Invalid argument (22)!\n"
            " - Type:         6\n"
            " - Instructions: 1 (0 over limit)\n"
            " - License:      \n"
            "\n"
            "Verifier analysis:\n"
            "\n"
            "one\n"
            "two\n"
            "\n"
            "\n"
            "Prog section 'b' loaded (5)!\n"
            " - Type:         6\n"
            " - Instructions: 1 (0 over limit)\n"
            " - License:      \n"
            "\n"
            "Verifier analysis:\n"
            "\n");
}

}  // namespace
}  // namespace saya::cli
