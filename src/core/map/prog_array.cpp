// BPF_MAP_TYPE_PROG_ARRAY. Results as kernel/bpf/arraymap.c, Linux 6.18; slots are swapped as base/published.h swaps.
#include "map/prog_array.h"

#include <fmt/format.h>

#include <cerrno>
#include <utility>

#include "base/published.h"
#include "map/checks.h"
#include "map/records.h"

namespace saya {

ProgArray::ProgArray(MapSpec spec, MapMemory memory, Region slots)
    : Map(std::move(spec), std::move(memory)),
      slots_(std::move(slots)),
      first_(reinterpret_cast<Slot*>(slots_.data())) {}

/// 0 or a negative errno. Returns when no reader can hold the old program any more.
int ProgArray::exchange(uint32_t index, std::shared_ptr<const abi::Executable> program) {
  if (index >= spec().max_entries) return -E2BIG;
  std::shared_ptr<const abi::Executable> old;  // Outlives the lock: it may own maps, and their destructors.
  const std::lock_guard guard(changing_);
  if (!program && !at(index)) return -ENOENT;
  slot(index).store(program.get(), std::memory_order_release);
  wait_for_readers();
  if (const auto owner = owners_.find(index); owner != owners_.end()) old = std::move(owner->second);
  if (program)
    owners_[index] = std::move(program);
  else
    owners_.erase(index);
  return 0;
}

Result<> ProgArray::set(uint32_t index, std::shared_ptr<const abi::Executable> program) {
  const int error = -exchange(index, std::move(program));
  if (error == E2BIG)
    return refuse(spec(), Code::no_space, fmt::format("slot {} is beyond max_entries {}", index, spec().max_entries));
  if (error == ENOENT) return refuse(spec(), Code::no_such_entry, fmt::format("slot {} is empty", index));
  return {};
}

Result<> ProgArray::claim(const ProgArrayOwner& program) {
  const std::lock_guard guard(changing_);
  if (!owner_) owner_ = program;
  if (owner_->program_type != program.program_type)
    return refuse(spec(), Code::invalid_argument,
                  fmt::format("Program array map owner types differ: {} (obj) != {} (pin)", program.program_type,
                              owner_->program_type));
  if (owner_->frags != program.frags)
    return refuse(spec(), Code::invalid_argument,
                  owner_->frags ? "its programs take packets in fragments, this one without"
                                : "its programs take packets without fragments, this one with them");
  return {};
}

std::optional<ProgArrayOwner> ProgArray::owner() const {
  const std::lock_guard guard(changing_);
  return owner_;
}

void ProgArray::clear() {
  decltype(owners_) released;  // Outlives the lock, as above.
  const std::lock_guard guard(changing_);
  for (const auto& [index, program] : owners_) slot(index).store(nullptr, std::memory_order_release);
  wait_for_readers();
  released.swap(owners_);
}

int ProgArray::update(const std::byte*, const std::byte*, uint64_t, uint32_t) noexcept { return -EOPNOTSUPP; }
int ProgArray::erase(const std::byte* key) noexcept { return exchange(load<uint32_t>(key), nullptr); }
int ProgArray::next_key(const std::byte* key, std::byte* next) const noexcept {
  return next_index(key, next, spec().max_entries);
}

Result<size_t> prog_array_storage(const MapSpec& spec, uint32_t) {
  SAYA_CHECK(check_indexed(spec));
  SAYA_CHECK(check_range(spec, "value_size", spec.value_size, 4, 4, Code::invalid_argument));
  SAYA_CHECK(check_flags(spec, kMapNumaNode | kMapSyscallFlags));
  return size_t{0};
}

Result<MapPtr> open_prog_array(MapSpec spec, MapMemory memory) {
  SAYA_TRY(Region slots, Region::reserve(spec.max_entries * sizeof(const abi::Executable*)));
  return std::make_shared<ProgArray>(std::move(spec), std::move(memory), std::move(slots));
}

}  // namespace saya
