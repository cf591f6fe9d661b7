// Frames for captures and lines for people.
#include "run/frame.h"

#include <fmt/format.h>

#include <cstdlib>

namespace saya::run {
namespace {

constexpr size_t kTagAt = 12;  // Behind the two MAC addresses.

}  // namespace

std::vector<std::byte> frame_on_the_wire(const Packet& packet) {
  std::vector<std::byte> bytes(packet.len);
  copy_out(packet, 0, bytes.data(), packet.len);
  if (!packet.vlan.present || bytes.size() < kTagAt) return bytes;
  std::byte tag[4];
  store(tag, packet.vlan.proto);
  store(tag + 2, be16(packet.vlan.tci));
  bytes.insert(bytes.begin() + kTagAt, std::begin(tag), std::end(tag));
  return bytes;
}

std::string format_time(Nanoseconds time) {
  constexpr Nanoseconds kSecond = 1'000'000'000;
  return fmt::format("{}{}.{:09}", time < 0 ? "-" : "", std::abs(time / kSecond), std::abs(time % kSecond));
}

}  // namespace saya::run
