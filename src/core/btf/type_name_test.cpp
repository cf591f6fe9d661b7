// Types as C writes them, from an object that clang made.
#include "btf/type_name.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ostream>

#include "object/object.h"

namespace saya::btf {
namespace {

struct TypeCase {
  const char* variable;
  const char* type;
  friend void PrintTo(const TypeCase& c, std::ostream* os) { *os << c.variable; }
};

constexpr TypeCase kCases[] = {
    {"plain",            "int"                         },
    {"qualified",        "const volatile unsigned char"},
    {"pointer",          "char *"                      },
    {"pointers",         "const char * const * const"  },
    {"array",            "int[3]"                      },
    {"matrix",           "int[2][3]"                   },
    {"pairs",            "struct pair *[4]"            },
    {"pointer_to_array", "int (*)[5]"                  },
    {"callback",         "void (*)(...)"               },
    {"callbacks",        "void (*[2])(...)"            },
    {"alias",            "anonymous_alias"             },
    {"nameless",         "struct (anonymous)"          },
    {"either",           "union (anonymous)"           },
    {"colour",           "enum colour"                 },
    {"nothing",          "void *"                      },
    {"restless",         "volatile int * volatile"     },
};

class TypeName : public testing::TestWithParam<TypeCase> {};
TEST_P(TypeName, IsWhatADeclarationSays) {
  const auto object = object::read_file(fmt::format("{}/bpf/tests/object/types.o", SAYA_BINARY_DIR));
  ASSERT_TRUE(object) << object.error().message;
  const auto variable = object->btf->find(Kind::variable, GetParam().variable);
  ASSERT_TRUE(variable);
  EXPECT_EQ(type_name(*object->btf, *variable), GetParam().type);
}
INSTANTIATE_TEST_SUITE_P(Btf, TypeName, testing::ValuesIn(kCases));

TEST(TypeName, OfAFunctionIsWhatItReturns) {
  const auto object = object::read_file(fmt::format("{}/bpf/tests/object/types.o", SAYA_BINARY_DIR));
  ASSERT_TRUE(object) << object.error().message;
  EXPECT_EQ(type_name(*object->btf, *object->btf->find(Kind::function, "program")), "int (...)");
}

TEST(TypeName, OfAnIdOutOfRangeIsVoid) {
  const auto object = object::read_file(fmt::format("{}/bpf/tests/object/types.o", SAYA_BINARY_DIR));
  ASSERT_TRUE(object) << object.error().message;
  EXPECT_EQ(type_name(*object->btf, UINT32_MAX), "void");
}

}  // namespace
}  // namespace saya::btf
