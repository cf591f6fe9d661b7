// Text cut into words.
#pragma once

#include <string_view>
#include <vector>

namespace saya {

/// The words of `text`, which blanks, tabs and line ends separate. They borrow from it.
std::vector<std::string_view> split_words(std::string_view text);

}  // namespace saya
