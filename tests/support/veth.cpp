// Namespaces by unshare(2), cables by rtnetlink. Works on the calling thread's namespace alone.
#include "support/veth.h"

#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <thread>

#include "base/bytes.h"
#include "kernel/netlink.h"
#include "support/frames.h"

namespace saya::tests {
namespace {

constexpr size_t kTypeAt = 12;   ///< EtherType in a frame.
constexpr int kPatience = 5000;  ///< Milliseconds until a frame that must come counts as lost.
constexpr std::array<uint8_t, 6> kNearMac = {2, 0, 0, 0, 0, 1};
constexpr std::array<uint8_t, 6> kFarMac = {2, 0, 0, 0, 0, 2};

Result<> enter_new_namespace() {
  cpu_set_t first;
  CPU_ZERO(&first);
  CPU_SET(0, &first);
  if (::sched_setaffinity(0, sizeof first, &first) != 0) return fail_errno("stay on CPU 0", errno);
  if (::unshare(CLONE_NEWNET) != 0) return fail_errno("new network namespace", errno);
  std::ofstream("/proc/sys/net/ipv6/conf/default/disable_ipv6") << 1;
  return {};
}

ifinfomsg link_message(uint32_t ifindex) {
  ifinfomsg message{};
  message.ifi_family = AF_UNSPEC;
  message.ifi_index = static_cast<int>(ifindex);
  return message;
}

Result<> create_pair(kernel::RouteSocket& socket, const std::string& near, const std::string& far) {
  kernel::NetlinkRequest request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, link_message(0));
  request.add_text(IFLA_IFNAME, near);
  request.add(IFLA_ADDRESS, kNearMac);
  const size_t info = request.begin_nest(IFLA_LINKINFO);
  request.add_text(IFLA_INFO_KIND, "veth");
  const size_t data = request.begin_nest(IFLA_INFO_DATA);
  const size_t peer = request.begin_nest(VETH_INFO_PEER);
  const ifinfomsg other = link_message(0);
  request.append(&other, sizeof other);
  request.add_text(IFLA_IFNAME, far);
  request.add(IFLA_ADDRESS, kFarMac);
  request.end_nest(peer);
  request.end_nest(data);
  request.end_nest(info);
  return socket.ask(std::move(request), "create veth pair " + near + " - " + far);
}

Result<uint32_t> bring_up(kernel::RouteSocket& socket, const std::string& name) {
  const uint32_t ifindex = ::if_nametoindex(name.c_str());
  if (ifindex == 0) return fail_errno("interface " + name, errno);
  ifinfomsg message = link_message(ifindex);
  message.ifi_flags = IFF_UP;
  message.ifi_change = IFF_UP;
  SAYA_CHECK(socket.ask(kernel::NetlinkRequest(RTM_NEWLINK, 0, message), "bring up " + name));
  return ifindex;
}

}  // namespace

Result<> in_new_namespace(const std::function<void()>& body) {
  Result<> entered;
  std::thread([&] {
    entered = enter_new_namespace();
    if (entered) body();
  }).join();
  return entered;
}

Result<Cable> make_cable(const std::string& near, const std::string& far) {
  SAYA_TRY(kernel::RouteSocket socket, kernel::RouteSocket::open());
  SAYA_CHECK(create_pair(socket, near, far));
  Cable cable;
  // The far end first: an end that comes up with its carrier on may send at once, the other one only a little later,
  // when the kernel's link watch has seen the carrier.
  SAYA_TRY(cable.far, bring_up(socket, far));
  SAYA_TRY(cable.near, bring_up(socket, near));
  return cable;
}

Result<Network> make_network() {
  Network network;
  SAYA_TRY(network.cable, make_cable("etha", "ethb"));
  SAYA_TRY(network.fence, make_cable("fencea", "fenceb"));
  return network;
}

Result<PacketSocket> PacketSocket::open(uint32_t ifindex, uint16_t protocol) {
  Fd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));  // Deaf until bound, or it would hear other interfaces.
  if (!fd) return fail_errno("open packet socket", errno);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = be16(protocol).raw();
  address.sll_ifindex = static_cast<int>(ifindex);
  if (protocol != 0 && ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return fail_errno("bind packet socket", errno);
  return PacketSocket(std::move(fd), ifindex);
}

int PacketSocket::send(std::span<const std::byte> frame) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = load<uint16_t>(frame.data() + kTypeAt);
  address.sll_ifindex = static_cast<int>(ifindex_);
  const ssize_t sent =
      ::sendto(fd_.get(), frame.data(), frame.size(), 0, reinterpret_cast<sockaddr*>(&address), sizeof address);
  return sent < 0 ? errno : 0;
}

std::optional<std::vector<std::byte>> PacketSocket::receive(int milliseconds) {
  pollfd waiting{.fd = fd_.get(), .events = POLLIN, .revents = 0};
  if (::poll(&waiting, 1, milliseconds) <= 0) return std::nullopt;
  std::vector<std::byte> frame(65536);
  const ssize_t got = ::recv(fd_.get(), frame.data(), frame.size(), MSG_DONTWAIT);
  if (got < 0) return std::nullopt;
  frame.resize(static_cast<size_t>(got));
  return frame;
}

Result<> wait_for_quiet(const Cable& fence) {
  SAYA_TRY(PacketSocket ear, PacketSocket::open(fence.far, ETH_P_IP));
  SAYA_TRY(PacketSocket mouth, PacketSocket::open(fence.near, 0));
  SAYA_TRY(const std::vector<std::byte> frame, frame_of("udp4"));
  if (const int error = mouth.send(frame); error != 0) return fail_errno("fence packet", error);
  if (!ear.receive(kPatience)) return fail(Code::io, "the fence packet was lost");
  return {};
}

}  // namespace saya::tests
