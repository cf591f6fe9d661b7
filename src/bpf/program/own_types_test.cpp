// The types that saya carries with it: there, and laid out as the running kernel lays them out.
#include "program/own_types.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "abi/kernel_calls.h"
#include "abi/tables.h"
#include "attach/target.h"
#include "btf/name_index.h"
#include "helper/table.h"
#include "program/map_members.h"

namespace saya::program {
namespace {

using btf::Btf;
using btf::Kind;

TEST(OwnTypes, HaveWhatProgramsMeet) {
  const auto types = own_types();
  ASSERT_TRUE(types) << types.error().message;
  for (const char* name : {"xdp_md",         "__sk_buff",       "ethhdr",        "vlan_hdr",       "iphdr",
                           "ipv6hdr",        "in6_addr",        "tcphdr",        "udphdr",         "icmphdr",
                           "icmp6hdr",       "arphdr",          "bpf_sock",      "bpf_sock_tuple", "bpf_fib_lookup",
                           "bpf_tunnel_key", "bpf_redir_neigh", "bpf_flow_keys", "bpf_spin_lock",  "bpf_timer"})
    EXPECT_EQ((*types)->candidates(Kind::structure, name).size(), 1u) << name;
  for (const char* name : {"xdp_action", "bpf_func_id", "bpf_map_type", "bpf_prog_type", "bpf_attach_type"})
    EXPECT_EQ((*types)->candidates(Kind::enumeration, name).size(), 1u) << name;
  EXPECT_EQ(default_target().types().value(), *types) << "read once, and the default";
}

TEST(OwnTypes, HaveExactlyTheHelpersOfSaya) {
  const auto types = own_types();
  ASSERT_TRUE(types) << types.error().message;
  const btf::Type& helpers = (*types)->type((*types)->candidates(Kind::enumeration, "bpf_func_id").at(0));
  const auto has_number = [](const abi::HelperSpec& row) { return abi::find_kernel_helper(row.id) != nullptr; };
  EXPECT_EQ(std::ranges::count_if(helper::table(), has_number), std::ssize(helpers.members));
  for (const btf::Member& member : helpers.members)
    EXPECT_EQ(btf::without_flavour(member.name),
              "BPF_FUNC_" + std::string(abi::find_helper(helper::table(), static_cast<uint32_t>(member.value))->name));
}

TEST(OwnTypes, HaveTheMembersOfMapsWhereProgramsWithoutRelocationsLook) {
  EXPECT_EQ(map_members_of(**own_types()), MapMembers{});
}

/// The same members in the same places.
void expect_layout(const Btf& own, const btf::Type& type, const Btf& kernel, const btf::Type& real) {
  EXPECT_EQ(type.size, real.size) << type.name;
  EXPECT_EQ(type.members.size(), real.members.size()) << type.name;
  for (const btf::Member& member : type.members) {
    const auto same_place = [&](const btf::Member& other) {
      return other.name == member.name && other.offset == member.offset && other.size == member.size &&
             own.size_of(member.type) == kernel.size_of(other.type);
    };
    EXPECT_TRUE(std::ranges::any_of(real.members, same_place)) << type.name << "." << member.name;
  }
}

TEST(OwnTypes, AreLaidOutAsInTheRunningKernel) {
  const auto kernel = attach::choose_target("/sys/kernel/btf/vmlinux");
  if (!kernel) GTEST_SKIP() << kernel.error().message << "; runs where the kernel shows its types";
  const auto real = kernel->types();
  ASSERT_TRUE(real) << real.error().message;
  const auto own = own_types();
  ASSERT_TRUE(own) << own.error().message;
  size_t compared = 0;
  for (uint32_t id = 1; id < (*own)->count(); ++id) {
    const btf::Type& type = (*own)->type(id);
    if (type.kind != Kind::structure || type.name.empty()) continue;
    const auto found = (*real)->find(Kind::structure, btf::without_flavour(type.name));
    if (!found) continue;  // No part of this kernel uses it.
    expect_layout(**own, type, **real, (*real)->type(*found));
    ++compared;
  }
  EXPECT_GE(compared, 30u);
}

}  // namespace
}  // namespace saya::program
