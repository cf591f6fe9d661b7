// The messages that `ip link set xdp` and `tc qdisc|filter` send (iproute2 6.1), for clsact and bpf filters.
#include "kernel/attach.h"

#include <fmt/format.h>
#include <linux/gen_stats.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "kernel/netlink.h"

namespace saya::kernel {
namespace {

constexpr uint32_t kClsactHandle = 0xffff0000;

Result<> ask(NetlinkRequest request, const std::string& what) {
  SAYA_TRY(RouteSocket socket, RouteSocket::open());
  return socket.ask(std::move(request), what);
}

Result<> set_xdp(uint32_t ifindex, int fd, uint32_t flags, std::string_view verb) {
  ifinfomsg link{};
  link.ifi_family = AF_UNSPEC;
  link.ifi_index = static_cast<int>(ifindex);
  NetlinkRequest request(RTM_SETLINK, 0, link);
  const size_t nest = request.begin_nest(IFLA_XDP);
  request.add(IFLA_XDP_FD, fd);
  request.add(IFLA_XDP_FLAGS, flags);
  request.end_nest(nest);
  return ask(std::move(request), fmt::format("{} XDP program, interface {}", verb, ifindex));
}

uint32_t flag_of(XdpMode mode) { return mode == XdpMode::native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE; }

tcmsg clsact_of(uint32_t ifindex) {
  tcmsg message{};
  message.tcm_family = AF_UNSPEC;
  message.tcm_ifindex = static_cast<int>(ifindex);
  message.tcm_parent = TC_H_CLSACT;
  message.tcm_handle = kClsactHandle;
  return message;
}

tcmsg place_of(uint32_t ifindex, const TcFilter& filter) {
  tcmsg message = clsact_of(ifindex);
  const uint32_t minor = filter.direction == TcDirection::ingress ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS;
  message.tcm_parent = TC_H_MAKE(TC_H_CLSACT, minor);
  message.tcm_handle = filter.handle;
  message.tcm_info = uint32_t{filter.pref} << 16 | be16(filter.protocol).raw();
  return message;
}

NetlinkRequest filter_request(uint16_t type, uint16_t flags, const tcmsg& place, const TcFilter& filter) {
  NetlinkRequest request(type, flags, place);
  if (filter.chain != 0) request.add(TCA_CHAIN, filter.chain);
  return request;
}

std::string words(std::string_view verb, uint32_t ifindex, const TcFilter& filter) {
  return fmt::format("{} filter '{}', interface {} {} pref {} handle {:#x}", verb, filter.name, ifindex,
                     filter.direction == TcDirection::ingress ? "ingress" : "egress", filter.pref, filter.handle);
}

Result<> set_filter(uint16_t flags, uint32_t ifindex, const TcFilter& filter, int fd) {
  NetlinkRequest request = filter_request(RTM_NEWTFILTER, flags, place_of(ifindex, filter), filter);
  request.add_text(TCA_KIND, "bpf");
  const size_t nest = request.begin_nest(TCA_OPTIONS);
  if (filter.classid != 0) request.add(TCA_BPF_CLASSID, filter.classid);
  request.add(TCA_BPF_FD, fd);
  request.add_text(TCA_BPF_NAME, filter.name);
  request.add(TCA_BPF_FLAGS, filter.direct_action ? uint32_t{TCA_BPF_FLAG_ACT_DIRECT} : uint32_t{0});
  request.end_nest(nest);
  return ask(std::move(request), words("attach", ifindex, filter));
}

/// All filters of a chain: the kernel wants neither protocol nor handle then.
Result<> remove_chain(uint32_t ifindex, const TcFilter& filter) {
  tcmsg place = place_of(ifindex, filter);
  place.tcm_info = 0;
  place.tcm_handle = 0;
  return ask(filter_request(RTM_DELTFILTER, 0, place, filter),
             fmt::format("remove the filters of chain {}, interface {}", filter.chain, ifindex));
}

/// The drop counter in TCA_STATS2.
void read_drops(std::span<const std::byte> stats, uint32_t& drops) {
  for_each_attribute(stats, [&](uint16_t type, std::span<const std::byte> value) {
    constexpr size_t kDropsAt = 8;  // struct gnet_stats_queue: qlen, backlog, drops, ...
    if (type == TCA_STATS_QUEUE && value.size() >= kDropsAt + 4) drops = load<uint32_t>(value.data() + kDropsAt);
  });
}

}  // namespace

Result<> attach_xdp(uint32_t ifindex, int fd, XdpMode mode, bool replace) {
  const uint32_t flags = flag_of(mode) | (replace ? 0 : XDP_FLAGS_UPDATE_IF_NOEXIST);
  return set_xdp(ifindex, fd, flags, "attach");
}

Result<> detach_xdp(uint32_t ifindex, XdpMode mode) { return set_xdp(ifindex, -1, flag_of(mode), "detach"); }

Result<> add_clsact(uint32_t ifindex) {
  NetlinkRequest request(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, clsact_of(ifindex));
  request.add_text(TCA_KIND, "clsact");
  return ask(std::move(request), fmt::format("add clsact, interface {}", ifindex));
}

Result<> remove_clsact(uint32_t ifindex) {
  return ask(NetlinkRequest(RTM_DELQDISC, 0, clsact_of(ifindex)), fmt::format("remove clsact, interface {}", ifindex));
}

Result<uint32_t> clsact_drops(uint32_t ifindex) {
  SAYA_TRY(RouteSocket socket, RouteSocket::open());
  uint32_t drops = 0;
  const auto on_answer = [&](uint16_t, std::span<const std::byte> payload) {
    if (payload.size() < sizeof(tcmsg)) return;
    const auto qdisc = load<tcmsg>(payload.data());
    if (qdisc.tcm_ifindex != static_cast<int>(ifindex) || qdisc.tcm_parent != TC_H_CLSACT) return;
    for_each_attribute(payload.subspan(sizeof(tcmsg)), [&](uint16_t type, std::span<const std::byte> value) {
      if (type == TCA_STATS2) read_drops(value, drops);
    });
  };
  SAYA_CHECK(socket.query(NetlinkRequest(RTM_GETQDISC, NLM_F_DUMP, clsact_of(ifindex)),
                          fmt::format("show clsact, interface {}", ifindex), on_answer));
  return drops;
}

Result<> add_filter(uint32_t ifindex, const TcFilter& filter, int fd) {
  return set_filter(NLM_F_CREATE | NLM_F_EXCL, ifindex, filter, fd);
}

Result<> replace_filter(uint32_t ifindex, const TcFilter& filter, int fd) {
  return set_filter(NLM_F_CREATE, ifindex, filter, fd);
}

Result<> remove_filter(uint32_t ifindex, const TcFilter& filter) {
  if (filter.pref == 0) return remove_chain(ifindex, filter);
  NetlinkRequest request = filter_request(RTM_DELTFILTER, 0, place_of(ifindex, filter), filter);
  request.add_text(TCA_KIND, "bpf");
  return ask(std::move(request), words("remove", ifindex, filter));
}

}  // namespace saya::kernel
