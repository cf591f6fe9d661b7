// One map of saya's or of the running kernel's, behind the same operations: each answers 0 or a negative errno.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/fd.h"
#include "map/commands.h"
#include "map/map.h"

namespace saya::tests {

using Bytes = std::vector<std::byte>;

/// What a batch answered.
struct BatchAnswer {
  int error = 0;
  uint32_t count = 0;
  Bytes keys, values, next;
};

class MapSubject {
 public:
  virtual ~MapSubject() = default;
  virtual int update(const Bytes& key, const Bytes& value, uint64_t flags) = 0;
  virtual int lookup(const Bytes& key, Bytes& value, uint64_t flags = 0) = 0;
  virtual int erase(const Bytes& key) = 0;
  virtual int take(const Bytes& key, Bytes& value, uint64_t flags) = 0;
  virtual int next_key(const Bytes* key, Bytes& next) = 0;
  virtual int freeze() = 0;
  /// BPF_MAP_LOOKUP_BATCH, or BPF_MAP_LOOKUP_AND_DELETE_BATCH for `take`.
  virtual BatchAnswer read_batch(bool take, const Bytes& from, uint32_t count, uint64_t elem_flags, uint64_t flags) = 0;
  virtual int update_batch(const Bytes& keys, const Bytes& values, uint32_t& count, uint64_t elem_flags) = 0;
  virtual int erase_batch(const Bytes& keys, uint32_t& count, uint64_t elem_flags) = 0;
};

/// The kernel's possible CPUs: how many values a per-CPU element has, on both sides.
uint32_t possible_cpus();
/// A map of saya's in a world like the kernel's.
MapWorld kernel_like_world();
/// Null when saya refuses; `error` then is what the kernel would call it.
std::unique_ptr<MapSubject> make_saya_subject(const MapSpec& spec, int& error);
/// The kernel's map of that spec, and before it one like its inner maps.
std::unique_ptr<MapSubject> make_kernel_subject(const MapSpec& spec, int& error);

/// Keeps this thread on one CPU until the end of the scope: what an LRU map evicts depends on it.
class OnCpu {
 public:
  explicit OnCpu(int cpu);
  ~OnCpu();
  OnCpu(const OnCpu&) = delete;
  OnCpu& operator=(const OnCpu&) = delete;

 private:
  struct Mask;
  std::unique_ptr<Mask> before_;
};

}  // namespace saya::tests
