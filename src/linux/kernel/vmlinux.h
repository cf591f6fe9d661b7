// The types of the running kernel, and what they tell of its functions and variables.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/result.h"
#include "btf/btf.h"

namespace saya::kernel {

/// The BTF of vmlinux with an index of its functions and variables. Those of modules are not looked at. Immutable.
class Vmlinux {
 public:
  static Result<Vmlinux> read(const std::string& path = "/sys/kernel/btf/vmlinux");
  explicit Vmlinux(std::shared_ptr<const btf::Btf> btf);

  const std::shared_ptr<const btf::Btf>& btf() const noexcept { return btf_; }
  /// The id of the FUNC or VAR of that name.
  std::optional<uint32_t> function(std::string_view name) const noexcept;
  std::optional<uint32_t> variable(std::string_view name) const noexcept;
  /// Whether programs may call the function: tagged "bpf_kfunc", or any function where nothing is tagged (pahole before
  /// 1.26 did not).
  bool is_kfunc(std::string_view name) const noexcept;

 private:
  std::shared_ptr<const btf::Btf> btf_;
  std::unordered_map<std::string_view, uint32_t> functions_, variables_;
  std::unordered_set<uint32_t> kfuncs_;
};

}  // namespace saya::kernel
