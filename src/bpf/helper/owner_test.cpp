// Whose a packet is, with and without a socket: a test run's packets always have one. What those answer is compared
// with the kernel in tests/parity/skb_ends.bpf.c.
#include "helper/owner.h"

#include <gtest/gtest.h>

#include "helper/errno.h"
#include "netstate/socket.h"
#include "packet/pool.h"

namespace saya::helper {
namespace {

struct Case {
  const Socket* socket;
  bool owned;
};

TEST(Owner, IsTheRootCgroupWhereASocketIs) {
  const auto pool = Pool::create(1).value();
  const PacketPtr packet = pool->allocate();
  const MapPtr groups =
      create_map({.name = "groups", .type = 8, .key_size = 4, .value_size = 4, .max_entries = 2}, {}).value();
  Socket open, requested, left;
  open.state = kSocketClosed;
  requested.state = kSocketRequested;
  left.state = kSocketTimeWait;
  abi::Run run;
  for (const Case& it : {
           Case{nullptr,    false},
           Case{&open,      true },
           Case{&requested, true },
           Case{&left,      false}
  }) {
    packet->skb.sk = it.socket;
    const uint64_t root = it.owned ? kRootCgroup : 0;
    EXPECT_EQ(skb_cgroup_id(run, packet.get()), root);
    EXPECT_EQ(skb_ancestor_cgroup_id(run, packet.get(), 0), root);
    EXPECT_EQ(skb_ancestor_cgroup_id(run, packet.get(), 1), 0u);
    EXPECT_EQ(skb_under_cgroup(run, packet.get(), groups.get(), 1), result(it.owned ? -EAGAIN : -ENOENT));
    EXPECT_EQ(skb_under_cgroup(run, packet.get(), groups.get(), 2), result(it.owned ? -E2BIG : -ENOENT));
  }
}

}  // namespace
}  // namespace saya::helper
