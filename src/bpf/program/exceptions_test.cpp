// Exception callbacks that programs name, as libbpf takes them, and the structs that programs allocate.
#include "program/exceptions.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "program/program.h"

namespace saya::program {
namespace {

Result<ProgramPtr> link_of(std::string_view program) {
  SAYA_TRY(const object::Object object,
           object::read_file(fmt::format("{}/bpf/tests/object/throws.o", SAYA_BINARY_DIR)));
  SAYA_TRY(const uint32_t index, object::find_program(object, program));
  return link(object, index, {}, Type::unspec, {.name = "a test", .keep_externs = true});
}

TEST(ExceptionCallback, ComesLastInItsProgram) {
  const auto program = link_of("with_one");
  ASSERT_TRUE(program) << program.error().message;
  ASSERT_EQ((*program)->subprograms.size(), 2u);
  EXPECT_EQ((*program)->subprograms[1].name, "answer");
  EXPECT_EQ((*program)->exception_callback, (*program)->subprograms[1].start);
}

TEST(ExceptionCallback, IsNotThereUnasked) {
  const auto program = link_of("with_none");
  ASSERT_TRUE(program) << program.error().message;
  EXPECT_EQ((*program)->subprograms.size(), 1u);
  EXPECT_FALSE((*program)->exception_callback);
}

TEST(ExceptionCallback, IsOneGlobalFunction) {
  const std::pair<const char*, const char*> cases[] = {
      {"with_two",           "function 'with_two' has 2 exception callbacks, it may have one"                    },
      {"with_a_missing_one", "exception callback 'nobody' of function 'with_a_missing_one' is no global function"},
      {"with_a_local_one",   "exception callback 'hidden' of function 'with_a_local_one' is no global function"  },
  };
  for (const auto& [name, words] : cases) {
    const auto program = link_of(name);
    ASSERT_FALSE(program) << name;
    EXPECT_TRUE(program.error().message.ends_with(words)) << program.error().message;
  }
}

TEST(ObjectTypes, AreThoseThatAProgramMayAllocate) {
  const auto allocating = link_of("with_none"), throwing = link_of("with_one");
  ASSERT_TRUE(allocating && throwing);
  ASSERT_EQ((*allocating)->object_types.size(), 1u);
  EXPECT_EQ((*allocating)->object_types[0]->name, "made");
  EXPECT_EQ((*allocating)->object_types[0]->size, 24u);
  EXPECT_TRUE((*throwing)->object_types.empty());
}

}  // namespace
}  // namespace saya::program
