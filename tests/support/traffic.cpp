// Addresses are those of support/frames.h. Headers are written as their RFCs draw them; sums are computed here.
#include "support/traffic.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "packet/checksum.h"

namespace saya::tests {
namespace {

using Bytes = std::vector<std::byte>;

Bytes hex(std::string_view text) { return from_hex(text).value(); }

Bytes operator+(Bytes front, const Bytes& back) {
  front.insert(front.end(), back.begin(), back.end());
  return front;
}

Bytes word(uint16_t value) { return {static_cast<std::byte>(value >> 8), static_cast<std::byte>(value)}; }

void put(Bytes& bytes, size_t at, uint16_t value) {
  if (at + 2 <= bytes.size()) store(bytes.data() + at, be16(value));
}

/// `size` bytes that do not repeat soon.
Bytes filler(size_t size) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7 + i / 256 + 'a');
  return bytes;
}

Bytes cut(Bytes bytes, size_t size) {
  bytes.resize(size);
  return bytes;
}

void put_sum(Bytes& bytes, size_t at, uint32_t sum) {
  if (at + 2 <= bytes.size()) store(bytes.data() + at, static_cast<uint16_t>(~checksum_fold(sum)));
}

// Layer 2.

constexpr std::string_view kUnicast = "020000000002 020000000001";

Bytes ethernet(uint16_t type, const Bytes& payload, std::string_view addresses = kUnicast) {
  return hex(addresses) + word(type) + payload;
}

/// A tag as it stands behind an EtherType.
Bytes tag(uint16_t control, uint16_t type, const Bytes& payload) { return word(control) + word(type) + payload; }

// Layer 3.

constexpr uint8_t kIcmp = 1, kIgmp = 2, kIpip = 4, kTcp = 6, kUdp = 17, kSit = 41, kRouting = 43, kFragment = 44,
                  kGre = 47, kEsp = 50, kAh = 51, kIcmp6 = 58, kNoNext = 59, kOptions6 = 60, kSctp = 132;

/// Where a protocol's checksum lies in its header; 0: nowhere.
size_t sum_offset(uint8_t protocol) {
  if (protocol == kTcp) return 16;
  if (protocol == kUdp) return 6;
  return protocol == kIcmp || protocol == kIcmp6 || protocol == kIgmp ? 2 : 0;
}

uint32_t pseudo_header(const Bytes& addresses, uint8_t protocol, size_t size) {
  return checksum_add(addresses + word(0) + word(protocol) + word(static_cast<uint16_t>(size)));
}

/// Fills a checksum field that is zero.
Bytes summed(Bytes segment, uint8_t protocol, const Bytes& addresses) {
  const size_t at = sum_offset(protocol);
  if (at == 0 || at + 2 > segment.size() || load<uint16_t>(segment.data() + at) != 0) return segment;
  const bool plain = protocol == kIcmp || protocol == kIgmp;
  put_sum(segment, at, checksum_add(segment, plain ? 0 : pseudo_header(addresses, protocol, segment.size())));
  return segment;
}

struct Ip4 {
  std::string_view source = "0a000001", target = "0a000002";
  uint8_t tos = 0, ttl = 64;
  uint16_t id = 1, fragment = 0;  ///< Flags and offset.
  Bytes options = {};
  int header_words = -1;  ///< What the header says of its length.
  int length = -1;        ///< The same of the packet's.
  bool bad_sum = false;
};

Bytes ip4(uint8_t protocol, Bytes payload, const Ip4& how = {}) {
  const Bytes addresses = hex(how.source) + hex(how.target);
  if ((how.fragment & 0x1fff) == 0) payload = summed(std::move(payload), protocol, addresses);
  const size_t header = 20 + how.options.size();
  const auto words = static_cast<uint8_t>(how.header_words < 0 ? static_cast<int>(header / 4) : how.header_words);
  const auto length = static_cast<uint16_t>(how.length < 0 ? static_cast<int>(header + payload.size()) : how.length);
  Bytes bytes = {static_cast<std::byte>(0x40 | words), static_cast<std::byte>(how.tos)};
  bytes = bytes + word(length) + word(how.id) + word(how.fragment) +
          Bytes{static_cast<std::byte>(how.ttl), static_cast<std::byte>(protocol)} + word(0) + addresses + how.options;
  put_sum(bytes, 10, checksum_add(bytes));
  if (how.bad_sum) bytes[10] ^= std::byte{0x55};
  return bytes + payload;
}

