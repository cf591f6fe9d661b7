// Words of the command line as values of global variables, and what is said about those that are wrong.
#include "object/variables.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <random>

#include "base/bytes.h"

namespace saya::object {
namespace {

Object variables() {
  auto object = read_file(fmt::format("{}/bpf/tests/object/variables.o", SAYA_BINARY_DIR));
  EXPECT_TRUE(object) << object.error().message;
  return object ? *std::move(object) : Object();
}

/// The bytes of a variable in hexadecimal.
std::string bytes_of(const Object& object, std::string_view name) {
  for (const MapDefinition& map : object.maps)
    for (const btf::Member& place : object.btf->type(map.spec.value_btf_type).members)
      if (object.btf->type(place.type).name == name && !map.initial.empty())
        return to_hex(std::span(map.initial).subspan(place.offset, place.size));
  return "";
}

struct Setting {
  const char* text;
  const char* variable;
  const char* bytes;  ///< Afterwards.
  friend void PrintTo(const Setting& c, std::ostream* os) { *os << c.text; }
};

#define CONFIG(mode, bits, offset, address, ranges, deep) \
  mode bits offset "0000" address ranges "000000000000000000000000" deep "00000000"

const Setting kSettings[] = {
    {"byte=200", "byte", "c8"},
    {"byte=0x7f", "byte", "7f"},
    {"byte= 9 ", "byte", "09"},
    {"byte='\\n'", "byte", "0a"},
    {"signed_byte=-128", "signed_byte", "80"},
    {"large=-9223372036854775808", "large", "0000000000000080"},
    {"unsigned_large=0xffffffffffffffff", "unsigned_large", "ffffffffffffffff"},
    {"enabled=true", "enabled", "01"},
    {"enabled=false", "enabled", "00"},
    {"enabled=1", "enabled", "01"},
    {"letter='z'", "letter", "7a"},
    {"letter=z", "letter", "7a"},
    {"letter=7", "letter", "07"},
    {"letter='7'", "letter", "37"},
    {"letter='\\''", "letter", "27"},
    {"name=eth0", "name", "6574683000000000"},
    {"name=\"eth0\"", "name", "6574683000000000"},
    {"name=a,b", "name", "612c620000000000"},
    {"name={'a',98}", "name", "6162000000000000"},
    {"name=", "name", "0000000000000000"},
    {"name=12345678", "name", "3132333435363738"},
    {"name=\"a\\tb\\\\\\\"\"", "name", "6109625c22000000"},
    {"name[1]=E", "name", "64456661756c7400"},
    {"mac=2,0,0,0,0,0x10", "mac", "020000000010"},
    {"mac={2}", "mac", "020000000000"},
    {"mac=\"ab\"", "mac", "616200000000"},
    {"ports=53", "ports", "3500000000000000"},
    {"ports={1, 2, 3, 4,}", "ports", "0100020003000400"},
    {"ports={}", "ports", "0000000000000000"},
    {"ports[2]=81", "ports", "160050005100901f"},
    {"matrix={{1,2},{-1}}", "matrix", "010000000200000000000000ffffffff0000000000000000"},
    {"matrix[1]=7,8,9", "matrix", "000000000000000000000000070000000800000009000000"},
    {"matrix[1][2]=5", "matrix", "000000000000000000000000000000000000000005000000"},
    {"mode=ENFORCE", "mode", "70110100"},
    {"mode=2", "mode", "02000000"},
    {"level=LOW", "level", "fdffffff"},
    {"level=-1", "level", "ffffffff"},
    {"wide=LARGE", "wide", "0000000001000000"},
    {"tuned=10", "tuned", "0a000000"},
    {"counters[1]=3", "counters", "000000000000000003000000000000000000000000000000"},
    {"verdict.calls=5", "verdict.calls", "05000000"},
    {"config.mode=ENFORCE", "config", CONFIG("70110100", "00", "00", "00000000", "0100020003000400", "00000000")},
    {"config.flag=1", "config", CONFIG("01000000", "01", "00", "00000000", "0100020003000400", "00000000")},
    {"config.level=5", "config", CONFIG("01000000", "0a", "00", "00000000", "0100020003000400", "00000000")},
    {"config.offset=-1", "config", CONFIG("01000000", "00", "ff", "00000000", "0100020003000400", "00000000")},
    {"config.address=1", "config", CONFIG("01000000", "00", "00", "01000000", "0100020003000400", "00000000")},
    {"config.bytes[3]=1", "config", CONFIG("01000000", "00", "00", "00000001", "0100020003000400", "00000000")},
    {"config.ranges[1].last=80", "config", CONFIG("01000000", "00", "00", "00000000", "0100020003005000", "00000000")},
    {"config.deep=-1", "config", CONFIG("01000000", "00", "00", "00000000", "0100020003000400", "ffff0f00")},
};

class SetVariable : public testing::TestWithParam<Setting> {};
TEST_P(SetVariable, WritesItsBytes) {
  Object object = variables();
  const auto done = set_variable(object, GetParam().text);
  ASSERT_EQ(bool(done), *GetParam().variable != 0) << (done ? "" : done.error().message);
  if (!done) return;
  EXPECT_EQ(bytes_of(object, GetParam().variable), GetParam().bytes);
}
INSTANTIATE_TEST_SUITE_P(Object, SetVariable, testing::ValuesIn(kSettings));

struct Refusal {
  const char* text;
  const char* message;
  friend void PrintTo(const Refusal& c, std::ostream* os) { *os << c.text; }
};

const Refusal kRefusals[] = {
    {"byte",                                "'byte' must be NAME=VALUE"                                                                         },
    {"=1",                                  "'=1' must be NAME=VALUE"                                                                           },
    {"bytes=1",                             "variables.o has no variable 'bytes', it has: byte (__u8 in .rodata), ports (__u16[4] in .rodata), "},
    {"_license=MIT",                        "variables.o has no variable '_license', it has: "                                                  },
    {"flows=1",                             "variables.o has no variable 'flows', it has: "                                                     },
    {"byte=256",                            "variables.o: variable 'byte': type __u8: 256 is not in 0..255"                                     },
    {"byte=-1",                             "variable 'byte': type __u8: -1 is not in 0..255"                                                   },
    {"byte=a",                              "variable 'byte': type __u8: 'a' is not an integer of at most 64 bits"                              },
    {"byte=",                               "variable 'byte': type __u8: '' is not an integer"                                                  },
    {"byte=1 2",                            "'1 2' is not an integer"                                                                           },
    {"byte=\033[2J",                        "'?[2J' is not an integer"                                                                          },
    {"signed_byte=128",                     "type __s8: 128 is not in -128..127"                                                                },
    {"large=9223372036854775808",
     "type __s64: 9223372036854775808 is not in -9223372036854775808..9223372036854775807"                                                      },
    {"unsigned_large=18446744073709551616", "'18446744073709551616' is not an integer of at most 64 bits"                                       },
    {"enabled=2",                           "'2' is not in 0..1"                                                                                },
    {"enabled=yes",                         "'yes' is not true, false, 0 or 1"                                                                  },
    {"letter=ab",                           "type char: 'ab' is not an integer"                                                                 },
    {"letter='\\q'",                        "type char: ''\\q'' is not an integer"                                                              },
    {"name=123456789",                      "type char[8]: '123456789' has 9 bytes, at most 8 fit"                                              },
    {"name=\"\\x\"",                        "'\\x' has an unknown escape after '\\'"                                                            },
    {"name[8]=x",                           "variable 'name[8]': '[8]' is outside of char[8], which has 8 elements"                             },
    {"name[-1]=x",                          "'[-1]' is outside of char[8]"                                                                      },
    {"name[]=x",                            "'[]' must be [NUMBER]"                                                                             },
    {"name[1=x",                            "'[1' must be [NUMBER]"                                                                             },
    {"ports=1,2,3,4,5",                     "type __u16[4]: 5 values, it has 4 elements"                                                        },
    {"ports=1,70000",                       "type __u16[4]: element 1: 70000 is not in 0..65535"                                                },
    {"ports={1,2",                          "'{1,2' lacks a '}'"                                                                                },
    {"ports=1},{2",                         "'1},{2' has a '}' too many"                                                                        },
    {"ports='1",                            "'1' lacks a closing '"                                                                             },
    {"ports[0][1]=1",                       "variable 'ports[0][1]': type __u16 is no array, so it has no '[1]'"                                },
    {"ports.first=1",                       "variable 'ports.first': type __u16[4] has no members, so no 'first'"                               },
    {"mode=ENFORCED",                       "type enum mode: 'ENFORCED' is no enumerator and no integer, there are OFF, LEARN, ENFORCE"         },
    {"mode=-1",                             "type enum mode: -1 is not in 0..4294967295"                                                        },
    {"config=1",                            "type struct config: cannot be set as a whole, set its members"                                     },
    {"config.name=eth0",                    "variable 'config.name': type const char *: is a pointer, which cannot be set"                      },
    {"config.modes=1",
     "struct config has no member 'modes', it has: mode, flag, level, offset, ranges, name, deep, address, bytes"                               },
    {"config.=1",                           "struct config has no member ''"                                                                    },
    {"config.flag=2",                       "variable 'config.flag': type __u8: 2 is not in 0..1"                                               },
    {"config.deep=524288",                  "type int: 524288 is not in -524288..524287"                                                        },
    {"config.flag.x=1",                     "'.x' follows a bit-field"                                                                          },
    {"config.ranges=1",                     "element 0: cannot be set as a whole"                                                               },
    {"ratio=1",                             "type float: is of a kind that cannot be set"                                                       },
};

class SetVariableError : public testing::TestWithParam<Refusal> {};
TEST_P(SetVariableError, NamesVariableTypeValueAndLimit) {
  Object object = variables();
  const auto done = set_variable(object, GetParam().text);
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find(GetParam().message), std::string::npos) << done.error().message;
}
INSTANTIATE_TEST_SUITE_P(Object, SetVariableError, testing::ValuesIn(kRefusals));

TEST(SetVariable, ZeroedSectionsComeIntoBeing) {
  Object object = variables();
  const auto bss = std::ranges::find(object.maps, ".bss", &MapDefinition::section);
  ASSERT_NE(bss, object.maps.end());
  EXPECT_TRUE(bss->initial.empty());
  ASSERT_TRUE(set_variable(object, "counters[0]=1"));
  EXPECT_EQ(bss->initial.size(), bss->spec.value_size);
}

TEST(SetVariable, WithoutBtfNoneHasAName) {
  Object object = variables();
  object.btf = nullptr;
  const auto done = set_variable(object, "byte=1");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "variables.o has no variable 'byte': without BTF none has a name; compile with -g");
}

