// Storage of sockets. Behaves as net/core/bpf_sk_storage.c and kernel/bpf/bpf_local_storage.c, Linux 6.18, but for the
// number of sockets that may have a value: kMostSockets, and fewer where values are large.
#include "map/sk_storage.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/kernel_errno.h"
#include "map/checks.h"
#include "map/words.h"

namespace saya {
namespace {

constexpr uint32_t kMostSockets = 65536, kFewestSockets = 64;
constexpr uint32_t kMostBytes = 64u << 20;

MapSpec values_of(const MapSpec& spec) {
  return {.name = spec.name,
          .type = static_cast<uint32_t>(MapKind::hash),
          .key_size = sizeof(uint64_t),
          .value_size = spec.value_size,
          .max_entries = std::clamp(kMostBytes / spec.value_size, kFewestSockets, kMostSockets)};
}

const std::byte* raw(const uint64_t& cookie) { return reinterpret_cast<const std::byte*>(&cookie); }

}  // namespace

SkStorage::SkStorage(MapSpec spec, MapMemory memory, MapPtr values)
    : Map(std::move(spec), std::move(memory)), values_(std::move(values)), zeroes_(this->spec().value_size) {}

std::byte* SkStorage::get(uint64_t cookie, const std::byte* initial, bool create, uint32_t cpu) noexcept {
  std::byte* value = values_->lookup(raw(cookie), cpu);
  if (value || !create) return value;
  const int made = values_->update(raw(cookie), initial ? initial : zeroes_.data(), kUpdateNoExist, cpu);
  return made == 0 || made == -EEXIST ? values_->lookup(raw(cookie), cpu) : nullptr;
}

int SkStorage::remove(uint64_t cookie) noexcept { return values_->erase(raw(cookie)); }

std::byte* SkStorage::lookup(const std::byte* key, uint32_t cpu) noexcept {
  return get(load<uint32_t>(key), nullptr, false, cpu);
}

int SkStorage::update(const std::byte* key, const std::byte* value, uint64_t flags, uint32_t cpu) noexcept {
  const uint64_t cookie = load<uint32_t>(key);
  return values_->update(raw(cookie), value, flags, cpu);
}

int SkStorage::erase(const std::byte* key) noexcept { return remove(load<uint32_t>(key)); }

int SkStorage::next_key(const std::byte*, std::byte*) const noexcept { return -ENOTSUPP; }

std::span<std::byte> SkStorage::value_around(const std::byte* address) noexcept {
  return values_->value_around(address);
}

Result<size_t> sk_storage_storage(const MapSpec& spec, uint32_t) {
  SAYA_CHECK(check_storage(spec));
  return sizeof(uint64_t);
}

Result<MapPtr> open_sk_storage(MapSpec spec, MapMemory memory) {
  const MapHeader& header = memory.header();
  SAYA_TRY(MapPtr values, create_map(values_of(spec), {.nr_cpus = header.nr_cpus, .hash_key = header.hash_key}));
  return std::make_shared<SkStorage>(std::move(spec), std::move(memory), std::move(values));
}

}  // namespace saya