struct Ip6 {
  std::string_view source = "fd000000000000000000000000000001", target = "fd000000000000000000000000000002";
  uint8_t hops = 64, traffic_class = 0;
  uint32_t label = 0;
  Bytes extensions = {};
  uint8_t first = 0;  ///< Type of the first extension.
  int length = -1;
};

Bytes ip6(uint8_t protocol, Bytes payload, const Ip6& how = {}) {
  const Bytes addresses = hex(how.source) + hex(how.target);
  payload = how.extensions + summed(std::move(payload), protocol, addresses);
  const auto length = static_cast<uint16_t>(how.length < 0 ? static_cast<int>(payload.size()) : how.length);
  const uint32_t first = 0x60000000u | static_cast<uint32_t>(how.traffic_class) << 20 | how.label;
  const uint8_t next = how.extensions.empty() ? protocol : how.first;
  return word(static_cast<uint16_t>(first >> 16)) + word(static_cast<uint16_t>(first)) + word(length) +
         Bytes{static_cast<std::byte>(next), static_cast<std::byte>(how.hops)} + addresses + payload;
}

/// An extension header of 8 bytes: what follows it, its length byte, and six more.
Bytes extension(uint8_t next, std::string_view rest) { return Bytes{static_cast<std::byte>(next)} + hex(rest); }

// Layer 4.

Bytes udp(uint16_t from, uint16_t to, const Bytes& payload, uint16_t sum = 0) {
  return word(from) + word(to) + word(static_cast<uint16_t>(8 + payload.size())) + word(sum) + payload;
}

constexpr uint16_t kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16, kUrg = 32, kEce = 64, kCwr = 128, kNs = 256;

struct Tcp {
  uint16_t from = 1234, to = 80;
  Bytes options = {}, payload = {};
  int header_words = -1;
};

Bytes tcp(uint16_t flags, const Tcp& how = {}) {
  const auto words =
      static_cast<uint16_t>(how.header_words < 0 ? 5 + static_cast<int>(how.options.size() / 4) : how.header_words);
  return word(how.from) + word(how.to) + hex("00 00 10 00") + hex(flags & kAck ? "00 00 20 00" : "00 00 00 00") +
         word(static_cast<uint16_t>(words << 12 | flags)) + word(0x2000) + word(0) + word(flags & kUrg ? 5 : 0) +
         how.options + how.payload;
}

Bytes icmp(std::string_view header, const Bytes& payload = {}) { return hex(header) + payload; }

Bytes text(std::string_view characters) {
  const auto bytes = std::as_bytes(std::span(characters));
  return {bytes.begin(), bytes.end()};
}

// Frames.

constexpr uint16_t kIp = 0x0800, kArp = 0x0806, kVlan = 0x8100, kIpv6 = 0x86dd, kServiceVlan = 0x88a8;

Bytes four(uint8_t protocol, const Bytes& payload, const Ip4& how = {}) {
  return ethernet(kIp, ip4(protocol, payload, how));
}
Bytes six(uint8_t protocol, const Bytes& payload, const Ip6& how = {}) {
  return ethernet(kIpv6, ip6(protocol, payload, how));
}

using Frames = std::vector<TrafficFrame>;

const Bytes kHello = text("hello");

Bytes inner4() { return ip4(kUdp, udp(4321, 53, kHello), {.source = "c0a80101", .target = "c0a80102"}); }
Bytes inner6() {
  return ip6(kTcp, tcp(kSyn),
             {.source = "20010db8000000000000000000000001", .target = "20010db8000000000000000000000002"});
}
Bytes inner_frame() { return ethernet(kIp, inner4(), "020000000012 020000000011"); }

Frames arp_frames() {
  const Bytes request = hex("0001080006040001 020000000001 0a000001 000000000000 0a000002");
  const Bytes reply = hex("0001080006040002 020000000001 0a000001 020000000002 0a000002");
  return {
      {"arp reply", ethernet(kArp, reply)},
      {"gratuitous arp", ethernet(kArp, request, "ffffffffffff 020000000001")},
      {"arp padded to 60 bytes", cut(ethernet(kArp, request, "ffffffffffff 020000000001"), 60)},
      {"arp cut", ethernet(kArp, cut(request, 10))},
      {"reverse arp", ethernet(0x8035, request)},
      {"arp of tagged traffic", ethernet(kVlan, tag(0x0064, kArp, request))},
  };
}

