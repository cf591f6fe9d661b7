// What a terminal gets to see of foreign text.
#include "base/terminal.h"

#include <gtest/gtest.h>

#include <ostream>

namespace saya {
namespace {

struct TerminalCase {
  const char* text;
  const char* shown;
  friend void PrintTo(const TerminalCase& c, std::ostream* os) { *os << c.shown; }
};

constexpr TerminalCase kCases[] = {
    {"",                                     ""                                   },
    {"drop_all",                             "drop_all"                           },
    {"a\tb\n",                               "a\tb\n"                             },
    {"\x1b[2J",                              "\\x1b[2J"                           },
    {"a\rb\x7f",                             "a\\x0db\\x7f"                       },
    {"Gr\xc3\xb6\xc3\x9f"
     "e \xe2\x82\xac \xf0\x9f\x90\x9d", "Gr\xc3\xb6\xc3\x9f"
     "e \xe2\x82\xac \xf0\x9f\x90\x9d"},
    {"\xc2\x9b"
     "2J",                              "\\xc2\\x9b2J"                       }, // U+009B begins a terminal's command
    {"\x9b"
     "2J",                              "\\x9b2J"                            },
    {"\xc0\xaf",                             "\\xc0\\xaf"                         }, // longer than it need be
    {"\xed\xa0\x80",                         "\\xed\\xa0\\x80"                    }, // a surrogate
    {"\xf4\x90\x80\x80",                     "\\xf4\\x90\\x80\\x80"               }, // beyond U+10FFFF
    {"\xe2\x82",                             "\\xe2\\x82"                         }, // cut
    {"\xe2z",                                "\\xe2z"                             },
};

class ForTerminal : public testing::TestWithParam<TerminalCase> {};
TEST_P(ForTerminal, ShowsWhatATerminalWouldObey) { EXPECT_EQ(for_terminal(GetParam().text), GetParam().shown); }
INSTANTIATE_TEST_SUITE_P(Base, ForTerminal, testing::ValuesIn(kCases));

}  // namespace
}  // namespace saya
