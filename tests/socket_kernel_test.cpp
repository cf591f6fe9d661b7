// Sockets that are really there, in a network namespace of the test's own, and in saya the state file that says so:
// what lookups find and what programs read of it.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/fd.h"
#include "helper/table.h"
#include "isa/insn.h"
#include "support/needs_kernel.h"
#include "support/network_config.h"
#include "support/snippet.h"
#include "support/veth.h"

namespace saya::tests {
namespace {

using program::Type;

constexpr std::string_view kSetUp = R"(link set lo up
ipv6/conf/all/disable_ipv6 = 0
addr add 10.0.0.1/24 dev lo
)";

/// "[::1]:80" as the kernel takes it.
struct Place {
  explicit Place(std::string_view text) {
    const Endpoint end = parse_endpoint(text).value();
    if (end.address.family == AF_INET) {
      auto& four = reinterpret_cast<sockaddr_in&>(storage);
      four.sin_family = AF_INET;
      four.sin_port = htons(end.port);
      std::memcpy(&four.sin_addr, end.address.bytes.data(), 4);
      size = sizeof four;
    } else {
      auto& six = reinterpret_cast<sockaddr_in6&>(storage);
      six.sin6_family = AF_INET6;
      six.sin6_port = htons(end.port);
      std::memcpy(&six.sin6_addr, end.address.bytes.data(), 16);
      size = sizeof six;
    }
  }
  const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&storage); }

  sockaddr_storage storage{};
  socklen_t size = 0;
};

struct Options {
  const char* remote = nullptr;
  bool v6only = false, to_lo = false;
  int mark = 0, priority = 0;
};

/// A socket that listens (TCP) or is bound (UDP), or is connected where there is a remote.
Fd open_socket(int type, std::string_view local, const Options& options = {}) {
  const Place at(local);
  Fd fd(::socket(at.storage.ss_family, type | SOCK_CLOEXEC, 0));
  const auto set = [&](int level, int name, int value) {
    EXPECT_EQ(::setsockopt(fd.get(), level, name, &value, sizeof value), 0) << name;
  };
  set(SOL_SOCKET, SO_REUSEADDR, 1);
  if (type == SOCK_STREAM && !options.remote) set(SOL_SOCKET, SO_REUSEPORT, 1);  // One port, two addresses.
  if (options.v6only) set(IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (options.mark) set(SOL_SOCKET, SO_MARK, options.mark);
  if (options.priority) set(SOL_SOCKET, SO_PRIORITY, options.priority);
  if (options.to_lo) {
    EXPECT_EQ(::setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, "lo", 3), 0);
  }
  EXPECT_EQ(::bind(fd.get(), at.address(), at.size), 0) << local << ": " << std::strerror(errno);
  if (options.remote) {
    const Place to(options.remote);
    EXPECT_EQ(::connect(fd.get(), to.address(), to.size), 0) << local << ": " << std::strerror(errno);
  } else if (type == SOCK_STREAM) {
    EXPECT_EQ(::listen(fd.get(), 8), 0) << local;
  }
  return fd;
}

std::vector<Fd> open_sockets() {
  std::vector<Fd> all;
  const auto tcp = [&](std::string_view at, const Options& o = {}) { all.push_back(open_socket(SOCK_STREAM, at, o)); };
  const auto udp = [&](std::string_view at, const Options& o = {}) { all.push_back(open_socket(SOCK_DGRAM, at, o)); };
  tcp("127.0.0.1:8080", {.mark = 7, .priority = 3});
  tcp("[::]:8081");
  tcp("[::]:8082", {.v6only = true});
  tcp("[::1]:8083");
  tcp("0.0.0.0:8084");
  tcp("10.0.0.1:8084", {.to_lo = true});
  tcp("127.0.0.1:40000", {.remote = "127.0.0.1:8080"});
  tcp("[::1]:40001", {.remote = "[::1]:8083"});
  tcp("127.0.0.1:40002", {.remote = "127.0.0.1:8081"});
  udp("127.0.0.1:5300");
  udp("0.0.0.0:5301");
  udp("[::]:5302");
  udp("127.0.0.1:5303", {.remote = "127.0.0.1:6000"});
  udp("0.0.0.0:5303");
  udp("[::1]:5304", {.remote = "[::1]:6000"});
  // A connection whose near end waits for the far one's last packets.
  tcp("127.0.0.1:8085");
  Fd near = open_socket(SOCK_STREAM, "127.0.0.1:40005", {.remote = "127.0.0.1:8085"});
  Fd far(::accept(all.back().get(), nullptr, nullptr));
  EXPECT_EQ(::shutdown(near.get(), SHUT_WR), 0);
  char byte;
  EXPECT_EQ(::read(far.get(), &byte, 1), 0);
  far.reset();
  EXPECT_EQ(::read(near.get(), &byte, 1), 0);
  return all;
}