Frames icmp_frames() {
  const Bytes quoted = ip4(kUdp, udp(1234, 53, kHello));
  const Bytes quoted_tcp = cut(ip4(kTcp, tcp(kSyn)), 28);
  Frames frames = {
      {"echo request", four(kIcmp, icmp("0800 0000 1234 0001", filler(56)))},
      {"echo reply", four(kIcmp, icmp("0000 0000 1234 0001", filler(56)))},
      {"echo of odd length", four(kIcmp, icmp("0800 0000 1234 0002", filler(33)))},
      {"port unreachable", four(kIcmp, icmp("0303 0000 0000 0000", quoted))},
      {"fragmentation needed", four(kIcmp, icmp("0304 0000 0000 0578", quoted_tcp))},
      {"icmp redirect", four(kIcmp, icmp("0501 0000 0a000003", quoted))},
      {"time exceeded", four(kIcmp, icmp("0b00 0000 0000 0000", quoted))},
      {"timestamp request", four(kIcmp, icmp("0d00 0000 1234 0001", Bytes(12)))},
      {"icmp cut", four(kIcmp, icmp("0800"))},
      {"icmp with a wrong sum", four(kIcmp, icmp("0800 dead 1234 0001", filler(8)))},
  };
  const Bytes quoted6 = ip6(kUdp, udp(1234, 53, kHello));
  const std::string_view all_nodes = "ff020000000000000000000000000001";
  const std::string_view solicited = "ff0200000000000000000001ff000002";
  const Bytes alert = extension(kIcmp6, "00 05020000 0100");
  const Frames six_frames = {
      {"echo request 6", six(kIcmp6, icmp("8000 0000 1234 0001", filler(56)))},
      {"echo reply 6", six(kIcmp6, icmp("8100 0000 1234 0001", filler(56)))},
      {"neighbour solicited",
       ethernet(kIpv6,
       ip6(kIcmp6, icmp("8700 0000 00000000 fd000000000000000000000000000002 0101020000000001"),
       {.target = solicited, .hops = 255}),
       "3333ff000002 020000000001")},
      {"neighbour advertised",
       six(kIcmp6, icmp("8800 0000 60000000 fd000000000000000000000000000001 0201020000000001"), {.hops = 255})},
      {"router solicited", ethernet(kIpv6,
       ip6(kIcmp6, icmp("8500 0000 00000000 0101020000000001"),
       {.target = "ff020000000000000000000000000002", .hops = 255}),
       "333300000002 020000000001")},
      {"router advertised", ethernet(kIpv6,
       ip6(kIcmp6,
       icmp("8600 0000 40000708 0000000000000000 0101020000000001"
                                              "030440c0 00015180 00003840 00000000 fd000000000000000000000000000000"),
       {.target = all_nodes, .hops = 255}),
       "333300000001 020000000001")},
      {"packet too big", six(kIcmp6, icmp("0200 0000 00000500", quoted6))},
      {"unreachable 6", six(kIcmp6, icmp("0104 0000 00000000", quoted6))},
      {"multicast listener",
       ethernet(kIpv6,
       ip6(kIcmp6, icmp("8f00 0000 00000001 04000000 ff0200000000000000000001ff000002"),
       {.target = "ff020000000000000000000000000016", .hops = 1, .extensions = alert, .first = 0}),
       "333300000016 020000000001")},
      {"icmp6 cut", six(kIcmp6, icmp("80"))},
  };
  frames.insert(frames.end(), six_frames.begin(), six_frames.end());
  return frames;
}

