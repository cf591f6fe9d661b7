// Opening objects once.
#include "attach/objects.h"

#include <filesystem>

#include "attach/compile.h"
#include "program/program.h"

namespace saya::attach {

Result<object::Object> read_object(const std::string& path) {
  if (!path.ends_with(".c")) return object::read_file(path);
  SAYA_TRY(const std::vector<std::byte> bytes, compile_c(path));
  return object::read(bytes, std::filesystem::path(path).filename().replace_extension(".o").string());
}

Result<const OpenObject*> Objects::open(const std::string& path) {
  if (const auto found = objects_.find(path); found != objects_.end()) return &found->second;
  SAYA_TRY(object::Object object, read_object(path));
  SAYA_CHECK(settings_.apply(object));
  SAYA_CHECK(program::bind_config(object, target_));
  SAYA_TRY(std::vector<MapPtr> maps, program::create_maps(object, world_));
  return &objects_.emplace(path, OpenObject{path, std::move(object), std::move(maps)}).first->second;
}

Result<> Objects::check_settings() const {
  std::vector<const object::Object*> all;
  for (const auto& [path, open] : objects_) all.push_back(&open.object);
  return settings_.check(all);
}

}  // namespace saya::attach
