// The pool: frames, packets and their buffers in three lazily touched regions, found by slot number.
#include "packet/pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "packet/free_list.h"

namespace saya {
namespace {

constexpr size_t kMaxFrames = size_t{1} << 24;
constexpr size_t kHeapAlignment = 64;
static_assert(sizeof(Buffer) <= kHeapAlignment);

/// A block from the heap: the Buffer in the first cache line, its bytes behind.
Buffer* take_heap_buffer(size_t bytes) noexcept {
  void* block = ::operator new(kHeapAlignment + bytes, std::align_val_t{kHeapAlignment}, std::nothrow);
  if (!block) return nullptr;
  auto* buffer = new (block) Buffer;
  buffer->begin = static_cast<std::byte*>(block) + kHeapAlignment;
  buffer->end = buffer->begin + bytes;
  buffer->heap = true;
  return buffer;
}

void free_heap_buffer(Buffer* buffer) noexcept {
  buffer->~Buffer();
  ::operator delete(buffer, std::align_val_t{kHeapAlignment});
}

/// Appends `bytes` to the packet as one more fragment.
bool add_fragment(Pool& pool, Packet& packet, std::span<const std::byte> bytes, size_t capacity) noexcept {
  Buffer* buffer = pool.take_buffer(capacity);
  if (!buffer) return false;
  std::memcpy(buffer->begin, bytes.data(), bytes.size());
  packet.fragments[packet.fragment_count++] = {buffer, buffer->begin, static_cast<uint32_t>(bytes.size())};
  packet.len += static_cast<uint32_t>(bytes.size());
  return true;
}

}  // namespace

struct Pool::State {
  State(Region frame_memory, Region buffer_memory, Region packet_memory, uint32_t count) noexcept
      : frames(std::move(frame_memory)),
        buffers(std::move(buffer_memory)),
        packets(std::move(packet_memory)),
        free_frames(count),
        free_packets(count) {}

  Buffer* buffer(uint32_t slot) noexcept { return reinterpret_cast<Buffer*>(buffers.data()) + slot; }
  Packet* packet(uint32_t slot) noexcept { return reinterpret_cast<Packet*>(packets.data()) + slot; }
  uint32_t slot_of(const Buffer* b) noexcept { return static_cast<uint32_t>(b - buffer(0)); }
  uint32_t slot_of(const Packet* p) noexcept { return static_cast<uint32_t>(p - packet(0)); }

  Region frames;
  Region buffers;
  Region packets;
  FreeList free_frames;
  FreeList free_packets;
};

Pool::Pool(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Pool::~Pool() = default;

Result<std::unique_ptr<Pool>> Pool::create(size_t frames) {
  if (frames == 0 || frames > kMaxFrames)
    return fail(Code::invalid_argument, fmt::format("a pool has {} frames, must be 1..{}", frames, kMaxFrames));
  SAYA_TRY(Region frame_memory, Region::memfd("saya-frames", frames * kFrameSize));
  SAYA_TRY(Region buffers, Region::reserve(frames * sizeof(Buffer)));
  SAYA_TRY(Region packets, Region::reserve(frames * sizeof(Packet)));
  auto state = std::make_unique<State>(std::move(frame_memory), std::move(buffers), std::move(packets),
                                       static_cast<uint32_t>(frames));
  if (!state->free_frames.valid() || !state->free_packets.valid())
    return fail(Code::out_of_memory, fmt::format("no memory for a pool of {} frames", frames));
  return std::unique_ptr<Pool>(new Pool(std::move(state)));
}

Packet* Pool::take_packet() noexcept {
  const uint32_t slot = state_->free_packets.take();
  if (slot == FreeList::kNone) return nullptr;
  auto* packet = new (state_->packet(slot)) Packet;
  packet->pool = this;
  return packet;
}

Buffer* Pool::take_frame() noexcept {
  const uint32_t slot = state_->free_frames.take();
  if (slot == FreeList::kNone) return nullptr;
  auto* buffer = new (state_->buffer(slot)) Buffer;
  buffer->begin = state_->frames.data() + slot * kFrameSize;
  buffer->end = buffer->begin + kFrameSize - kFrameTailReserve;
  return buffer;
}

Buffer* Pool::take_buffer(size_t bytes) noexcept {
  Buffer* buffer = bytes <= kFrameSize - kFrameTailReserve ? take_frame() : nullptr;
  if (!buffer) buffer = take_heap_buffer(bytes);
  if (!buffer) return nullptr;
  buffer->pool = this;
  buffer->references.store(1, std::memory_order_relaxed);
  return buffer;
}

PacketPtr Pool::allocate() noexcept {
  Packet* packet = take_packet();
  if (!packet) return nullptr;
  packet->head = take_frame();
  if (!packet->head) {
    state_->free_packets.give_back(state_->slot_of(packet));
    return nullptr;
  }
  packet->head->pool = this;
  packet->head->references.store(1, std::memory_order_relaxed);
  packet->data = packet->head->begin + kHeadroom;
  packet->data_end = packet->data_meta = packet->data;
  // A program that grows into the headroom must not read another packet's bytes, and runs must be reproducible.
  std::memset(packet->head->begin, 0, kHeadroom);
  return PacketPtr(packet);
}

PacketPtr Pool::allocate(std::span<const std::byte> frame) noexcept {
  PacketPtr packet = allocate();
  if (!packet) return nullptr;
  const size_t linear = std::min(frame.size(), kMaxLinear);
  if (linear) std::memcpy(packet->data, frame.data(), linear);
  packet->data_end += linear;
  packet->len = static_cast<uint32_t>(linear);

  std::span<const std::byte> rest = frame.subspan(linear);
  const size_t capacity = rest.size() <= kMaxFragments * kFragmentSize ? kFragmentSize : kLargeFragmentSize;
  if (rest.size() > kMaxFragments * capacity) return nullptr;
  while (!rest.empty()) {
    const size_t size = std::min(rest.size(), capacity);
    if (!add_fragment(*this, *packet, rest.first(size), capacity)) return nullptr;
    rest = rest.subspan(size);
  }
  return packet;
}

void Pool::hold(Buffer* buffer) noexcept { buffer->references.fetch_add(1, std::memory_order_relaxed); }

void Pool::release(Buffer* buffer) noexcept {
  // The only holder needs no locked instruction: nobody else is left who could hold the buffer again.
  if (buffer->references.load(std::memory_order_acquire) != 1 &&
      buffer->references.fetch_sub(1, std::memory_order_acq_rel) != 1)
    return;
  if (buffer->heap)
    free_heap_buffer(buffer);
  else
    buffer->pool->state_->free_frames.give_back(buffer->pool->state_->slot_of(buffer));
}

void Recycle::operator()(Packet* packet) const noexcept {
  Pool::State& state = *packet->pool->state_;
  if (packet->head) Pool::release(packet->head);
  for (size_t i = 0; i < packet->fragment_count; ++i) Pool::release(packet->fragments[i].buffer);
  state.free_packets.give_back(state.slot_of(packet));
}

size_t Pool::packets_in_use() const noexcept { return state_->free_packets.in_use(); }
size_t Pool::frames_in_use() const noexcept { return state_->free_frames.in_use(); }
std::span<std::byte> Pool::memory() noexcept { return state_->frames.bytes(); }

}  // namespace saya
