// Addresses: their bits and their text.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

#include "base/bytes.h"
#include "netstate/address.h"

namespace saya {
namespace {

std::unexpected<Error> refuse(std::string_view text, std::string_view wanted) {
  return fail(Code::invalid_argument, fmt::format("'{}' is not {}", text, wanted));
}

}  // namespace

uint8_t address_bits(const IpAddress& address) noexcept { return address.family == AF_INET ? 32 : 128; }

bool is_any(const IpAddress& address) noexcept {
  return std::ranges::all_of(address.bytes, [](std::byte b) { return b == std::byte{0}; });
}

IpAddress masked(const IpAddress& address, uint8_t length) noexcept {
  std::array<std::byte, 16> bytes = address.bytes;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const int kept = std::clamp(int{length} - static_cast<int>(i) * 8, 0, 8);
    bytes[i] &= static_cast<std::byte>(0xff00u >> kept);
  }
  return {address.family, bytes};
}

uint8_t common_bits(const IpAddress& a, const IpAddress& b) noexcept {
  for (uint8_t i = 0; i < address_bits(a) / 8; ++i)
    if (const auto differ = static_cast<uint8_t>(a.bytes[i] ^ b.bytes[i]); differ != 0)
      return static_cast<uint8_t>(i * 8 + std::countl_zero(differ));
  return address_bits(a);
}

IpAddress ip_from(uint8_t family, const void* bytes) noexcept {
  IpAddress address{.family = family};
  std::memcpy(address.bytes.data(), bytes, family == AF_INET ? 4 : 16);
  return address;
}

bool IpPrefix::contains(const IpAddress& other) const noexcept {
  return other.family == address.family && common_bits(address, other) >= length;
}

Result<MacAddress> parse_mac(std::string_view text) {
  constexpr std::string_view kWanted = "a MAC address like 02:00:00:00:00:01";
  MacAddress mac{};
  if (text.size() != mac.size() * 3 - 1) return refuse(text, kWanted);
  for (size_t i = 0; i < mac.size(); ++i) {
    uint8_t byte = 0;
    const char* at = text.data() + i * 3;
    const auto [end, error] = std::from_chars(at, at + 2, byte, 16);
    const bool separated = i + 1 == mac.size() || at[2] == ':';
    if (error != std::errc() || end != at + 2 || !separated) return refuse(text, kWanted);
    mac[i] = std::byte{byte};
  }
  return mac;
}

Result<IpAddress> parse_ip(std::string_view text) {
  IpAddress address;
  const std::string terminated(text);
  const bool whole = terminated.find('\0') == std::string::npos;
  for (const int family : {AF_INET, AF_INET6})
    if (whole && ::inet_pton(family, terminated.c_str(), address.bytes.data()) == 1) {
      address.family = static_cast<uint8_t>(family);
      return address;
    }
  return refuse(text, "an IPv4 or IPv6 address");
}

Result<IpPrefix> parse_prefix(std::string_view text) {
  const size_t slash = text.find('/');
  SAYA_TRY(const IpAddress address, parse_ip(text.substr(0, slash)));
  const uint8_t bits = address.family == AF_INET ? 32 : 128;
  if (slash == std::string_view::npos) return IpPrefix{address, bits};
  const std::string_view digits = text.substr(slash + 1);
  uint8_t length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc() || end != digits.data() + digits.size() || length > bits)
    return fail(Code::invalid_argument,
                fmt::format("'{}': the prefix length is '{}', must be 0..{}", text, digits, bits));
  return IpPrefix{address, length};
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  constexpr std::string_view kWanted = "an address and a port like 10.0.0.1:80 or [fd00::1]:80";
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse(text, kWanted);
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  Endpoint endpoint;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
  if (error != std::errc() || end != digits.data() + digits.size()) return refuse(text, kWanted);
  const Result<IpAddress> address = parse_ip(host);
  if (!address || bracketed != (address->family == AF_INET6)) return refuse(text, kWanted);
  endpoint.address = *address;
  return endpoint;
}

}  // namespace saya
