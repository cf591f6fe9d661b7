// Every helper and each of its errors, asked of saya and, through BPF_PROG_TEST_RUN, of the running kernel.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <regex>
#include <set>

#include "base/bytes.h"
#include "base/kernel_errno.h"
#include "helper/table.h"
#include "support/case_name.h"
#include "support/needs_kernel.h"
#include "support/snippet.h"

namespace saya::tests {
namespace {

using program::Type;
using Bytes = std::vector<std::byte>;

/// One helper call. `text` is a program, one instruction between semicolons; r1 is the context.
struct Row {
  const char* name;
  Type type;
  const char* text;
  int32_t r0;
};

/// The maps that rows refer to as map[idx:N]. Types that need BTF are in tests/parity instead.
const MapSpec kMaps[] = {
    {.name = "array", .type = 2, .key_size = 4, .value_size = 8, .max_entries = 4}, // 0
    {.name = "hash", .type = 1, .key_size = 4, .value_size = 8, .max_entries = 2},
    {.name = "progs", .type = 3, .key_size = 4, .value_size = 4, .max_entries = 4},
    {.name = "percpu", .type = 6, .key_size = 4, .value_size = 8, .max_entries = 4},
    {.name = "percpu_hash", .type = 5, .key_size = 4, .value_size = 8, .max_entries = 2}, // 4
    {.name = "lru", .type = 9, .key_size = 4, .value_size = 8, .max_entries = 4},
    {.name = "percpu_lru", .type = 10, .key_size = 4, .value_size = 8, .max_entries = 4},
    {.name = "trie", .type = 11, .key_size = 8, .value_size = 8, .max_entries = 2, .flags = 1},
    {.name = "queue", .type = 22, .key_size = 0, .value_size = 8, .max_entries = 2}, // 8
    {.name = "stack", .type = 23, .key_size = 0, .value_size = 8, .max_entries = 2},
    {.name = "bloom", .type = 30, .key_size = 0, .value_size = 8, .max_entries = 64},
    {.name = "ring", .type = 27, .key_size = 0, .value_size = 0, .max_entries = 4096},
    {.name = "events", .type = 4, .key_size = 4, .value_size = 4, .max_entries = 4}, // 12
    {.name = "devices", .type = 14, .key_size = 4, .value_size = 8, .max_entries = 4},
    {.name = "device_hash", .type = 25, .key_size = 4, .value_size = 8, .max_entries = 4},
    {.name = "cpus", .type = 16, .key_size = 4, .value_size = 8, .max_entries = 2},
    {.name = "xsks", .type = 17, .key_size = 4, .value_size = 4, .max_entries = 4}, // 16
    {.name = "sockets", .type = 15, .key_size = 4, .value_size = 4, .max_entries = 4},
    {.name = "socket_hash", .type = 18, .key_size = 4, .value_size = 4, .max_entries = 4},
    {.name = "user_ring", .type = 31, .key_size = 0, .value_size = 0, .max_entries = 4096},
    {.name = "cgroups", .type = 8, .key_size = 4, .value_size = 4, .max_entries = 4}, // 20
};

/// Ethernet, IPv4 (20 bytes, checksum at 24), UDP (checksum at 40), 22 bytes of payload: 64 in all.
Bytes udp_frame() {
  Bytes frame(64);
  for (size_t i = 0; i < frame.size(); ++i) frame[i] = static_cast<std::byte>(i);
  const uint8_t fixed[] = {0x08, 0x00, 0x45, 0, 0, 50, 0x12, 0x34, 0, 0, 64, 17, 0xab, 0xcd, 10, 0, 0, 1, 10, 0, 0, 2};
  std::ranges::transform(fixed, frame.begin() + 12, [](uint8_t b) { return std::byte{b}; });
  return frame;
}

constexpr Type kTc = Type::sched_cls, kXdp = Type::xdp;

const Row kRows[] = {
#include "helper/checksum.def"
#include "helper/flow.def"
#include "helper/keyed.def"
#include "helper/lang.def"
#include "helper/map.def"
#include "helper/perf.def"
#include "helper/queue.def"
#include "helper/redirect.def"
#include "helper/ring.def"
#include "helper/skb.def"
#include "helper/stack.def"
#include "helper/xdp.def"
};

std::string lines(std::string text) {
  std::ranges::replace(text, ';', '\n');
  return text;
}

/// A program with the maps that it refers to, and no others.
struct Assembled {
  std::string text;
  std::vector<MapSpec> maps = {};
};

Assembled with_maps_of(std::string_view text) {
  constexpr std::string_view kMap = "map[idx:";
  Assembled out;
  std::vector<size_t> used;
  for (size_t at = 0; at < text.size();) {
    const size_t map = std::min(text.find(kMap, at), text.size());
    out.text += text.substr(at, map - at);
    at = map;
    if (map == text.size()) break;
    const size_t end = text.find(']', map);
    const size_t number = std::stoul(std::string(text.substr(map + kMap.size(), end - map - kMap.size())));
    const auto known = std::ranges::find(used, number);
    out.text += fmt::format("{}{}]", kMap, known - used.begin());
    if (known == used.end()) {
      used.push_back(number);
      out.maps.push_back(kMaps[number]);
    }
    at = end + 1;
  }
  return out;
}

/// Saya and the kernel both return `r0` and leave the same bytes.
void expect_on_both(Type type, const std::string& text, int32_t r0) {
  const Assembled assembled = with_maps_of(text);
  const auto code = isa::assemble(assembled.text, {helper::name_of});
  ASSERT_TRUE(code) << code.error().message;
  const Snippet snippet{type, *code, assembled.maps};
  const auto ours = run_in_saya(snippet, {.frame = udp_frame()});
  ASSERT_TRUE(ours) << ours.error().message;
  EXPECT_EQ(static_cast<int32_t>(ours->verdict), r0);
  SAYA_NEEDS_BPF();
  const auto theirs = run_in_kernel(snippet, {.frame = udp_frame()});
  ASSERT_TRUE(theirs) << theirs.error().message;
  EXPECT_EQ(static_cast<int32_t>(theirs->verdict), r0) << "the kernel";
  EXPECT_EQ(ours->frame, theirs->frame);
  EXPECT_EQ(ours->meta, theirs->meta);
}

class HelperParity : public testing::TestWithParam<Row> {};

TEST_P(HelperParity, AnswersAsTheKernelDoes) { expect_on_both(GetParam().type, lines(GetParam().text), GetParam().r0); }

INSTANTIATE_TEST_SUITE_P(Rows, HelperParity, testing::ValuesIn(kRows), case_name);

/// Calls that the kernel's verifier refuses and that stop a checked program. The prologue leaves in r7 a pointer to 34
/// bytes of the frame.
struct RefusedRow {
  const char* name;
  Type type;
  const char* text;
  const char* kernel;  ///< Words of the verifier's log,
  const char* ours;    ///< and of the fault.
};

const RefusedRow kRefused[] = {
    {"packet bytes for skb_store_bytes",   kTc,  "r2 = 0;r3 = r7;r4 = 4;r5 = 0;call bpf_skb_store_bytes",
     "helper access to the packet is not allowed",                                                                                                                                        "helper access to the packet is not allowed"             },
    {"packet bytes for skb_load_bytes",    kTc,  "r2 = 0;r3 = r7;r4 = 4;call bpf_skb_load_bytes",
     "helper access to the packet is not allowed",                                                                                                                                        "helper access to the packet is not allowed"             },
    {"packet bytes for xdp_store_bytes",   kXdp, "r2 = 0;r3 = r7;r4 = 4;call bpf_xdp_store_bytes",
     "helper access to the packet is not allowed",                                                                                                                                        "helper access to the packet is not allowed"             },
    {"packet bytes for trace_printk",      kXdp, "r1 = r7;r2 = 4;call bpf_trace_printk",
     "helper access to the packet is not allowed",                                                                                                                                        "helper access to the packet is not allowed"             },
    {"a size of zero",                     kTc,  "r2 = 0;r3 = r10;r3 += -8;r4 = 0;call bpf_skb_load_bytes",                       "invalid zero-sized read",
     "an invalid zero-sized access"                                                                                                                                                                                                                },
    {"a map that is no prog_array",        kXdp, "r2 = map[idx:0];r3 = 0;call bpf_tail_call",
     "expected prog array map for tail call",                                                                                                                                             "expected prog array map for tail call"                  },
    {"a record that is kept",              kXdp, "r1 = map[idx:11];r2 = 8;r3 = 0;call bpf_ringbuf_reserve",
     "BPF_EXIT instruction in main prog would lead to reference leak",                                                                                                                    "would lead to reference leak"                           },
    {"a record that is no record",         kXdp, "r1 = r10;r1 += -8;r2 = 0;call bpf_ringbuf_submit",
     "R1 type=fp expected=ringbuf_mem",                                                                                                                                                   "which is no reserved record"                            },
    {"a record from its middle",           kXdp,
     "r1 = map[idx:11];r2 = 16;r3 = 0;call bpf_ringbuf_reserve;if r0 == 0 goto end;r1 = r0;r1 += 8;r2 = 0;call "
     "bpf_ringbuf_submit",                                                                                                        "R1 must have zero offset when passed to release func", "which is no reserved record"                            },
    {"a record twice",                     kXdp,
     "r1 = map[idx:11];r2 = 16;r3 = 0;call bpf_ringbuf_reserve;if r0 == 0 goto end;r6 = r0;r1 = r6;r2 = 0;call "
     "bpf_ringbuf_submit;r1 = r6;r2 = 0;call bpf_ringbuf_submit",                                                                 "R1 type=scalar expected=ringbuf_mem",                  "which is no reserved record"                            },
    {"a record after it was submitted",    kXdp,
     "r1 = map[idx:11];r2 = 16;r3 = 0;call bpf_ringbuf_reserve;if r0 == 0 goto end;r6 = r0;r1 = r6;r2 = 0;call "
     "bpf_ringbuf_submit;r0 = *(u64 *)(r6 +0)",                                                                                   "R6 invalid mem access 'scalar'",                       "r0 = *(u64 *)(r6 +0) reads 8 bytes at"                  },
    {"bytes behind a record",              kXdp,
     "r1 = map[idx:11];r2 = 16;r3 = 0;call bpf_ringbuf_reserve;if r0 == 0 goto end;*(u64 *)(r0 +16) = 1",                         "invalid access to memory, mem_size=16 off=16 size=8",  "*(u64 *)(r0 +16) = 1 writes 8 bytes at"                 },
    {"packet bytes for perf_event_output", kXdp, "r2 = map[idx:12];r3 = 0;r4 = r7;r5 = 8;call bpf_perf_event_output",
     "helper access to the packet is not allowed",                                                                                                                                        "helper access to the packet is not allowed"             },
    {"packet bytes for ringbuf_output",    kXdp, "r1 = map[idx:11];r2 = r7;r3 = 8;r4 = 0;call bpf_ringbuf_output",
     "helper access to the packet is not allowed",                                                                                                                                        "helper access to the packet is not allowed"             },
    {"packet bytes for map_pop_elem",      kXdp, "r1 = map[idx:8];r2 = r7;call bpf_map_pop_elem",
     "helper access to the packet is not allowed",                                                                                                                                        "helper access to the packet is not allowed"             },
    {"a pop of a bloom filter",            kXdp, "*(u64 *)(r10 -8) = 1;r1 = map[idx:10];r2 = r10;r2 += -8;call bpf_map_pop_elem",
     "cannot pass map_type 30 into func bpf_map_pop_elem#88",                                                                                                                             "cannot pass map_type 30 into func bpf_map_pop_elem#88"  },
    {"no context",                         kXdp, "r1 = r10;r2 = 0;call bpf_xdp_adjust_head",                                      "R1 type=fp expected=ctx",
     "which is not the context"                                                                                                                                                                                                                    },
    {"an atomic on the packet",            kXdp, "r2 = 1;lock *(u32 *)(r7 +0) += r2",
     "BPF_ATOMIC stores into R7 pkt is not allowed",                                                                                                                                      "is a BPF_ATOMIC store into R7 pkt, which is not allowed"},
};

std::string with_packet_pointer(Type type, const char* text) {
  const bool xdp = type == kXdp;
  return lines(fmt::format(
      "r7 = *(u32 *)(r1 +{});r8 = *(u32 *)(r1 +{});r0 = r7;r0 += 34;if r0 > r8 goto end;{};end: r0 = 0;exit",
      xdp ? 0 : 76, xdp ? 4 : 80, text));
}

class HelperRefusal : public testing::TestWithParam<RefusedRow> {};

TEST_P(HelperRefusal, IsTheKernelsToo) {
  const RefusedRow& row = GetParam();
  const Assembled assembled = with_maps_of(with_packet_pointer(row.type, row.text));
  const auto code = isa::assemble(assembled.text, {helper::name_of});
  ASSERT_TRUE(code) << code.error().message;
  const Snippet snippet{row.type, *code, assembled.maps};
  const auto ours = run_in_saya(snippet, {.frame = udp_frame()});
  ASSERT_FALSE(ours);
  EXPECT_NE(ours.error().message.find(row.ours), std::string::npos) << ours.error().message;
  SAYA_NEEDS_BPF();
  const auto theirs = run_in_kernel(snippet, {.frame = udp_frame()});
  ASSERT_FALSE(theirs);
  EXPECT_NE(theirs.error().message.find(row.kernel), std::string::npos) << theirs.error().message;
}

INSTANTIATE_TEST_SUITE_P(Rows, HelperRefusal, testing::ValuesIn(kRefused), case_name);

/// trace_printk() returns the length of what it would print: the same rules, whoever prints.
struct Print {
  const char* name;
  std::string format;  ///< On the stack; its NUL is added.
  int64_t a, b, c;
  int32_t r0;
  bool terminated = true;
};

const Print kPrints[] = {
    {"no conversions", "hello\n", 0, 0, 0, 6},
    {"d", "%d", -5, 0, 0, 2},
    {"d takes 32 bits", "%d", 0x1'0000'0005, 0, 0, 1},
    {"i", "%i", -5, 0, 0, 2},
    {"u of minus one", "%u", -1, 0, 0, 10},
    {"ld lu", "%ld %lu", -1, -1, 0, 23},
    {"lld llu llx", "%lld %llu %llx", -1, -1, -1, 40},
    {"x X", "%x %X", 255, 255, 0, 5},
    {"a width", "%8d|", 1, 0, 0, 9},
    {"a zero-filled width", "%08x", 255, 0, 0, 8},
    {"a left width", "%-8d|", 1, 0, 0, 9},
    {"a plus", "%+d", 1, 0, 0, 2},
    {"a plus of an unsigned", "%+u", 1, 0, 0, 1},
    {"a space", "% d", 1, 0, 0, 2},
    {"a large width", "%2000d", 1, 0, 0, 2000},
    {"a percent sign", "100%%", 0, 0, 0, 4},
    {"c", "%c%c", 'a', 'b', 0, 2},
    {"c with a width", "%4c", 'a', 0, 0, 4},
    {"c before a letter", "%cx", 'a', 0, 0, 2},
    {"p", "%p", 0, 0, 0, 16},
    {"p of a number", "%p", 1234, 0, 0, 16},
    {"px", "%px", 1234, 0, 0, 16},
    {"pK", "%pK", 0, 0, 0, 16},
    {"p before a blank", "%p %d", 0, 5, 0, 18},
    {"p before a comma", "%p,%d", 0, 5, 0, 18},
    {"p before a percent sign", "%p%d", 0, 5, 0, 17},
    {"p with a width", "%20p", 0, 0, 0, 20},
    {"ps of a number", "%ps", 0x1234, 0, 0, 6},
    {"pS of a number", "%pS", 0x1234, 0, 0, 6},
    {"pB of a number", "%pB", 0x1234, 0, 0, 6},
    {"pI4 of a wild pointer", "%pI4", 8, 0, 0, 7},
    {"pi4 of a wild pointer", "%pi4", 8, 0, 0, 15},
    {"pI6 of a wild pointer", "%pI6", 8, 0, 0, 39},
    {"pi6 of a wild pointer", "%pi6", 8, 0, 0, 32},
    {"pI5", "%pI5", 8, 0, 0, -22},
    {"pM", "%pM", 8, 0, 0, -22},
    {"s of a wild pointer", "<%s>", 8, 0, 0, 2},
    {"s of a wild pointer with a width", "%5s", 8, 0, 0, 5},
    {"s before a letter", "%sx", 8, 0, 0, -22},
    {"pks of a wild pointer", "%pks", 8, 0, 0, 0},
    {"pus of a wild pointer", "%pus", 8, 0, 0, 0},
    {"f", "%f", 0, 0, 0, -22},
    {"o", "%o", 0, 0, 0, -22},
    {"hd", "%hd", 0, 0, 0, -22},
    {"llld", "%llld", 0, 0, 0, -22},
    {"a hash", "%#x", 0, 0, 0, -22},
    {"a precision", "%.3d", 0, 0, 0, -22},
    {"a star", "%*d", 0, 0, 0, -22},
    {"a conversion that is cut off", "%", 0, 0, 0, -22},
    {"l that is cut off", "%l", 0, 0, 0, -22},
    {"three values", "%d %d %d", 1, 2, 3, 5},
    {"four values", "%d %d %d %d", 1, 2, 3, -22},
    {"a control character", "a\x01", 0, 0, 0, -22},
    {"a tab", "a\tb", 0, 0, 0, 3},
    {"delete", "a\x7f", 0, 0, 0, -22},
    {"a letter beyond ASCII", "\xc3\xa4", 0, 0, 0, 2},
    {"bytes that are no letter", "\x80\x9f\xff", 0, 0, 0, 3},
    {"a letter beyond ASCII in a conversion", "%\xc3", 0, 0, 0, -22},
    {"p before a letter beyond ASCII", "%p\xc3", 0, 0, 0, -22},
    {"an empty format", "", 0, 0, 0, 0},
    {"no NUL", "abcdefg!", 0, 0, 0, -22, false},
};

/// The format on the stack, eight bytes a store, then the call.
std::string printk_program(const Print& print) {
  Bytes bytes(print.format.size() + (print.terminated ? 1 : 0));
  std::ranges::transform(print.format, bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
  const size_t size = bytes.size();
  bytes.resize((size + 7) / 8 * 8);
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 8)
    text += fmt::format("r0 = {:#x}\n*(u64 *)(r10 -{}) = r0\n", load<uint64_t>(&bytes[i]), bytes.size() - i);
  return text +
         fmt::format("r1 = r10\nr1 += -{}\nr2 = {}\nr3 = {} ll\nr4 = {} ll\nr5 = {} ll\n", bytes.size(), size, print.a,
                     print.b, print.c) +
         "call bpf_trace_printk\nexit\n";
}

/// Every row of helpers.def, and each of its errors, has a case: a row here whose last call it is, a program of
/// tests/parity that is named for it, another test that compares it, or a reason.
struct Remark {
  const char* helper;
  int error;  ///< 0: the helper itself.
  const char* text;
};
const Remark kElsewhere[] = {
#include "helper/elsewhere.def"
};
const Remark kExempt[] = {
#include "helper/exempt.def"
};

class HelperGate {
 public:
  HelperGate() {
    for (const Row& row : kRows) add_row(row);
    for (const auto& entry : std::filesystem::directory_iterator(SAYA_SOURCE_DIR "/tests/parity"))
      add_source(entry.path());
    for (const Remark& other : kElsewhere) cases_.insert({other.helper, other.error});
    for (const Remark& exempt : kExempt) exempt_.insert({exempt.helper, exempt.error});
  }
  bool has_case(std::string_view helper, int error) const { return cases_.contains({std::string(helper), error}); }
  bool is_exempt(std::string_view helper, int error) const { return exempt_.contains({std::string(helper), error}); }

