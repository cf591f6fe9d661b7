// The rows, and frames from them.
#include "support/gso_cases.h"

#include "base/bytes.h"
#include "packet/checksum.h"

namespace saya::tests {
namespace {

std::vector<std::byte> hex(const std::string& text) { return from_hex(text).value(); }

const std::string kMac = "020000000002 020000000001 ", kTag = "8100 6007 ";
// Identification 0xfffe: it wraps. DF.
const std::string kIp4 = "0800 4500 0000 fffe 4000 4006 0000 0a000001 0a000002 ";
const std::string kIp4Options = "0800 4600 0000 1234 4000 4006 0000 0a000001 0a000002 01010101 ";
const std::string kIp4Udp = "0800 4500 0000 1234 0000 4011 0000 0a000001 0a000002 ";
const std::string kIp6 = "86dd 60012345 0000 06 40 fd000000000000000000000000000001 fd000000000000000000000000000002 ";
const std::string kIp6Udp =
    "86dd 60000000 0000 11 40 fd000000000000000000000000000001 fd000000000000000000000000000002 ";
// Sequence 0xfffffff0: it wraps.
std::string tcp(const std::string& offset_and_flags) {
  return "04d2 0050 fffffff0 00000001 " + offset_and_flags + " 1000 0000 0000 ";
}
const std::string kTcpOptions = "01010101 080a 0000000100000002 0000";
const std::string kUdp = "04d2 0035 0000 0000";

}  // namespace

std::vector<GsoCase> gso_cases() {
  const auto everything = tcp("50d9");  // CWR, ECE, ACK, PSH, FIN.
  return {
      {"TCP over IPv4 is cut",         hex(kMac + kIp4 + tcp("5010")),               14, 34, 2500,  Gso::tcp4,   1000},
      {"flags stay where they belong", hex(kMac + kIp4 + everything),                14, 34, 2500,  Gso::tcp4,   1000},
      {"a payload of whole segments",  hex(kMac + kIp4 + everything),                14, 34, 3000,  Gso::tcp4,   1000},
      {"segments of an odd size",      hex(kMac + kIp4 + tcp("5018")),               14, 34, 2500,  Gso::tcp4,   777 },
      {"one byte is left",             hex(kMac + kIp4 + tcp("5018")),               14, 34, 1001,  Gso::tcp4,   500 },
      {"options of IPv4",              hex(kMac + kIp4Options + tcp("5018")),        14, 38, 2500,  Gso::tcp4,   1000},
      {"options of TCP",               hex(kMac + kIp4 + tcp("8018") + kTcpOptions), 14, 34, 2500,  Gso::tcp4,   1000},
      {"a large packet in fragments",  hex(kMac + kIp4 + tcp("5018")),               14, 34, 20000, Gso::tcp4,   1460},
      {"TCP over IPv6 is cut",         hex(kMac + kIp6 + everything),                14, 54, 2500,  Gso::tcp6,   1000},
      {"a tag inside the frame",       hex(kMac + kTag + kIp4 + tcp("5018")),        18, 38, 2500,  Gso::tcp4,   1000},
      {"UDP over IPv4 is cut",         hex(kMac + kIp4Udp + kUdp),                   14, 34, 2500,  Gso::udp_l4, 1000},
      {"UDP of whole segments",        hex(kMac + kIp4Udp + kUdp),                   14, 34, 2400,  Gso::udp_l4, 800 },
      {"UDP over IPv6 is cut",         hex(kMac + kIp6Udp + kUdp),                   14, 54, 2500,  Gso::udp_l4, 1000},
  };
}

uint16_t gso_checksum_offset(const GsoCase& row) { return row.type == Gso::udp_l4 ? 6 : 16; }

std::vector<std::byte> gso_frame(const GsoCase& row) {
  std::vector<std::byte> frame = row.headers;
  for (uint32_t i = 0; i < row.payload; ++i) frame.push_back(static_cast<std::byte>(i * 7 + i / 256));
  const bool ipv6 = row.transport - row.network == 40;
  std::byte* const ip = frame.data() + row.network;
  std::byte* const transport = frame.data() + row.transport;
  const auto whole = static_cast<uint16_t>(frame.size() - row.transport);
  if (ipv6) {
    store(ip + 4, be16(whole));
  } else {
    store(ip + 2, be16(static_cast<uint16_t>(frame.size() - row.network)));
    store(ip + 10, static_cast<uint16_t>(~checksum_fold(checksum_add(std::span(ip, transport)))));
  }
  if (row.type == Gso::udp_l4) store(transport + 4, be16(whole));
  const uint32_t addresses = ipv6 ? checksum_add(std::span(ip + 8, 32)) : checksum_add(std::span(ip + 12, 8));
  const uint16_t protocol = row.type == Gso::udp_l4 ? 17 : 6;
  const uint32_t rest = uint32_t{be16(protocol).raw()} + be16(whole).raw();
  store(transport + gso_checksum_offset(row), checksum_fold(checksum_combine(addresses, rest)));
  return frame;
}

}  // namespace saya::tests
