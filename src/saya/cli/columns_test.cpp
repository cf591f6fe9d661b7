// Lines in columns.
#include "cli/columns.h"

#include <gtest/gtest.h>

namespace saya::cli {
namespace {

TEST(Columns, each_is_as_wide_as_its_widest_cell_and_no_line_ends_with_blanks) {
  Columns columns;
  columns.add({"a", "long", "x"});
  columns.append("  below\n");
  columns.add({"abc", "b", "y"});
  columns.add({"z", "", "after a gap"});
  columns.add({"end", "", ""});
  EXPECT_EQ(columns.text(),
            "a    long  x\n"
            "  below\n"
            "abc  b     y\n"
            "z          after a gap\n"
            "end\n");
}

TEST(Columns, a_hostile_cell_does_not_widen_the_others) {
  Columns columns;
  columns.add({std::string(1000, 'a'), "x"});
  columns.add({"b", "y"});
  EXPECT_EQ(columns.text(), std::string(1000, 'a') + "  x\nb" + std::string(Columns::kWidest + 1, ' ') + "y\n");
}

TEST(Columns, nothing_is_no_text) { EXPECT_EQ(Columns().text(), ""); }

}  // namespace
}  // namespace saya::cli
