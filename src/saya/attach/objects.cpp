// Opening objects once.
#include "attach/objects.h"

#include <algorithm>
#include <filesystem>

#include "attach/compile.h"
#include "base/read_all.h"
#include "program/program.h"

namespace saya::attach {
namespace {

constexpr size_t kMostFolders = 1 << 20;  // Bytes of the file that names them.

}  // namespace

Result<object::Object> read_object(const std::string& path) {
  if (!path.ends_with(".c")) return object::read_file(path);
  SAYA_TRY(const std::vector<std::byte> bytes, compile_c(path));
  return object::read(bytes, std::filesystem::path(path).filename().replace_extension(".o").string());
}

Result<const OpenObject*> Objects::open(const std::string& path) {
  if (const auto found = objects_.find(path); found != objects_.end()) return &found->second;
  SAYA_TRY(object::Object object, read_object(path));
  return open(path, std::move(object));
}

Result<const OpenObject*> Objects::open(const std::string& path, object::Object object) {
  if (const auto found = objects_.find(path); found != objects_.end()) return &found->second;
  SAYA_CHECK(settings_.apply(object));
  SAYA_CHECK(program::bind_config(object, target_));
  SAYA_CHECK(know_folders(object));
  SAYA_TRY(std::vector<MapPtr> maps, program::create_maps(object, world_, pins_));
  return &objects_.emplace(path, OpenObject{path, std::move(object), std::move(maps)}).first->second;
}

/// Reads the file of folders when the first object needs it.
Result<> Objects::know_folders(const object::Object& object) {
  const bool custom =
      std::ranges::any_of(object.maps, [](const auto& map) { return map.pinning == object::Pinning::custom; });
  if (!custom || pinning_file_.empty()) return {};
  const auto text = read_whole_file(pinning_file_, kMostFolders);
  if (!text && text.error().code != Code::no_such_entry) return std::unexpected(text.error());
  auto folders = program::parse_pinning(text.value_or(""));
  if (!folders) return std::unexpected(std::move(folders).error().at(pinning_file_));
  pins_.scheme.folders = *std::move(folders);
  pinning_file_.clear();
  return {};
}

Result<> Objects::check_settings() const {
  std::vector<const object::Object*> all;
  for (const auto& [path, open] : objects_) all.push_back(&open.object);
  return settings_.check(all);
}

}  // namespace saya::attach