Frames tcp_frames() {
  const Bytes syn_options = hex("020405b4 0402080a 00000a00 00000000 01030307");
  const Bytes stamps = hex("0101080a 00000b00 00000a00");
  const Bytes sack = hex("0101050a 00001010 00001020") + hex("0101050a 00001030 00001040");
  const Bytes hello = hex("1603010040 0100003c 0303") + filler(58);
  const auto all = static_cast<uint16_t>(kFin | kSyn | kRst | kPsh | kAck | kUrg | kEce | kCwr | kNs);
  return {
      {"syn with options", four(kTcp, tcp(kSyn, {.options = syn_options}))},
      {"syn ack", four(kTcp, tcp(kSyn | kAck, {.from = 80, .to = 1234, .options = syn_options}))},
      {"ack", four(kTcp, tcp(kAck, {.options = stamps}))},
      {"ack padded to 60 bytes", cut(four(kTcp, tcp(kAck)), 60)},
      {"http request",
       four(kTcp, tcp(kPsh | kAck, {.options = stamps, .payload = text("GET / HTTP/1.1\r\nHost: a\r\n\r\n")}))},
      {"http response",
       four(kTcp, tcp(kPsh | kAck,
       {.from = 80, .to = 1234, .options = stamps, .payload = text("HTTP/1.1 200 OK\r\n\r\nhello")}))},
      {"tls hello", four(kTcp, tcp(kPsh | kAck, {.to = 443, .payload = hello}))},
      {"fin ack", four(kTcp, tcp(kFin | kAck, {.options = stamps}))},
      {"rst", four(kTcp, tcp(kRst))},
      {"rst ack", four(kTcp, tcp(kRst | kAck, {.from = 80, .to = 1234}))},
      {"urgent", four(kTcp, tcp(kUrg | kAck | kPsh, {.payload = kHello}))},
      {"ecn setup", four(kTcp, tcp(kSyn | kEce | kCwr, {.options = syn_options}), {.tos = 2})},
      {"congestion experienced", four(kTcp, tcp(kAck, {.payload = kHello}), {.tos = 3})},
      {"all tcp flags", four(kTcp, tcp(all))},
      {"no tcp flags", four(kTcp, tcp(0))},
      {"sack", four(kTcp, tcp(kAck, {.options = sack}))},
      {"md5 option", four(kTcp, tcp(kSyn, {.options = hex("0101 1312") + filler(16)}))},
      {"fast open", four(kTcp, tcp(kSyn, {.options = hex("220a 0102030405060708 0101")}))},
      {"forty bytes of tcp options", four(kTcp, tcp(kAck, {.options = Bytes(40, std::byte{1})}))},
      {"tcp option of length 0", four(kTcp, tcp(kSyn, {.options = hex("02000101")}))},
      {"tcp option past the end", four(kTcp, tcp(kSyn, {.options = hex("0101022a")}))},
      {"tcp header too short", four(kTcp, tcp(kSyn, {.payload = kHello, .header_words = 4}))},
      {"tcp header past the end", four(kTcp, tcp(kSyn, {.header_words = 15}))},
      {"tcp cut", four(kTcp, cut(tcp(kSyn), 13))},
      {"tcp ports only", four(kTcp, cut(tcp(kSyn), 4))},
      {"tcp with a wrong sum",
       [] {
         Bytes frame = four(kTcp, tcp(kAck, {.payload = kHello}));
         frame[14 + 20 + 16] ^= std::byte{0xff};
         return frame;
       }()},
      {"ssh", four(kTcp, tcp(kPsh | kAck, {.to = 22, .payload = text("SSH-2.0-a\r\n")}))},
      {"dns over tcp", four(kTcp, tcp(kPsh | kAck, {.to = 53, .payload = hex("001c1234") + filler(28)}))},
      {"bgp", four(kTcp, tcp(kPsh | kAck, {.to = 179, .payload = Bytes(19, std::byte{0xff})}))},
      {"syn 6", six(kTcp, tcp(kSyn, {.options = syn_options}))},
      {"syn ack 6", six(kTcp, tcp(kSyn | kAck, {.from = 80, .to = 1234, .options = syn_options}))},
      {"data 6", six(kTcp, tcp(kPsh | kAck, {.to = 443, .options = stamps, .payload = hello}))},
      {"fin ack 6", six(kTcp, tcp(kFin | kAck), {.traffic_class = 0x2a, .label = 0xabcde})},
      {"rst 6", six(kTcp, tcp(kRst))},
      {"tcp 6 cut", six(kTcp, cut(tcp(kSyn), 19))},
      {"to itself", four(kTcp, tcp(kSyn, {.from = 80}), {.target = "0a000001"})},
  };
}