constexpr std::string_view kState = R"({
  "interfaces": [{"name": "lo", "ifindex": 1, "mtu": 65536, "addresses": ["127.0.0.1/8", "10.0.0.1/24", "::1/128"]}],
  "tcp_syncookies": MODE,
  "sockets": [
    {"protocol": "tcp", "local": "127.0.0.1:8080", "mark": 7, "priority": 3},
    {"protocol": "tcp", "local": "[::]:8081"},
    {"protocol": "tcp", "local": "[::]:8082", "v6only": true},
    {"protocol": "tcp", "local": "[::1]:8083"},
    {"protocol": "tcp", "local": "0.0.0.0:8084"},
    {"protocol": "tcp", "local": "10.0.0.1:8084", "dev": "lo"},
    {"protocol": "tcp", "local": "127.0.0.1:40000", "remote": "127.0.0.1:8080"},
    {"protocol": "tcp", "local": "127.0.0.1:8080", "remote": "127.0.0.1:40000", "mark": 7},
    {"protocol": "tcp", "local": "[::1]:40001", "remote": "[::1]:8083"},
    {"protocol": "tcp", "local": "[::1]:8083", "remote": "[::1]:40001"},
    {"protocol": "tcp", "local": "127.0.0.1:40002", "remote": "127.0.0.1:8081"},
    {"protocol": "tcp", "local": "[::ffff:127.0.0.1]:8081", "remote": "[::ffff:127.0.0.1]:40002"},
    {"protocol": "udp", "local": "127.0.0.1:5300"},
    {"protocol": "udp", "local": "0.0.0.0:5301"},
    {"protocol": "udp", "local": "[::]:5302"},
    {"protocol": "udp", "local": "127.0.0.1:5303", "remote": "127.0.0.1:6000"},
    {"protocol": "udp", "local": "0.0.0.0:5303"},
    {"protocol": "udp", "local": "[::1]:5304", "remote": "[::1]:6000"},
    {"protocol": "tcp", "local": "127.0.0.1:8085"},
    {"protocol": "tcp", "local": "127.0.0.1:40005", "remote": "127.0.0.1:8085", "state": "time-wait"}
  ]
})";

/// One lookup: of a packet from `remote` to `local`.
struct Question {
  const char* call;
  const char* remote;
  const char* local;
  bool found;
  int64_t netns = -1;
};

