// kernel/bpf/helpers.c and net/core/filter.c, Linux 6.18 (__bpf_dynptr_read, __bpf_dynptr_write, bpf_dynptr_slice).
#include "helper/dynptr_access.h"

#include <cstring>

#include "helper/errno.h"
#include "helper/skb.h"
#include "helper/xdp.h"

namespace saya::helper {
namespace {

using Kind = Dynptr::Kind;

Packet& packet_of(const Dynptr& view) { return *static_cast<Packet*>(view.data); }

/// Where `size` bytes at `offset` lie together in a packet at XDP, in its head or in one fragment; else null.
std::byte* bytes_in_frame(const Packet& xdp, uint64_t offset, uint64_t size) {
  if (offset + size > xdp.len) return nullptr;
  const uint64_t linear = xdp.linear_size();
  if (offset < linear) return offset + size <= linear ? xdp.data + offset : nullptr;
  offset -= linear;
  for (size_t i = 0; i < xdp.fragment_count; ++i) {
    const Fragment& fragment = xdp.fragments[i];
    if (offset < fragment.size) return offset + size <= fragment.size ? fragment.data + offset : nullptr;
    offset -= fragment.size;
  }
  return nullptr;
}

std::byte* linear_bytes(const Packet& skb, uint64_t offset, uint64_t size) {
  return offset + size <= skb.linear_size() ? skb.data + offset : nullptr;
}

/// The metadata may have become shorter since the view was made.
std::byte* metadata_bytes(const Packet& skb, uint64_t offset, uint64_t size) {
  return offset + size <= static_cast<uint64_t>(skb.data - skb.data_meta) ? skb.data_meta + offset : nullptr;
}

int move_bytes(std::byte* to, const std::byte* from, uint32_t size) {
  if (!to || !from) return -EFAULT;
  if (size > 0) std::memmove(to, from, size);
  return 0;
}

}  // namespace

Dynptr make_view(Dynptr::Kind kind, void* data, uint32_t size, bool read_only) noexcept {
  Dynptr view{};
  view.data = data;
  view.size = size & kMostDynptrBytes;
  view.kind = static_cast<uint32_t>(kind) & 0x7f;
  view.read_only = read_only;
  return view;
}

int check_view(const Dynptr& view, uint32_t offset, uint32_t size) noexcept {
  return size > view.size || offset > view.size - size ? -E2BIG : 0;
}

std::byte* view_bytes(const Dynptr& view, uint32_t offset, uint32_t size) noexcept {
  if (!view.data || check_view(view, offset, size) != 0) return nullptr;
  const uint64_t from = uint64_t{view.offset} + offset;
  switch (view.what()) {
    case Kind::none: return nullptr;
    case Kind::memory:
    case Kind::ringbuf: return static_cast<std::byte*>(view.data) + from;
    case Kind::skb: return linear_bytes(packet_of(view), from, size);
    case Kind::xdp: return bytes_in_frame(packet_of(view), from, size);
    case Kind::skb_meta: return metadata_bytes(packet_of(view), from, size);
  }
  return nullptr;
}

int read_view(const Dynptr& view, uint32_t offset, std::byte* to, uint32_t size) noexcept {
  if (!view.data) return -EINVAL;
  if (const int error = check_view(view, offset, size)) return error;
  const uint32_t from = view.offset + offset;
  if (view.what() == Kind::xdp) return copy_out(packet_of(view), from, to, size) ? 0 : -EINVAL;
  if (view.what() != Kind::skb) return move_bytes(to, view_bytes(view, offset, size), size);
  if (copy_out(packet_of(view), from, to, size)) return 0;
  std::memset(to, 0, size);
  return -EFAULT;
}

int write_view(Run& run, const Dynptr& view, uint32_t offset, const std::byte* from, uint32_t size,
               uint64_t flags) noexcept {
  if (!view.data || view.read_only) return -EINVAL;
  if (const int error = check_view(view, offset, size)) return error;
  const uint32_t to = view.offset + offset;
  if (view.what() == Kind::skb) return static_cast<int>(skb_store_bytes(run, &packet_of(view), to, from, size, flags));
  if (flags) return -EINVAL;
  if (view.what() == Kind::xdp) return static_cast<int>(xdp_store_bytes(run, &packet_of(view), to, from, size));
  return move_bytes(view_bytes(view, offset, size), from, size);
}

}  // namespace saya::helper