 private:
  using Case = std::pair<std::string, int>;

  void add_row(const Row& row) {
    const std::string_view text = row.text;
    const size_t call = text.rfind("call bpf_");
    if (call == text.npos) return;
    const size_t name = call + std::strlen("call bpf_");
    const std::string helper(text.substr(name, text.find(';', name) - name));
    cases_.insert({helper, 0});
    if (row.r0 < 0) cases_.insert({helper, -row.r0});
  }

  /// Programs "int HELPER__ERRNO_WORDS(" or "CASE(HELPER__ERRNO_WORDS," of a source.
  void add_source(const std::filesystem::path& path) {
    std::ifstream file(path);
    const std::regex program(R"(^(?:int |CASE\()(\w+?)__([A-Z0-9]*)\w*[(,])");
    for (std::string line; std::getline(file, line);) {
      std::smatch match;
      if (!std::regex_search(line, match, program)) continue;
      cases_.insert({match[1], 0});
      for (int error = 1; error <= ENOTSUPP; ++error)
        if (match[2] == error_name(error)) cases_.insert({match[1], error});
    }
  }

 public:
  static std::string error_name(int error) {
    if (error == ENOTSUPP) return "ENOTSUPP";
    const char* name = strerrorname_np(error);
    return name ? name : "";
  }

