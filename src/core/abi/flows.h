// Connections as programs see them: struct nf_conn, and the table that kernel functions look them up in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "netstate/netstate.h"

namespace saya::abi {

/// One direction of a connection, as struct nf_conntrack_tuple lies in memory. Addresses and ports in network order, an
/// IPv4 address in the first four bytes.
struct FlowTuple {
  using Address = std::array<std::byte, 16>;
  Address source{};
  uint16_t source_port = 0;
  uint16_t family = 0;
  Address destination{};
  uint16_t destination_port = 0;
  uint8_t protocol = 0;
  uint8_t direction = 0;  ///< 0 original, 1 reply. Does not count in comparisons.
};
static_assert(sizeof(FlowTuple) == 40);

/// A zone of connection tracking (struct nf_conntrack_zone): connections in different zones do not see each other.
struct FlowZone {
  uint16_t id = 0;
  uint8_t flags = 0;
  uint8_t directions = 3;  ///< A bit for each that the id counts in.
};

/// Bits of Flow::status (IPS_*, include/uapi/linux/netfilter/nf_conntrack_common.h).
enum FlowStatus : uint64_t {
  kFlowExpected = 0x1,
  kFlowSeenReply = 0x2,
  kFlowAssured = 0x4,
  kFlowConfirmed = 0x8,  ///< It is in the table.
  kFlowSourceNat = 0x10,
  kFlowDestinationNat = 0x20,
  kFlowSourceNatDone = 0x80,
  kFlowDestinationNatDone = 0x100,
  kFlowDying = 0x200,
  kFlowFixedTimeout = 0x400
};

/// A connection: struct nf_conn as Linux 6.18 lays it out on x86-64, since programs read its members by their offsets.
/// What is only the kernel's own is zero.
struct Flow {
  struct End {
    std::array<std::byte, 16> links;
    FlowTuple tuple;
  };
  uint32_t uses = 0;
  uint32_t lock = 0;
  uint32_t timeout = 0;  ///< Jiffies: when it ends, or before it is confirmed, how long it shall last.
  FlowZone zone;
  std::array<End, 2> ends{};  ///< Original, reply.
  uint64_t status = 0;        ///< FlowStatus.
  std::array<std::byte, 32> links{};
  uint32_t mark = 0;  ///< Programs may write it.
  uint32_t secmark = 0;
  std::array<std::byte, 72> protocol_state{};
};
static_assert(sizeof(Flow) == 248 && offsetof(Flow, ends) == 16 && offsetof(Flow, status) == 128 &&
              offsetof(Flow, mark) == 168);

/// The connections of one worker. Bounded: kMost of them, in memory that is taken when the first is created. Flows stay
/// where they are as long as the table lives.
class FlowTable {
 public:
  static constexpr uint32_t kMost = 16384;

  /// `hash_key` is random, so that nobody outside can choose colliding keys.
  explicit FlowTable(uint64_t hash_key);
  ~FlowTable();
  FlowTable(const FlowTable&) = delete;
  FlowTable& operator=(const FlowTable&) = delete;

  /// Takes a connection of the host into the table, where it lasts as long as the table does. False when there is no
  /// room, or one of its ends is there already.
  bool add(const Connection& connection) noexcept;
  /// A connection outside of the table. Null when there is no room, not even where some have expired by `now`.
  Flow* create(const FlowTuple& original, const FlowTuple& reply, FlowZone zone, uint32_t now) noexcept;
  /// Takes it into the table. False when one of its ends is there already, or it is itself.
  bool insert(Flow& flow, uint32_t now) noexcept;
  /// The connection that has `tuple` at an end, and that end; null when there is none that lasts beyond `now`.
  Flow* find(const FlowTuple& tuple, FlowZone zone, uint32_t now, uint8_t& direction) noexcept;
  /// Gives one back that is not in the table; others stay.
  void discard(Flow& flow) noexcept;
  /// The flow of this table at that address, or null.
  Flow* at(const void* address) noexcept;

 private:
  struct Slot;
  struct Memory;
  bool has_expired(uint32_t slot, uint32_t now) const noexcept;
  uint32_t* bucket(const FlowTuple& tuple) noexcept;
  uint32_t take_slot(uint32_t now) noexcept;
  void unlink(uint32_t slot) noexcept;
  void release(uint32_t slot) noexcept;

  const uint64_t hash_key_;
  std::unique_ptr<Memory> memory_;  ///< Null before the first flow.
};

}  // namespace saya::abi