Frames udp_frames() {
  const Bytes query = hex("1234 0100 0001 0000 0000 0000 076578616d706c6503636f6d00 0001 0001");
  const Bytes answer =
      hex("1234 8180 0001 0001 0000 0000 076578616d706c6503636f6d00 0001 0001"
          "c00c 0001 0001 0000003c 0004 5db8d822");
  const Bytes discover = hex("01010600 3903f326 00000000 00000000 00000000 00000000 00000000 020000000001") +
                         Bytes(10 + 64 + 128) + hex("63825363 350101 3d0701020000000001 370401030626 ff");
  const Ip4 broadcast{.source = "00000000", .target = "ffffffff"};
  const Ip4 mdns{.target = "e00000fb", .ttl = 255};
  return {
      {"dns query", four(kUdp, udp(40000, 53, query))},
      {"dns answer", four(kUdp, udp(53, 40000, answer))},
      {"dns query 6", six(kUdp, udp(40000, 53, query))},
      {"dns answer 6", six(kUdp, udp(53, 40000, answer))},
      {"mdns", ethernet(kIp, ip4(kUdp, udp(5353, 5353, query), mdns), "01005e0000fb 020000000001")},
      {"dhcp discover", ethernet(kIp, ip4(kUdp, udp(68, 67, discover), broadcast), "ffffffffffff 020000000001")},
      {"ntp", four(kUdp, udp(123, 123, hex("23000000") + Bytes(44)), {.tos = 0xb8})},
      {"quic", four(kUdp, udp(50000, 443, hex("c3 00000001 08 0102030405060708 00") + filler(90)))},
      {"syslog", four(kUdp, udp(5140, 514, text("<13>hello")))},
      {"tftp", four(kUdp, udp(5141, 69, hex("0001") + text("file") + Bytes(1) + text("octet")))},
      {"memcached", four(kUdp, udp(5142, 11211, hex("0001000000010000") + text("stats\r\n")))},
      {"udp without payload", four(kUdp, udp(1234, 5678, {}))},
      {"udp without a sum", ethernet(kIp,
       [] {
                                       Bytes packet = ip4(kUdp, udp(1234, 53, kHello));
                                       put(packet, 26, 0);
                                       return packet;
                                     }())},
      {"udp with a wrong sum", four(kUdp, udp(1234, 53, kHello, 0xbeef))},
      {"udp length too long", ethernet(kIp,
       [] {
                                         Bytes packet = ip4(kUdp, udp(1234, 53, kHello));
                                         put(packet, 24, 500);
                                         return packet;
                                       }())},
      {"udp cut", four(kUdp, cut(udp(1234, 53, {}), 7))},
      {"udp of odd length", four(kUdp, udp(9, 9, filler(101)))},
      {"udp padded to 60 bytes", cut(four(kUdp, udp(7, 7, hex("01"))), 60)},
      {"udp of 1514 bytes", four(kUdp, udp(9, 9, filler(1514 - 42)))},
      {"udp of 1513 bytes", four(kUdp, udp(9, 9, filler(1513 - 42)))},
      {"udp of 3000 bytes", four(kUdp, udp(9, 9, filler(3000 - 42)))},
      {"udp 6 of 1514 bytes", six(kUdp, udp(9, 9, filler(1514 - 62)))},
      {"udp 6 cut", six(kUdp, cut(udp(1234, 53, {}), 5))},
      {"udp 6 without a sum", ethernet(kIpv6,
       [] {
                                         Bytes packet = ip6(kUdp, udp(1234, 53, kHello));
                                         put(packet, 46, 0);
                                         return packet;
                                       }())},
      {"to port 0", four(kUdp, udp(0, 0, kHello))},
  };
}

