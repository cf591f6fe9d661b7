// BPF_MAP_TYPE_CPUMAP: the size of each CPU's queue; 0 takes the CPU out. Behaves as kernel/bpf/cpumap.c, Linux 6.18.
#include <cerrno>

#include "map/checks.h"
#include "map/redirect_map.h"
#include "map/words.h"

namespace saya {
namespace {

constexpr uint32_t kMostQueue = 16384;  // Frames; the kernel's sanity limit.

class CpuMap final : public IndexedRedirectMap {
 public:
  using IndexedRedirectMap::IndexedRedirectMap;

 private:
  int check(const Change& change) const noexcept override {
    if (const int error = check_index(change)) return error;
    if (change.number > kMostQueue) return -EOVERFLOW;
    return change.key < nr_cpus() ? 0 : -ENODEV;
  }
  bool takes_program(uint32_t number) const noexcept override { return number != 0; }
  int bad_program() const noexcept override { return -ENOMEM; }
  uint32_t wanted_attach_type() const noexcept override { return kXdpCpumap; }
  uint32_t target_number(uint32_t key, uint32_t) const noexcept override { return key; }
};

}  // namespace

Result<size_t> cpumap_storage(const MapSpec& spec, uint32_t) {
  SAYA_CHECK(check_redirect_map(spec));
  SAYA_CHECK(check_flags(spec, kMapNumaNode));
  SAYA_CHECK(check_range(spec, "max_entries", spec.max_entries, 1, kMapMostCpus, Code::no_space));
  return payload_bytes(spec, spec.max_entries, kWord);
}

Result<MapPtr> open_cpumap(MapSpec spec, MapMemory memory) {
  return std::make_shared<CpuMap>(std::move(spec), std::move(memory));
}

}  // namespace saya
