// bpf(2) as it is wrapped here: what comes back, and with which words it is refused.
#include "kernel/bpf.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>

#include "base/bytes.h"
#include "isa/insn.h"
#include "program/program.h"
#include "support/needs_kernel.h"

namespace saya::kernel {
namespace {

class Bpf : public testing::Test {
 protected:
  void SetUp() override { SAYA_NEEDS_BPF(); }
};

std::vector<isa::RawInsn> code_of(std::string_view text) { return isa::assemble(text).value(); }

Result<Fd> load_xdp(std::span<const isa::RawInsn> code, std::string* log = nullptr) {
  return load_program({.type = BPF_PROG_TYPE_XDP, .name = "test", .license = "GPL", .code = code}, log);
}

MapSpec hash_spec() {
  return {.name = "numbers",
          .type = BPF_MAP_TYPE_HASH,
          .key_size = 4,
          .value_size = 8,
          .max_entries = 4,
          .flags = 0,
          .key_btf_type = 0,
          .value_btf_type = 0};
}

Bytes bytes(std::string_view hex) { return from_hex(hex).value(); }

TEST(ObjectName, keeps_what_the_kernel_allows) {
  EXPECT_EQ(object_name("fw.o:[xdp]"), "fw.o__xdp_");
  EXPECT_EQ(object_name("a_name_of_more_than_15"), "a_name_of_more_");
  EXPECT_EQ(object_name(""), "");
}

TEST(PossibleCpus, counts_at_least_this_one) { EXPECT_GE(possible_cpus().value(), 1u); }

TEST_F(Bpf, map_holds_what_was_written) {
  const Fd map = create_map(hash_spec()).value();
  ASSERT_TRUE(update(map.get(), bytes("01000000"), bytes("0102030405060708"), kUpdateNoExist));
  EXPECT_EQ(lookup(map.get(), bytes("01000000"), 8).value(), bytes("0102030405060708"));
  EXPECT_EQ(lookup(map.get(), bytes("02000000"), 8).error().code, Code::no_such_entry);
  EXPECT_EQ(update(map.get(), bytes("01000000"), bytes("0000000000000000"), kUpdateNoExist).error().code,
            Code::already_exists);
  EXPECT_EQ(next_key(map.get(), {}, 4).value(), bytes("01000000"));
  EXPECT_EQ(next_key(map.get(), bytes("01000000"), 4).value(), std::nullopt);
  ASSERT_TRUE(erase(map.get(), bytes("01000000")));
  EXPECT_EQ(erase(map.get(), bytes("01000000")).error().code, Code::no_such_entry);
}

TEST_F(Bpf, map_name_is_the_kernels_to_judge) {
  for (const char* name : {"two words", "sixteen_letters_"}) {
    MapSpec spec = hash_spec();
    spec.name = name;
    EXPECT_EQ(create_map(spec).error().code, Code::invalid_argument) << name;
    spec.name = object_name(name);
    EXPECT_TRUE(create_map(spec)) << name;
  }
}

TEST_F(Bpf, what_is_not_pinned_is_named) {
  EXPECT_EQ(open_pinned("/sys/fs/bpf/saya no such pin").error().message,
            "open '/sys/fs/bpf/saya no such pin': No such file or directory");
}

TEST_F(Bpf, refused_map_is_named) {
  MapSpec spec = hash_spec();
  spec.key_size = 0;
  EXPECT_EQ(create_map(spec).error().message, "create map 'numbers': Invalid argument");
}

TEST_F(Bpf, frozen_map_takes_no_more_writes) {
  const Fd map = create_map(hash_spec()).value();
  ASSERT_TRUE(freeze(map.get()));
  EXPECT_EQ(update(map.get(), bytes("01000000"), bytes("0102030405060708"), 0).error().code, Code::not_permitted);
}

TEST_F(Bpf, refused_program_is_explained_by_the_verifier) {
  std::string log;
  const auto refused = load_xdp(code_of("r0 = *(u32 *)(r1 +100)\nexit"), &log);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::not_permitted);
  EXPECT_NE(refused.error().message.find("load program 'test': Permission denied: "), std::string::npos);
  EXPECT_NE(refused.error().message.find("invalid bpf_context access off=100 size=4"), std::string::npos)
      << refused.error().message;
  EXPECT_NE(log.find("processed 1 insn"), std::string::npos) << log;
}

/// 100 kB of log do not fit into the first buffer.
TEST_F(Bpf, long_log_comes_whole) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "r0 = 1\n";
  std::string log;
  ASSERT_FALSE(load_xdp(code_of(text + "r0 = r9\nexit"), &log));
  EXPECT_GT(log.size(), size_t{64} << 10);
  EXPECT_NE(log.find("R9 !read_ok"), std::string::npos);
}

TEST_F(Bpf, loaded_program_is_known_by_its_tag) {
  const auto code = code_of("r0 = 1\nexit");
  const Fd program = load_xdp(code).value();
  const ProgramInfo info = program_info(program.get()).value();
  EXPECT_EQ(info.name, "test");
  EXPECT_EQ(info.type, uint32_t{BPF_PROG_TYPE_XDP});
  EXPECT_GT(info.id, 0u);
  EXPECT_EQ(info.xlated.size() * sizeof(isa::RawInsn), info.xlated_size);
  EXPECT_FALSE(info.xlated.empty());
  const abi::Tag tag = program::tag_sha256(code);
  const abi::Tag old_tag = program::tag_sha1(code);
  EXPECT_TRUE(std::equal(tag.begin(), tag.end(), info.tag) || std::equal(old_tag.begin(), old_tag.end(), info.tag));
}

TEST_F(Bpf, test_run_returns_verdict_packet_and_context) {
  const Fd program = load_xdp(code_of("r2 = *(u32 *)(r1 +4)\n"
                                      "r1 = *(u32 *)(r1 +0)\n"
                                      "r3 = r1\n"
                                      "r3 += 1\n"
                                      "if r3 > r2 goto end\n"
                                      "*(u8 *)(r1 +0) = 255\n"
                                      "end: r0 = 3\n"
                                      "exit"))
                         .value();
  const Bytes frame(20);
  xdp_md md{};
  md.data_end = 20;
  const auto output = test_run(program.get(), {.data = frame, .ctx = std::as_bytes(std::span(&md, 1))});
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(output->verdict, 3u);
  EXPECT_EQ(output->data.size(), 20u);
  EXPECT_EQ(output->data[0], std::byte{255});
  EXPECT_EQ(load<xdp_md>(output->ctx.data()).data_end, 20u);
}

TEST_F(Bpf, test_run_with_too_little_room_is_an_error) {
  const Fd program = load_xdp(code_of("r0 = 2\nexit")).value();
  const Bytes frame(64);
  EXPECT_FALSE(test_run(program.get(), {.data = frame, .data_room = 10}));
}

TEST_F(Bpf, refused_btf_is_explained) {
  const auto refused = load_btf(bytes("9feb0100180000000000000000000000000000000000000000"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("load BTF: Invalid argument: "), std::string::npos) << refused.error().message;
}

TEST_F(Bpf, without_capabilities_the_words_say_which) {
  Result<> outcome;
  std::thread([&] {  // Capabilities are a thread's own.
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    const __user_cap_data_struct none[2] = {};
    ASSERT_EQ(::syscall(SYS_capset, &header, none), 0);
    outcome = available();
  })
      .join();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::not_permitted);
  EXPECT_NE(outcome.error().message.find("needs CAP_BPF and CAP_NET_ADMIN"), std::string::npos);
}

}  // namespace
}  // namespace saya::kernel
