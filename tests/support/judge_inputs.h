// What a program is judged over: frames, and what may come with them.
#pragma once

#include <string>
#include <vector>

#include "abi/run.h"
#include "base/result.h"
#include "support/test_run.h"

namespace saya::tests {

struct NamedInput {
  std::string name;
  TestInput input;
};

/// The frames of support/frames.h and support/traffic.h; then some of them with metadata, fields of the context, sums
/// from the device and repeats, as far as BPF_PROG_TEST_RUN takes them at `hook`; at XDP also frames beyond a page.
std::vector<NamedInput> judge_inputs(abi::Hook hook);
/// The frames of a capture file.
Result<std::vector<NamedInput>> captured_inputs(const std::string& path);

}  // namespace saya::tests
