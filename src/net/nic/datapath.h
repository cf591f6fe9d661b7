// One worker's data path: takes bursts from ports, walks them through the hooks, hands them on.
#pragma once

#include <array>
#include <deque>
#include <span>

#include "abi/run.h"
#include "hook/hook.h"
#include "nic/nic.h"

namespace saya::nic {

/// How a packet ended.
enum class Fate : uint8_t { delivered, transmitted, consumed, dropped };
std::string_view to_string(Fate fate) noexcept;

/// Sees what becomes of packets. Called on the worker's thread; the packet is still whole.
class Observer : public hook::Observer {
 public:
  /// The packet's way ends at `port`; `reason` counts for Fate::dropped. A frame that its side of the port then refuses
  /// is seen again as dropped, as a kernel tap sees a frame before the driver does.
  virtual void on_end(const Packet& packet, const Port& port, Fate fate, abi::Drop reason) noexcept = 0;
  /// `copy`, a clone or a segment of `packet`, begins its way here.
  virtual void on_copy(const Packet& /*packet*/, const Packet& /*copy*/) noexcept {}
};

/// At most kBurst packets that are in the same place.
class Burst {
 public:
  std::span<PacketPtr> packets() noexcept { return {slots_.data(), size_}; }
  std::span<PacketPtr> free_slots() noexcept { return {slots_.data() + size_, slots_.size() - size_}; }
  void grow(size_t count) noexcept { size_ += count; }
  void add(PacketPtr packet) noexcept { slots_[size_++] = std::move(packet); }
  size_t size() const noexcept { return size_; }
  /// Gives back what is left in it.
  void clear() noexcept;
  /// Closes the gaps that packets left behind; keeps the order.
  void compact() noexcept;

 private:
  std::array<PacketPtr, hook::kBurst> slots_;
  size_t size_ = 0;
};

/// Owned and called by one worker. Lends itself to programs as abi::Datapath.
class Datapath final : public abi::Datapath {
 public:
  /// A packet that tc redirected to an egress this often, one inside the other, is dropped at the next one as
  /// `recursion`: where the kernel's XMIT_RECURSION_LIMIT ends it (measured on 6.18).
  static constexpr uint8_t kMaxNesting = 9;
  /// The same for redirects of any kind; the kernel goes on for ever where a packet loops through ingress.
  static constexpr uint8_t kMaxHops = 64;
  /// Packets under way besides the burst; more are dropped as `recursion` (clones that clone).
  static constexpr size_t kMaxPending = 4096;

  /// `services` is completed with this data path; `observer` may be null. All outlive the data path.
  Datapath(Nic& nic, abi::Services services, Observer* observer = nullptr);

  /// Polls both sides of `port` once for up to `limit` packets each and walks them to their end, with all they cause.
  /// Returns how many arrived.
  size_t poll(Port& port, size_t limit = hook::kBurst) noexcept;

  int send_clone(const Packet& packet, uint32_t ifindex, bool ingress) noexcept override;

 private:
  /// Where a packet enters the walk. `peer` is the ingress of a packet that stays what it was on its way there.
  enum class Entry : uint8_t { wire, peer, ingress, egress, transmit };
  struct Pending {
    Port* port;
    Entry entry;
    PacketPtr packet;
    const abi::Executable* program;  ///< Of the map's element that led here: runs first. Null: none.
  };

  void walk(Port& port, Entry entry, Burst& burst) noexcept;
  void xdp(Port& port, Burst& burst) noexcept;
  void ingress(Port& port, Entry entry, Burst& burst) noexcept;
  void deliver(Port& port, Burst& burst) noexcept;
  void egress(Port& port, Burst& burst) noexcept;
  void validate_xmit(Port& port, Burst& burst) noexcept;
  void transmit(Port& port, Burst& burst) noexcept;

  void tc(Port& port, hook::Point tcx, const hook::TcxList& programs, hook::Point point,
          const hook::FilterList& filters, Burst& burst) noexcept;
  void apply(Port& port, hook::Point point, Burst& burst) noexcept;
  void split(Port& port, PacketPtr packet) noexcept;
  void add_segment(Port& port, PacketPtr packet) noexcept;
  void flush_segments(Port& port) noexcept;

  // redirects.cpp
  void redirect(Port& port, hook::Point point, PacketPtr packet, const abi::Redirect& target) noexcept;
  void redirect_from_xdp(Port& port, PacketPtr packet, const abi::Redirect& target) noexcept;
  void redirect_from_tc(Port& port, hook::Point point, PacketPtr packet, const abi::Redirect& target) noexcept;
  void broadcast(Port& port, PacketPtr packet, const abi::Redirect& target) noexcept;
  Port* port_for(const Packet& packet, uint32_t ifindex) noexcept;
  void send_clone_on(Port& from, Port& to, const Packet& packet, const abi::Executable* program) noexcept;
  void send_on(Port& from, Port& to, Entry entry, PacketPtr packet, const abi::Executable* program = nullptr) noexcept;
  void run_element(const Pending& at, Burst& burst) noexcept;

  void drain() noexcept;
  size_t hand_over(Port& port, port::Queue& queue, Burst& burst, Fate fate) noexcept;
  void consume(Port& port, PacketPtr packet) noexcept;
  void drop(Port& port, PacketPtr packet, abi::Drop reason) noexcept;

  Nic& nic_;
  abi::Services services_;
  Observer* observer_;
  std::deque<Pending> pending_;

  // Room that is used again for every burst: a burst of one must not pay for clearing sixty-four.
  Burst burst_;
  Burst hairpin_;   ///< XDP_TX: back out of the same port, together.
  Burst segments_;  ///< Cut, and about to be transmitted.
  std::array<hook::Outcome, hook::kBurst> outcomes_;
  uint64_t arrivals_ = 0;
};

}  // namespace saya::nic
