// Which packets, listeners and attributes bpf_sk_assign_tcp_reqsk() takes: a test run's packets are not at tc ingress,
// so the kernel's refuses them all.
#include "helper/kfunc_syncookie.h"

#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <sys/socket.h>

#include <array>
#include <functional>

#include "base/bytes.h"
#include "helper/errno.h"
#include "netstate/socket.h"
#include "packet/pool.h"
#include "support/case_name.h"

namespace saya::helper {
namespace {

constexpr size_t kMssAt = 8, kSentScaleAt = 11, kScaleOkAt = 13, kReservedAt = 17;

struct Request {
  bool at_ingress = true;
  uint16_t protocol = ETH_P_IP;
  Socket listener;
  std::array<std::byte, 20> attributes{};
  uint32_t size = 20;
};

struct Row {
  const char* name;
  std::function<void(Request&)> change;
  int answer;
  friend void PrintTo(const Row& row, std::ostream* os) { *os << row.name; }
};

void set_mss(Request& r, uint16_t mss) { store(&r.attributes[kMssAt], mss); }

const Row kRows[] = {
    {"a sound request",                 [](Request&) {},                                                      0           },
    {"attributes of another size",      [](Request& r) { r.size = 19; },                                      -EINVAL     },
    {"a reserved byte that is set",     [](Request& r) { r.attributes[kReservedAt] = std::byte{1}; },         -EINVAL     },
    {"a packet that leaves",            [](Request& r) { r.at_ingress = false; },                             -EINVAL     },
    {"a listener in another namespace", [](Request& r) { r.listener.netns = 3; },                             -ENETUNREACH},
    {"a packet that is no IP",          [](Request& r) { r.protocol = ETH_P_ARP; },                           -EINVAL     },
    {"a socket that does not listen",   [](Request& r) { r.listener.state = kSocketClosed; },                 -EINVAL     },
    {"a socket that is no TCP",         [](Request& r) { r.listener.type = SOCK_DGRAM; },                     -EINVAL     },
    {"the smallest IPv4 segment",       [](Request& r) { set_mss(r, 536); },                                  0           },
    {"a smaller one",                   [](Request& r) { set_mss(r, 535); },                                  -EINVAL     },
    {"the smallest IPv6 segment",       [](Request& r) { r.protocol = ETH_P_IPV6, set_mss(r, 1220); },        0           },
    {"a smaller IPv6 one",              [](Request& r) { r.protocol = ETH_P_IPV6, set_mss(r, 1219); },        -EINVAL     },
    {"too large a scale",
     [](Request& r) { r.attributes[kScaleOkAt] = std::byte{1}, r.attributes[kSentScaleAt] = std::byte{15}; }, -EINVAL     },
    {"a scale that is not used",        [](Request& r) { r.attributes[kSentScaleAt] = std::byte{15}; },       0           },
};

class TcpRequest : public testing::TestWithParam<Row> {};

TEST_P(TcpRequest, IsTakenOrRefused) {
  const auto pool = Pool::create(1).value();
  const PacketPtr packet = pool->allocate();
  Request request;
  request.listener.type = SOCK_STREAM;
  request.listener.state = kSocketListening;
  set_mss(request, 1460);
  GetParam().change(request);
  packet->skb.at_ingress = request.at_ingress;
  packet->skb.protocol = request.protocol;
  abi::Run run;
  EXPECT_EQ(bpf_sk_assign_tcp_reqsk(run, packet.get(), &request.listener, request.attributes.data(), request.size),
            result32(GetParam().answer));
  EXPECT_EQ(packet->skb.sk, GetParam().answer == 0 ? &request.listener : nullptr);
}

INSTANTIATE_TEST_SUITE_P(Rows, TcpRequest, testing::ValuesIn(kRows), tests::case_name);

}  // namespace
}  // namespace saya::helper
