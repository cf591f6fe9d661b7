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

}  // namespace
}  // namespace saya::run
