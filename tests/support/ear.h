// A listener for tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "abi/run.h"

namespace saya::tests {

/// Keeps what runs say.
class Ear final : public abi::Listener {
 public:
  void on_trace(const abi::Run&, std::string_view line) override { lines.emplace_back(line); }
  void on_fault(const abi::Run&, const abi::Fault& fault) override { faults.push_back(fault); }
  std::vector<std::string> lines;
  std::vector<abi::Fault> faults;
};

}  // namespace saya::tests
