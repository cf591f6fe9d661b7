// The objects that one pipeline has opened, each once, with its maps.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "attach/settings.h"
#include "map/map.h"
#include "object/object.h"
#include "program/target.h"

namespace saya::attach {

/// An object and the maps created for it: maps[i] for object.maps[i].
struct OpenObject {
  std::string path;
  object::Object object;
  std::vector<MapPtr> maps;
};

/// Programs of one file share its maps, however often it is named. Control side; not shared between threads.
class Objects {
 public:
  /// What objects leave open, `target` answers.
  explicit Objects(MapWorld world, program::Target target = program::default_target(), Settings settings = {})
      : world_(world), target_(std::move(target)), settings_(std::move(settings)) {}
  /// Opens (or finds) the object at `path`; a .c file is compiled first. The result stays valid as long as this does.
  Result<const OpenObject*> open(const std::string& path);
  /// Every setting must be for one of the objects that are open.
  Result<> check_settings() const;
  /// In path order.
  const std::map<std::string, OpenObject>& all() const noexcept { return objects_; }

 private:
  MapWorld world_;
  program::Target target_;
  Settings settings_;
  std::map<std::string, OpenObject> objects_;
};

/// Reads an object file, compiling a .c file first.
Result<object::Object> read_object(const std::string& path);

}  // namespace saya::attach
