// Running one program over a burst: the part that XDP and tc share.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>

#include "hook/hook.h"

namespace saya::hook {

/// The executions of one program over some packets of a burst, and what they returned. Lives on the stack; only what is
/// added is written, since most bursts are far from full.
class BurstRun {
 public:
  explicit BurstRun(const abi::Services& services) : services_(services) {}
  BurstRun(const BurstRun&) = delete;
  BurstRun& operator=(const BurstRun&) = delete;

  /// Adds a packet; at most kBurst of them. `redirect` is what an earlier program at the same hook said.
  void add(Packet& packet, size_t index, const abi::Redirect& redirect = {}) noexcept {
    assert(size_ < kBurst);
    std::construct_at(runs() + size_, abi::Run{.packet = &packet, .services = &services_, .redirect = redirect});
    index_[size_++] = static_cast<uint8_t>(index);
  }
  void run(const abi::Executable& program) noexcept {
    program.run(std::span(runs(), size_), std::span(results_).first(size_));
  }
  size_t size() const noexcept { return size_; }
  const abi::Run& operator[](size_t i) noexcept { return runs()[i]; }
  int32_t code(size_t i) const noexcept { return static_cast<int32_t>(results_[i]); }
  /// The position that add() was given.
  size_t index(size_t i) const noexcept { return index_[i]; }

 private:
  static_assert(std::is_trivially_destructible_v<abi::Run>);
  abi::Run* runs() noexcept { return reinterpret_cast<abi::Run*>(storage_); }

  const abi::Services& services_;
  size_t size_ = 0;
  alignas(abi::Run) std::byte storage_[kBurst * sizeof(abi::Run)];
  uint64_t results_[kBurst];
  uint8_t index_[kBurst];
};

}  // namespace saya::hook
