// bpf_kptr_xchg() and bpf_per_cpu_ptr() of kernel/bpf/helpers.c, Linux 6.18.
#include "helper/object.h"

#include <atomic>

namespace saya::helper {
namespace {

abi::OwnedObjects::Exchanged exchange(Run& run, std::byte* place, uint64_t pointer) noexcept {
  Map* const map = run.map_around ? run.map_around(run, place) : nullptr;
  if (run.services->objects) return run.services->objects->exchange(place, map, pointer);
  const std::atomic_ref<uint64_t> word(*reinterpret_cast<uint64_t*>(place));
  return {word.exchange(pointer, std::memory_order_acq_rel), false};
}

}  // namespace

uint64_t per_cpu_ptr(Run& run, std::byte* object, uint32_t cpu) noexcept {
  abi::OwnedObjects* const objects = run.services->objects;
  std::byte* const copy = objects ? objects->copy_of(object, cpu) : nullptr;
  if (copy) abi::grant(run, abi::Grants::Kind::memory, copy, objects->find(object).type->size, true);
  return reinterpret_cast<uint64_t>(copy);
}

uint64_t this_cpu_ptr(Run& run, std::byte* object) noexcept { return per_cpu_ptr(run, object, run.services->cpu); }

uint64_t kptr_xchg(Run& run, std::byte* place, const void* object) noexcept {
  if (object) abi::revoke(run, object);
  const auto [before, owned] = exchange(run, place, reinterpret_cast<uint64_t>(object));
  if (owned) return hand_out(run, reinterpret_cast<std::byte*>(before));
  if (before) abi::grant(run, abi::Grants::Kind::object, reinterpret_cast<const void*>(before), 0, false);
  return before;
}

}  // namespace saya::helper
