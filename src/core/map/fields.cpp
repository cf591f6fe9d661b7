// Values with fields: copies around them, and who may have which. Behaves as copy_map_value(), bpf_obj_free_fields()
// and map_check_btf() of Linux 6.18 (include/linux/bpf.h, kernel/bpf/syscall.c).
#include "map/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "map/checks.h"
#include "map/patience.h"

namespace saya {
namespace {

constexpr uint32_t bit(uint32_t type) noexcept { return uint32_t{1} << (type & 31); }

// BPF_MAP_TYPE_*, as sets.
constexpr uint32_t kPlain = bit(1) | bit(2);                              // hash, array
constexpr uint32_t kStorages = bit(24) | bit(28) | bit(29) | bit(0);      // Of sockets, inodes, tasks, cgroups (32).
constexpr uint32_t kKeyed = kPlain | bit(5) | bit(6) | bit(9) | bit(10);  // And per-CPU and LRU.

/// Which types may have a field of that kind.
struct Home {
  MapField::Kind kind;
  uint32_t types;
  const char* name;
};
constexpr Home kHomes[] = {
    {MapField::Kind::spin_lock,      kPlain | kStorages | bit(19), "bpf_spin_lock"   },
    {MapField::Kind::timer,          kPlain | bit(9),              "bpf_timer"       },
    {MapField::Kind::kernel_pointer, kKeyed | kStorages,           "a kernel pointer"},
    {MapField::Kind::list_head,      kPlain | bit(9),              "bpf_list_head"   },
    {MapField::Kind::rb_root,        kPlain | bit(9),              "bpf_rb_root"     },
    {MapField::Kind::refcount,       kKeyed | kStorages,           "bpf_refcount"    },
    {MapField::Kind::other,          kKeyed | kStorages,           "a kernel object" },
};

/// The largest power of two that divides both.
size_t piece_at(size_t at, size_t left) noexcept {
  size_t piece = kWord;
  while (at % piece != 0 || piece > left) piece /= 2;
  return piece;
}

template <class T>
void copy_in(std::byte* shared, const std::byte* value) noexcept {
  std::atomic_ref<T>(*reinterpret_cast<T*>(shared))
      .store(value ? saya::load<T>(value) : T{}, std::memory_order_relaxed);
}
template <class T>
void copy_out(std::byte* value, std::byte* shared) noexcept {
  saya::store(value, std::atomic_ref<T>(*reinterpret_cast<T*>(shared)).load(std::memory_order_relaxed));
}

/// Bytes [at, end) of a value, or zeroes for null. Nothing beside them is touched, not even for a moment.
void put(std::byte* shared, const std::byte* value, size_t at, size_t end) noexcept {
  for (size_t piece; at < end; at += piece) {
    piece = piece_at(at, end - at);
    const std::byte* from = value ? value + at : nullptr;
    switch (piece) {
      case 8: copy_in<uint64_t>(shared + at, from); break;
      case 4: copy_in<uint32_t>(shared + at, from); break;
      case 2: copy_in<uint16_t>(shared + at, from); break;
      default: copy_in<uint8_t>(shared + at, from);
    }
  }
}

void get(std::byte* value, std::byte* shared, size_t at, size_t end) noexcept {
  for (size_t piece; at < end; at += piece) {
    piece = piece_at(at, end - at);
    switch (piece) {
      case 8: copy_out<uint64_t>(value + at, shared + at); break;
      case 4: copy_out<uint32_t>(value + at, shared + at); break;
      case 2: copy_out<uint16_t>(value + at, shared + at); break;
      default: copy_out<uint8_t>(value + at, shared + at);
    }
  }
}

std::atomic_ref<uint32_t> lock_word(std::byte* lock) noexcept {
  return std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(lock));
}

}  // namespace

bool lock_value(std::byte* lock) noexcept {
  return wait_until([&] { return lock_word(lock).exchange(1, std::memory_order_acquire) == 0; });
}

void unlock_value(std::byte* lock) noexcept { lock_word(lock).store(0, std::memory_order_release); }

ValueShape::ValueShape(const MapSpec& spec) noexcept : size_(spec.value_size), fields_(spec.fields) {
  const auto lock = std::ranges::find(fields_, MapField::Kind::spin_lock, &MapField::kind);
  if (lock != fields_.end()) lock_ = &*lock;
}

/// Calls `part(begin, end)` for what lies between the fields.
template <class Part>
void ValueShape::each_part(Part part) const noexcept {
  size_t at = 0;
  for (const MapField& field : fields_) {
    part(at, field.offset);
    at = size_t{field.offset} + field.size;
  }
  part(at, size_);
}

void ValueShape::store_around(std::byte* shared, const std::byte* value) const noexcept {
  each_part([&](size_t at, size_t end) { put(shared, value, at, end); });
}

void ValueShape::load(std::byte* value, std::byte* shared) const noexcept {
  if (fields_.empty()) return load_words(value, shared, size_);
  std::fill_n(value, size_, std::byte{});
  each_part([&](size_t at, size_t end) { get(value, shared, at, end); });
  for (const MapField& field : fields_)
    if (field.kind == MapField::Kind::refcount) saya::store(value + field.offset, uint32_t{1});
}

void ValueShape::clear(std::byte* shared) const noexcept {
  each_part([&](size_t at, size_t end) { put(shared, nullptr, at, end); });
}

void ValueShape::release(std::byte* shared) const noexcept {
  for (const MapField& field : fields_)
    if (&field != lock_) put(shared, nullptr, field.offset, size_t{field.offset} + field.size);
}

int ValueShape::store_locked(std::byte* shared, const std::byte* value) const noexcept {
  if (!lock_) return -EINVAL;
  if (!lock_value(shared + lock_->offset)) return -ETIMEDOUT;
  store_around(shared, value);
  unlock_value(shared + lock_->offset);
  return 0;
}

int ValueShape::load_locked(std::byte* value, std::byte* shared) const noexcept {
  if (!lock_) return -EINVAL;
  if (!lock_value(shared + lock_->offset)) return -ETIMEDOUT;
  load(value, shared);
  unlock_value(shared + lock_->offset);
  return 0;
}

Result<> check_fields(const MapSpec& spec) {
  uint64_t free_from = 0;
  for (const MapField& field : spec.fields) {
    const uint64_t end = uint64_t{field.offset} + field.size;
    if (field.offset < free_from || end > spec.value_size || field.size == 0)
      return refuse(spec, Code::invalid_argument,
                    fmt::format("a field of {} bytes at {} does not fit into a value of {} after those before it",
                                field.size, field.offset, spec.value_size));
    if (field.kind == MapField::Kind::spin_lock && field.offset % sizeof(uint32_t) != 0)
      return refuse(spec, Code::invalid_argument, fmt::format("its bpf_spin_lock at {} is misaligned", field.offset));
    free_from = end;
    const Home* home = std::ranges::find(kHomes, field.kind, &Home::kind);
    if (home == std::end(kHomes) || spec.type > 32 || !(home->types & bit(spec.type)))
      return refuse(spec, Code::unsupported,
                    fmt::format("{} cannot stand in a {}", home == std::end(kHomes) ? "a node" : home->name,
                                map_type_name(spec.type)));
  }
  if (!spec.fields.empty() && (spec.flags & kMapProgramFlags))
    return refuse(spec, Code::not_permitted,
                  "values with a lock, a timer or a kernel pointer are for programs to write");
  return {};
}

}  // namespace saya
