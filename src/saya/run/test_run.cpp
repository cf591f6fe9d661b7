// BPF_PROG_TEST_RUN: what may come in, what a program finds, what goes out. Matches net/bpf/test_run.c, Linux 6.18, as
// measured there.
#include "run/test_run.h"

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>

#include "packet/checksum.h"
#include "packet/front.h"
#include "packet/pool.h"
#include "packet/tc_entry.h"

namespace saya::run {
namespace {

using Bytes = std::vector<std::byte>;

constexpr uint32_t kLoopback = 1;    ///< ifindex of the device that runs claim to be on.
constexpr size_t kPage = 4096;       ///< A context may not be longer, however many zeroes it has.
constexpr size_t kSkbHeadroom = 64;  ///< NET_SKB_PAD.
constexpr size_t kIpv4Header = 20;   ///< What a frame of that EtherType must have behind its Ethernet header.
constexpr size_t kIpv6Header = 40;
constexpr uint32_t kMostWire = 65536;  ///< GSO_LEGACY_MAX_SIZE.
constexpr uint32_t kMostSegments = 65535;
constexpr uint32_t kSumComplete = 4;  ///< BPF_F_TEST_SKB_CHECKSUM_COMPLETE.
constexpr size_t kMostSkb = kFrameSize - kSkbHeadroom - kFrameTailReserve;
constexpr size_t kFrames = 8;  ///< For the packet, its copies, and what helpers make of them.

/// The packet of a run, and the context as user space has it, which is also where the answer is written.
struct Subject {
  PacketPtr packet;
  Bytes ctx;      ///< Empty when the caller has none.
  Socket socket;  ///< That an skb belongs to: a fresh one with the frame's addresses.
};

/// The context in full length. 0 or a negative errno. As bpf_ctx_init().
int read_ctx(const TestInput& input, size_t size, Bytes& ctx) {
  if (input.ctx_room == size_t{0}) return -EINVAL;
  if (input.ctx.empty() && !input.ctx_room) return 0;
  if (input.ctx.size() > kPage) return -E2BIG;
  ctx.assign(input.ctx.begin(), input.ctx.end());
  if (ctx.size() > size && std::any_of(ctx.begin() + static_cast<std::ptrdiff_t>(size), ctx.end(),
                                       [](std::byte b) { return b != std::byte{0}; }))
    return -E2BIG;
  ctx.resize(size);
  return 0;
}

bool is_device(const abi::Services& services, uint32_t ifindex) {
  return ifindex == kLoopback || (services.netstate && services.netstate->find_interface(ifindex));
}

// XDP.

/// How much of the metadata's room may be used: what the kernel's own struct xdp_frame leaves.
constexpr uint32_t kMostTestMeta = kHeadroom - kFrameReserve;

/// 0 or a negative errno; what the kernel refuses before it looks at the device. As bpf_prog_test_run_xdp().
int check_md(const xdp_md& md, size_t size) {
  const bool orderly = md.data_meta == 0 && md.data_end <= size && md.data <= md.data_end;
  return orderly && md.data % 4 == 0 && md.data <= kMostTestMeta ? 0 : -EINVAL;
}

/// As xdp_convert_md_to_buff(); each device has one queue.
int find_queue(const xdp_md& md, const abi::Services& services) {
  if (md.egress_ifindex != 0) return -EINVAL;
  if (md.ingress_ifindex == 0) return md.rx_queue_index ? -EINVAL : 0;
  if (!is_device(services, md.ingress_ifindex)) return -ENODEV;
  return md.rx_queue_index ? -EINVAL : 0;
}

/// Puts what does not fit the linear part into pages. 0 or -ENOMEM.
int add_fragments(Packet& packet, std::span<const std::byte> rest) {
  while (!rest.empty()) {
    if (packet.fragment_count == kMaxFragments) return -ENOMEM;
    Buffer* const page = packet.pool->take_buffer(kFragmentSize);
    if (!page) return -ENOMEM;
    const auto size = static_cast<uint32_t>(std::min(rest.size(), kFragmentSize));
    std::memcpy(page->begin, rest.data(), size);
    packet.fragments[packet.fragment_count++] = {page, page->begin, size};
    packet.len += size;
    rest = rest.subspan(size);
  }
  return 0;
}

int prepare_xdp(Pool& pool, const TestInput& input, const abi::Services& services, Subject& subject) {
  if (const int error = read_ctx(input, sizeof(xdp_md), subject.ctx)) return error;
  const bool given = !subject.ctx.empty();
  const auto md = given ? load<xdp_md>(subject.ctx.data()) : xdp_md{};
  if (const int error = check_md(md, input.data.size())) return error;
  if (input.data.size() - md.data < kEthernetHeader) return -EINVAL;
  if (const int error = find_queue(md, services)) return error;

  subject.packet = pool.allocate();
  if (!subject.packet) return -ENOMEM;
  Packet& packet = *subject.packet;
  const size_t linear = std::min<size_t>(given ? md.data_end : input.data.size(), md.data + kMaxLinear);
  packet.data_meta = packet.data - md.data;
  packet.data_end = packet.data_meta + linear;
  packet.len = static_cast<uint32_t>(packet.linear_size());
  if (linear) std::memcpy(packet.data_meta, input.data.data(), linear);
  packet.ingress_ifindex = md.ingress_ifindex ? md.ingress_ifindex : kLoopback;
  return add_fragments(packet, input.data.subspan(linear));
}

void read_xdp(Subject& subject) {
  if (subject.ctx.empty()) return;
  auto md = load<xdp_md>(subject.ctx.data());
  md.data = static_cast<uint32_t>(subject.packet->data - subject.packet->data_meta);
  md.data_end = static_cast<uint32_t>(subject.packet->data_end - subject.packet->data_meta);
  store(subject.ctx.data(), md);
}

// skb: tc programs and socket filters.

/// The fields of a context that somebody may set.
struct Field {
  size_t offset;
  size_t size;
};
constexpr Field kSettable[] = {
    {offsetof(__sk_buff, mark),            4 },
    {offsetof(__sk_buff, priority),        4 },
    {offsetof(__sk_buff, ingress_ifindex), 4 },
    {offsetof(__sk_buff, ifindex),         4 },
    {offsetof(__sk_buff, cb),              20},
    {offsetof(__sk_buff, tstamp),          8 },
    {offsetof(__sk_buff, wire_len),        4 },
    {offsetof(__sk_buff, gso_segs),        4 },
    {offsetof(__sk_buff, gso_size),        4 },
    {offsetof(__sk_buff, hwtstamp),        8 },
};

bool sets_only_settable(Bytes ctx) {
  for (const Field& field : kSettable) std::memset(ctx.data() + field.offset, 0, field.size);
  return std::ranges::all_of(ctx, [](std::byte b) { return b == std::byte{0}; });
}

/// The device as eth_type_trans() compares addresses with it.
Device device_of(uint32_t ifindex, const abi::Services& services) {
  const Interface* const known = services.netstate ? services.netstate->find_interface(ifindex) : nullptr;
  if (!known || ifindex == kLoopback) return {.ifindex = kLoopback, .promiscuous = false};
  return {.ifindex = ifindex, .mac = known->mac, .promiscuous = !known->has_mac};
}

constexpr uint64_t kOwnCookies = uint64_t{1} << 63;  ///< Above those of a state file, which count from 1.

void give_socket(Subject& subject) {
  static std::atomic<uint64_t> next{kOwnCookies};  // No two runs share what belongs to their sockets.
  subject.socket.state = kSocketClosed;
  subject.socket.reachable = false;
  subject.socket.cookie = next.fetch_add(1, std::memory_order_relaxed);
  subject.packet->skb.sk = &subject.socket;
}

void enter(Packet& packet, const Device& device) {
  packet.skb = Skb{};
  packet.skb.valid = true;
  packet.skb.ifindex = device.ifindex;
  packet.skb.protocol = frame_protocol(packet);
  packet.skb.pkt_type = packet_type(packet.data, device);
  // The loopback device's broadcast address is all zeroes, as its own.
  if (device.ifindex == kLoopback && packet.skb.pkt_type == PACKET_BROADCAST) packet.skb.pkt_type = PACKET_MULTICAST;
}

/// Whether the headers that the EtherType promises are there.
bool has_network_header(const Packet& packet) {
  const size_t behind = packet.len - kEthernetHeader;
  if (packet.skb.protocol == ETH_P_IP) return behind >= kIpv4Header;
  return packet.skb.protocol != ETH_P_IPV6 || behind >= kIpv6Header;
}

/// The socket has the frame's addresses.
void set_addresses(const Packet& packet, Socket& socket) {
  constexpr uint32_t kSource4 = 12, kSource6 = 8;
  const std::byte* const header = packet.data + kEthernetHeader;
  if (packet.skb.protocol == ETH_P_IP) {
    socket.family = AF_INET;
    std::memcpy(socket.src_ip4.data(), header + kSource4, socket.src_ip4.size());
    std::memcpy(socket.dst_ip4.data(), header + kSource4 + socket.src_ip4.size(), socket.dst_ip4.size());
  } else if (packet.skb.protocol == ETH_P_IPV6) {
    socket.family = AF_INET6;
    std::memcpy(socket.src_ip6.data(), header + kSource6, socket.src_ip6.size());
    std::memcpy(socket.dst_ip6.data(), header + kSource6 + socket.src_ip6.size(), socket.dst_ip6.size());
  }
}

/// As convert___skb_to_skb(). 0 or -EINVAL.
int set_fields(const Bytes& ctx, Packet& packet) {
  if (ctx.empty()) return 0;
  if (!sets_only_settable(ctx)) return -EINVAL;
  const auto from = load<__sk_buff>(ctx.data());
  Skb& skb = packet.skb;
  skb.mark = from.mark;
  skb.priority = from.priority;
  skb.ingress_ifindex = from.ingress_ifindex;
  skb.tstamp = static_cast<Nanoseconds>(from.tstamp);
  skb.hwtstamp = static_cast<Nanoseconds>(from.hwtstamp);
  std::copy(std::begin(from.cb), std::end(from.cb), skb.cb.begin());
  skb.wire_len = from.wire_len ? from.wire_len : packet.len;
  if (skb.wire_len < packet.len || skb.wire_len > kMostWire || from.gso_segs > kMostSegments) return -EINVAL;
  packet.gso_segs = static_cast<uint16_t>(from.gso_segs);
  packet.gso_size = static_cast<uint16_t>(from.gso_size);
  return 0;
}

/// Of a linear packet, as a device would have computed it.
uint32_t sum_from_network_header(const Packet& packet) {
  const int64_t from = packet.skb.network_header, size = static_cast<int64_t>(packet.linear_size()) - from;
  const std::byte* bytes = size > 0 ? linear_bytes(packet, from, static_cast<uint32_t>(size)) : nullptr;
  return bytes ? checksum_add({bytes, static_cast<size_t>(size)}) : 0;
}

/// A linear packet at the head of a page: a program that looks at the low bits of data sees the kernel's.
PacketPtr allocate_skb(Pool& pool, std::span<const std::byte> frame) {
  PacketPtr packet = pool.allocate();
  if (!packet) return nullptr;
  packet->data = packet->data_meta = packet->head->begin + kSkbHeadroom;
  packet->data_end = packet->data + frame.size();
  packet->len = static_cast<uint32_t>(frame.size());
  std::memcpy(packet->data, frame.data(), frame.size());
  return packet;
}

int prepare_skb(Pool& pool, abi::Hook hook, const TestInput& input, const abi::Services& services, Subject& subject) {
  if (input.data.size() < kEthernetHeader || input.data.size() > kMostSkb) return -EINVAL;
  if (const int error = read_ctx(input, sizeof(__sk_buff), subject.ctx)) return error;
  const uint32_t named = subject.ctx.empty() ? 0 : load<__sk_buff>(subject.ctx.data()).ifindex;
  if (named > kLoopback && !is_device(services, named)) return -ENODEV;

  subject.packet = allocate_skb(pool, input.data);
  if (!subject.packet) return -ENOMEM;
  Packet& packet = *subject.packet;
  enter(packet, device_of(named, services));
  give_socket(subject);
  if (!has_network_header(packet)) return -EINVAL;
  set_addresses(packet, subject.socket);
  // A socket filter's data begins behind the Ethernet header, which stays in front of it.
  if (hook == abi::Hook::socket) pull_front(packet, kEthernetHeader);
  if (const int error = set_fields(subject.ctx, packet)) return error;
  if (input.flags & kSumComplete) {
    packet.checksum = Checksum::complete;
    packet.checksum_sum = sum_from_network_header(packet);
  }
  return 0;
}

/// With kSumComplete the sum that the program left must be that of the packet that it left.
bool sum_is_right(const Packet& packet, uint32_t flags) {
  return !(flags & kSumComplete) ||
         checksum_fold(packet.checksum_sum) == checksum_fold(sum_from_network_header(packet));
}

/// As convert_skb_to___skb(): gso_size stays as it came.
void read_skb(Subject& subject) {
  if (subject.ctx.empty()) return;
  const Skb& skb = subject.packet->skb;
  auto to = load<__sk_buff>(subject.ctx.data());
  to.mark = skb.mark;
  to.priority = skb.priority;
  to.ingress_ifindex = skb.ingress_ifindex;
  to.ifindex = skb.ifindex;
  to.tstamp = static_cast<uint64_t>(skb.tstamp);
  std::ranges::copy(skb.cb, to.cb);
  to.wire_len = skb.wire_len;
  to.gso_segs = subject.packet->gso_segs;
  to.hwtstamp = static_cast<uint64_t>(skb.hwtstamp);
  store(subject.ctx.data(), to);
}

// The run and its answer.

/// Runs and measures. False when the program faulted.
bool run_program(const abi::Executable& program, Packet& packet, uint32_t repeat, const abi::Services& services,
                 TestOutput& output) {
  const RealClock clock;
  const Nanoseconds start = clock.now();
  uint64_t r0 = 0;
  for (uint32_t i = 0; i < repeat; ++i) {
    abi::Run run{.packet = &packet, .services = &services};
    program.run({&run, 1}, {&r0, 1});
    if (run.faulted) return false;
  }
  output.retval = static_cast<uint32_t>(r0);
  const auto spent = static_cast<uint64_t>(clock.now() - start) / repeat;
  output.duration = static_cast<uint32_t>(std::min<uint64_t>(spent, UINT32_MAX));
  return true;
}

/// Metadata or the place of the Ethernet header, then the linear part.
Bytes linear_part(const Packet& packet, abi::Hook hook) {
  Bytes bytes(hook == abi::Hook::socket ? kEthernetHeader : 0);
  bytes.insert(bytes.end(), hook == abi::Hook::xdp ? packet.data_meta : packet.data, packet.data_end);
  return bytes;
}

/// As bpf_test_finish(), which keeps room for all fragments before it copies of the linear part.
int write_data(const Packet& packet, abi::Hook hook, size_t room, TestOutput& output) {
  Bytes bytes = linear_part(packet, hook);
  const size_t in_fragments = packet.len - packet.linear_size();
  const size_t size = bytes.size() + in_fragments;
  const size_t copied = std::min(size, room);
  if (copied < in_fragments) {  // The kernel gives up here, before it has written anything.
    output.retval = output.duration = 0;
    return -ENOSPC;
  }
  bytes.resize(copied - in_fragments);
  for (size_t i = 0; i < packet.fragment_count; ++i) {
    const Fragment& fragment = packet.fragments[i];
    bytes.insert(bytes.end(), fragment.data, fragment.data + fragment.size);
  }
  output.data = std::move(bytes);
  output.data_size = static_cast<uint32_t>(size);
  return copied < size ? -ENOSPC : 0;
}

int write_ctx(Bytes ctx, std::optional<size_t> room, TestOutput& output) {
  if (!room || ctx.empty()) return 0;
  output.ctx_size = static_cast<uint32_t>(ctx.size());
  const bool fits = ctx.size() <= *room;
  if (!fits) ctx.resize(*room);
  output.ctx = std::move(ctx);
  return fits ? 0 : -ENOSPC;
}

TestOutput failed(int error) { return {.error = error}; }

}  // namespace

TestOutput test_run(const abi::Executable& program, const TestInput& input, const abi::Services& services) {
  const abi::Hook hook = program.identity().hook;
  if (input.flags & ~(hook == abi::Hook::xdp ? 0 : kSumComplete)) return failed(-EINVAL);
  const auto pool = Pool::create(kFrames);
  if (!pool) return failed(-ENOMEM);
  Subject subject;
  const int refused = hook == abi::Hook::xdp ? prepare_xdp(**pool, input, services, subject)
                                             : prepare_skb(**pool, hook, input, services, subject);
  if (refused) return failed(refused);

  TestOutput output;
  if (!run_program(program, *subject.packet, std::max(input.repeat, 1u), services, output)) return {.faulted = true};
  if (!sum_is_right(*subject.packet, input.flags)) return failed(-EBADMSG);
  hook == abi::Hook::xdp ? read_xdp(subject) : read_skb(subject);
  output.error = write_data(*subject.packet, hook, input.data_room, output);
  if (output.error == 0) output.error = write_ctx(std::move(subject.ctx), input.ctx_room, output);
  return output;
}

}  // namespace saya::run
