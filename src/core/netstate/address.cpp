// Addresses as text: what `ip` prints and accepts, without names.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>
#include <cstring>

#include "base/bytes.h"
#include "netstate/netstate.h"

namespace saya {
namespace {

std::unexpected<Error> refuse(std::string_view text, std::string_view wanted) {
  return fail(Code::invalid_argument, fmt::format("'{}' is not {}", text, wanted));
}

}  // namespace

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

}  // namespace saya