const Question kQuestions[] = {
    {"sk_lookup_tcp", "127.0.0.1:1", "127.0.0.1:8080", true},
    {"sk_lookup_tcp", "127.0.0.1:1", "127.0.0.2:8080", false},
    {"sk_lookup_tcp", "127.0.0.1:1", "127.0.0.1:8081", true},
    {"sk_lookup_tcp", "[::1]:1", "[::1]:8081", true},
    {"sk_lookup_tcp", "[::1]:1", "[fd00::1]:8081", true},
    {"sk_lookup_tcp", "127.0.0.1:1", "127.0.0.1:8082", false},
    {"sk_lookup_tcp", "[::1]:1", "[::1]:8082", true},
    {"sk_lookup_tcp", "[::1]:1", "[::1]:8083", true},
    {"sk_lookup_tcp", "[::1]:1", "[::2]:8083", false},
    {"sk_lookup_tcp", "127.0.0.1:1", "127.0.0.1:8084", true},
    {"sk_lookup_tcp", "127.0.0.1:1", "10.0.0.1:8084", true},
    {"sk_lookup_tcp", "[::1]:1", "[::1]:8084", false},
    {"sk_lookup_tcp", "127.0.0.1:8080", "127.0.0.1:40000", true},
    {"sk_lookup_tcp", "127.0.0.1:40000", "127.0.0.1:8080", true},
    {"sk_lookup_tcp", "127.0.0.1:8080", "127.0.0.1:40001", false},
    {"sk_lookup_tcp", "[::1]:8083", "[::1]:40001", true},
    {"sk_lookup_tcp", "[::1]:40001", "[::1]:8083", true},
    {"sk_lookup_tcp", "127.0.0.1:40002", "127.0.0.1:8081", true},
    {"sk_lookup_tcp", "[::ffff:127.0.0.1]:1", "[::ffff:127.0.0.1]:8081", true},
    {"sk_lookup_tcp", "127.0.0.1:5300", "127.0.0.1:5300", false},
    {"sk_lookup_tcp", "127.0.0.1:1", "127.0.0.1:8080", false, 5},
    {"sk_lookup_tcp", "127.0.0.1:8085", "127.0.0.1:40005", false},
    {"skc_lookup_tcp", "127.0.0.1:8085", "127.0.0.1:40005", true},
    {"skc_lookup_tcp", "127.0.0.1:1", "127.0.0.1:8085", true},
    {"skc_lookup_tcp", "[::1]:40001", "[::1]:8083", true},
    {"sk_lookup_udp", "127.0.0.1:1", "127.0.0.1:5300", true},
    {"sk_lookup_udp", "127.0.0.1:1", "127.0.0.2:5300", false},
    {"sk_lookup_udp", "127.0.0.1:1", "127.0.0.2:5301", true},
    {"sk_lookup_udp", "127.0.0.1:1", "127.0.0.1:5302", true},
    {"sk_lookup_udp", "[::1]:1", "[::1]:5302", true},
    {"sk_lookup_udp", "[::1]:1", "[::1]:5301", false},
    {"sk_lookup_udp", "127.0.0.1:6000", "127.0.0.1:5303", true},
    {"sk_lookup_udp", "127.0.0.1:6001", "127.0.0.1:5303", true},
    {"sk_lookup_udp", "[::1]:6000", "[::1]:5304", true},
    {"sk_lookup_udp", "[::1]:6001", "[::1]:5304", false},
    {"sk_lookup_udp", "127.0.0.1:1", "127.0.0.1:8080", false},
};

constexpr size_t kTupleAt = 14, kSeenAt = 64;

std::vector<std::byte> frame_of(const Question& q) {
  std::vector<std::byte> frame(160);
  frame[12] = std::byte{0x88};
  frame[13] = std::byte{0xb5};
  const Endpoint from = parse_endpoint(q.remote).value(), to = parse_endpoint(q.local).value();
  const size_t bytes = from.address.family == AF_INET ? 4 : 16;
  std::byte* at = frame.data() + kTupleAt;
  std::memcpy(at, from.address.bytes.data(), bytes);
  std::memcpy(at + bytes, to.address.bytes.data(), bytes);
  store(at + 2 * bytes, be16(from.port));
  store(at + 2 * bytes + 2, be16(to.port));
  return frame;
}

constexpr int kQueueAt = 76;  ///< rx_queue_mapping depends on which packet came last.

/// Instructions that copy the members of the socket in r7 that programs may read to the stack at r10 - 80.
std::string copy_members(bool common, bool six) {
  std::string text;
  for (int at = 0; at < kQueueAt; at += 4) {
    const bool only_full = at >= 8 && at < 24;
    if (common && only_full) continue;
    if (six && at == 52) continue;  // dst_ip4 of an IPv6 socket depends on who connected.
    const bool port = at == 48;
    text += fmt::format("r1 = *({} *)(r7 +{})\n*(u32 *)(r10 {}) = r1\n", port ? "u16" : "u32", at, at - 80);
  }
  return text;
}

std::string program_text(const Question& q, Type type) {
  const std::string hook = type == Type::xdp ? "xdp" : "skb";
  const size_t bytes = q.local[0] == '[' ? 36 : 12;
  std::string text = "r6 = r1\n";
  for (int at = -128; at < 0; at += 8) text += fmt::format("*(u64 *)(r10 {}) = 0\n", at);
  text += fmt::format(
      "r2 = {1}\nr3 = r10\nr3 += -128\nr4 = {2}\ncall bpf_{0}_load_bytes\n"
      "r1 = r6\nr2 = r10\nr2 += -128\nr3 = {2}\nr4 = {3}\nr5 = 0\ncall bpf_{4}\n"
      "if r0 == 0 goto none\nr7 = r0\n",
      hook, kTupleAt, bytes, q.netns, q.call);
  text += copy_members(std::string_view(q.call).starts_with("skc"), bytes == 36);
  text += fmt::format(
      "r1 = r7\ncall bpf_sk_release\nr1 = r6\nr2 = {1}\nr3 = r10\nr3 += -80\nr4 = 80\nr5 = 0\n"
      "call bpf_{0}_store_bytes\nr0 = 1\nnone: exit\n",
      hook, kSeenAt);
  return text;
}

