// Cookies of the format and the lifetime of net/ipv4/syncookies.c and net/ipv6/syncookies.c, Linux 6.18, under keys of
// our own: they are fixed, so that a replay repeats. What the helpers check and in which order: net/core/filter.c.
#include "helper/syncookie.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/bytes.h"
#include "helper/errno.h"
#include "helper/siphash.h"

namespace saya::helper {
namespace {

constexpr uint32_t kHashBits = 24;
constexpr uint32_t kHashMask = (1u << kHashBits) - 1;
constexpr uint32_t kMinutesValid = 2;  // MAX_SYNCOOKIE_AGE.
constexpr Nanoseconds kMinute = Nanoseconds{60} * 1'000'000'000;
constexpr SipKey kKeys[2] = {
    {0x243f'6a88'85a3'08d3, 0x1319'8a2e'0370'7344}, // Digits of pi.
    {0xa409'3822'299f'31d0, 0x082e'fa98'ec4e'6c89},
};
constexpr std::array<uint16_t, 4> kSegments4 = {536, 1300, 1440, 1460};
constexpr std::array<uint16_t, 4> kSegments6 = {1220, 1420, 1440, 8940};
constexpr uint16_t kUsualSegment4 = 536, kUsualSegment6 = 1220;

constexpr size_t kTcpHeader = 20, kIpv4Header = 20, kIpv6Header = 40;
enum TcpFlags : uint8_t { kFin = 1, kSyn = 2, kRst = 4, kAck = 16 };

uint8_t tcp_flags(const std::byte* tcp) { return static_cast<uint8_t>(tcp[13]); }
uint32_t header_size(const std::byte* tcp) { return (static_cast<uint32_t>(tcp[12]) >> 4) * 4; }

/// What a cookie vouches for: both addresses and both ports.
class Connection {
 public:
  Connection(bool six, const std::byte* ip, const std::byte* tcp) : six_(six), tcp_(tcp) {
    const size_t at = six ? 8 : 12, size = six ? 32 : 8;
    std::memcpy(bytes_.data(), ip + at, size);
    std::memcpy(bytes_.data() + size, tcp, 4);
    used_ = size + 4;
  }
  uint32_t hash(uint32_t minute, size_t key) const {
    auto bytes = bytes_;
    store(bytes.data() + used_, minute);
    return static_cast<uint32_t>(siphash(kKeys[key], std::span(bytes).first(used_ + sizeof minute)));
  }
  const std::array<uint16_t, 4>& segments() const { return six_ ? kSegments6 : kSegments4; }
  uint16_t usual_segment() const { return six_ ? kUsualSegment6 : kUsualSegment4; }
  const std::byte* tcp() const { return tcp_; }

