// Licences: which words open the GPL-only helpers, by the kernel's list and by the running kernel's answer.
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <ostream>

#include "kernel/bpf.h"
#include "program/program.h"
#include "support/needs_kernel.h"

namespace saya::program {
namespace {

struct LicenceCase {
  const char* word;
  bool compatible;
  friend void PrintTo(const LicenceCase& c, std::ostream* os) { *os << '\'' << c.word << '\''; }
};

constexpr LicenceCase kCases[] = {
    {"GPL",                       true },
    {"GPL v2",                    true },
    {"GPL and additional rights", true },
    {"Dual BSD/GPL",              true },
    {"Dual MIT/GPL",              true },
    {"Dual MPL/GPL",              true },
    {"",                          false},
    {"gpl",                       false},
    {"GPLv2",                     false},
    {"GPL-2.0",                   false},
    {"GPL-2.0-only",              false},
    {"GPL v2+",                   false},
    {"GPL v3",                    false},
    {" GPL",                      false},
    {"GPL\n",                     false},
    {"LGPL",                      false},
    {"MIT",                       false},
    {"BSD",                       false},
    {"Dual GPL/BSD",              false},
    {"Dual BSD/GPL ",             false},
    {"Dual Apache/GPL",           false},
    {"Proprietary",               false},
};

class Licence : public testing::TestWithParam<LicenceCase> {};

TEST_P(Licence, IsGplCompatibleIfTheKernelsListHasIt) {
  EXPECT_EQ(is_gpl_compatible(GetParam().word), GetParam().compatible);
}

TEST_P(Licence, OpensGplOnlyHelpersInTheRunningKernel) {
  SAYA_NEEDS_BPF();
  constexpr isa::RawInsn kCode[] = {
      {0x85, 0, 0, BPF_FUNC_get_current_task}, // GPL-only, without arguments
      {0xb7, 0, 0, XDP_PASS                 },
      {0x95, 0, 0, 0                        }
  };
  std::string log;
  const auto loaded =
      kernel::load_program({.type = BPF_PROG_TYPE_XDP, .license = GetParam().word, .code = kCode}, &log);
  EXPECT_EQ(loaded.has_value(), GetParam().compatible) << log;
  EXPECT_EQ(log.find("cannot call GPL-restricted function from non-GPL compatible program") == log.npos,
            GetParam().compatible)
      << log;
}
INSTANTIATE_TEST_SUITE_P(Program, Licence, testing::ValuesIn(kCases));

}  // namespace
}  // namespace saya::program
