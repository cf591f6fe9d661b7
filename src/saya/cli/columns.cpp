// Padding. Bytes count as one column each: names are ASCII but for hostile ones.
#include "cli/columns.h"

#include <algorithm>

namespace saya::cli {

void Columns::add(std::vector<std::string> cells) {
  widths_.resize(std::max(widths_.size(), cells.size()));
  for (size_t i = 0; i < cells.size(); ++i) widths_[i] = std::max(widths_[i], std::min(cells[i].size(), kWidest));
  rows_.push_back({std::move(cells), {}});
}

void Columns::append(std::string_view lines) { rows_.back().after += lines; }

std::string Columns::text() const {
  std::string text;
  for (const Row& row : rows_) {
    size_t missing = 0;  // Blanks that a later cell asks for: a line does not end with any.
    for (size_t i = 0; i < row.cells.size(); ++i) {
      const std::string& cell = row.cells[i];
      if (!cell.empty()) {
        text.append(missing, ' ');
        text += cell;
        missing = 0;
      }
      missing += std::max(widths_[i], cell.size()) - cell.size() + 2;
    }
    text += '\n';
    text += row.after;
  }
  return text;
}

}  // namespace saya::cli