Frames ip_frames() {
  const Bytes segment = udp(1234, 53, kHello);
  const Bytes route = hex("07 0b 04 00000000 00000000 00");
  return {
      {"router alert",
       ethernet(kIp,
       ip4(kIgmp, hex("1600 0000 e0000116"), {.target = "e0000116", .ttl = 1, .options = hex("94040000")}),
       "01005e000116 020000000001")},
      {"record route", four(kUdp, segment, {.options = route})},
      {"ip timestamp option", four(kTcp, tcp(kSyn), {.options = hex("440c0500 00000000 00000000")})},
      {"forty bytes of options", four(kUdp, segment, {.options = Bytes(40, std::byte{1})})},
      {"first fragment", four(kUdp, udp(1234, 53, filler(56)), {.id = 7, .fragment = 0x2000})},
      {"later fragment", four(kUdp, filler(64), {.id = 7, .fragment = 0x2008})},
      {"last fragment", four(kUdp, filler(13), {.id = 7, .fragment = 0x0010})},
      {"first tcp fragment", four(kTcp, tcp(kAck, {.payload = filler(12)}), {.id = 8, .fragment = 0x2000})},
      {"do not fragment", four(kTcp, tcp(kSyn), {.fragment = 0x4000})},
      {"time to live 1", four(kUdp, segment, {.ttl = 1})},
      {"time to live 0", four(kUdp, segment, {.ttl = 0})},
      {"wrong ip sum", four(kUdp, segment, {.bad_sum = true})},
      {"ip length too long", four(kUdp, segment, {.length = 200})},
      {"ip length too short", four(kUdp, segment, {.length = 24})},
      {"ip length 0", four(kUdp, segment, {.length = 0})},
      {"ip header of 4 words", four(kUdp, segment, {.header_words = 4})},
      {"ip header of 0 words", four(kUdp, segment, {.header_words = 0})},
      {"ip header past the end", four(kUdp, {}, {.header_words = 15})},
      {"ip header alone", four(kUdp, {})},
      {"ip and one byte", four(kTcp, hex("12"))},
      {"version 6 as ipv4", ethernet(kIp, ip6(kUdp, segment))},
      {"version 4 as ipv6", ethernet(kIpv6, ip4(kUdp, udp(1, 2, filler(40))))},
      {"from loopback", four(kUdp, segment, {.source = "7f000001"})},
      {"to loopback", four(kUdp, segment, {.target = "7f000001"})},
      {"from a private network", four(kUdp, segment, {.source = "c0a80164"})},
      {"to the internet", four(kTcp, tcp(kSyn, {.to = 443}), {.target = "08080808"})},
      {"multicast", ethernet(kIp, ip4(kUdp, segment, {.target = "ef010203"}), "01005e010203 020000000001")},
      {"vrrp", ethernet(kIp, ip4(112, hex("21010101 0001 0000 0a000064"), {.target = "e0000012"}),
       "01005e000012 020000000001")},
      {"ospf",
       ethernet(kIp, ip4(89, hex("0201002c") + Bytes(40), {.target = "e0000005"}), "01005e000005 020000000001")},
      {"sctp", four(kSctp, hex("04d20050 00000000 12345678 01000014") + Bytes(16))},
      {"udp lite", four(136, segment)},
      {"dccp", four(33, hex("04d20050 0400 0000 00 000001") + Bytes(8))},
      {"protocol 255", four(255, filler(30))},
      {"esp", four(kEsp, hex("00000100 00000001") + filler(48))},
      {"ah", four(kAh, hex("11 04 0000 00000100 00000001") + filler(12) + segment)},
  };
}

Frames ip6_frames() {
  const Bytes segment = udp(1234, 53, kHello);
  const Bytes pad = extension(kUdp, "00 010400000000");
  const Bytes whole = extension(kUdp, "00 0000 00000001"), first = extension(kUdp, "00 0001 00000001"),
              later = extension(kUdp, "00 0041 00000001"), last = extension(kUdp, "00 0080 00000001");
  const auto with = [&](uint8_t type, const Bytes& extensions) {
    return six(kUdp, segment, {.extensions = extensions, .first = type});
  };
  const Bytes long_options = Bytes{std::byte{kUdp}, std::byte{2}} + hex("0114") + Bytes(20);
  return {
      {"hop by hop", with(0, pad)},
      {"destination options", with(kOptions6, pad)},
      {"long destination options", with(kOptions6, long_options)},
      {"routing header", with(kRouting, extension(kUdp, "00 0000 00000000"))},
      {"segment routing",
       with(kRouting, extension(kUdp, "02 0400 00000000") + hex("fd000000000000000000000000000003"))},
      {"whole fragment 6", with(kFragment, whole)},
      {"first fragment 6", with(kFragment, first)},
      {"later fragment 6", six(kNoNext, filler(40), {.extensions = later, .first = kFragment})},
      {"last fragment 6", six(kNoNext, filler(11), {.extensions = last, .first = kFragment})},
      {"chain of extensions", with(0, extension(kOptions6, "00 010400000000") + extension(kRouting, "00 010400000000") +
                                          extension(kFragment, "00 0000 00000000") + whole)},
      {"ah 6", with(kAh, extension(kUdp, "04 0000 00000100 00000001") + filler(12))},
      {"esp 6", six(kEsp, hex("00000100 00000001") + filler(48))},
      {"no next header", six(kNoNext, {})},
      {"extension cut", six(0, hex("1100 0104"))},
      {"extension past the end", six(kOptions6, extension(kUdp, "ff 010400000000"))},
      {"jumbo length", six(kUdp, segment, {.length = 0})},
      {"ipv6 length too long", six(kUdp, segment, {.length = 900})},
      {"ipv6 header alone", six(kTcp, {})},
      {"ipv6 and three bytes", six(kUdp, hex("04d200"))},
      {"hop limit 1", six(kUdp, segment, {.hops = 1})},
      {"link local", six(kUdp, segment,
       {.source = "fe800000000000000000000000000001", .target = "fe800000000000000000000000000002"})},
      {"mapped addresses",
       six(kUdp, segment,
       {.source = "00000000000000000000ffff0a000001", .target = "00000000000000000000ffff0a000002"})},
      {"sctp 6", six(kSctp, hex("04d20050 00000000 12345678 01000014") + Bytes(16))},
  };
}