 private:
  std::set<Case> cases_, exempt_;
};

TEST(HelperGate, WhatIsComparedElsewhereNamesATest) {
  for (const Remark& other : kElsewhere)
    EXPECT_TRUE(std::filesystem::exists(fmt::format(SAYA_SOURCE_DIR "/{}", other.text))) << other.helper;
}

TEST(HelperGate, EveryHelperAndEachOfItsErrorsIsComparedWithTheKernel) {
  const HelperGate gate;
  size_t rows = 0, covered = 0, exempt = 0;
  const auto check = [&](const abi::HelperSpec& helper, int error) {
    ++rows;
    const bool has = gate.has_case(helper.name, error), excused = gate.is_exempt(helper.name, error);
    covered += has;
    exempt += excused && !has;
    EXPECT_TRUE(has || excused) << helper.name << (error ? " -" + HelperGate::error_name(error) : "") << " has no case";
    EXPECT_FALSE(has && excused) << helper.name << (error ? " -" + HelperGate::error_name(error) : "")
                                 << " has a case and is exempt";
  };
  for (const abi::HelperSpec& helper : helper::table()) {
    check(helper, 0);
    for (const int16_t error : helper.errors)
      if (error != 0) check(helper, error);
  }
  std::cout << fmt::format("gate: helpers and their errors: {} rows, {} compared with the kernel, {} exempt\n", rows,
                           covered, exempt);
}

class PrintParity : public testing::TestWithParam<Print> {};

TEST_P(PrintParity, ReturnsTheKernelsLength) { expect_on_both(kXdp, printk_program(GetParam()), GetParam().r0); }

INSTANTIATE_TEST_SUITE_P(Rows, PrintParity, testing::ValuesIn(kPrints), case_name);

}  // namespace
}  // namespace saya::tests
