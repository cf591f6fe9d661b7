// Pins: maps kept under a path, for later loads to find. How a definition names its pin, and when a map found there
// will do. The paths are iproute2's (semantics d.5), the comparison is its and libbpf's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "map/map.h"
#include "object/object.h"

namespace saya::program {

/// Where pins are kept, by path. Control side; one thread at a time.
class PinStore {
 public:
  virtual ~PinStore() = default;
  /// The map at `path`, or null.
  virtual Result<MapPtr> find(const std::string& path) = 0;
  /// already_exists when there is one at `path`.
  virtual Result<> put(const std::string& path, MapPtr map) = 0;
  /// Puts `map` in the place of the one at `path`, if there is one; who uses the old one keeps it.
  virtual Result<> replace(const std::string& path, MapPtr map) = 0;
  /// no_such_entry when there is none.
  virtual Result<> remove(const std::string& path) = 0;
  /// Every path, sorted.
  virtual Result<std::vector<std::string>> list() = 0;
};

/// Pins of this process.
class MemoryPins final : public PinStore {
 public:
  Result<MapPtr> find(const std::string& path) override;
  Result<> put(const std::string& path, MapPtr map) override;
  Result<> replace(const std::string& path, MapPtr map) override;
  Result<> remove(const std::string& path) override;
  Result<std::vector<std::string>> list() override;

 private:
  std::map<std::string, MapPtr> maps_;
};

/// Folders below the mount, by pinning number: the lines of a bpf_pinning file.
using PinFolders = std::map<uint32_t, std::string>;

/// Where iproute2 reads them from.
inline constexpr const char* kPinningFile = "/etc/iproute2/bpf_pinning";
/// Lines `NUMBER FOLDER`, comments from #. As iproute2 does, the last of two lines for a number counts, and numbers
/// that have a meaning of their own (0 to 2) are passed over. Errors name the line.
Result<PinFolders> parse_pinning(std::string_view text);

/// Where maps are pinned. Only a name unless the store is a file system.
struct PinScheme {
  std::string mount = "/sys/fs/bpf";  ///< Without a slash at the end.
  PinFolders folders;
};

/// What create_maps() shares maps through. The store outlives it.
struct Pins {
  PinStore* store = nullptr;
  PinScheme scheme;
};

/// The path of a definition's pin: MOUNT/tc/globals/NAME, MOUNT/tc/SHA1/NAME or MOUNT/FOLDER/NAME; nothing when it has
/// none, as with a number that `scheme` has no folder for. Refuses names that a BPF file system refuses.
Result<std::optional<std::string>> pin_path(const object::Object& object, const object::MapDefinition& map,
                                            const PinScheme& scheme);

/// Loaders give a perf event array without a size one slot for each CPU.
bool has_default_size(const MapSpec& wanted);
/// Whether the pinned map is what `wanted` describes. The error has iproute2's text, a line for each difference.
Result<> check_pinned(const MapSpec& wanted, const MapSpec& pinned);

}  // namespace saya::program