Frames tagged_frames() {
  const Bytes packet = ip4(kTcp, tcp(kSyn)), packet6 = ip6(kTcp, tcp(kSyn));
  const auto labelled = [&](std::string_view labels, const Bytes& payload) {
    return ethernet(0x8847, hex(labels) + payload);
  };
  return {
      {"tagged tcp", ethernet(kVlan, tag(0x0064, kIp, packet))},
      {"tagged tcp 6", ethernet(kVlan, tag(0x2064, kIpv6, packet6))},
      {"priority tag", ethernet(kVlan, tag(0xe000, kIp, packet))},
      {"tag 4095", ethernet(kVlan, tag(0x0fff, kIp, packet))},
      {"drop eligible", ethernet(kVlan, tag(0x1001, kIp, packet))},
      {"service tag", ethernet(kServiceVlan, tag(0x0064, kIp, packet))},
      {"two tags", ethernet(kServiceVlan, tag(0x0064, kVlan, tag(0x00c8, kIp, packet)))},
      {"two tags 6", ethernet(kServiceVlan, tag(0x0064, kVlan, tag(0x00c8, kIpv6, packet6)))},
      {"two customer tags", ethernet(kVlan, tag(0x0064, kVlan, tag(0x00c8, kIp, packet)))},
      {"three tags", ethernet(kVlan, tag(1, kVlan, tag(2, kVlan, tag(3, kIp, packet))))},
      {"qinq of old", ethernet(0x9100, tag(0x0064, kVlan, tag(0x00c8, kIp, packet)))},
      {"tag alone", ethernet(kVlan, word(0x0064) + word(kIp))},
      {"tag cut", ethernet(kVlan, hex("00"))},
      {"tag and 802.3", ethernet(kVlan, tag(0x0064, 0x0026, hex("424203") + Bytes(35)))},
      {"mpls", labelled("00064140", packet)},
      {"two mpls labels", labelled("00064040 000c8140", packet)},
      {"mpls 6", labelled("00064140", packet6)},
      {"mpls multicast", ethernet(0x8848, hex("00064140") + packet)},
      {"pppoe discovery", ethernet(0x8863, hex("1109 0000 0004 01010000"), "ffffffffffff 020000000001")},
      {"pppoe", ethernet(0x8864, hex("1100 0001 002a 0021") + packet)},
      {"pppoe 6", ethernet(0x8864, hex("1100 0001 003e 0057") + packet6)},
  };
}

