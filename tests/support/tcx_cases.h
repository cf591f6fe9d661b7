// The order of tcx programs, as rows: the kernel judges them in tests/veth_tcx_test.cpp, saya's list runs the same rows
// in its own test.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace saya::tests {

/// One request. Programs are numbered from 1; 0 is none.
struct TcxStep {
  enum class Action : uint8_t { attach, detach, link, unlink };
  Action action = Action::attach;
  uint32_t program = 0;
  uint32_t flags = 0;
  uint32_t relative = 0;  ///< A program's number; with the link flag, that of the program whose link it is.
  uint32_t replaced = 0;
  uint64_t revision = 0;
  int error = 0;  ///< Positive.
};

struct TcxCase {
  std::string name;  ///< Reads as a sentence.
  std::vector<TcxStep> steps;
  std::string order;      ///< Of the programs afterwards: "1 3 2".
  uint64_t revision = 0;  ///< Afterwards; 0: not looked at.
};

inline constexpr uint32_t kTcxPrograms = 66;

std::vector<TcxCase> tcx_order_cases();

}  // namespace saya::tests
