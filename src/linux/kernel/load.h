// Puts linked programs and their maps into the running kernel, as libbpf or iproute2 would.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "btf/btf.h"
#include "kernel/bpf.h"
#include "kernel/running.h"
#include "map/map.h"
#include "object/object.h"
#include "program/program.h"

namespace saya {
class MapOfMaps;
}

namespace saya::kernel {

/// What saya has put into the kernel. A program's maps are kernel maps either of the session's object, made from their
/// definitions, or else copies of saya's own maps, one for each Map; programs that refer to the same map share it.
/// Holds the maps' descriptors, so kernel maps live as long as this or a program that uses them. One thread at a time.
class Session {
 public:
  /// A session for programs that bring their maps.
  Session() = default;
  /// A session for programs that were linked without maps from `object`: creates a kernel map for each definition, as
  /// kernel/maps.h says. A map that the kernel refuses is an error when a program needs it. `kernel` answers what
  /// programs leave open.
  static Session open(const object::Object& object,
                      std::shared_ptr<RunningKernel> kernel = std::make_shared<RunningKernel>());

  /// Loads `program`, and before it every map it brings that is not here yet. `log`, if given, gets what load_program()
  /// says: statistics, or why the kernel refuses.
  Result<Fd> load(const program::Program& program, std::string* log = nullptr);

  /// The descriptor of the kernel's map for definition `number` of the session's object; it is the session's.
  Result<int> map_fd(uint32_t number) const;
  /// Lets bpf_tail_call() through slot `index` of that map, a prog_array, reach the loaded `program`.
  Result<> set_tail_call(uint32_t number, uint32_t index, int program) const;

  /// Creates the kernel's copy of `map` with the contents that `map` has now, unless it is here already. Later changes
  /// on either side stay there. `btf` is what the spec's type ids refer to, or null. The descriptor is the session's.
  Result<int> add_map(const MapPtr& map, const btf::Btf* btf = nullptr);
  /// The descriptor of the kernel's copy; no_such_entry when it was not added.
  Result<int> map_fd(const Map& map) const;
  /// Lets bpf_tail_call() through slot `index` of the prog_array `map` reach the loaded `program`.
  Result<> set_tail_call(const Map& map, uint32_t index, int program) const;
  /// Calls `visit(key, value)` for each element of the kernel's copy.
  Result<> for_each(const Map& map,
                    const std::function<void(std::span<const std::byte>, std::span<const std::byte>)>& visit) const;

 private:
  struct Copy {
    MapPtr map;  ///< Held, so that its address stays its name.
    Fd fd;
  };
  struct LoadedBtf {
    std::shared_ptr<const btf::Btf> btf;
    Fd fd;
  };
  /// The descriptor of `btf` in the kernel, -1 for null.
  Result<> add_inner_maps(const MapOfMaps& outer, int to, const btf::Btf* btf);
  Result<int> add_btf(const std::shared_ptr<const btf::Btf>& btf);
  Result<int> map_of(const program::Program& program, size_t index);

  std::map<const Map*, Copy> maps_;
  std::vector<Result<Fd>> defined_;  ///< For each definition of the object.
  std::map<const btf::Btf*, LoadedBtf> btfs_;
  std::shared_ptr<RunningKernel> kernel_ = std::make_shared<RunningKernel>();
};

/// Bytes of one value of the kernel's copy of `map`, as bpf(2) reads and writes it.
Result<size_t> kernel_value_size(const Map& map);

}  // namespace saya::kernel
