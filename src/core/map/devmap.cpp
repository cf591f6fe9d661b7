// BPF_MAP_TYPE_DEVMAP: ports by number; ifindex 0 empties a slot. Behaves as kernel/bpf/devmap.c, Linux 6.18.
#include <cerrno>

#include "map/checks.h"
#include "map/redirect_map.h"
#include "map/words.h"

namespace saya {
namespace {

class DevMap final : public IndexedRedirectMap {
 public:
  using IndexedRedirectMap::IndexedRedirectMap;

 private:
  int check(const Change& change) const noexcept override {
    if (const int error = check_index(change)) return error;
    if (change.number == 0) return change.with_program ? -EINVAL : 0;
    return port_exists(change.number) ? 0 : -EINVAL;
  }
  int bad_program() const noexcept override { return -EINVAL; }
  uint32_t wanted_attach_type() const noexcept override { return kXdpDevmap; }
};

}  // namespace

Result<size_t> devmap_storage(const MapSpec& spec, uint32_t) {
  SAYA_CHECK(check_redirect_map(spec));
  SAYA_CHECK(check_flags(spec, kMapNumaNode | kMapSyscallFlags));
  return payload_bytes(spec, spec.max_entries, kWord);
}

Result<MapPtr> open_devmap(MapSpec spec, MapMemory memory) {
  return std::make_shared<DevMap>(std::move(spec), std::move(memory));
}

}  // namespace saya
