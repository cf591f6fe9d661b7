// Lines whose first cells stand in columns.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace saya::cli {

/// Rows of cells, two blanks between them, each column as wide as its widest cell but no wider than kWidest: what is
/// longer pushes the rest of its line. The last cell of a row is never padded.
class Columns {
 public:
  static constexpr size_t kWidest = 40;
  void add(std::vector<std::string> cells);
  /// Whole lines that follow the row added last.
  void append(std::string_view lines);
  std::string text() const;

 private:
  struct Row {
    std::vector<std::string> cells;
    std::string after;
  };
  std::vector<Row> rows_;
  std::vector<size_t> widths_;
};

}  // namespace saya::cli
