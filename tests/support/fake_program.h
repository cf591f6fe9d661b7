// Programs made of a C++ function, for tests of the packet's wing.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "abi/executable.h"

namespace saya::tests {

/// An Executable whose meaning is a lambda over the Run; returns r0.
class FakeProgram final : public abi::Executable {
 public:
  using Body = std::function<uint64_t(abi::Run&)>;
  FakeProgram(std::string name, abi::Hook hook, Body body)
      : Executable({.name = std::move(name), .origin = "fake", .hook = hook}), body_(std::move(body)) {}

  void run(std::span<abi::Run> runs, std::span<uint64_t> results) const noexcept override {
    for (size_t i = 0; i < runs.size(); ++i) results[i] = body_(runs[i]);
  }
  uint64_t enter(abi::Run& run) const noexcept override { return body_(run); }
  uint64_t call(abi::Run& run, uint64_t, Map&, std::span<const std::byte>, std::byte*) const noexcept override {
    return body_(run);
  }

 private:
  Body body_;
};

inline abi::ExecutablePtr fake(std::string name, abi::Hook hook, FakeProgram::Body body) {
  return std::make_shared<FakeProgram>(std::move(name), hook, std::move(body));
}
/// A program that always returns `code`.
inline abi::ExecutablePtr returning(abi::Hook hook, int32_t code) {
  return fake("returns", hook, [code](abi::Run&) { return static_cast<uint32_t>(code); });
}

}  // namespace saya::tests