 private:
  const bool six_;
  const std::byte* const tcp_;
  std::array<std::byte, 40> bytes_{};
  size_t used_;
};

uint32_t minute_of(const Run& run) { return static_cast<uint32_t>(run.services->clock->now() / kMinute); }

/// The last usable MSS option of a header of header_size() bytes; 0 for none. As tcp_parse_mss_option().
uint16_t segment_option(const std::byte* tcp) {
  constexpr uint8_t kEnd = 0, kNop = 1, kSegment = 2, kSegmentSize = 4;
  uint16_t segment = 0;
  const size_t end = header_size(tcp);
  for (size_t at = kTcpHeader; at < end;) {
    const auto kind = static_cast<uint8_t>(tcp[at]);
    if (kind == kEnd) break;
    if (kind == kNop) {
      ++at;
      continue;
    }
    if (end - at < 2) break;
    const auto size = static_cast<uint8_t>(tcp[at + 1]);
    if (size < 2 || size > end - at) break;
    const uint16_t given = kind == kSegment && size == kSegmentSize ? load<be16>(tcp + at + 2) : be16();
    if (given != 0) segment = given;
    at += size;
  }
  return segment;
}

/// The cookie, and above its 32 bits the segment size that it stands for.
uint64_t make(const Run& run, const Connection& connection) {
  const std::byte* tcp = connection.tcp();
  const uint16_t option = segment_option(tcp);
  const uint16_t wanted = option ? option : connection.usual_segment();
  const auto& segments = connection.segments();
  uint32_t index = static_cast<uint32_t>(segments.size() - 1);
  while (index > 0 && wanted < segments[index]) --index;
  const uint32_t minute = minute_of(run), sequence = load<be32>(tcp + 4);
  const uint32_t cookie =
      connection.hash(0, 0) + sequence + (minute << kHashBits) + ((connection.hash(minute, 1) + index) & kHashMask);
  return cookie | uint64_t{segments[index]} << 32;
}

/// Whether an ACK brings back a cookie that was made for its connection within the last two minutes.
bool check(const Run& run, const Connection& connection) {
  const std::byte* tcp = connection.tcp();
  const uint32_t sequence = load<be32>(tcp + 4) - 1, minute = minute_of(run);
  const uint32_t cookie = load<be32>(tcp + 8) - 1 - connection.hash(0, 0) - sequence;
  const uint32_t age = (minute - (cookie >> kHashBits)) & (UINT32_MAX >> kHashBits);
  if (age >= kMinutesValid) return false;
  return ((cookie - connection.hash(minute - age, 1)) & kHashMask) < connection.segments().size();
}

/// 0, or why that listener does not handle this header.
int refuse(const Socket& listener, const std::byte* ip, uint32_t size) {
  switch (static_cast<uint8_t>(ip[0]) >> 4) {
    case 4: return listener.family == AF_INET6 && listener.v6only ? -EINVAL : 0;
    case 6: return size < kIpv6Header || listener.family != AF_INET6 ? -EINVAL : 0;
    default: return -EPROTONOSUPPORT;
  }
}

bool is_six(const std::byte* ip) { return static_cast<uint8_t>(ip[0]) >> 4 == 6; }

bool listens(const Socket& socket) { return socket.state == kSocketListening && socket.protocol == IPPROTO_TCP; }

/// Whether connections to that listener are remembered in cookies now.
bool uses_cookies(const Run& run, const Socket& listener) {
  const uint8_t mode = run.services->netstate ? run.services->netstate->syncookies() : 1;
  return mode == 2 || (mode == 1 && listener.syn_queue_full);
}

bool are_off(const Run& run) { return run.services->netstate && run.services->netstate->syncookies() == 0; }

uint64_t raw_make(const Run& run, bool six, const std::byte* ip, const std::byte* tcp, uint32_t size) {
  if (size < kTcpHeader || size != header_size(tcp)) return result(-EINVAL);
  return make(run, Connection(six, ip, tcp));
}

}  // namespace

uint64_t tcp_check_syncookie(Run& run, const Socket* socket, const std::byte* ip, uint32_t ip_size,
                             const std::byte* tcp, uint32_t tcp_size) noexcept {
  const Socket& listener = *whole(socket);
  if (tcp_size < kTcpHeader || !listens(listener) || are_off(run)) return result(-EINVAL);
  const uint8_t flags = tcp_flags(tcp);
  if (!(flags & kAck) || flags & (kRst | kSyn)) return result(-ENOENT);
  if (ip_size < kIpv4Header) return result(-EINVAL);
  if (!uses_cookies(run, listener)) return result(-ENOENT);
  if (const int error = refuse(listener, ip, ip_size)) return result(error);
  return result(check(run, Connection(is_six(ip), ip, tcp)) ? 0 : -ENOENT);
}

uint64_t tcp_gen_syncookie(Run& run, const Socket* socket, const std::byte* ip, uint32_t ip_size, const std::byte* tcp,
                           uint32_t tcp_size) noexcept {
  const Socket& listener = *whole(socket);
  if (tcp_size < kTcpHeader || tcp_size != header_size(tcp) || !listens(listener)) return result(-EINVAL);
  if (are_off(run)) return result(-ENOENT);
  const uint8_t flags = tcp_flags(tcp);
  if (!(flags & kSyn) || flags & (kAck | kFin | kRst) || ip_size < kIpv4Header) return result(-EINVAL);
  if (const int error = refuse(listener, ip, ip_size)) return result(error);
  if (!uses_cookies(run, listener)) return result(-ENOENT);
  return make(run, Connection(is_six(ip), ip, tcp));
}

uint64_t tcp_raw_gen_syncookie_ipv4(Run& run, const std::byte* ip, const std::byte* tcp, uint32_t tcp_size) noexcept {
  return raw_make(run, false, ip, tcp, tcp_size);
}

uint64_t tcp_raw_gen_syncookie_ipv6(Run& run, const std::byte* ip, const std::byte* tcp, uint32_t tcp_size) noexcept {
  return raw_make(run, true, ip, tcp, tcp_size);
}

uint64_t tcp_raw_check_syncookie_ipv4(Run& run, const std::byte* ip, const std::byte* tcp) noexcept {
  return result(check(run, Connection(false, ip, tcp)) ? 0 : -EACCES);
}

uint64_t tcp_raw_check_syncookie_ipv6(Run& run, const std::byte* ip, const std::byte* tcp) noexcept {
  return result(check(run, Connection(true, ip, tcp)) ? 0 : -EACCES);
}

}  // namespace saya::helper
