// run/test_run.h against BPF_PROG_TEST_RUN of the running kernel: what is refused with which errno, what a program
// finds, what comes back into how much room.
#include "run/test_run.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "helper/table.h"
#include "interp/interp.h"
#include "isa/insn.h"
#include "kernel/bpf.h"
#include "support/ear.h"
#include "support/needs_kernel.h"

namespace saya::tests {
namespace {

using Bytes = std::vector<std::byte>;
using program::Type;

/// A program that changes what a context or a frame may show.
struct Code {
  const char* name;
  Type type;
  const char* text;
};
constexpr Code kLinearBytes = {"linear", Type::xdp,
                               "r2 = *(u32 *)(r1 +4); r3 = *(u32 *)(r1 +0); r0 = r2; r0 -= r3; exit"};
constexpr Code kQueue = {"device", Type::xdp, "r0 = *(u32 *)(r1 +12); exit"};
constexpr Code kGrowsHead = {"head", Type::xdp, "r2 = -8; call bpf_xdp_adjust_head; exit"};
constexpr Code kDropsMeta = {"meta", Type::xdp, "r2 = 4; call bpf_xdp_adjust_meta; exit"};
constexpr Code kGrowsTail = {"tail", Type::xdp, "r2 = 100; call bpf_xdp_adjust_tail; exit"};
constexpr Code kLength = {"length", Type::sched_cls, "r0 = *(u32 *)(r1 +0); exit"};
constexpr Code kAction = {"action", Type::sched_act, "r0 = *(u32 *)(r1 +0); exit"};
constexpr Code kPacketType = {"pkt_type", Type::sched_cls, "r0 = *(u32 *)(r1 +4); exit"};
constexpr Code kProtocol = {"protocol", Type::sched_cls, "r0 = *(u32 *)(r1 +16); exit"};
constexpr Code kWireLength = {"wire_len", Type::sched_cls, "r0 = *(u32 *)(r1 +160); exit"};
constexpr Code kAddress = {"address", Type::sched_cls,
                           "r2 = *(u32 *)(r1 +76); *(u64 *)(r10 -8) = r2; r3 = 0; lock *(u64 *)(r10 -8) += r3; r0 = "
                           "*(u64 *)(r10 -8); r0 &= 255; exit"};
constexpr Code kXdpAddress = {"address", Type::xdp,
                              "r2 = *(u32 *)(r1 +0); *(u64 *)(r10 -8) = r2; r3 = 0; lock *(u64 *)(r10 -8) += r3; r0 = "
                              "*(u64 *)(r10 -8); r0 &= 255; exit"};
constexpr Code kWrites = {"writes", Type::sched_cls,
                          "r2 = 7; *(u32 *)(r1 +8) = r2; *(u32 *)(r1 +52) = r2; *(u32 *)(r1 +44) = r2; r0 = 1; exit"};

struct Row {
  const char* name;
  Code code;
  Bytes data;
  Bytes ctx = {};
  size_t data_room = 100'000;
  std::optional<size_t> ctx_room = {};
  uint32_t repeat = 1;
};

Bytes frame(size_t size, uint16_t type = 0x88b5, uint8_t first = 0) {
  Bytes bytes(std::max<size_t>(size, 14));
  for (size_t i = 14; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i);
  std::fill_n(bytes.begin(), 6, static_cast<std::byte>(first));
  bytes[12] = static_cast<std::byte>(type >> 8);
  bytes[13] = static_cast<std::byte>(type);
  bytes.resize(size);
  return bytes;
}

template <class T>
Bytes bytes_of(const T& value, size_t size = sizeof(T)) {
  Bytes bytes(sizeof(T));
  std::memcpy(bytes.data(), &value, sizeof value);
  bytes.resize(size);
  return bytes;
}

Bytes md(uint32_t data, uint32_t end, uint32_t ifindex = 0, uint32_t queue = 0) {
  return bytes_of(xdp_md{.data = data, .data_end = end, .ingress_ifindex = ifindex, .rx_queue_index = queue});
}
/// A context with one word set.
Bytes word(size_t offset, uint64_t value, size_t size = 4) {
  Bytes ctx(sizeof(__sk_buff));
  std::memcpy(ctx.data() + offset, &value, size);
  return ctx;
}
Bytes longer(Bytes bytes, std::byte last) {
  bytes.resize(bytes.size() + 7);
  bytes.push_back(last);
  return bytes;
}

const size_t kAll = sizeof(__sk_buff);
const size_t kMd = sizeof(xdp_md);

std::vector<Row> xdp_rows() {
  std::vector<Row> rows;
  for (const size_t size : {0, 13, 14, 3520, 3521, 9000, 3520 + 17 * 4096, 3521 + 17 * 4096})
    rows.push_back({"sizes", kLinearBytes, frame(size)});
  for (const size_t size : {14, 500, 9000}) rows.push_back({"low bits of data", kXdpAddress, frame(size)});
  rows.push_back({"low bits of data behind metadata", kXdpAddress, frame(60), md(8, 60), 1000, kMd});
  for (const auto& [data, end] : std::initializer_list<std::pair<uint32_t, uint32_t>>{
           {0,  0 },
           {0,  10},
           {0,  60},
           {4,  60},
           {4,  4 },
           {4,  3 },
           {5,  60},
           {0,  61},
           {44, 60},
           {48, 60}
  })
    rows.push_back({"metadata and linear part", kLinearBytes, frame(60), md(data, end), 1000, kMd});
  for (const uint32_t meta : {212, 216, 220, 252, 256})
    rows.push_back({"room for metadata", kLinearBytes, frame(400), md(meta, 400), 1000, kMd});
  for (const size_t size : {3524, 3525, 3600})
    rows.push_back({"metadata of long frames", kLinearBytes, frame(size), md(4, static_cast<uint32_t>(size))});
  for (const auto& [ifindex, queue] : std::initializer_list<std::pair<uint32_t, uint32_t>>{
           {1,     0},
           {1,     1},
           {0,     1},
           {98765, 0}
  })
    rows.push_back({"devices", kQueue, frame(60), md(0, 60, ifindex, queue), 1000, kMd});
  rows.push_back({"egress device", kQueue, frame(60), bytes_of(xdp_md{.data_end = 60, .egress_ifindex = 1})});
  rows.push_back({"data_meta", kQueue, frame(60), bytes_of(xdp_md{.data_end = 60, .data_meta = 4})});
  rows.push_back({"longer context", kQueue, frame(60), longer(md(0, 60), std::byte{0}), 1000, kMd});
  rows.push_back({"unknown in context", kQueue, frame(60), longer(md(0, 60), std::byte{1})});
  rows.push_back({"context beyond a page", kQueue, frame(60), Bytes(4097)});
  for (const size_t size : {1, 4, 8, 23})
    rows.push_back(
        {"shorter context", kLinearBytes, frame(60), bytes_of(xdp_md{.data = 4, .data_end = 60}, size), 99, kMd});
  for (const size_t room : {0, 1, 23, 25})
    rows.push_back({"room for context", kQueue, frame(60), md(0, 60), 1000, room});
  rows.push_back({"context only out", kLinearBytes, frame(60), {}, 1000, kMd});
  for (const size_t room : {1, 10, 59, 60}) rows.push_back({"room for data", kQueue, frame(60), {}, room});
  for (const size_t room : {10, 5479, 5480, 5481, 7000, 8999, 9000})
    rows.push_back({"room for fragments", kQueue, frame(9000), {}, room});
  for (const uint32_t repeat : {0, 1, 5, 40}) {
    rows.push_back({"repeat", kGrowsHead, frame(60), md(4, 60), 1000, kMd, repeat});
    rows.push_back({"repeat", kDropsMeta, frame(60), md(8, 60), 1000, kMd, repeat});
    rows.push_back({"repeat", kGrowsTail, frame(60), md(8, 60), 9000, kMd, repeat});
  }
  return rows;
}

std::vector<Row> skb_rows() {
  std::vector<Row> rows;
  for (const Code& code : {kLength, kAction}) {
    for (const size_t size : {0, 13, 14, 15, 3521, 3712, 3713}) rows.push_back({"sizes", code, frame(size)});
    for (const size_t size : {14, 60, 500, 3712}) rows.push_back({"low bits of data", kAddress, frame(size)});
    for (const size_t size : {14, 33, 34}) rows.push_back({"IPv4 header", code, frame(size, 0x0800)});
    for (const size_t size : {14, 53, 54}) rows.push_back({"IPv6 header", code, frame(size, 0x86dd)});
  }
  for (const Code& code : {kPacketType, kProtocol})
    for (const int type : {0x0800, 0x8100, 0x0020, 0x0600})
      for (const int first : {0, 1, 2, 255})
        rows.push_back({"device's view", code, frame(60, static_cast<uint16_t>(type), static_cast<uint8_t>(first))});
  rows.push_back({"802.2 without bytes", kProtocol, frame(14, 0x20)});
  for (size_t offset = 0; offset < kAll; offset += 4)
    rows.push_back(
        {"each word", kLength, frame(60), word(offset, offset == offsetof(__sk_buff, wire_len) ? 60 : 1), 99, kAll});
  rows.push_back({"padding", kLength, frame(60), word(181, 1, 1)});
  for (const uint32_t ifindex : {0, 1, 98765})
    rows.push_back({"devices", kLength, frame(60), word(offsetof(__sk_buff, ifindex), ifindex), 99, kAll});
  for (const uint32_t length : {0, 59, 60, 61, 65536, 65537})
    rows.push_back({"wire_len", kWireLength, frame(60), word(offsetof(__sk_buff, wire_len), length), 99, kAll});
  for (const uint32_t segments : {65535, 65536})
    rows.push_back({"gso_segs", kLength, frame(60), word(offsetof(__sk_buff, gso_segs), segments), 99, kAll});
  rows.push_back({"gso_size", kLength, frame(60), word(offsetof(__sk_buff, gso_size), 70000), 99, kAll});
  rows.push_back({"tstamp", kLength, frame(60), word(offsetof(__sk_buff, tstamp), ~uint64_t{0}, 8), 99, kAll});
  rows.push_back({"no context", kWireLength, frame(60)});
  rows.push_back({"what a program writes", kWrites, frame(60), word(8, 1), 99, kAll});
  rows.push_back({"context only out", kWrites, frame(60), {}, 99, kAll});
  for (const size_t size : {8, 12, 180, 191})
    rows.push_back({"shorter context", kLength, frame(60), bytes_of(__sk_buff{.mark = 5}, size), 99, kAll});
  for (const size_t room : {0, 1, 191, 300})
    rows.push_back({"room for context", kLength, frame(60), word(8, 1), 99, room});
  for (const size_t room : {1, 59, 60}) rows.push_back({"room for data", kLength, frame(60), word(8, 1), room, kAll});
  return rows;
}

/// What both sides answer, as one text.
std::string text_of(int error, uint32_t retval, size_t data_size, const Bytes& data, size_t ctx_size,
                    const Bytes& ctx) {
  if (error && error != -ENOSPC) return fmt::format("errno {}", -error);
  return fmt::format("errno {} retval {} data {}: {} ctx {}: {}", -error, retval, data_size, to_hex(data), ctx_size,
                     to_hex(ctx));
}

std::string in_kernel(int fd, const Row& row) {
  Bytes data(row.data_room), ctx(row.ctx_room.value_or(0) + 1);
  const auto address = [](const Bytes& bytes) { return reinterpret_cast<uint64_t>(bytes.data()); };
  union bpf_attr attr;
  std::memset(&attr, 0, sizeof attr);
  attr.test.prog_fd = static_cast<uint32_t>(fd);
  attr.test.repeat = row.repeat;
  attr.test.data_in = address(row.data);
  attr.test.data_size_in = static_cast<uint32_t>(row.data.size());
  attr.test.data_out = address(data);
  attr.test.data_size_out = static_cast<uint32_t>(data.size());
  attr.test.ctx_in = row.ctx.empty() ? 0 : address(row.ctx);
  attr.test.ctx_size_in = static_cast<uint32_t>(row.ctx.size());
  attr.test.ctx_out = row.ctx_room ? address(ctx) : 0;
  attr.test.ctx_size_out = static_cast<uint32_t>(row.ctx_room.value_or(0));
  attr.test.retval = UINT32_MAX;
  const int error = syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attr, sizeof attr) < 0 ? -errno : 0;
  // What the kernel did not come to write stays as it was.
  const bool wrote_data = attr.test.retval != UINT32_MAX;
  if (!wrote_data) return text_of(error, 0, 0, {}, 0, {});
  data.resize(std::min<size_t>(attr.test.data_size_out, data.size()));
  const bool wrote_ctx = row.ctx_room && data.size() == attr.test.data_size_out;
  ctx.resize(wrote_ctx ? std::min<size_t>(attr.test.ctx_size_out, *row.ctx_room) : 0);
  return text_of(error, attr.test.retval, attr.test.data_size_out, data, wrote_ctx ? attr.test.ctx_size_out : 0, ctx);
}

std::string in_saya(const abi::Executable& program, const Row& row) {
  const RealClock clock;
  abi::Random random(1);
  Ear ear;
  const run::TestOutput output = run::test_run(
      program,
      {.data = row.data, .ctx = row.ctx, .data_room = row.data_room, .ctx_room = row.ctx_room, .repeat = row.repeat},
      {.clock = &clock, .random = &random, .listener = &ear});
  if (output.faulted) return ear.faults.back().message;
  return text_of(output.error, output.retval, output.data_size, output.data, output.ctx_size, output.ctx);
}

std::string lines_of(std::string text) {
  for (char& c : text)
    if (c == ';') c = '\n';
  return text;
}

void compare(const std::vector<Row>& rows) {
  SAYA_NEEDS_BPF();
  for (size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    const auto code = isa::assemble(lines_of(row.code.text), {helper::name_of});
    ASSERT_TRUE(code) << code.error().message;
    const auto loaded =
        kernel::load_program({.type = static_cast<uint32_t>(row.code.type), .license = "GPL", .code = *code});
    ASSERT_TRUE(loaded) << loaded.error().message;
    const auto executable = interp::run_checked(program::from_code("test", *code, row.code.type), helper::table());
    ASSERT_TRUE(executable) << executable.error().message;
    EXPECT_EQ(in_saya(**executable, row), in_kernel(loaded->get(), row))
        << "row " << i << ", " << row.name << ": program " << row.code.name << ", " << row.data.size()
        << " bytes, context " << to_hex(row.ctx);
  }
}

TEST(TestRunKernel, xdp_runs_end_as_the_kernels_do) { compare(xdp_rows()); }
TEST(TestRunKernel, skb_runs_end_as_the_kernels_do) { compare(skb_rows()); }

}  // namespace
}  // namespace saya::tests
