// A side of a port that brings a single frame.
#pragma once

#include <span>
#include <utility>

#include "port/port.h"

namespace saya::tests {

/// One frame, once; takes all that it is sent and keeps none of it.
class OneFrame final : public port::Queue {
 public:
  explicit OneFrame(PacketPtr packet) : packet_(std::move(packet)) {}
  size_t receive(std::span<PacketPtr> slots) noexcept override {
    if (!packet_) return 0;
    slots[0] = std::move(packet_);
    return 1;
  }
  size_t transmit(std::span<PacketPtr> frames) noexcept override { return frames.size(); }

 private:
  PacketPtr packet_;
};

}  // namespace saya::tests
