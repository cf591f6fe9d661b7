// kernel/bpf/helpers.c, Linux 6.18; the objects are in abi/owned_objects.h. Where a run has none, there is no room for
// them.
#include "helper/kfunc_object.h"

#include <algorithm>

#include "abi/executable.h"
#include "helper/object.h"

namespace saya::helper {
namespace {

uint64_t make(Run& run, uint64_t type, bool per_cpu) noexcept {
  if (!run.services->objects || !run.program) return 0;
  const auto& types = run.program->identity().object_types;
  const auto known = std::ranges::find(types, type, [](const abi::ObjectTypePtr& row) { return row->btf_type; });
  return known == types.end() ? 0 : hand_out(run, run.services->objects->create(*known, per_cpu));
}

uint64_t give_back(Run& run, std::byte* object) noexcept {
  abi::revoke(run, object);
  if (run.services->objects) run.services->objects->drop(object);
  return 0;
}

}  // namespace

uint64_t hand_out(Run& run, std::byte* place) noexcept {
  if (!place) return 0;
  abi::grant(run, abi::Grants::Kind::owned, run.services->objects->find(place).begin, 0, false);
  return reinterpret_cast<uint64_t>(place);
}

uint64_t bpf_obj_new_impl(Run& run, uint64_t type, uint64_t) noexcept { return make(run, type, false); }
uint64_t bpf_percpu_obj_new_impl(Run& run, uint64_t type, uint64_t) noexcept { return make(run, type, true); }
uint64_t bpf_obj_drop_impl(Run& run, std::byte* object, uint64_t) noexcept { return give_back(run, object); }
uint64_t bpf_percpu_obj_drop_impl(Run& run, std::byte* object, uint64_t) noexcept { return give_back(run, object); }

uint64_t bpf_refcount_acquire_impl(Run& run, std::byte* object, uint64_t) noexcept {
  const bool more = run.services->objects && run.services->objects->acquire(object);
  return more ? hand_out(run, object) : 0;
}

uint64_t bpf_kfunc_call_test_release(Run&, const void*) noexcept { return 0; }

}  // namespace saya::helper
