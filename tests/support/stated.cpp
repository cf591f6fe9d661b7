#include "support/stated.h"

#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "attach/target.h"
#include "btf/btf.h"

namespace saya::tests {
namespace {

/// What stands behind `tag` at the program's function; nothing without one.
std::optional<std::string> tagged(const object::Object& object, const std::string& program, std::string_view tag) {
  for (const object::Function& function : object.functions) {
    if (!object.btf || !function.entry || !function.btf_type || function.name != program) continue;
    for (uint32_t id = 1; id < object.btf->count(); ++id) {
      const btf::Type& type = object.btf->type(id);
      if (type.kind == btf::Kind::decl_tag && type.target == function.btf_type && type.name.starts_with(tag))
        return std::string(type.name.substr(tag.size()));
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<uint32_t> stated_value(const object::Object& object, const std::string& program) {
  const auto word = tagged(object, program, "comment:test_retval=");
  if (!word || word->empty()) return std::nullopt;
  if (*word == "TEST_DATA_LEN") return kStatedFrame;
  if (*word == "INT_MIN") return uint32_t{1} << 31;
  char* end = nullptr;
  const long long value = std::strtoll(word->c_str(), &end, 0);
  return *end == '\0' ? std::optional(static_cast<uint32_t>(value)) : std::nullopt;
}

std::optional<program::Target> stated_types(const object::Object& object, const std::string& program,
                                            const std::string& path) {
  const auto file = tagged(object, program, "comment:test_btf_path=");
  if (!file) return std::nullopt;
  const std::filesystem::path beside = std::filesystem::path(path).replace_filename(*file);
  for (const std::filesystem::path& name :
       {beside, std::filesystem::path(beside).replace_extension().replace_extension(".o")})
    if (auto target = attach::choose_target(name)) return *std::move(target);
  return std::nullopt;
}

}  // namespace saya::tests
