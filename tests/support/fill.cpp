// Keys come from programs themselves: what they look up is what their users put there.
#include "support/fill.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/bytes.h"
#include "helper/table.h"
#include "kernel/bpf.h"
#include "kernel/maps.h"
#include "map/host.h"
#include "map/map_of_maps.h"
#include "map/queue_host.h"
#include "support/map_subject.h"

namespace saya::tests {
namespace {

constexpr size_t kMostKeys = 200;     // Of one map.
constexpr uint32_t kMostSlots = 16;   // Of an array.
constexpr uint32_t kQueueSize = 192;  // Of an element of a cpumap.
constexpr uint32_t kMapLookup = 1, kMapLookupOnCpu = 195;

// What is listened to.

struct Ears {
  std::unordered_map<const Map*, uint32_t> numbers;
  AskedKeys* asked = nullptr;
};
thread_local Ears ears;

void hear(const Map* map, uint64_t key) {
  const auto at = ears.numbers.find(map);
  if (!ears.asked || at == ears.numbers.end() || map->spec().key_size == 0) return;
  auto& keys = (*ears.asked)[at->second];
  const auto* bytes = reinterpret_cast<const char*>(key);
  if (keys.size() < kMostKeys) keys.emplace(bytes, bytes + map->spec().key_size);
}

/// A lookup of the real table, heard.
template <uint32_t kId>
uint64_t lookup(abi::Run& run, uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5) noexcept {
  static const abi::HelperSpec* const real = abi::find_helper(helper::table(), kId);
  const uint64_t found = real->call(run, r1, r2, r3, r4, r5);
  auto* const map = reinterpret_cast<const Map*>(r1);
  if (found == 0) hear(map, r2);
  // An inner map that was found answers for its outer one from now on.
  if (found != 0 && ears.asked && is_map_of_maps(map->spec().type))
    if (const auto outer = ears.numbers.find(map); outer != ears.numbers.end())
      ears.numbers.emplace(reinterpret_cast<const Map*>(found), outer->second);
  return found;
}

bool is_array(uint32_t type) {
  return type == static_cast<uint32_t>(MapKind::array) || type == static_cast<uint32_t>(MapKind::percpu_array);
}
bool is(const MapSpec& spec, MapKind kind) { return spec.type == static_cast<uint32_t>(kind); }

bool has_elements(const MapSpec& spec) {
  return is_array(spec.type) || is(spec, MapKind::hash) || is(spec, MapKind::percpu_hash) ||
         is(spec, MapKind::lru_hash) || is(spec, MapKind::lru_percpu_hash) || is(spec, MapKind::lpm_trie);
}
bool is_device_map(const MapSpec& spec) {
  return is(spec, MapKind::devmap) || is(spec, MapKind::devmap_hash) || is(spec, MapKind::cpumap);
}

std::vector<std::byte> number_bytes(uint64_t value, size_t size) {
  std::vector<std::byte> bytes(size);
  std::memcpy(bytes.data(), &value, std::min(size, sizeof value));
  return bytes;
}

/// Puts one element into both maps; into neither when the kernel refuses it.
void put(Map& map, int kernel, const std::vector<std::byte>& key, const std::vector<std::byte>& value) {
  if (kernel::update(kernel, key, value, kUpdateAny)) static_cast<void>(host_update(map, key, value));
}

}  // namespace

abi::HelperTable listening_helpers() {
  static const std::vector<abi::HelperSpec> table = [] {
    std::vector<abi::HelperSpec> rows(helper::table().begin(), helper::table().end());
    for (abi::HelperSpec& row : rows) {
      if (row.id == kMapLookup) row.call = lookup<kMapLookup>;
      if (row.id == kMapLookupOnCpu) row.call = lookup<kMapLookupOnCpu>;
    }
    return rows;
  }();
  return table;
}

Listening::Listening(const Parity& parity, AskedKeys& asked) {
  ears = {.asked = &asked};
  for (uint32_t i = 0; i < parity.maps().size(); ++i) ears.numbers.emplace(parity.maps()[i].get(), i);
}

Listening::~Listening() { ears = {}; }

void Fill::both(Parity& parity) {
  for (uint32_t i = 0; i < parity.maps().size(); ++i) map(parity, i);
}

void Fill::map(Parity& parity, uint32_t number) {
  Map& map = *parity.maps()[number];
  const MapSpec& spec = map.spec();
  const auto kernel = parity.kernel_map(number);
  random_ = abi::Random(seed_ * 1000 + number);  // Other maps may change, this one's elements do not.
  if (!kernel || spec.name.find('.') != spec.name.npos) return;
  if (is_map_of_maps(spec.type)) return inner_maps(parity, number);
  if (is(spec, MapKind::prog_array)) return programs(parity, number);
  elements(map, *kernel, number);
}

std::vector<std::vector<std::byte>> Fill::keys_for(const MapSpec& spec, uint32_t number) {
  std::vector<std::vector<std::byte>> keys;
  if (is_array(spec.type) || is_device_map(spec))
    for (uint32_t i = 0; i < std::min(spec.max_entries, kMostSlots); ++i)
      keys.push_back(number_bytes(i, spec.key_size));
  if (const auto asked = asked_.find(number); asked != asked_.end() && !is_array(spec.type))
    for (const std::string& bytes : asked->second) {
      const auto span = std::as_bytes(std::span(bytes));
      std::vector<std::byte> key(span.begin(), span.end());
      if (key.size() != spec.key_size || random_.next() % 4 == 0) continue;  // Some stay absent.
      if (is(spec, MapKind::lpm_trie) && key.size() > 4) {
        const auto bits = static_cast<uint32_t>(key.size() - 4) * 8;
        store(key.data(), std::array{bits, bits / 2, bits - 8, uint32_t{0}}[random_.next() % 4]);
      }
      keys.push_back(std::move(key));
    }
  return keys;
}

/// Words that mean something to many programs: numbers from 0, addresses, ports, lengths.
std::vector<std::byte> Fill::value_for(const Map& map) {
  constexpr std::array<uint32_t, 20> kWords = {
      0,    0,          1,          1,          1,          2,          3,          4,          8,   64,
      1500, 0x0100000a, 0x0200000a, 0x35000000, 0x00003500, 0xffffffff, 0x00000002, 0x01000000, 100, 0x5000};
  const MapSpec& spec = map.spec();
  std::vector<std::byte> value(host_value_size(map));
  for (size_t at = 0; at + 4 <= value.size(); at += 4) {
    const uint64_t chance = random_.next();
    store(value.data() + at,
          chance % 8 == 0 ? static_cast<uint32_t>(chance >> 32) : kWords[(chance >> 8) % kWords.size()]);
  }
  if (spec.value_size < 4) value[0] = static_cast<std::byte>(random_.next() % 4);
  for (const MapField& field : spec.fields)
    if (field.offset + field.size <= value.size()) std::memset(value.data() + field.offset, 0, field.size);
  return value;
}

void Fill::elements(Map& map, int kernel, uint32_t number) {
  const MapSpec& spec = map.spec();
  if (has_elements(spec))
    for (const auto& key : keys_for(spec, number)) put(map, kernel, key, value_for(map));
  if (is_device_map(spec))
    for (const auto& key : keys_for(spec, number))
      put(map, kernel, key, number_bytes(is(spec, MapKind::cpumap) ? kQueueSize : 1, spec.value_size));
  if (is(spec, MapKind::queue) || is(spec, MapKind::stack))
    for (int i = 0; i < 8; ++i) {
      const auto value = value_for(map);
      if (kernel::update(kernel, {}, value, kUpdateAny)) static_cast<void>(host_push(map, value));
    }
}

void Fill::inner_maps(Parity& parity, uint32_t number) {
  auto* const outer = as_map_of_maps(*parity.maps()[number]);
  const MapSpec& spec = outer->spec();
  if (!spec.inner || !spec.inner->fields.empty()) return;
  auto keys = keys_for(spec, number);
  if (is(spec, MapKind::array_of_maps))
    for (uint32_t i = 0; i < std::min(spec.max_entries, kMostSlots / 2); ++i) keys.push_back(number_bytes(i, 4));
  for (const auto& key : keys) {
    if (outer->get(key)) continue;
    MapSpec shape = *spec.inner;
    shape.key_btf_type = shape.value_btf_type = 0;
    const auto ours = create_map(shape, kernel_like_world());
    const auto theirs = kernel::create_adjusted(shape, -1);
    if (!ours || !theirs) continue;
    elements(**ours, theirs->get(), number);
    if (kernel::update(*parity.kernel_map(number), key, number_bytes(static_cast<uint64_t>(theirs->get()), 4), 0))
      static_cast<void>(outer->set(key, *ours));
  }
}

void Fill::programs(Parity& parity, uint32_t number) {
  const auto& all = parity.programs();
  const uint32_t slots = std::min(parity.maps()[number]->spec().max_entries, kMostSlots);
  for (uint32_t slot = 0; slot < slots && !all.empty(); ++slot) {
    const Parity::Program& program = all[(slot + random_.next()) % all.size()];
    if (program.theirs->fd && program.ours) static_cast<void>(parity.set_slot(number, slot, program));
  }
}

}  // namespace saya::tests
