// What of net/netfilter/nf_conntrack_core.c, Linux 6.18, kernel functions reach: find, insert, expire.
#include "abi/flows.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "map/keyed_hash.h"

namespace saya::abi {
namespace {

constexpr uint32_t kNone = UINT32_MAX;
constexpr uint32_t kBuckets = FlowTable::kMost;
constexpr uint32_t kLooksForRoom = 64;  ///< Slots that a full table is searched for a connection that has ended.

uint16_t zone_id(FlowZone zone, uint8_t direction) { return zone.directions & (1u << direction) ? zone.id : 0; }

bool is_same(const FlowTuple& a, const FlowTuple& b) {
  return std::memcmp(&a, &b, offsetof(FlowTuple, direction)) == 0;
}

bool has_expired(const Flow& flow, uint32_t now) { return static_cast<int32_t>(flow.timeout - now) <= 0; }

}  // namespace

struct FlowTable::Slot {
  Flow flow;
  bool taken = false;
  std::array<uint32_t, 2> next{kNone, kNone};  ///< By end: the next end of the bucket, or the next free slot.
};

/// Ends are numbered 2 * slot + direction.
struct FlowTable::Memory {
  std::array<uint32_t, kBuckets> buckets;
  std::array<Slot, kMost> slots;
  uint32_t free = 0;
  uint32_t hand = 0;  ///< Where the next search for room begins.

  Memory() {
    buckets.fill(kNone);
    for (uint32_t i = 0; i < kMost; ++i) slots[i].next[0] = i + 1 < kMost ? i + 1 : kNone;
  }
  uint32_t index_of(const Flow& flow) const {
    return static_cast<uint32_t>(reinterpret_cast<const Slot*>(&flow) - slots.data());
  }
};

FlowTable::FlowTable(uint64_t hash_key) : hash_key_(hash_key) {}
FlowTable::~FlowTable() = default;

uint32_t* FlowTable::bucket(const FlowTuple& tuple) noexcept {
  constexpr size_t kHashed = offsetof(FlowTuple, direction);
  return &memory_->buckets[keyed_hash(hash_key_, reinterpret_cast<const std::byte*>(&tuple), kHashed) % kBuckets];
}

uint32_t FlowTable::take_slot(uint32_t now) noexcept {
  Memory& memory = *memory_;
  for (uint32_t looks = 0; memory.free == kNone && looks < kLooksForRoom; ++looks) {
    const Slot& slot = memory.slots[memory.hand];
    // What is not confirmed, some program forgot.
    if (!(slot.flow.status & kFlowConfirmed) || has_expired(slot.flow, now)) release(memory.hand);
    memory.hand = (memory.hand + 1) % kMost;
  }
  const uint32_t index = memory.free;
  if (index != kNone) memory.free = memory.slots[index].next[0];
  return index;
}

Flow* FlowTable::create(const FlowTuple& original, const FlowTuple& reply, FlowZone zone, uint32_t now) noexcept {
  if (!memory_) memory_.reset(new (std::nothrow) Memory);
  if (!memory_) return nullptr;
  const uint32_t index = take_slot(now);
  if (index == kNone) return nullptr;
  Slot& slot = memory_->slots[index];
  slot = Slot{};
  slot.taken = true;
  slot.flow.zone = zone;
  slot.flow.ends[0].tuple = original;
  slot.flow.ends[1].tuple = reply;
  slot.flow.ends[1].tuple.direction = 1;
  return &slot.flow;
}

Flow* FlowTable::find(const FlowTuple& tuple, FlowZone zone, uint32_t now, uint8_t& direction) noexcept {
  if (!memory_) return nullptr;
  for (uint32_t end = *bucket(tuple); end != kNone;) {
    Slot& slot = memory_->slots[end / 2];
    const auto side = static_cast<uint8_t>(end % 2);
    end = slot.next[side];
    if (!is_same(slot.flow.ends[side].tuple, tuple) || zone_id(slot.flow.zone, side) != zone_id(zone, side)) continue;
    if (has_expired(slot.flow, now)) {
      release(memory_->index_of(slot.flow));
      return nullptr;
    }
    direction = side;
    return &slot.flow;
  }
  return nullptr;
}

bool FlowTable::insert(Flow& flow, uint32_t now) noexcept {
  if (flow.status & kFlowConfirmed) return false;
  uint8_t direction = 0;
  for (const Flow::End& end : flow.ends)
    if (find(end.tuple, flow.zone, now, direction)) return false;
  const uint32_t index = memory_->index_of(flow);
  for (uint32_t side = 0; side < 2; ++side) {
    uint32_t* const head = bucket(flow.ends[side].tuple);
    memory_->slots[index].next[side] = *head;
    *head = 2 * index + side;
  }
  flow.status |= kFlowConfirmed;
  flow.timeout += now;
  flow.uses = 2;
  return true;
}

void FlowTable::unlink(uint32_t index) noexcept {
  Slot& slot = memory_->slots[index];
  for (uint32_t side = 0; side < 2; ++side) {
    uint32_t* link = bucket(slot.flow.ends[side].tuple);
    while (*link != kNone && *link != 2 * index + side) link = &memory_->slots[*link / 2].next[*link % 2];
    if (*link != kNone) *link = slot.next[side];
  }
}

void FlowTable::release(uint32_t index) noexcept {
  Slot& slot = memory_->slots[index];
  if (slot.flow.status & kFlowConfirmed) unlink(index);
  slot = Slot{};
  slot.next[0] = memory_->free;
  memory_->free = index;
}

void FlowTable::discard(Flow& flow) noexcept {
  if (!(flow.status & kFlowConfirmed)) release(memory_->index_of(flow));
}

Flow* FlowTable::at(const void* address) noexcept {
  if (!memory_) return nullptr;
  const uint64_t from = reinterpret_cast<uint64_t>(address) - reinterpret_cast<uint64_t>(memory_->slots.data());
  if (from % sizeof(Slot) != 0 || from / sizeof(Slot) >= kMost) return nullptr;
  Slot& slot = memory_->slots[from / sizeof(Slot)];
  return slot.taken ? &slot.flow : nullptr;
}

}  // namespace saya::abi