TEST(SetVariable, KnowsWhatAnObjectHas) {
  const Object object = variables();
  EXPECT_TRUE(has_variable(object, "ports[1]=2"));
  EXPECT_TRUE(has_variable(object, "config.no_such_member=2"));
  EXPECT_TRUE(has_variable(object, "verdict.calls=2"));
  EXPECT_FALSE(has_variable(object, "port=2"));
  EXPECT_FALSE(has_variable(object, "ports"));
}

/// Words that a person may mistype, and worse. The sanitizers judge.
TEST(SetVariable, AnyWordsDoNoHarm) {
  constexpr std::string_view kAlphabet = "={},.[]'\"\\-0x19aE \tname";
  constexpr std::string_view kStarts[] = {"config", "name=", "ports=", "matrix=", "matrix[1]", "mac=", "letter=", ""};
  std::mt19937 random(3);
  Object object = variables();
  for (int round = 0; round < 20000; ++round) {
    std::string text(kStarts[random() % std::size(kStarts)]);
    for (auto left = random() % 12; left > 0; --left) text += kAlphabet[random() % kAlphabet.size()];
    (void)set_variable(object, text);
    (void)set_map_size(object, text);
  }
  for (const char c : {'{', '[', '.', ',', '"', '\\'})
    EXPECT_FALSE(set_variable(object, "matrix=" + std::string(100000, c))) << c;
  EXPECT_FALSE(set_variable(object, std::string(100000, '.') + "=1"));
}

