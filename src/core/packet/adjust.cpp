// bpf_xdp_adjust_head(), _tail() and _meta(): net/core/filter.c, Linux 6.18, held to it by adjust_kernel_test.cpp.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "packet/front.h"
#include "packet/packet.h"
#include "packet/pool.h"

namespace saya {
namespace {

int grow_last_fragment(Packet& packet, uint32_t delta) noexcept {
  Fragment& last = packet.fragments[packet.fragment_count - 1u];
  if (delta > static_cast<size_t>(last.buffer->end - last.data) - last.size) return -EINVAL;
  std::memset(last.data + last.size, 0, delta);
  last.size += delta;
  packet.len += delta;
  return 0;
}

/// Cuts whole fragments and then bytes from the end; the linear part is cut only when all fragments are gone.
int shrink_fragments(Packet& packet, uint32_t delta) noexcept {
  if (packet.len < kEthernetHeader || delta > packet.len - kEthernetHeader) return -EINVAL;
  packet.len -= delta;
  while (delta > 0 && packet.fragment_count > 0) {
    Fragment& last = packet.fragments[packet.fragment_count - 1u];
    const uint32_t cut = std::min(delta, last.size);
    last.size -= cut;
    delta -= cut;
    if (last.size > 0) break;
    Pool::release(last.buffer);
    --packet.fragment_count;
  }
  packet.data_end -= delta;
  return 0;
}

int adjust_fragmented_tail(Packet& packet, int32_t delta) noexcept {
  if (delta >= 0) return grow_last_fragment(packet, static_cast<uint32_t>(delta));
  // The kernel negates an int here, so its most negative value asks for nothing and succeeds.
  if (delta == std::numeric_limits<int32_t>::min()) return 0;
  return shrink_fragments(packet, static_cast<uint32_t>(-delta));
}

}  // namespace

int adjust_head(Packet& packet, int32_t delta) noexcept {
  if (packet.shared())
    if (const int error = unclone(packet)) return error;
  const auto metadata = packet.data - packet.data_meta;
  const int64_t room = packet.data_meta - packet.head->begin - static_cast<int64_t>(kFrameReserve);
  const int64_t most = static_cast<int64_t>(packet.linear_size()) - static_cast<int64_t>(kEthernetHeader);
  if (-int64_t{delta} > room || delta > most) return -EINVAL;
  std::memmove(packet.data_meta + delta, packet.data_meta, static_cast<size_t>(metadata));
  packet.data += delta;
  packet.data_meta += delta;
  packet.len = static_cast<uint32_t>(packet.len - int64_t{delta});
  shift_headers(packet, delta);
  return 0;
}

int adjust_tail(Packet& packet, int32_t delta) noexcept {
  if (packet.shared())
    if (const int error = unclone(packet)) return error;
  if (packet.fragment_count > 0) return adjust_fragmented_tail(packet, delta);
  const int64_t size = static_cast<int64_t>(packet.linear_size()) + delta;
  if (delta > static_cast<int64_t>(packet.tailroom()) || size < static_cast<int64_t>(kEthernetHeader)) return -EINVAL;
  if (delta > 0) std::memset(packet.data_end, 0, static_cast<size_t>(delta));
  packet.data_end += delta;
  packet.len = static_cast<uint32_t>(size);
  return 0;
}

int adjust_meta(Packet& packet, int32_t delta) noexcept {
  if (packet.shared())
    if (const int error = unclone(packet)) return error;
  const int64_t metadata = packet.data - packet.data_meta - int64_t{delta};
  const int64_t most = packet.data - packet.head->begin - static_cast<int64_t>(kFrameReserve);
  if (metadata < 0 || metadata > most) return -EINVAL;
  if (metadata % 4 != 0 || metadata > static_cast<int64_t>(kMaxMetadata)) return -EACCES;
  packet.data_meta = packet.data - metadata;
  return 0;
}

}  // namespace saya
