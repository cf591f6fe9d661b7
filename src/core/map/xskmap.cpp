// BPF_MAP_TYPE_XSKMAP: AF_XDP sockets by number. Flags and errors as net/xdp/xskmap.c, Linux 6.18. saya has no such
// sockets: an element stands for one that is bound to the receive queue it holds, and takes what comes from there.
#include <cerrno>

#include "map/checks.h"
#include "map/redirect_map.h"
#include "map/words.h"

namespace saya {
namespace {

constexpr uint64_t kPresent = uint64_t{1} << 32;  // In a slot's word, above the queue, of which 0 is one.

class XskMap final : public IndexedRedirectMap {
 public:
  using IndexedRedirectMap::IndexedRedirectMap;

  std::optional<RedirectTarget> target(uint32_t key) const noexcept override {
    const uint64_t found = IndexedRedirectMap::word(key);
    if (found == 0) return std::nullopt;
    return RedirectTarget{static_cast<uint32_t>(found), nullptr};
  }

 private:
  int check(const Change& change) const noexcept override {
    if (change.flags > kUpdateExist) return -EINVAL;
    if (change.key >= spec().max_entries) return -E2BIG;
    const bool full = IndexedRedirectMap::word(change.key) != 0;
    if (full && change.flags == kUpdateNoExist) return -EEXIST;
    return !full && change.flags == kUpdateExist ? -ENOENT : 0;
  }
  int bad_program() const noexcept override { return -EINVAL; }
  uint32_t wanted_attach_type() const noexcept override { return 0; }
  uint64_t element_word(uint32_t number) const noexcept override { return kPresent | number; }
};

}  // namespace

Result<size_t> xskmap_storage(const MapSpec& spec, uint32_t) {
  SAYA_CHECK(check_indexed(spec));
  SAYA_CHECK(check_range(spec, "value_size", spec.value_size, 4, 4, Code::invalid_argument));
  SAYA_CHECK(check_flags(spec, kMapNumaNode | kMapSyscallFlags));
  return payload_bytes(spec, spec.max_entries, kWord);
}

Result<MapPtr> open_xskmap(MapSpec spec, MapMemory memory) {
  return std::make_shared<XskMap>(std::move(spec), std::move(memory));
}

}  // namespace saya
