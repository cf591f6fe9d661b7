// Sockets of the state file.
#include <netinet/in.h>

#include <algorithm>
#include <optional>

#include "netstate/reading.h"

namespace saya {
namespace {

constexpr uint32_t kMostSockets = 65536;

constexpr Word kProtocols[] = {
    {"tcp", IPPROTO_TCP},
    {"udp", IPPROTO_UDP},
};

constexpr Word kStates[] = {
    {"established", kSocketEstablished},
    {"syn-sent",    BPF_TCP_SYN_SENT  },
    {"syn-recv",    kSocketRequested  },
    {"fin-wait-1",  BPF_TCP_FIN_WAIT1 },
    {"fin-wait-2",  BPF_TCP_FIN_WAIT2 },
    {"time-wait",   kSocketTimeWait   },
    {"unconnected", kSocketClosed     },
    {"close-wait",  BPF_TCP_CLOSE_WAIT},
    {"last-ack",    BPF_TCP_LAST_ACK  },
    {"listening",   kSocketListening  },
    {"closing",     BPF_TCP_CLOSING   },
};

/// A member of struct bpf_tcp_sock.
struct Counter {
  const char* name;
  size_t offset;
  size_t size;
};
#define SAYA_COUNTER(name) {#name, offsetof(bpf_tcp_sock, name), sizeof(bpf_tcp_sock::name)}
constexpr Counter kCounters[] = {
    SAYA_COUNTER(snd_cwnd),       SAYA_COUNTER(srtt_us),          SAYA_COUNTER(rtt_min),
    SAYA_COUNTER(snd_ssthresh),   SAYA_COUNTER(rcv_nxt),          SAYA_COUNTER(snd_nxt),
    SAYA_COUNTER(snd_una),        SAYA_COUNTER(mss_cache),        SAYA_COUNTER(ecn_flags),
    SAYA_COUNTER(rate_delivered), SAYA_COUNTER(rate_interval_us), SAYA_COUNTER(packets_out),
    SAYA_COUNTER(retrans_out),    SAYA_COUNTER(total_retrans),    SAYA_COUNTER(segs_in),
    SAYA_COUNTER(data_segs_in),   SAYA_COUNTER(segs_out),         SAYA_COUNTER(data_segs_out),
    SAYA_COUNTER(lost_out),       SAYA_COUNTER(sacked_out),       SAYA_COUNTER(bytes_received),
    SAYA_COUNTER(bytes_acked),    SAYA_COUNTER(dsack_dups),       SAYA_COUNTER(delivered),
    SAYA_COUNTER(delivered_ce),   SAYA_COUNTER(icsk_retransmits),
};
#undef SAYA_COUNTER

Result<> read_counters(const Value& value, bpf_tcp_sock& tcp) {
  if (!value.tree.is_object()) return value.refuse("an object");
  for (const auto& [name, number] : value.tree.items()) {
    const auto row = std::ranges::find(kCounters, name, &Counter::name);
    const Value member{number, fmt::format("{}.{}", value.path, name)};
    if (row == std::end(kCounters))
      return fail(Code::invalid_argument, fmt::format("{} is no member of struct bpf_tcp_sock", member.path));
    const uint64_t most = row->size == sizeof(uint32_t) ? kAnyNumber : UINT64_MAX;
    if (!number.is_number_unsigned() || number.get<uint64_t>() > most)
      return member.refuse(fmt::format("a whole number 0..{}", most));
    const auto bits = number.get<uint64_t>();
    std::memcpy(reinterpret_cast<std::byte*>(&tcp) + row->offset, &bits, row->size);
  }
  return {};
}

constexpr std::array kMapped = {std::byte{0xff}, std::byte{0xff}};

/// An address as the kernel keeps it in a socket of its family; `stand_in` is what an IPv6 address is in IPv4.
void place(const IpAddress& address, std::array<std::byte, 4> stand_in, std::array<std::byte, 4>& four,
           std::array<std::byte, 16>& six) {
  if (address.family == AF_INET) {
    std::copy_n(address.bytes.begin(), 4, four.begin());
    return;
  }
  six = address.bytes;
  const bool mapped = is_any(masked(address, 80)) && std::equal(kMapped.begin(), kMapped.end(), six.begin() + 10);
  if (mapped)
    std::copy_n(six.begin() + 12, 4, four.begin());
  else if (!is_any(address))
    four = stand_in;
}

std::array<std::byte, 16> mapped(const std::array<std::byte, 4>& four) {
  std::array<std::byte, 16> six{};
  std::ranges::copy(kMapped, six.begin() + 10);
  std::ranges::copy(four, six.begin() + 12);
  return six;
}

/// A TCP connection over IPv4 has its addresses in both forms.
void map_connection(Socket& socket) {
  const bool connection = socket.protocol == IPPROTO_TCP && socket.dst_port != 0 && socket.is_full();
  if (socket.family != AF_INET || !connection) return;
  socket.src_ip6 = mapped(socket.src_ip4);
  socket.dst_ip6 = mapped(socket.dst_ip4);
}

constexpr std::array kStandIn = {std::byte{127}, std::byte{0}, std::byte{0}, std::byte{6}};  // LOOPBACK4_IPV6.

Result<> read_ends(const Object& object, Socket& socket) {
  SAYA_TRY(const Endpoint local, object.parsed("local", parse_endpoint));
  if (local.port == 0) return object.member("local").refuse("with a port of 1..65535");
  socket.family = local.address.family;
  socket.src_port = local.port;
  place(local.address, kStandIn, socket.src_ip4, socket.src_ip6);
  if (!object.has("remote")) return {};
  SAYA_TRY(const Endpoint remote, object.parsed("remote", parse_endpoint));
  if (remote.port == 0) return object.member("remote").refuse("with a port of 1..65535");
  if (remote.address.family != local.address.family)
    return object.member("remote").refuse("of the local address family");
  socket.dst_port = remote.port;
  place(remote.address, {}, socket.dst_ip4, socket.dst_ip6);
  return {};
}

Result<> read_state(const Object& object, Socket& socket) {
  const bool tcp = socket.protocol == IPPROTO_TCP, connected = object.has("remote");
  const uint32_t usual = connected ? kSocketEstablished : tcp ? kSocketListening : kSocketClosed;
  SAYA_TRY(socket.state, object.word_or("state", kStates, usual));
  const bool alone = socket.state == kSocketListening || socket.state == kSocketClosed;
  if (alone == connected)
    return object.member(object.has("state") ? "state" : "remote")
        .refuse(connected ? "that of a connection, since there is a 'remote'" : "without a 'remote'");
  if (!tcp && socket.state != usual) return object.member("state").refuse("left out for UDP");
  socket.reachable = !(tcp && socket.state == kSocketClosed);
  return {};
}

Result<> read_rest(const Object& object, Socket& socket, Reading& reading) {
  SAYA_TRY(socket.bound_dev_if, read_name(object, "dev", reading));
  SAYA_TRY(socket.cookie, object.number_or<uint64_t>("cookie", 1, UINT64_MAX, reading.facts.sockets.size() + 1));
  if (!reading.is_new(fmt::format("cookie {}", socket.cookie)))
    return duplicate(object, fmt::format("cookie {}", socket.cookie));
  SAYA_TRY(socket.uid, object.number_or("uid", 0, kAnyNumber, 0));
  SAYA_TRY(socket.mark, object.number_or("mark", 0, kAnyNumber, 0));
  SAYA_TRY(socket.priority, object.number_or("priority", 0, kAnyNumber, 0));
  SAYA_TRY(socket.v6only, object.flag_or("v6only", false));
  SAYA_TRY(socket.syn_queue_full, object.flag_or("syn_queue_full", false));
  if (object.has("netns")) {
    SAYA_TRY(const uint32_t netns, object.number("netns", 0, kLargestIfindex));
    socket.netns = static_cast<int32_t>(netns);
  }
  if (object.has("rx_queue")) {
    SAYA_TRY(const uint32_t queue, object.number("rx_queue", 0, 65534));
    socket.rx_queue_mapping = static_cast<int32_t>(queue);
  }
  return {};
}

}  // namespace

Result<> read_socket(const Value& value, Reading& reading) {
  if (reading.facts.sockets.size() == kMostSockets)
    return fail(Code::no_space, fmt::format("{} is one too many, at most {} are allowed", value.path, kMostSockets));
  SAYA_TRY(const Object object,
           Object::open(value, {"protocol", "local", "remote", "state", "dev", "cookie", "uid", "mark", "priority",
                                "netns", "rx_queue", "v6only", "syn_queue_full", "tcp"}));
  Socket socket;
  if (!object.has("protocol")) SAYA_CHECK(object.required("protocol"));
  SAYA_TRY(socket.protocol, object.word_or("protocol", kProtocols, 0));
  socket.type = socket.protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
  SAYA_CHECK(read_ends(object, socket));
  SAYA_CHECK(read_state(object, socket));
  map_connection(socket);
  SAYA_CHECK(read_rest(object, socket, reading));
  if (object.has("tcp")) SAYA_CHECK(read_counters(object.member("tcp"), socket.tcp));
  reading.facts.sockets.push_back(socket);
  return {};
}

}  // namespace saya