/// Both sides; the frames must agree, verdicts are compared with `verdict`.
void compare(const Netstate& state, Type type, const std::string& text, std::vector<std::byte> frame, int32_t verdict,
             std::span<const MapSpec> maps = {}) {
  const auto code = isa::assemble(text, {helper::name_of});
  ASSERT_TRUE(code) << code.error().message;
  const Snippet snippet{type, *code, maps};
  const TestInput input{.frame = std::move(frame), .netstate = &state};
  const auto theirs = run_in_kernel(snippet, input);
  ASSERT_TRUE(theirs) << theirs.error().message;
  EXPECT_EQ(static_cast<int32_t>(theirs->verdict), verdict) << "the kernel";
  const auto ours = run_in_saya(snippet, input);
  ASSERT_TRUE(ours) << ours.error().message;
  EXPECT_EQ(static_cast<int32_t>(ours->verdict), verdict);
  EXPECT_EQ(to_hex(ours->frame), to_hex(theirs->frame));
}

/// With net.ipv4.tcp_syncookies at `mode` (2: a cookie for every connection).
template <class Body>
void among_sockets(Body body, char mode = '2') {
  SAYA_NEEDS_BPF();
  if (std::system("ip -V >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "no ip to set a network up with: runs where the package iproute2 is installed, as ./test does";
  const auto entered = in_new_namespace([&] {
    if (const auto done = configure(kSetUp); !done) FAIL() << done.error().message;
    const std::vector<Fd> sockets = open_sockets();
    ASSERT_TRUE(configure(fmt::format("ipv4/tcp_syncookies = {}\n", mode)));
    std::string text(kState);
    text.replace(text.find("MODE"), 4, 1, mode);
    const auto state = parse_netstate(text);
    ASSERT_TRUE(state) << state.error().message;
    body(*state);
  });
  SAYA_NEEDS_NAMESPACE(entered);
}

TEST(SocketLookup, finds_what_the_kernel_finds) {
  among_sockets([](const Netstate& state) {
    for (const Question& question : kQuestions)
      for (const Type type : {Type::sched_cls, Type::xdp}) {
        SCOPED_TRACE(fmt::format("{} {} {} -> {}", type == Type::xdp ? "xdp" : "tc", question.call, question.remote,
                                 question.local));
        compare(state, type, program_text(question, type), frame_of(question), question.found);
      }
  });
}

/// What is done with a socket that a tuple led to; it is in r7, and r0 is the verdict.
struct Use {
  const char* name;
  const char* remote;
  const char* local;
  const char* text;
  int32_t verdict;
};

const Use kUses[] = {
    {"get_listener_sock of a listener",       "127.0.0.1:1",     "127.0.0.1:8080",
     "r1 = r7;call bpf_get_listener_sock;if r0 == 0 goto end;r0 = *(u32 *)(r0 +44);end:",              8080   },
    {"get_listener_sock of a connection",     "127.0.0.1:40000", "127.0.0.1:8080",
     "r1 = r7;call bpf_get_listener_sock;if r0 == 0 goto end;r0 = *(u32 *)(r0 +44);end:",              0      },
    {"tcp_sock of a connection",              "127.0.0.1:40000", "127.0.0.1:8080",
     "r1 = r7;call bpf_tcp_sock;if r0 == 0 goto end;r0 = *(u32 *)(r0 +0);r0 = 1;end:",                 1      },
    {"sk_fullsock of a connection",           "127.0.0.1:40000", "127.0.0.1:8080",
     "r1 = r7;call bpf_sk_fullsock;if r0 == 0 goto end;r0 = *(u32 *)(r0 +72);end:",                    1      },
    {"a socket put into a map and taken out", "127.0.0.1:1",     "127.0.0.1:8080",
     "*(u32 *)(r10 -4) = 1;r1 = map[idx:0];r2 = r10;r2 += -4;r3 = r7;r4 = 0;call bpf_map_update_elem;r8 = r0;"
     "r1 = map[idx:0];r2 = r10;r2 += -4;call bpf_map_lookup_elem;if r0 == 0 goto end;"
     "r8 = *(u32 *)(r0 +44);r1 = r0;call bpf_sk_release;r0 = r8;end:",                                 8080   },
    {"an empty slot of a map",                "127.0.0.1:1",     "127.0.0.1:8080",
     "*(u32 *)(r10 -4) = 0;r1 = map[idx:0];r2 = r10;r2 += -4;call bpf_map_lookup_elem;if r0 == 0 goto end;"
     "r1 = r0;call bpf_sk_release;r0 = 1;end:",                                                        0      },
    {"a slot that there is not",              "127.0.0.1:1",     "127.0.0.1:8080",
     "*(u32 *)(r10 -4) = 4;r1 = map[idx:0];r2 = r10;r2 += -4;r3 = r7;r4 = 0;call bpf_map_update_elem", -E2BIG },
    {"only an empty slot",                    "127.0.0.1:1",     "127.0.0.1:8080",
     "*(u32 *)(r10 -4) = 1;r1 = map[idx:0];r2 = r10;r2 += -4;r3 = r7;r4 = 1;call bpf_map_update_elem;"
     "r1 = map[idx:0];r2 = r10;r2 += -4;r3 = r7;r4 = 1;call bpf_map_update_elem",                      -EEXIST},
    {"only a full slot",                      "127.0.0.1:1",     "127.0.0.1:8080",
     "*(u32 *)(r10 -4) = 1;r1 = map[idx:0];r2 = r10;r2 += -4;r3 = r7;r4 = 2;call bpf_map_update_elem", -ENOENT},
    {"other flags",                           "127.0.0.1:1",     "127.0.0.1:8080",
     "*(u32 *)(r10 -4) = 1;r1 = map[idx:0];r2 = r10;r2 += -4;r3 = r7;r4 = 3;call bpf_map_update_elem", -EINVAL},
    {"deleting from an empty slot",           "127.0.0.1:1",     "127.0.0.1:8080",
     "*(u32 *)(r10 -4) = 1;r1 = map[idx:0];r2 = r10;r2 += -4;call bpf_map_delete_elem",                -EINVAL},
    {"deleting from a hash",                  "127.0.0.1:1",     "127.0.0.1:8080",
     "*(u32 *)(r10 -4) = 1;r1 = map[idx:1];r2 = r10;r2 += -4;r3 = r7;r4 = 0;call bpf_map_update_elem;"
     "r1 = map[idx:1];r2 = r10;r2 += -4;call bpf_map_delete_elem;r8 = r0;"
     "r1 = map[idx:1];r2 = r10;r2 += -4;call bpf_map_delete_elem;r0 -= r8",                            -ENOENT},
};

const MapSpec kMaps[] = {
    {.name = "sockets",     .type = 15, .key_size = 4, .value_size = 4, .max_entries = 4},
    {.name = "socket_hash", .type = 18, .key_size = 4, .value_size = 8, .max_entries = 4},
};

std::string lines(std::string text) {
  std::ranges::replace(text, ';', '\n');
  return text;
}

/// Finds the socket, does `use`, releases it.
std::string with_socket(std::string_view call, size_t bytes, std::string_view use) {
  return lines(
      fmt::format("r6 = r1;r2 = {0};r3 = r10;r3 += -128;r4 = {1};call bpf_skb_load_bytes;"
                  "r1 = r6;r2 = r10;r2 += -128;r3 = {1};r4 = -1;r5 = 0;call bpf_{2};if r0 == 0 goto none;r7 = r0;{3};"
                  "r9 = r0;r1 = r7;call bpf_sk_release;r0 = r9;none: exit;",
                  kTupleAt, bytes, call, use));
}

TEST(SocketUse, does_what_the_kernel_does) {
  among_sockets([](const Netstate& state) {
    for (const Use& use : kUses) {
      SCOPED_TRACE(use.name);
      const std::string text(use.text);
      const bool in_maps = text.find("map[") != text.npos, hash = text.find("idx:1") != text.npos;
      std::string numbered = text;
      for (size_t at; (at = numbered.find("idx:1")) != numbered.npos;) numbered.replace(at, 5, "idx:0");
      const auto maps = in_maps ? std::span(kMaps).subspan(hash ? 1 : 0, 1) : std::span<const MapSpec>();
      const Question question{.remote = use.remote, .local = use.local};
      compare(state, Type::sched_cls, with_socket("sk_lookup_tcp", 12, numbered), frame_of(question), use.verdict,
              maps);
    }
  });
}

/// A cookie asked of the listener at 127.0.0.1:8080 or [::]:8081. The headers lie in the frame behind the tuple.
struct Cookie {
  const char* name;
  const char* local;
  const char* call;  ///< Of r7, the IP header at r10 - 80, TCP's at r10 - 40.
  int32_t verdict;   ///< Of gen, the segment size.
  uint8_t version = 4, flags = 2, doff = 5;
};

constexpr const char* kMake =
    "r1 = r7;r2 = r10;r2 += -80;r3 = 40;r4 = r10;r4 += -40;r5 = 20;call bpf_tcp_gen_syncookie;r1 = r0;r1 s>>= 63;"
    "if r1 != 0 goto end;r0 >>= 32;end:";
/// Makes one and brings it back.
constexpr const char* kMakeAndCheck =
    "r1 = r7;r2 = r10;r2 += -80;r3 = 40;r4 = r10;r4 += -40;r5 = 20;call bpf_tcp_gen_syncookie;"
    "r0 += 1;r0 = be32 r0;*(u32 *)(r10 -32) = r0;r1 = 0x1000000;*(u32 *)(r10 -36) = r1;r1 = 16;*(u8 *)(r10 -27) = r1;"
    "r1 = r7;r2 = r10;r2 += -80;r3 = 40;r4 = r10;r4 += -40;r5 = 20;call bpf_tcp_check_syncookie";
constexpr const char* kCheck =
    "r1 = r7;r2 = r10;r2 += -80;r3 = 40;r4 = r10;r4 += -40;r5 = 20;call bpf_tcp_check_syncookie";

const Cookie kCookies[] = {
    {"a SYN", "127.0.0.1:8080", kMake, 536},
    {"a SYN over IPv6", "[::1]:8081", kMake, 1220, 6},
    {"a SYN over IPv4 to an IPv6 socket", "[::1]:8081", kMake, 536, 4},
    {"a SYN over IPv4 to IPv6 only", "[::1]:8082", kMake, -EINVAL, 4},
    {"a SYN over IPv6 to an IPv4 socket", "127.0.0.1:8080", kMake, -EINVAL, 6},
    {"no IP", "127.0.0.1:8080", kMake, -EPROTONOSUPPORT, 5},
    {"an ACK", "127.0.0.1:8080", kMake, -EINVAL, 4, 16},
    {"a SYN and ACK", "127.0.0.1:8080", kMake, -EINVAL, 4, 18},
    {"a longer header than given", "127.0.0.1:8080", kMake, -EINVAL, 4, 2, 6},
    {"bringing a cookie back", "127.0.0.1:8080", kMakeAndCheck, 0},
    {"bringing a cookie back over IPv6", "[::1]:8081", kMakeAndCheck, 0, 6},
    {"checking a SYN", "127.0.0.1:8080", kCheck, -ENOENT},
    {"checking an ACK of something else", "127.0.0.1:8080", kCheck, -ENOENT, 4, 16},
    {"checking an ACK without IP", "127.0.0.1:8080", kCheck, -EPROTONOSUPPORT, 5, 16},
    {"checking IPv6 at an IPv4 socket", "127.0.0.1:8080", kCheck, -EINVAL, 6, 16},
};

void expect_verdict(const Netstate& state, const Cookie& cookie, int32_t verdict) {
  SCOPED_TRACE(cookie.name);
  const bool six = cookie.local[0] == '[';
  auto frame = frame_of({.remote = six ? "[::1]:1" : "127.0.0.1:1", .local = cookie.local});
  frame[60] = static_cast<std::byte>(cookie.version << 4 | 5);
  frame[100 + 12] = static_cast<std::byte>(cookie.doff << 4);
  frame[100 + 13] = static_cast<std::byte>(cookie.flags);
  const std::string use =
      fmt::format("r1 = r6;r2 = 60;r3 = r10;r3 += -80;r4 = 80;call bpf_skb_load_bytes;{}", cookie.call);
  compare(state, Type::sched_cls, with_socket("sk_lookup_tcp", six ? 36 : 12, use), std::move(frame), verdict);
}

TEST(SynCookie, listeners_make_and_take_them) {
  among_sockets([](const Netstate& state) {
    for (const Cookie& cookie : kCookies) expect_verdict(state, cookie, cookie.verdict);
  });
}

TEST(SynCookie, there_are_none_where_the_host_wants_none) {
  among_sockets(
      [](const Netstate& state) {
        expect_verdict(state, {"a SYN", "127.0.0.1:8080", kMake, 0}, -ENOENT);
        expect_verdict(state, {"an ACK", "127.0.0.1:8080", kMake, 0, 4, 16}, -ENOENT);
        expect_verdict(state, {"checking an ACK", "127.0.0.1:8080", kCheck, 0, 4, 16}, -EINVAL);
      },
      '0');
}

}  // namespace
}  // namespace saya::tests
