// CO-RE: what a relocation of an object's own types comes to among the types of the place where it will run. Answers
// what libbpf 1.x answers (Linux 6.12 tools/lib/bpf/relo_core.c); knows nothing of instructions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "btf/btf.h"

namespace saya::btf {

/// What the instruction must hold before and after.
struct CoreAnswer {
  uint64_t old_value = 0;
  uint64_t new_value = 0;
  bool check = true;         ///< Whether the instruction must hold old_value: the compiler may differ for bit-fields.
  bool poison = false;       ///< There is no new value: the instruction must not be reached.
  bool unsafe_size = false;  ///< Sizes differ in a way that a load or store cannot follow (signed, or no integer).
  uint32_t old_size = 0;     ///< Bytes of the field that a byte offset leads to; 0 where that says nothing.
  uint32_t new_size = 0;
  std::string why;  ///< With poison or unsafe_size: the cause, without the names of field and target.
};

/// Whether a relocation of that kind can be answered without a target.
constexpr bool is_local(CoreKind kind) noexcept { return kind == CoreKind::type_id_local; }

/// Resolves the relocations of one program, in order. Work is bounded: hostile types end in an error.
class CoreResolver {
 public:
  /// Both must outlive it.
  explicit CoreResolver(const Btf& local) : local_(local) {}

  /// `target` may be null for kinds that are local, and must be the same in every call.
  Result<CoreAnswer> resolve(const CoreQuery& query, const Btf* target);

  /// How messages name it, as libbpf does: "<byte_off> [7] struct task_struct.pid (0:77 @ offset 2)".
  std::string describe(const CoreQuery& query) const;

 private:
  const Btf& local_;
  /// By the local type: what was found for it, and what is left of that after the relocations so far. As libbpf has it,
  /// a type that one field ruled out does not come back for another.
  std::unordered_map<uint32_t, std::vector<uint32_t>> candidates_;
  uint64_t steps_ = uint64_t{1} << 24;
};

}  // namespace saya::btf
