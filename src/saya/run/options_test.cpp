// What before the '=' is a port, and what belongs to a file's name.
#include "run/options.h"

#include <gtest/gtest.h>

namespace saya::run {
namespace {

struct Row {
  const char* word;
  const char* port;
  const char* file;
};

TEST(Input, has_a_port_only_where_an_interface_could_have_that_name) {
  const Row rows[] = {
      {"a.pcap",                  "eth0",            "a.pcap"                 },
      {"lan0=a.pcap",             "lan0",            "a.pcap"                 },
      {"a=b=c",                   "a",               "b=c"                    },
      {"=a.pcap",                 "eth0",            "=a.pcap"                },
      {"a/b=c",                   "eth0",            "a/b=c"                  },
      {"a b=c",                   "eth0",            "a b=c"                  },
      {"123456789012345=a.pcap",  "123456789012345", "a.pcap"                 },
      {"1234567890123456=a.pcap", "eth0",            "1234567890123456=a.pcap"},
      {"a\x1b[31m=c",             "eth0",            "a\x1b[31m=c"            },
      {"a\xff=c",                 "eth0",            "a\xff=c"                },
  };
  for (const Row& row : rows) {
    const auto input = parse_input(row.word);
    ASSERT_TRUE(input) << row.word;
    EXPECT_EQ(input->port, row.port) << row.word;
    EXPECT_EQ(input->file, row.file) << row.word;
  }
}

TEST(Output, has_a_selection_where_the_word_before_the_sign_is_one) {
  const struct {
    const char* word;
    Selection selection;
    const char* file;
  } rows[] = {
      {"a.pcapng",         Selection::after,   "a.pcapng"  },
      {"before=a.pcapng",  Selection::before,  "a.pcapng"  },
      {"after=a.pcapng",   Selection::after,   "a.pcapng"  },
      {"dropped=-",        Selection::dropped, "-"         },
      {"dropped",          Selection::after,   "dropped"   },
      {"./before=a",       Selection::after,   "./before=a"},
      {"later=a",          Selection::after,   "later=a"   },
      {"before=dropped=a", Selection::before,  "dropped=a" }
  };
  for (const auto& row : rows) {
    const auto output = parse_output(row.word);
    ASSERT_TRUE(output) << row.word;
    EXPECT_EQ(output->selection, row.selection) << row.word;
    EXPECT_EQ(output->file, row.file) << row.word;
  }
  EXPECT_FALSE(parse_output(""));
  EXPECT_FALSE(parse_output("before="));
}

}  // namespace
}  // namespace saya::run
