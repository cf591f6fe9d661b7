// The objects that one pipeline has opened, each once, with its maps.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "attach/settings.h"
#include "attach/target.h"
#include "map/map.h"
#include "object/object.h"
#include "program/pins.h"

namespace saya::attach {

/// An object and the maps created for it: maps[i] for object.maps[i].
struct OpenObject {
  std::string path;
  object::Object object;
  std::vector<MapPtr> maps;
};

/// Programs of one file share its maps, however often it is named, and all of them share pinned maps. Control side; not
/// shared between threads.
class Objects {
 public:
  /// What objects leave open, `target` answers. `pinning_file` names the folders of pinning numbers (program/pins.h);
  /// it is read when an object has such a number, and need not exist.
  explicit Objects(MapWorld world, program::Target target = own_target(), Settings settings = {},
                   std::string pinning_file = program::kPinningFile)
      : world_(world),
        target_(std::move(target)),
        settings_(std::move(settings)),
        pinning_file_(std::move(pinning_file)) {}
  Objects(const Objects&) = delete;
  Objects& operator=(const Objects&) = delete;

  /// Opens (or finds) the object at `path`; a .c file is compiled first. The result stays valid as long as this does.
  Result<const OpenObject*> open(const std::string& path);
  /// The same with an object that has been read already.
  Result<const OpenObject*> open(const std::string& path, object::Object object);
  /// Every setting must be for one of the objects that are open.
  Result<> check_settings() const;
  const program::Target& target() const noexcept { return target_; }
  /// In path order.
  const std::map<std::string, OpenObject>& all() const noexcept { return objects_; }

 private:
  Result<> know_folders(const object::Object& object);

  MapWorld world_;
  program::Target target_;
  Settings settings_;
  std::string pinning_file_;  ///< Empty once it was read.
  program::MemoryPins store_;
  program::Pins pins_{.store = &store_, .scheme = {}};
  std::map<std::string, OpenObject> objects_;
};

/// Reads an object file, compiling a .c file first.
Result<object::Object> read_object(const std::string& path);

}  // namespace saya::attach
