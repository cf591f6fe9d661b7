// Names of the flags of BPF_MAP_CREATE, Linux 6.18 include/uapi/linux/bpf.h (BPF_F_*).
#include <fmt/format.h>

#include <iterator>

#include "map/map.h"

namespace saya {
namespace {

/// By bit.
constexpr std::string_view kFlags[] = {
    "no_prealloc", "no_common_lru",    "numa_node", "rdonly",        "wronly",         "stack_buildid", "zero_seed",
    "rdonly_prog", "wronly_prog",      "clone",     "mmapable",      "preserve_elems", "inner_map",     "link",
    "path_fd",     "vtype_btf_obj_fd", "token_fd",  "segv_on_fault", "no_user_conv",
};

}  // namespace

std::vector<std::string> map_flag_names(uint32_t flags) {
  std::vector<std::string> names;
  for (uint32_t bit = 0; bit < 32; ++bit) {
    if (!(flags >> bit & 1)) continue;
    names.push_back(bit < std::size(kFlags) ? std::string(kFlags[bit]) : fmt::format("{:#x}", 1u << bit));
  }
  return names;
}

}  // namespace saya
