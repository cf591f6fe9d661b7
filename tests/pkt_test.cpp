// Runs every tests/pkt/*.pkt: saya must do what the file records, and so must the kernel where bpf(2) is allowed.
// SAYA_RECORD=1 writes the kernel's outcome into the files instead.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "kernel/bpf.h"
#include "support/case_name.h"
#include "support/needs_kernel.h"
#include "support/pkt_case.h"

namespace saya::tests {
namespace {

const std::string kCases = SAYA_SOURCE_DIR "/tests/pkt";
const std::string kObjects = SAYA_BINARY_DIR "/bpf/tests/pkt";

std::vector<std::string> case_files() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(kCases))
    if (entry.path().extension() == ".pkt") files.push_back(entry.path().string());
  std::ranges::sort(files);
  return files;
}

std::string contents_of(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void record(const std::string& path, const std::string& outcome) {
  const std::string text = contents_of(path);
  std::ofstream(path) << text.substr(0, text.find("---\n")) << "---\n" << outcome;
}

class Pkt : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto pkt = parse_pkt(contents_of(GetParam()));
    ASSERT_TRUE(pkt) << GetParam() << ": " << pkt.error().message;
    case_ = std::move(*pkt);
  }
  PktCase case_;
};

TEST_P(Pkt, runs_in_saya_as_recorded) {
  const auto outcome = outcome_in_saya(case_, kObjects);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(*outcome, case_.expected);
}

TEST_P(Pkt, runs_in_the_kernel_as_recorded) {
  SAYA_NEEDS_BPF();
  const auto outcome = outcome_in_kernel(case_, kObjects);
  ASSERT_TRUE(outcome) << outcome.error().message;
  if (std::getenv("SAYA_RECORD"))
    record(GetParam(), *outcome);
  else
    EXPECT_EQ(*outcome, case_.expected);
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  return case_name_of(std::filesystem::path(info.param).stem().string());
}

struct Mistake {
  std::string_view text;
  std::string_view words;
};
constexpr Mistake kMistakes[] = {
    {"program tc\n",                    "line 1: program OBJECT FUNCTION"                                     },
    {"\nframe 01x2\n",                  "line 2: "                                                            },
    {"frame\n",                         "line 1: frame NAME or bytes in hexadecimal"                          },
    {"fram udp4\n",                     "line 1: unknown word 'fram'"                                         },
    {"ctx len=3\n",                     "line 1: 'len=3' is not FIELD=NUMBER of a field that a test run takes"},
    {"ctx mark=0xg\n",                  "line 1: '0xg' is not a number"                                       },
    {"map m 00 01\n",                   "line 1: map NAME KEY = VALUE"                                        },
    {"tail m 1\n",                      "line 1: tail MAP INDEX PROGRAM"                                      },
    {"frame udp4\n---\nprogram tc a\n", "a case needs 'program' and 'frame'"                                  },
};

TEST(PktCase, mistakes_are_named_with_their_line) {
  for (const Mistake& mistake : kMistakes) {
    const auto pkt = parse_pkt(mistake.text);
    ASSERT_FALSE(pkt) << mistake.text;
    EXPECT_TRUE(pkt.error().message.starts_with(mistake.words)) << pkt.error().message;
  }
}

INSTANTIATE_TEST_SUITE_P(Files, Pkt, testing::ValuesIn(case_files()), test_name);

}  // namespace
}  // namespace saya::tests
