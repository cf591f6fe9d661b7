// Where packets come from: frames of one fixed size in one Region, so that AF_XDP can use it as its UMEM.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/region.h"
#include "packet/packet.h"

namespace saya {

inline constexpr size_t kFrameSize = 4096;        ///< 2 KiB could not give the kernel's adjust_tail growth.
inline constexpr size_t kHeadroom = 256;          ///< XDP_PACKET_HEADROOM.
inline constexpr size_t kFrameTailReserve = 320;  ///< What skb_shared_info takes at a kernel frame's end.
inline constexpr size_t kFrameReserve = 40;       ///< What xdp_frame takes at its start; adjust_head keeps out of it.
/// The longest frame that stays linear; longer ones get fragments.
inline constexpr size_t kMaxLinear = kFrameSize - kHeadroom - kFrameTailReserve;

inline constexpr size_t kFragmentSize = 4096;        ///< A page, as the kernel's: bounds how far adjust_tail grows it.
inline constexpr size_t kLargeFragmentSize = 32768;  ///< Where pages would need more than kMaxFragments.

/// Memory that packets point into: a frame of the pool, or a larger block from the heap. Reference counted because
/// clones share it; freed or recycled with the last reference, on any thread.
struct Buffer {
  std::byte* begin = nullptr;
  std::byte* end = nullptr;  ///< Past the last byte that frame data may use.
  std::atomic<uint32_t> references{0};
  Pool* pool = nullptr;
  bool heap = false;
};

/// A fixed number of frames and packets. One thread at a time allocates, clones, unclones and pulls; packets may be
/// given back from any thread. Must outlive its packets.
class Pool {
 public:
  /// `frames` is 1..2^24; memory is touched only as it is used.
  static Result<std::unique_ptr<Pool>> create(size_t frames);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// An empty packet with kHeadroom zero bytes in front; null when all are in use.
  PacketPtr allocate() noexcept;
  /// A packet holding `frame`: linear up to kMaxLinear, the rest in fragments of kFragmentSize from the heap (of
  /// kLargeFragmentSize for a frame that needs more than kMaxFragments of them). Null when the pool is empty, there is
  /// no memory, or even large fragments do not suffice.
  PacketPtr allocate(std::span<const std::byte> frame) noexcept;

  /// A buffer of at least `bytes` usable bytes, with one reference: a frame of the pool when it fits and one is free,
  /// else from the heap. Null without memory. Its bytes are undefined.
  Buffer* take_buffer(size_t bytes) noexcept;
  static void hold(Buffer* buffer) noexcept;
  static void release(Buffer* buffer) noexcept;

  /// Exact while no other thread is giving back.
  size_t packets_in_use() const noexcept;
  size_t frames_in_use() const noexcept;
  /// All frames, kFrameSize apart: what an AF_XDP socket registers as its UMEM.
  std::span<std::byte> memory() noexcept;

 private:
  struct State;
  explicit Pool(std::unique_ptr<State> state) noexcept;
  friend struct Recycle;
  friend PacketPtr clone(const Packet& packet) noexcept;

  Packet* take_packet() noexcept;
  Buffer* take_frame() noexcept;

  std::unique_ptr<State> state_;
};

}  // namespace saya
