// What a checked program holds and must give back: the spin lock, references; and the dynptrs that it may hand on. The
// rules and their words are those of kernel/bpf/verifier.c, Linux 6.18, applied to the one path that runs.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "interp/machine.h"
#include "map/fields.h"
#include "map/ringbuf.h"

namespace saya::interp {
namespace {

constexpr uint32_t kSpinLock = 93, kSpinUnlock = 94;  // BPF_FUNC_*

const abi::Dynptr& dynptr_at(uint64_t address) { return *reinterpret_cast<const abi::Dynptr*>(address); }

bool same_bytes(const abi::Dynptr& a, const abi::Dynptr& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

bool is_view(abi::Arg arg) { return arg == abi::Arg::dynptr || arg == abi::Arg::dynptr_out; }

}  // namespace

/// As refuse_argument(), of a dynptr: what the stack holds there must be what a helper left. So it cannot be made up,
/// and every way of overwriting it ends it.
std::string Machine::refuse_view(uint64_t address, size_t argument) const {
  if (granted_at(address, Kind::dynptr)) return {};
  const auto it = std::ranges::find(views_, address, &View::address);
  const bool known = it != views_.end() && stack_.contains(address, sizeof(abi::Dynptr));
  if (known && same_bytes(it->bytes, dynptr_at(address))) return {};
  return fmt::format(": Expected an initialized dynptr as arg #{}", argument);
}

std::string Machine::refuse_new_view(uint64_t address) const {
  if (stack_.contains(address, sizeof(abi::Dynptr)) && address % sizeof(uint64_t) == 0) return {};
  return ", which is no place of the stack for a dynptr";
}

/// As refuse_argument(), of an object that the program has a reference to.
std::string Machine::refuse_owned(uint64_t address, size_t argument) const {
  const Granted* const held = granted_at(address, Kind::owned);
  return held && held->owed > 0 ? "" : fmt::format(": arg#{} expected pointer to allocated object", argument);
}

/// As refuse_argument(), of an object that lives, whoever has it.
std::string Machine::refuse_object(uint64_t address, abi::Arg wanted) const {
  const abi::Services* const services = run_->services;
  const auto found =
      services->objects ? services->objects->find(reinterpret_cast<const void*>(address)) : abi::OwnedObjects::Found{};
  if (reinterpret_cast<uint64_t>(found.begin) != address || address == 0) return ", which is no allocated object";
  if (wanted == abi::Arg::per_cpu) return found.per_cpu ? "" : ", which is no per-CPU object";
  return found.type->find(MapField::Kind::refcount) ? "" : ": it doesn't point to a type with bpf_refcount field";
}

/// As refuse_argument(), of a list or tree; the lock beside it must be held.
std::string Machine::refuse_root(uint64_t address, MapField::Kind kind, const Map*& map) {
  if (std::string why = refuse_field(address, kind, map); !why.empty()) return why;
  const Home home = home_of(address);
  const auto lock = std::ranges::find(home.fields, MapField::Kind::spin_lock, &MapField::kind);
  if (lock == home.fields.end() || home.begin + lock->offset == reinterpret_cast<uint64_t>(lock_)) return {};
  return fmt::format(": bpf_spin_lock at off={} must be held for {}", lock->offset, field_name(kind));
}

/// As refuse_argument(), of a node of an object, one that the program has a reference to where it must be `owned`.
std::string Machine::refuse_node(uint64_t address, MapField::Kind kind, size_t argument, bool owned) {
  const Map* map = nullptr;
  if (std::string why = refuse_field(address, kind, map); !why.empty()) return why;
  return owned ? refuse_owned(home_of(address).begin, argument) : "";
}

/// Remembers the dynptrs that a call made or changed.
void Machine::note_views(const abi::HelperSpec& helper, const Registers& r) {
  for (size_t i = 0; i < helper.args.size(); ++i) {
    if (!is_view(helper.args[i]) || !stack_.contains(r[i + 1], sizeof(abi::Dynptr))) continue;
    const View view{r[i + 1], dynptr_at(r[i + 1])};
    const auto it = std::ranges::find(views_, view.address, &View::address);
    if (it == views_.end())
      views_.push_back(view);
    else
      *it = view;
  }
}

/// What r0 points to is the program's to give back, as records of ring buffers always are.
void Machine::note_reference(const Registers& r) noexcept {
  const auto it = std::ranges::find(granted_, r[0], [](const Granted& g) { return g.span.begin; });
  if (r[0] == 0 || it == granted_.end() || it->kind == Kind::owned) return;  // That one is counted where it is granted.
  it->acquired = {calling_, code_};
  ++it->owed;
}

/// Empty when the helper may be called with what lock is held now. Kernel functions have rules of their own.
std::string_view Machine::refuse_while_locked(const abi::HelperSpec& helper, const Registers& r) const noexcept {
  if (helper.id == kSpinUnlock) {
    if (!lock_) return "bpf_spin_unlock without taking a lock";
    return lock_ == reinterpret_cast<std::byte*>(r[1]) ? "" : "bpf_spin_unlock of different lock";
  }
  return lock_ && !abi::is_kernel_function(helper) ? "function calls are not allowed while holding a lock" : "";
}

void Machine::note_lock(const abi::HelperSpec& helper, const Registers& r) noexcept {
  if (helper.id == kSpinLock) lock_ = reinterpret_cast<std::byte*>(r[1]);
  if (helper.id == kSpinUnlock) lock_ = nullptr;
}

/// Empty when the program may end here, by BPF_EXIT or a tail call.
std::string Machine::refuse_end(std::string_view how) const {
  if (lock_) return fmt::format("is not allowed: {} cannot be used inside bpf_spin_lock-ed region", how);
  const auto it = std::ranges::find_if(granted_, [](const Granted& g) { return g.owed > 0; });
  if (it == granted_.end()) return {};
  const auto& [op, code] = it->acquired;
  const uint32_t slot = code->slots[static_cast<size_t>(op - code->ops.data())];
  return fmt::format("is not allowed: Unreleased reference alloc_insn={}: {} would lead to reference leak", slot, how);
}

/// Whether the program holds nothing where it ends.
bool Machine::gives_back(const Op* op) {
  const std::string why = refuse_end("BPF_EXIT instruction in main prog");
  if (!why.empty()) fault(op, why);
  return why.empty();
}

/// What a stopped program still holds goes back: others wait for it.
void Machine::give_back() noexcept {
  if (lock_) unlock_value(lock_);
  lock_ = nullptr;
  views_.clear();
  const abi::HelperSpec* const release = abi::find_kernel_function(code_->helpers, "bpf_ct_release");
  for (const std::vector<Granted> all = std::exchange(granted_, {}); const Granted& held : all) {
    if (held.kind == Kind::record) RingBuffer::commit(reinterpret_cast<std::byte*>(held.span.begin), true);
    if (held.kind == Kind::owned)
      for (uint32_t i = 0; i < held.owed; ++i)
        run_->services->objects->drop(reinterpret_cast<std::byte*>(held.span.begin));
    if (held.kind != Kind::object || !release) continue;
    for (uint32_t i = 0; i < held.owed; ++i) release->call(*run_, held.span.begin, 0, 0, 0, 0);
  }
}

}  // namespace saya::interp
