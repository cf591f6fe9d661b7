// Columns for people.
#pragma once

#include <string>
#include <vector>

namespace saya::run {

/// Rows of cells under a header, each column as wide as its widest cell; columns that look like numbers align right.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
  /// As many cells as the header has.
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  bool empty() const noexcept { return rows_.empty(); }
  std::string text() const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace saya::run