/// Every word of the BTF may lie.
TEST(SetVariable, AnyTypesDoNoHarm) {
  const Object good = variables();
  const auto raw = good.btf->raw();
  std::mt19937 random(4);
  int done = 0;
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::byte> bytes(raw.begin(), raw.end());
    for (auto left = random() % 3 + 1; left > 0; --left)
      store(bytes.data() + 24 + random() % (bytes.size() / 8) * 4,
            random() % 2 ? random() % 64 : static_cast<uint32_t>(random()));
    const auto btf = btf::Btf::parse(bytes);
    if (!btf) continue;
    Object object = good;
    object.btf = *btf;
    for (const char* text :
         {"config.level=5", "matrix={{1},{2}}", "name=eth0", "config.ranges[1].last=80", "level=LOW"})
      done += bool(set_variable(object, text));
  }
  EXPECT_GT(done, 1000);
}

struct Size {
  const char* text;
  const char* message;  ///< Empty when it is taken.
  friend void PrintTo(const Size& c, std::ostream* os) { *os << c.text; }
};

const Size kSizes[] = {
    {"flows=65536",      ""                                                                                   },
    {"flows=0x20",       ""                                                                                   },
    {"flows=4294967295", ""                                                                                   },
    {"flows=0",          "variables.o: map 'flows': size '0' is not a number in 1..4294967295"                },
    {"flows=4294967296", "size '4294967296' is not a number in"                                               },
    {"flows=-1",         "size '-1' is not a number in"                                                       },
    {"flows=many",       "size 'many' is not a number in"                                                     },
    {"flows",            "'flows' must be NAME=N"                                                             },
    {"flow=1",           "variables.o has no map 'flow' that can have another size, it has flows (16 entries)"},
    {"variable.bss=2",   "variables.o has no map 'variable.bss' that can have another size"                   },
};

class SetMapSize : public testing::TestWithParam<Size> {};
TEST_P(SetMapSize, SetsMaxEntries) {
  Object object = variables();
  const std::string_view text = GetParam().text;
  const auto done = set_map_size(object, text);
  const std::string got = done ? "" : done.error().message;
  EXPECT_EQ(got.empty(), *GetParam().message == 0) << got;
  EXPECT_NE(got.find(GetParam().message), std::string::npos) << got;
  EXPECT_EQ(object.maps[0].spec.max_entries == 16, !done);
  EXPECT_EQ(has_map(object, text), text.starts_with("flows="));
}
INSTANTIATE_TEST_SUITE_P(Object, SetMapSize, testing::ValuesIn(kSizes));

TEST(SetMapSize, KeepsTheSlotsThatTheObjectFills) {
  auto object = read_file(fmt::format("{}/bpf/tests/object/tail_calls.o", SAYA_BINARY_DIR));
  ASSERT_TRUE(object) << object.error().message;
  EXPECT_TRUE(set_map_size(*object, "stages=4"));
  const auto done = set_map_size(*object, "stages=3");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "tail_calls.o: map 'stages': size 3 is too small, the object fills slot 3");
}

}  // namespace
}  // namespace saya::object
