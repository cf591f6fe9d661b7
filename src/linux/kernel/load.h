// Puts linked programs and their maps into the running kernel.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "btf/btf.h"
#include "kernel/bpf.h"
#include "map/map.h"
#include "program/program.h"

namespace saya::kernel {

/// What saya has put into the kernel: one kernel map for each Map, shared by all programs that refer to it, and one
/// BTF for each object. Holds the maps' descriptors, so kernel maps live as long as this or a program that uses them.
/// One thread at a time.
class Session {
 public:
  /// Loads `program`, and before it every map it refers to that is not here yet. `log`, if given, gets the verifier's
  /// whole log when the kernel refuses; the error ends with its last lines.
  Result<Fd> load(const program::Program& program, std::string* log = nullptr);

  /// Creates the kernel's copy of `map` with the contents that `map` has now, unless it is here already. Later changes
  /// on either side stay there. `btf` is what the spec's type ids refer to, or null. The descriptor is the session's.
  Result<int> add_map(const MapPtr& map, const btf::Btf* btf = nullptr);
  /// The descriptor of the kernel's copy; no_such_entry when it was not added.
  Result<int> map_fd(const Map& map) const;
  /// Lets bpf_tail_call() through slot `index` of the prog_array `map` reach the loaded `program`.
  Result<> set_tail_call(const Map& map, uint32_t index, int program);
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
  Result<int> add_btf(const std::shared_ptr<const btf::Btf>& btf);
  Result<std::vector<isa::RawInsn>> bind_maps(const program::Program& program) const;

  std::map<const Map*, Copy> maps_;
  std::map<const btf::Btf*, LoadedBtf> btfs_;
};

/// Bytes of one value of the kernel's copy of `map`, as bpf(2) reads and writes it.
Result<size_t> kernel_value_size(const Map& map);

}  // namespace saya::kernel