Frames tunnel_frames() {
  const Bytes ip = inner4(), ip_6 = inner6(), frame = inner_frame();
  return {
      {"gre", four(kGre, hex("0000 0800") + ip)},
      {"gre 6", four(kGre, hex("0000 86dd") + ip_6)},
      {"gre with everything", four(kGre, hex("b000 0800 0000 0000 00000064 00000001") + ip)},
      {"gre bridged", four(kGre, hex("2000 6558 00000064") + frame)},
      {"gre over ipv6", six(kGre, hex("0000 0800") + ip)},
      {"gre version 1", four(kGre, hex("3001 880b 0010 0001 00000001") + filler(16))},
      {"erspan", four(kGre, hex("1000 88be 00000001 10640064 00000000") + frame)},
      {"ip in ip", four(kIpip, ip)},
      {"ipv6 in ipv4", four(kSit, ip_6)},
      {"ipv6 in ipv6", six(kSit, ip_6)},
      {"ipv4 in ipv6", six(kIpip, ip)},
      {"vxlan", four(kUdp, udp(50001, 4789, hex("08000000 00006400") + frame))},
      {"vxlan over ipv6", six(kUdp, udp(50001, 4789, hex("08000000 00006400") + frame))},
      {"vxlan with a policy", four(kUdp, udp(50001, 4789, hex("88000123 00006400") + frame))},
      {"vxlan gpe", four(kUdp, udp(50001, 4790, hex("0c000001 00006400") + ip))},
      {"geneve", four(kUdp, udp(50001, 6081, hex("0000 6558 00006400") + frame))},
      {"geneve with options", four(kUdp, udp(50001, 6081, hex("0200 6558 00006400 0102 80 01 deadbeef") + frame))},
      {"gue", four(kUdp, udp(50001, 6080, hex("0004 0000") + ip))},
      {"foo over udp", four(kUdp, udp(50001, 5555, ip))},
      {"wireguard", four(kUdp, udp(51820, 51820, hex("04000000 00000001") + filler(40)))},
      {"l2tp", four(kUdp, udp(1701, 1701, hex("c802 0014 0001 0000 0000 0000") + Bytes(8)))},
      {"gtp", four(kUdp, udp(2152, 2152, hex("30ff 0021 00000064") + ip))},
      {"esp in udp", four(kUdp, udp(4500, 4500, hex("00000100 00000001") + filler(40)))},
      {"vxlan cut", four(kUdp, udp(50001, 4789, hex("08000000")))},
      {"ip in ip cut", four(kIpip, cut(ip, 12))},
      {"tagged vxlan",
       ethernet(kVlan, tag(0x0064, kIp, ip4(kUdp, udp(50001, 4789, hex("08000000 00006400") + frame))))},
  };
}

Frames other_frames() {
  Frames frames = {
      {"lldp",
       ethernet(0x88cc, hex("0207 04 020000000001 0405 01 65746830 0602 0078 0000"), "0180c200000e 020000000001")},
      {"spanning tree", ethernet(0x0026, hex("424203 0000 00 00 00 8000020000000001 00000000") + Bytes(20),
       "0180c2000000 020000000001")},
      {"cdp", ethernet(0x0030, hex("aaaa03 00000c 2000") + filler(40), "01000ccccccc 020000000001")},
      {"eapol", ethernet(0x888e, hex("01010000"), "0180c2000003 020000000001")},
      {"lacp", ethernet(0x8809, hex("0101") + Bytes(108), "0180c2000002 020000000001")},
      {"pause", ethernet(0x8808, hex("0001ffff") + Bytes(42), "0180c2000001 020000000001")},
      {"ptp", ethernet(0x88f7, hex("0002002c") + Bytes(40), "011b19000000 020000000001")},
      {"macsec", ethernet(0x88e5, hex("2c00 00000001 0200000000010001") + filler(40))},
      {"nsh", ethernet(0x894f, hex("0fc60103 00000164") + Bytes(16) + inner4())},
      {"802.3 raw", ethernet(0x0020, hex("ffff") + Bytes(30))},
      {"to another host", ethernet(kIp, ip4(kUdp, udp(1234, 53, kHello)), "0200000000ff 020000000001")},
      {"to no address", ethernet(kIp, ip4(kUdp, udp(1234, 53, kHello)), "000000000000 000000000000")},
      {"ip by broadcast", ethernet(kIp, ip4(kUdp, udp(1234, 53, kHello)), "ffffffffffff 020000000001")},
      {"ethertype 0", ethernet(0, filler(46))},
      {"ethertype ffff", ethernet(0xffff, filler(46))},
      {"ip header cut", ethernet(kIp, cut(ip4(kUdp, {}), 19))},
      {"ipv6 header cut", ethernet(kIpv6, cut(ip6(kUdp, {}), 39))},
      {"ip without bytes", ethernet(kIp, {})},
      {"ipv6 without bytes", ethernet(kIpv6, {})},
      {"arp without bytes", ethernet(kArp, {})},
  };
  for (const size_t size : {0u, 1u, 2u, 19u, 20u, 27u, 28u, 46u, 50u, 114u, 1500u, 3506u})
    frames.push_back({"unknown of " + std::to_string(14 + size) + " bytes", ethernet(0x88b5, filler(size))});
  return frames;
}

}  // namespace

std::vector<TrafficFrame> traffic() {
  Frames all;
  for (const auto& make : {arp_frames, icmp_frames, tcp_frames, udp_frames, ip_frames, ip6_frames, tagged_frames,
                           tunnel_frames, other_frames}) {
    Frames some = make();
    std::ranges::move(some, std::back_inserter(all));
  }
  return all;
}

}  // namespace saya::tests
