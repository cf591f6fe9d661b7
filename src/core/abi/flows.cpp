// What of net/netfilter/nf_conntrack_core.c, Linux 6.18, kernel functions reach: find, insert, expire.
#include "abi/flows.h"

#include <algorithm>
#include <bit>
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

FlowTuple tuple_of(uint8_t protocol, const Endpoint& from, const Endpoint& to) {
  return {.source = from.address.bytes,
          .source_port = std::byteswap(from.port),
          .family = from.address.family,
          .destination = to.address.bytes,
          .destination_port = std::byteswap(to.port),
          .protocol = protocol};
}

bool differ(const Endpoint& a, const Endpoint& b) { return a.address != b.address || a.port != b.port; }

uint64_t status_of(const Connection& connection) {
  uint64_t status = 0;
  if (connection.replied) status |= kFlowSeenReply;
  if (connection.assured) status |= kFlowAssured;
  if (differ(connection.reply_destination, connection.source)) status |= kFlowSourceNat | kFlowSourceNatDone;
  if (differ(connection.reply_source, connection.destination)) status |= kFlowDestinationNat | kFlowDestinationNatDone;
  return status;
}

}  // namespace

struct FlowTable::Slot {
  Flow flow;
  bool taken = false;
  bool lasts = false;                          ///< The host's: it does not expire.
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

bool FlowTable::has_expired(uint32_t index, uint32_t now) const noexcept {
  const Slot& slot = memory_->slots[index];
  return !slot.lasts && static_cast<int32_t>(slot.flow.timeout - now) <= 0;
}

uint32_t FlowTable::take_slot(uint32_t now) noexcept {
  Memory& memory = *memory_;
  for (uint32_t looks = 0; memory.free == kNone && looks < kLooksForRoom; ++looks) {
    const Slot& slot = memory.slots[memory.hand];
    // What is not confirmed, some program forgot.
    if (!(slot.flow.status & kFlowConfirmed) || has_expired(memory.hand, now)) release(memory.hand);
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

bool FlowTable::add(const Connection& connection) noexcept {
  const FlowTuple original = tuple_of(connection.protocol, connection.source, connection.destination);
  const FlowTuple reply = tuple_of(connection.protocol, connection.reply_source, connection.reply_destination);
  Flow* const flow = create(original, reply, {.id = connection.zone}, 0);
  if (!flow) return false;
  flow->status = status_of(connection);
  flow->mark = connection.mark;
  memory_->slots[memory_->index_of(*flow)].lasts = true;
  if (insert(*flow, 0)) return true;
  discard(*flow);
  return false;
}

Flow* FlowTable::find(const FlowTuple& tuple, FlowZone zone, uint32_t now, uint8_t& direction) noexcept {
  if (!memory_) return nullptr;
  for (uint32_t end = *bucket(tuple); end != kNone;) {
    Slot& slot = memory_->slots[end / 2];
    const auto side = static_cast<uint8_t>(end % 2);
    end = slot.next[side];
    if (!is_same(slot.flow.ends[side].tuple, tuple) || zone_id(slot.flow.zone, side) != zone_id(zone, side)) continue;
    if (has_expired(memory_->index_of(slot.flow), now)) {
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
