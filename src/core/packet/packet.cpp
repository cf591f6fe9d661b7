// Packets as a whole: copying across fragments, cloning, making bytes linear or a packet's own.
// Matches what bpf_skb_load_bytes(), skb_clone(), pskb_expand_head() and pskb_pull_tail() leave behind in Linux 6.18.
#include "packet/packet.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>

#include "packet/pool.h"

namespace saya {
namespace {

/// Calls `each(piece, done)` for every contiguous piece of [offset, offset + size), which lies inside the packet;
/// `done` counts the bytes of the pieces before.
template <class Each>
void for_each_piece(const Packet& packet, uint32_t offset, uint32_t size, Each each) noexcept {
  uint32_t done = 0;
  const auto visit = [&](std::byte* begin, size_t length) {
    if (offset >= length) {
      offset -= static_cast<uint32_t>(length);
      return;
    }
    const auto take = std::min(static_cast<uint32_t>(length) - offset, size - done);
    if (take) each(std::span(begin + offset, take), done);
    done += take;
    offset = 0;
  };
  visit(packet.data, packet.linear_size());
  for (size_t i = 0; i < packet.fragment_count && done < size; ++i)
    visit(packet.fragments[i].data, packet.fragments[i].size);
}

bool contains(const Packet& packet, uint32_t offset, uint32_t size) noexcept {
  return offset <= packet.len && size <= packet.len - offset;
}

bool is_shared(const Buffer* buffer) noexcept { return buffer->references.load(std::memory_order_acquire) != 1; }

/// Moves the linear part to a buffer with `in_front` bytes before data and room for `linear` bytes from it on. Keeps
/// what lies in the headroom, as far as it fits.
int replace_head(Packet& packet, size_t in_front, size_t linear) noexcept {
  Buffer* head = packet.pool->take_buffer(in_front + linear);
  if (!head) return -ENOMEM;
  const auto old_front = static_cast<size_t>(packet.data - packet.head->begin);
  const size_t kept = std::min(in_front, old_front);
  std::memset(head->begin, 0, in_front - kept);
  std::memcpy(head->begin + in_front - kept, packet.data - kept, kept + packet.linear_size());
  const auto metadata = packet.data - packet.data_meta;
  const size_t size = packet.linear_size();
  Pool::release(packet.head);
  packet.head = head;
  packet.data = head->begin + in_front;
  packet.data_meta = packet.data - metadata;
  packet.data_end = packet.data + size;
  return 0;
}

int replace_fragment(Pool& pool, Fragment& fragment) noexcept {
  const auto capacity = static_cast<size_t>(fragment.buffer->end - fragment.data);
  Buffer* own = pool.take_buffer(capacity);
  if (!own) return -ENOMEM;
  std::memcpy(own->begin, fragment.data, fragment.size);
  Pool::release(fragment.buffer);
  fragment = {own, own->begin, fragment.size};
  return 0;
}

/// Moves the first `size` bytes of the fragments behind the linear part, which has room for them.
void eat_fragments(Packet& packet, size_t size) noexcept {
  size_t gone = 0;
  while (size > 0) {
    Fragment& fragment = packet.fragments[gone];
    const size_t take = std::min<size_t>(size, fragment.size);
    std::memcpy(packet.data_end, fragment.data, take);
    packet.data_end += take;
    fragment.data += take;
    fragment.size -= static_cast<uint32_t>(take);
    size -= take;
    if (fragment.size > 0) break;
    Pool::release(fragment.buffer);
    ++gone;
  }
  std::move(packet.fragments.begin() + gone, packet.fragments.begin() + packet.fragment_count,
            packet.fragments.begin());
  packet.fragment_count = static_cast<uint8_t>(packet.fragment_count - gone);
}

}  // namespace

size_t Packet::headroom() const noexcept { return static_cast<size_t>(data_meta - head->begin); }
size_t Packet::tailroom() const noexcept { return static_cast<size_t>(head->end - data_end); }

bool Packet::shared() const noexcept {
  return is_shared(head) || std::any_of(fragments.begin(), fragments.begin() + fragment_count,
                                        [](const Fragment& f) { return is_shared(f.buffer); });
}

bool copy_out(const Packet& packet, uint32_t offset, std::byte* to, uint32_t size) noexcept {
  if (!contains(packet, offset, size)) return false;
  for_each_piece(packet, offset, size, [to](std::span<std::byte> piece, uint32_t done) {
    std::memcpy(to + done, piece.data(), piece.size());
  });
  return true;
}

bool copy_in(Packet& packet, uint32_t offset, const std::byte* from, uint32_t size) noexcept {
  if (!contains(packet, offset, size)) return false;
  assert(!packet.shared());
  for_each_piece(packet, offset, size, [from](std::span<std::byte> piece, uint32_t done) {
    std::memcpy(piece.data(), from + done, piece.size());
  });
  return true;
}

PacketPtr clone(const Packet& packet) noexcept {
  Packet* copy = packet.pool->take_packet();
  if (!copy) return nullptr;
  *copy = packet;
  Pool::hold(copy->head);
  for (size_t i = 0; i < copy->fragment_count; ++i) Pool::hold(copy->fragments[i].buffer);
  return PacketPtr(copy);
}

int unclone(Packet& packet) noexcept {
  if (is_shared(packet.head)) {
    const auto in_front = static_cast<size_t>(packet.data - packet.head->begin);
    const auto behind = static_cast<size_t>(packet.head->end - packet.data);
    if (const int error = replace_head(packet, in_front, behind)) return error;
  }
  for (size_t i = 0; i < packet.fragment_count; ++i) {
    Fragment& fragment = packet.fragments[i];
    if (!is_shared(fragment.buffer)) continue;
    if (const int error = replace_fragment(*packet.pool, fragment)) return error;
  }
  return 0;
}

int pull(Packet& packet, uint32_t size) noexcept {
  if (size > packet.len) return -ENOMEM;
  const size_t linear = packet.linear_size();
  if (size <= linear) return 0;
  if (packet.tailroom() < size - linear || is_shared(packet.head)) {
    const auto in_front = static_cast<size_t>(packet.data - packet.head->begin);
    if (const int error = replace_head(packet, in_front, size)) return error;
  }
  eat_fragments(packet, size - linear);
  return 0;
}

int reserve_headroom(Packet& packet, uint32_t headroom) noexcept {
  if (static_cast<size_t>(packet.data - packet.head->begin) < headroom)
    if (const int error = replace_head(packet, headroom, packet.linear_size() + packet.tailroom())) return error;
  return unclone(packet);
}

int reserve_tailroom(Packet& packet, uint32_t tailroom) noexcept {
  if (const int error = pull(packet, packet.len)) return error;
  if (const int error = unclone(packet)) return error;
  if (packet.tailroom() >= tailroom) return 0;
  return replace_head(packet, static_cast<size_t>(packet.data - packet.head->begin), packet.len + size_t{tailroom});
}

}  // namespace saya
