// A port driver moves bursts of frames and knows nothing of BPF.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "packet/packet.h"
#include "packet/pool.h"

namespace saya::port {

/// One queue of one port, polled by one worker. receive() and transmit() neither block nor allocate.
class Queue {
 public:
  virtual ~Queue() = default;
  /// Fills frames into `slots` and returns how many arrived.
  virtual size_t receive(std::span<PacketPtr> slots) noexcept = 0;
  /// Sends from the front of `frames`; returns how many were taken. The rest stay the caller's.
  virtual size_t transmit(std::span<PacketPtr> frames) noexcept = 0;
  /// When receive() will next have something, for drivers that replay; nothing at the end and for live ones.
  virtual std::optional<Nanoseconds> next_arrival() const noexcept { return std::nullopt; }
  /// Frames received so far that a capture holds only the beginning of.
  virtual uint64_t cut_frames() const noexcept { return 0; }
  /// What stopped the queue, if anything did: a damaged capture, a vanished device.
  virtual Result<> status() const { return {}; }
};

using QueuePtr = std::unique_ptr<Queue>;

/// What a driver may use. Both outlive the queue.
struct World {
  Pool& pool;
  const Clock& clock;
};

#define SAYA_DRIVER(name, syntax, doc) Result<QueuePtr> open_##name(std::string_view words, const World& world);
#include "port/drivers.def"

/// One row of port/drivers.def.
struct Driver {
  std::string_view name;
  std::string_view syntax;
  std::string_view doc;
  Result<QueuePtr> (*open)(std::string_view words, const World& world);
};
std::span<const Driver> drivers() noexcept;
/// Opens "NAME WORDS..."; an unknown name lists the known ones.
Result<QueuePtr> open(std::string_view description, const World& world);

}  // namespace saya::port
