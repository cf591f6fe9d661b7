// What the variables of `.kconfig` become, value by value. kernel_test.cpp compares a whole map with libbpf's.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <ostream>

#include "base/bytes.h"
#include "program/target.h"

namespace saya::program {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

object::Object kconfig() {
  auto object = object::read_file(fmt::format("{}/bpf/tests/object/kconfig.o", SAYA_BINARY_DIR));
  EXPECT_TRUE(object) << object.error().message;
  return object ? *std::move(object) : object::Object();
}

/// What the object needs at least, and `more`.
Target target_with(const Values& more) {
  Values values = more;
  values.insert({
      {"CONFIG_HZ",  "250"},
      {"CONFIG_BPF", "y"  },
      {"CONFIG_NET", "y"  }
  });
  return {.name = "a test",
          .config = [values](std::string_view option) -> std::optional<std::string> {
            const auto found = values.find(option);
            return found == values.end() || found->second == "-" ? std::nullopt : std::optional(found->second);
          },
          .kernel_version = (6 << 16) + (18 << 8) + 44};
}

struct Bound {
  const char* option;
  const char* value;     ///< As the configuration has it; "-" for not set.
  const char* expected;  ///< The variable's bytes in hexadecimal, or the end of the error.
  friend void PrintTo(const Bound& c, std::ostream* os) { *os << c.option << "=" << c.value; }
};

constexpr const char* kLong = "18446744073709551616";
const Bound kBound[] = {
    {"CONFIG_HZ",               "1000",                 "e803000000000000"                                                                          },
    {"CONFIG_HZ",               "0x10",                 "1000000000000000"                                                                          },
    {"CONFIG_HZ",               "18446744073709551615", "ffffffffffffffff"                                                                          },
    {"CONFIG_HZ",               kLong,                  "value '18446744073709551616' is no switch, no text and no integer"                         },
    {"CONFIG_HZ",               "-1",                   "value -1 is not in 0..18446744073709551615"                                                },
    {"CONFIG_HZ",               "y",                    "value 'y' needs a bool, tristate or char"                                                  },
    {"CONFIG_HZ",               "-",                    "kconfig.o: kernel configuration 'CONFIG_HZ': is not set by a test, and not declared __weak"},
    {"CONFIG_BPF",              "y",                    "01"                                                                                        },
    {"CONFIG_BPF",              "n",                    "00"                                                                                        },
    {"CONFIG_BPF",              "m",                    "value 'm' needs a tristate or char"                                                        },
    {"CONFIG_BPF",              "1",                    "value 1 needs an integer"                                                                  },
    {"CONFIG_BPF",              "yes",                  "value 'yes' is no switch, no text and no integer"                                          },
    {"CONFIG_BPF",              "\033[2J",              "value '?[2J' is no switch, no text and no integer"                                         },
    {"CONFIG_IPV6",             "m",                    "02000000"                                                                                  },
    {"CONFIG_IPV6",             "y",                    "01000000"                                                                                  },
    {"CONFIG_IPV6",             "-",                    "00000000"                                                                                  },
    {"CONFIG_IPV6",             "2",                    "value 2 needs an integer"                                                                  },
    {"CONFIG_NET",              "m",                    "6d"                                                                                        },
    {"CONFIG_NET",              "-128",                 "80"                                                                                        },
    {"CONFIG_NET",              "128",                  "value 128 is not in -128..127"                                                             },
    {"CONFIG_NO_SUCH_NUMBER",   "-2",                   "feff"                                                                                      },
    {"CONFIG_NO_SUCH_NUMBER",   "32768",                "value 32768 is not in -32768..32767"                                                       },
    {"CONFIG_NO_SUCH_NUMBER",   "\"5\"",                "value \"5\" needs an array of char"                                                        },
    {"CONFIG_DEFAULT_HOSTNAME", "\"ab\"",               "61620000"                                                                                  },
    {"CONFIG_DEFAULT_HOSTNAME", "\"(none)\"",           "286e6f00"                                                                                  },
    {"CONFIG_DEFAULT_HOSTNAME", "\"",                   "value \" lacks a closing \""                                                               },
    {"CONFIG_DEFAULT_HOSTNAME", "7",                    "value 7 needs an integer"                                                                  },
    {"LINUX_KERNEL_VERSION",    "ignored",              "2c120600"                                                                                  },
    {"LINUX_HAS_BPF_COOKIE",    "ignored",              "01"                                                                                        },
    {"LINUX_UNKNOWN_FACT",      "7",                    "00000000"                                                                                  },
};

class BindConfig : public testing::TestWithParam<Bound> {};
TEST_P(BindConfig, FillsTheVariable) {
  object::Object object = kconfig();
  const auto bound = bind_config(object, target_with({
                                             {GetParam().option, GetParam().value}
  }));
  std::string got = bound ? "" : bound.error().message;
  const auto option = std::ranges::find(object.externs, GetParam().option, &object::Extern::name);
  ASSERT_NE(option, object.externs.end());
  if (bound) got = to_hex(std::span(object.maps[0].initial).subspan(option->offset, option->size));
  EXPECT_TRUE(got.ends_with(GetParam().expected)) << got;
}
INSTANTIATE_TEST_SUITE_P(Program, BindConfig, testing::ValuesIn(kBound));

TEST(BindConfig, TheDefaultTargetIsAKernelOfItsOwn) {
  object::Object object = kconfig();
  const auto bound = bind_config(object, default_target());
  ASSERT_TRUE(bound) << bound.error().message;
  EXPECT_EQ(to_hex(object.maps[0].initial),
            "fa0000000000000001000000"
            "00120600"
            "00000000"
            "0000"
            "01"
            "79"
            "00"
            "01"
            "286e6f00");
}

TEST(BindConfig, LeavesObjectsWithoutConfigurationAlone) {
  auto object = object::read_file(fmt::format("{}/bpf/tests/object/data.o", SAYA_BINARY_DIR));
  ASSERT_TRUE(object) << object.error().message;
  const auto before = object->maps[0].initial;
  EXPECT_TRUE(bind_config(*object, Target{}));
  EXPECT_EQ(object->maps[0].initial, before);
}

TEST(BindConfig, ATypeThatNoConfigurationHasIsRefused) {
  object::Object object = kconfig();
  const auto option = std::ranges::find(object.externs, "CONFIG_HZ", &object::Extern::name);
  option->btf_type = *object.btf->find(btf::Kind::structure, "xdp_md");
  const auto bound = bind_config(object, default_target());
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().message,
            "kconfig.o: kernel configuration 'CONFIG_HZ': must be a bool, char, integer, char array or enum "
            "libbpf_tristate");
}

}  // namespace
}  // namespace saya::program
