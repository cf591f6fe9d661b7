// nlohmann::json kept strict and quiet: it throws where text is wrong, and keeps the last of two equal members.
#include "netstate/strict_json.h"

#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace saya {
namespace {

constexpr int kDeepest = 8;

/// Text to a tree. nlohmann keeps the last of two members with one name; we refuse both, and deep nesting.
class Reader {
 public:
  Result<json> read(std::string_view text) {
    const auto watch = [this](int depth, json::parse_event_t event, json& value) { return see(depth, event, value); };
    try {
      json tree = json::parse(text.begin(), text.end(), watch);
      if (error_) return std::unexpected(std::move(*error_));
      return tree;
    } catch (const json::exception& error) {        // Their only way to say where the text is wrong.
      const std::string_view words = error.what();  // "[json.exception.parse_error.101] parse error at line 2, ..."
      return fail(Code::malformed, std::string(words.substr(words.find("] ") + 2)));
    }
  }

 private:
  bool see(int depth, json::parse_event_t event, json& value) {
    if (error_) return false;
    const auto level = static_cast<size_t>(depth);
    if (depth > kDeepest)
      return give_up(fmt::format("values are nested {} deep, at most {} are allowed", depth, kDeepest));
    if (names_.size() <= level) names_.resize(level + 1);
    if (event == json::parse_event_t::object_start && names_.size() > level + 1) names_[level + 1].clear();
    if (event == json::parse_event_t::key && !names_[level].insert(value.get<std::string>()).second)
      return give_up(fmt::format("member '{}' appears twice in one object", value.get<std::string>()));
    return true;
  }
  bool give_up(std::string message) {
    error_ = Error{Code::malformed, std::move(message)};
    return false;
  }

  std::vector<std::set<std::string>> names_;  ///< Of the open object at each depth.
  std::optional<Error> error_;
};

}  // namespace

Result<json> read_json(std::string_view text) { return Reader().read(text); }

}  // namespace saya
