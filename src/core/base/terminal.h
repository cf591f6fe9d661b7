// Foreign text on its way to a terminal.
#pragma once

#include <string>
#include <string_view>

namespace saya {

/// `text` with "\x1b" for what a terminal would obey or could not show: control characters other than line ends and
/// tabs, those from U+0080 to U+009F, and bytes that are no UTF-8. The rest stays as it is.
std::string for_terminal(std::string_view text);

}  // namespace saya
