// Follows bpf_prog_assign_exc_cb() of tools/lib/bpf/libbpf.c, Linux 6.12.
#include "program/exceptions.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace saya::program {
namespace {

constexpr std::string_view kTag = "exception_callback:";

std::optional<uint32_t> function_named(const object::Object& object, std::string_view name) {
  const auto found = std::ranges::find_if(object.functions, [&](const object::Function& function) {
    return !function.entry && function.name == name && function.binding != object::Binding::local;
  });
  if (found == object.functions.end()) return std::nullopt;
  return static_cast<uint32_t>(found - object.functions.begin());
}

/// The names of the tags of the FUNC `id` that begin with kTag, the beginning cut off.
std::vector<std::string_view> callback_names(const btf::Btf& btf, uint32_t id) {
  std::vector<std::string_view> names;
  for (uint32_t i = 1; i < btf.count(); ++i) {
    const btf::Type& type = btf.type(i);
    if (type.kind == btf::Kind::decl_tag && type.target == id && type.name.starts_with(kTag))
      names.push_back(type.name.substr(kTag.size()));
  }
  return names;
}

}  // namespace

Result<std::optional<uint32_t>> find_exception_callback(const object::Object& object, const object::Function& entry) {
  if (!object.btf || !entry.btf_type) return std::nullopt;
  const std::vector<std::string_view> names = callback_names(*object.btf, entry.btf_type);
  if (names.empty()) return std::nullopt;
  if (names.size() > 1)
    return fail(Code::invalid_argument,
                fmt::format("function '{}' has {} exception callbacks, it may have one", entry.name, names.size()));
  const auto callback = function_named(object, names[0]);
  if (!callback)
    return fail(Code::no_such_entry,
                fmt::format("exception callback '{}' of function '{}' is no global function", names[0], entry.name));
  return callback;
}

}  // namespace saya::program
