// What the kernel says about itself, in the words of its own files.
#include "kernel/running.h"

#include <gtest/gtest.h>

#include <fstream>

#include "support/needs_kernel.h"

namespace saya::kernel {
namespace {

TEST(KernelVersion, is_three_numbers_in_one) {
  struct Row {
    const char* release;
    uint32_t version;
  };
  constexpr Row kRows[] = {
      {"6.18.44-amd64",        0x06122c},
      {"6.1.0",                0x060100},
      {"5.10",                 0x050a00},
      {"6.1.300",              0x0601ff},
      {"7",                    0x070000},
      {"6.18-rc3",             0x061200},
      {"",                     0       },
      {"next",                 0       },
      {"99999999999999.1.2.3", 0       },
  };
  for (const Row& row : kRows) EXPECT_EQ(parse_version(row.release), row.version) << row.release;
}

TEST(KernelConfig, has_the_options_that_are_set) {
  const Config config(
      "# a comment\nCONFIG_HZ=250\nCONFIG_BPF=y\n# CONFIG_NET is not set\nCONFIG_LSM=\"a=b\"\nHZ=1\nCONFIG_X");
  EXPECT_EQ(config.value("CONFIG_HZ"), "250");
  EXPECT_EQ(config.value("CONFIG_BPF"), "y");
  EXPECT_EQ(config.value("CONFIG_LSM"), "\"a=b\"");
  for (const char* absent : {"CONFIG_NET", "HZ", "CONFIG_X", ""}) EXPECT_EQ(config.value(absent), std::nullopt);
}

TEST(Kallsyms, know_where_a_symbol_is_or_why_not) {
  const Kallsyms symbols(
      "ffffffff81000000 T _text\n"
      "0000000000000000 D hidden\n"
      "ffffffffc0001000 t twice\t[one]\n"
      "ffffffffc0002000 t twice\t[two]\n"
      "ffffffff81000010 T same\nffffffff81000010 T same\n"
      "no address here\n"
      "12 T\n");
  EXPECT_EQ(symbols.address("_text").value(), 0xffffffff81000000u);
  EXPECT_EQ(symbols.address("same").value(), 0xffffffff81000010u);
  EXPECT_EQ(symbols.address("hidden").error().code, Code::not_permitted);
  EXPECT_EQ(symbols.address("twice").error().message,
            "the kernel has several symbols 'twice', at 0xffffffffc0001000 and 0xffffffffc0002000");
  EXPECT_EQ(symbols.address("here").error().code, Code::no_such_entry);
  EXPECT_TRUE(symbols.has("hidden"));
  EXPECT_FALSE(symbols.has("T"));
}

class Running : public testing::Test {
 protected:
  void SetUp() override {
    SAYA_NEEDS_BPF();
    if (!std::ifstream("/sys/kernel/btf/vmlinux"))
      GTEST_SKIP() << "the running kernel shows no types: runs on kernels with CONFIG_DEBUG_INFO_BTF";
  }
  program::Target target_ = running_target();
};

TEST_F(Running, types_are_those_of_the_kernel) {
  const auto types = target_.types();
  ASSERT_TRUE(types) << types.error().message;
  EXPECT_TRUE((*types)->find(btf::Kind::structure, "sk_buff"));
  EXPECT_EQ(target_.types()->get(), types->get()) << "read once";
}

TEST_F(Running, functions_are_those_that_programs_may_call) {
  EXPECT_TRUE(target_.has_function("bpf_xdp_metadata_rx_hash"));
  EXPECT_FALSE(target_.has_function("no_such_function"));
  EXPECT_FALSE(target_.has_function("schedule")) << "a function, but none for programs";
}

TEST_F(Running, variables_are_found_with_and_without_types) {
  const auto symbols = Kallsyms::read();
  ASSERT_TRUE(symbols) << symbols.error().message;
  EXPECT_EQ(target_.has_variable("runqueues"), symbols->has("runqueues")) << "types alone do not tell where it is";
  EXPECT_TRUE(target_.has_variable("schedule")) << "symbols know what types do not";
  EXPECT_FALSE(target_.has_variable("no_such_variable"));
}

TEST_F(Running, version_is_not_the_oldest) { EXPECT_GE(target_.kernel_version, parse_version("5.10")); }

}  // namespace
}  // namespace saya::kernel
