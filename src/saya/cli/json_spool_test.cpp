// What goes through the file reads as if it had never left the object.
#include "cli/json_spool.h"

#include <gtest/gtest.h>

#include <array>

namespace saya::cli {
namespace {

using run::Json;

TEST(JsonSpool, prints_as_a_member_of_the_object) {
  for (const size_t count : {0u, 1u, 3u}) {
    Json whole = {
        {"first", 1}
    };
    whole["list"] = Json::array();
    JsonSpool spool = JsonSpool::open().value();
    for (size_t i = 0; i < count; ++i) {
      const Json element = {
          {"number", i                        },
          {"text",   "two\nlines"             },
          {"list",   Json::array({1, "\"[,]"})}
      };
      spool.add(element);
      whole["list"].push_back(element);
    }
    std::FILE* const out = std::tmpfile();
    ASSERT_NE(out, nullptr);
    EXPECT_TRUE(spool.print_member("list", out));
    std::rewind(out);
    std::array<char, 4096> text;
    const size_t size = std::fread(text.data(), 1, text.size(), out);
    std::fclose(out);
    EXPECT_EQ("{\n  \"first\": 1" + std::string(text.data(), size) + "\n}", whole.dump(2));
  }
}

}  // namespace
}  // namespace saya::cli
