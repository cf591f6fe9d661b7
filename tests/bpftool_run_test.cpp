// `saya obj run` beside `bpftool prog run`: the same object, files and words give the same bytes, but for the time that
// the program took.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdio.h>

#include <array>
#include <cctype>
#include <ostream>
#include <string>

#include "attach/kernel_load.h"
#include "attach/objects.h"
#include "support/case_name.h"
#include "support/needs_kernel.h"

namespace saya::tests {
namespace {

const std::string kFolder = SAYA_SOURCE_DIR "/tests/cli/obj_run/";
const std::string kObjects = SAYA_BINARY_DIR "/bpf/";

struct RunCase {
  const char* name;
  const char* object;
  const char* program;
  const char* words;    ///< {} is the folder with the files.
  const char* options;  ///< In front of all words.
  friend void PrintTo(const RunCase& row, std::ostream* out) { *out << row.name; }
};

constexpr const char* kTyped = "tests/cli/typed_maps.o";
constexpr RunCase kCases[] = {
    {"a verdict",                     kTyped,                 "parse",          "data_in {}frame.bin",                                          ""  },
    {"a frame as text",               kTyped,                 "parse",          "data_in {}frame.bin data_out -",                               ""  },
    {"a frame as JSON",               kTyped,                 "parse",          "data_in {}frame.bin data_out -",                               "-j"},
    {"a frame as JSON for people",    kTyped,                 "parse",          "data_in {}frame.bin data_out -",                               "-p"},
    {"metadata comes and goes",       kTyped,                 "parse",          "data_in {}frame.bin data_out - ctx_in {}xdp_md.bin ctx_out -", ""  },
    {"both contexts as JSON",         kTyped,                 "parse",          "data_in {}frame.bin data_out - ctx_in {}xdp_md.bin ctx_out -", "-j"},
    {"an skb",                        kTyped,                 "mark",           "data_in {}frame.bin data_out - ctx_in {}skb.bin ctx_out -",    ""  },
    {"an skb as JSON",                kTyped,                 "mark",           "data_in {}frame.bin data_out - ctx_in {}skb.bin ctx_out -",    "-j"},
    {"an skb as JSON for people",     kTyped,                 "mark",           "data_in {}frame.bin data_out - ctx_in {}skb.bin ctx_out -",    "-p"},
    {"a context without a frame out", kTyped,                 "mark",           "data_in {}frame.bin ctx_in {}skb.bin ctx_out -",               ""  },
    {"three rounds",                  kTyped,                 "parse",          "data_in {}frame.bin repeat 3",                                 ""  },
    {"three rounds and a frame",      kTyped,                 "parse",          "data_in {}frame.bin data_out - repeat 3",                      "-j"},
    {"words that are cut",            kTyped,                 "parse",          "data_i {}frame.bin data_o - r 2",                              ""  },
    {"room for the frame",            kTyped,                 "parse",          "data_in {}frame.bin data_out - data_size_out 64",              ""  },
    {"an unknown action",             "tests/cli/verdicts.o", "unknown_action", "data_in {}frame.bin",                                          "-j"},
    {"a verdict of tc",               "tests/cli/verdicts.o", "shot",           "data_in {}frame.bin",                                          ""  },
    {"a negative verdict",            "tests/cli/tcx.o",      "tcx_next",       "data_in {}frame.bin",                                          ""  },
    {"too little room",               kTyped,                 "parse",          "data_in {}frame.bin data_out - data_size_out 10",              ""  },
    {"no frame",                      kTyped,                 "parse",          "repeat 3",                                                     "-j"},
    {"the other kind of context",     kTyped,                 "mark",           "data_in {}frame.bin ctx_in {}xdp_md.bin",                      ""  },
    {"a context that is too long",    kTyped,                 "parse",          "data_in {}frame.bin ctx_in {}skb.bin",                         ""  },
};

/// The time that it took is nobody's business: "duration (average): 12ns", "\"duration\": 12".
std::string without_duration(const std::string& text) {
  std::string kept;
  for (size_t i = 0; i < text.size(); ++i) {
    kept += text[i];
    if (!kept.ends_with("duration: ") && !kept.ends_with("duration (average): ") && !kept.ends_with("\"duration\":"))
      continue;
    if (i + 1 < text.size() && text[i + 1] == ' ') kept += text[++i];
    while (i + 1 < text.size() && std::isdigit(static_cast<unsigned char>(text[i + 1])) != 0) ++i;
    kept += "N";
  }
  return kept;
}

/// What the command prints on standard output, and its exit code.
std::string output_of(const std::string& command) {
  FILE* const pipe = ::popen((command + " 2>/dev/null </dev/null").c_str(), "r");
  if (!pipe) return "cannot be run";
  std::string text;
  std::array<char, 4096> piece;
  while (const size_t got = ::fread(piece.data(), 1, piece.size(), pipe)) text.append(piece.data(), got);
  const int status = ::pclose(pipe);
  return without_duration(text) + (status == 0 ? "" : "failed\n");
}

std::string with_folder(std::string words) {
  for (size_t at = words.find("{}"); at != words.npos; at = words.find("{}", at)) words.replace(at, 2, kFolder);
  return words;
}

/// The id under which the kernel has the program.
uint32_t id_of(const attach::KernelLoad& load, const object::Object& object, std::string_view program) {
  for (const attach::KernelAnswer& answer : load.programs)
    if (object.functions[answer.function].name == program) return answer.info.id;
  return 0;
}

class ObjRun : public testing::TestWithParam<RunCase> {};

TEST_P(ObjRun, PrintsWhatBpftoolPrints) {
  SAYA_NEEDS_BPF();
  if (output_of("bpftool version").ends_with("failed\n"))
    GTEST_SKIP() << "no bpftool to compare with: runs where the package bpftool is installed, as ./test does";
  const RunCase& row = GetParam();
  const std::string words = with_folder(row.words), path = kObjects + row.object;
  const auto object = attach::read_object(path);
  ASSERT_TRUE(object) << object.error().message;
  const auto load = attach::load_into_kernel(*object);
  ASSERT_TRUE(load) << load.error().message;
  const uint32_t id = id_of(*load, *object, row.program);
  ASSERT_NE(id, 0u);
  const std::string theirs = output_of(fmt::format("bpftool {} prog run id {} {}", row.options, id, words));
  const std::string ours =
      output_of(fmt::format(SAYA_BINARY_DIR "/bin/saya obj run {} {} {} {}", row.options, path, row.program, words));
  EXPECT_EQ(ours, theirs);
}

INSTANTIATE_TEST_SUITE_P(Rows, ObjRun, testing::ValuesIn(kCases), case_name);

}  // namespace
}  // namespace saya::tests
