// Several objects may be opened: a name that one of them lacks is meant for another.
#include "attach/settings.h"

#include <algorithm>

#include "object/variables.h"

namespace saya::attach {
namespace {

using object::Object;

/// A kind of setting.
struct Kind {
  std::vector<std::string> Settings::* words;
  bool (*known)(const Object&, std::string_view);
  Result<> (*set)(Object&, std::string_view);
};
constexpr Kind kKinds[] = {
    {&Settings::variables, object::has_variable, object::set_variable},
    {&Settings::map_sizes, object::has_map,      object::set_map_size},
};

/// Why no object takes it: what each of them says.
Result<> refuse(const Kind& kind, const std::string& word, const std::vector<const Object*>& objects) {
  Error all{Code::no_such_entry, ""};
  for (const Object* object : objects) {
    Object copy = *object;
    const auto done = kind.set(copy, word);
    if (done) continue;
    all.code = done.error().code;
    all.message += (all.message.empty() ? "" : "; ") + done.error().message;
  }
  return std::unexpected(std::move(all));
}

}  // namespace

Result<> Settings::apply(Object& object) const {
  for (const Kind& kind : kKinds)
    for (const std::string& word : this->*kind.words)
      if (kind.known(object, word)) SAYA_CHECK(kind.set(object, word));
  return {};
}

Result<> Settings::check(const std::vector<const Object*>& objects) const {
  for (const Kind& kind : kKinds)
    for (const std::string& word : this->*kind.words)
      if (std::ranges::none_of(objects, [&](const Object* object) { return kind.known(*object, word); }))
        return refuse(kind, word, objects);
  return {};
}

}  // namespace saya::attach
