// kernel/bpf/helpers.c and net/core/filter.c, Linux 6.18 (bpf_dynptr_*); errors as measured (tests/parity/).
#include "helper/kfunc_dynptr.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "helper/errno.h"

namespace saya::helper {
namespace {

using Kind = Dynptr::Kind;

constexpr uint32_t kChunk = 256;  ///< Bytes that copies between packets in pieces take at a time.

uint64_t construct(Dynptr& view, Kind kind, Packet& packet, uint32_t size, uint64_t flags, bool read_only) {
  view = flags ? Dynptr{} : make_view(kind, &packet, size, read_only);
  return result32(flags ? -EINVAL : 0);
}

bool is_in_fragment(const Dynptr& view, const std::byte* bytes) {
  if (view.what() != Kind::xdp) return false;
  const Packet& xdp = *static_cast<const Packet*>(view.data);
  return bytes < xdp.data || bytes >= xdp.data_end;
}

/// The bytes themselves where they lie together, else their copy in `buffer`, else null.
uint64_t slice(Run& run, const Dynptr& view, uint32_t offset, std::byte* buffer, uint32_t size, bool writable) {
  if (std::byte* bytes = view_bytes(view, offset, size)) {
    if (is_in_fragment(view, bytes)) abi::grant(run, abi::Grants::Kind::packet, bytes, size, writable);
    return reinterpret_cast<uint64_t>(bytes);
  }
  if (!view.data || !buffer || read_view(view, offset, buffer, size) != 0) return 0;
  return reinterpret_cast<uint64_t>(buffer);
}

std::byte* writable_bytes(const Dynptr& view, uint32_t offset, uint32_t size) {
  return view.read_only ? nullptr : view_bytes(view, offset, size);
}

int copy_in_chunks(Run& run, const Dynptr& to, uint32_t to_offset, const Dynptr& from, uint32_t from_offset,
                   uint32_t size) {
  std::array<std::byte, kChunk> chunk;
  for (uint32_t done = 0; done < size;) {
    const uint32_t some = std::min(kChunk, size - done);
    if (const int error = read_view(from, from_offset + done, chunk.data(), some)) return error;
    if (const int error = write_view(run, to, to_offset + done, chunk.data(), some, 0)) return error;
    done += some;
  }
  return 0;
}

}  // namespace

uint64_t bpf_dynptr_from_skb(Run& run, Packet* skb, uint64_t flags, Dynptr* view) noexcept {
  return construct(*view, Kind::skb, *skb, skb->len, flags, run.hook == abi::Hook::socket);
}

uint64_t bpf_dynptr_from_skb_meta(Run&, Packet* skb, uint64_t flags, Dynptr* view) noexcept {
  return construct(*view, Kind::skb_meta, *skb, static_cast<uint32_t>(skb->data - skb->data_meta), flags,
                   skb->shared());
}

uint64_t bpf_dynptr_from_xdp(Run&, Packet* xdp, uint64_t flags, Dynptr* view) noexcept {
  return construct(*view, Kind::xdp, *xdp, xdp->len, flags, false);
}

uint64_t bpf_dynptr_slice(Run& run, Dynptr* view, uint32_t offset, std::byte* buffer, uint32_t size) noexcept {
  return slice(run, *view, offset, buffer, size, false);
}

uint64_t bpf_dynptr_slice_rdwr(Run& run, Dynptr* view, uint32_t offset, std::byte* buffer, uint32_t size) noexcept {
  return view->read_only ? 0 : slice(run, *view, offset, buffer, size, true);
}

uint64_t bpf_dynptr_adjust(Run&, Dynptr* view, uint32_t start, uint32_t end) noexcept {
  if (!view->data || start > end) return result32(-EINVAL);
  if (end > view->size) return result32(-ERANGE);
  view->offset += start;
  view->size = (end - start) & kMostDynptrBytes;
  return 0;
}

uint64_t bpf_dynptr_clone(Run&, Dynptr* view, Dynptr* copy) noexcept {
  *copy = view->data ? *view : Dynptr{};
  return result32(view->data ? 0 : -EINVAL);
}

uint64_t bpf_dynptr_size(Run&, Dynptr* view) noexcept { return view->data ? view->size : result32(-EINVAL); }

uint64_t bpf_dynptr_is_null(Run&, Dynptr* view) noexcept { return !view->data; }

uint64_t bpf_dynptr_is_rdonly(Run&, Dynptr* view) noexcept { return view->data && view->read_only; }

uint64_t bpf_dynptr_copy(Run& run, Dynptr* to, uint32_t to_offset, Dynptr* from, uint32_t from_offset,
                         uint32_t size) noexcept {
  const std::byte* const source = view_bytes(*from, from_offset, size);
  if (std::byte* const target = writable_bytes(*to, to_offset, size)) {
    if (!source) return result32(read_view(*from, from_offset, target, size));
    std::memmove(target, source, size);
    return 0;
  }
  if (source) return result32(write_view(run, *to, to_offset, source, size, 0));
  if (check_view(*to, to_offset, size) != 0 || check_view(*from, from_offset, size) != 0) return result32(-E2BIG);
  return result32(copy_in_chunks(run, *to, to_offset, *from, from_offset, size));
}

uint64_t bpf_dynptr_memset(Run& run, Dynptr* view, uint32_t offset, uint32_t size, uint8_t value) noexcept {
  if (std::byte* const bytes = writable_bytes(*view, offset, size)) {
    std::memset(bytes, value, size);
    return 0;
  }
  if (view->read_only) return result32(-EINVAL);
  if (const int error = check_view(*view, offset, size)) return result32(error);
  std::array<std::byte, kChunk> chunk;
  chunk.fill(static_cast<std::byte>(value));
  for (uint32_t done = 0; done < size; done += kChunk)
    if (const int error = write_view(run, *view, offset + done, chunk.data(), std::min(kChunk, size - done), 0))
      return result32(error);
  return 0;
}

}  // namespace saya::helper
