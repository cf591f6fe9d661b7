// Aligning columns.
#include "run/table.h"

#include <fmt/format.h>

#include <algorithm>

namespace saya::run {
namespace {

bool is_number(const std::string& cell) {
  return !cell.empty() && std::ranges::all_of(cell, [](char c) { return (c >= '0' && c <= '9') || c == '-'; });
}

}  // namespace

std::string Table::text() const {
  std::vector<size_t> width(header_.size());
  std::vector<bool> numeric(header_.size(), true);
  for (size_t column = 0; column < header_.size(); ++column) {
    width[column] = header_[column].size();
    for (const auto& row : rows_) {
      width[column] = std::max(width[column], row[column].size());
      numeric[column] = numeric[column] && is_number(row[column]);
    }
  }
  std::string text;
  const auto add_line = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t column = 0; column < cells.size(); ++column)
      line += numeric[column] ? fmt::format("{:>{}}  ", cells[column], width[column])
                              : fmt::format("{:<{}}  ", cells[column], width[column]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  add_line(header_);
  for (const auto& row : rows_) add_line(row);
  return text;
}

}  // namespace saya::run
