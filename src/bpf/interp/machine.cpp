// What a run does outside the threaded loop: frames, callbacks, tail calls, packet loads. Limits are Linux 6.18's.
#include "interp/machine.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <typeinfo>

#include "base/bytes.h"
#include "interp/engine.h"
#include "map/prog_array.h"
#include "packet/front.h"

namespace saya::interp {
namespace {

// Negative offsets of ld_abs (include/uapi/linux/filter.h): from the network header, from the link layer's.
constexpr int64_t kNetworkOffset = -0x100000;
constexpr int64_t kLinkOffset = -0x200000;

/// Bytes at a negative offset of a packet: of its linear part, or what lies in front of it. Null when they are not
/// there.
const std::byte* behind_header(const Packet& packet, int64_t offset, uint32_t bytes) noexcept {
  if (offset >= kNetworkOffset) return linear_bytes(packet, packet.skb.network_header + offset - kNetworkOffset, bytes);
  if (offset >= kLinkOffset) return linear_bytes(packet, packet.skb.mac_header + offset - kLinkOffset, bytes);
  return nullptr;
}

}  // namespace

uint64_t Machine::run(const Decoded& code, abi::Run& run) noexcept {
  Registers r{};
  memory_ = {};
  slack_ = 0;
  found_.clear();
  granted_.clear();
  if (code.hook) run.hook = *code.hook;
  r[1] = reinterpret_cast<uint64_t>(run.packet);
  return start(code, code.ops.data(), run, r);
}

uint64_t Machine::call(const Decoded& code, abi::Run& run, uint64_t function, Map& map, std::span<const std::byte> key,
                       std::byte* value) noexcept {
  Registers r{0, reinterpret_cast<uint64_t>(&map), reinterpret_cast<uint64_t>(key.data()),
              reinterpret_cast<uint64_t>(value)};
  memory_ = {};
  slack_ = 0;
  found_ = {
      {&code, &map}
  };
  granted_.clear();
  grant(Kind::memory, key.data(), key.size(), false);
  if (code.hook) run.hook = *code.hook;
  return start(code, &code.ops[static_cast<uint32_t>(function)], run, r);
}

uint64_t Machine::run_on_memory(const Decoded& code, abi::Run& run, std::span<std::byte> memory) noexcept {
  Registers r{};
  memory_ = {reinterpret_cast<uint64_t>(memory.data()), memory.size()};
  slack_ = kStackSlack;
  std::memset(bytes_.data() + kFrames * kFrameBytes, 0, kStackSlack);
  r[1] = memory_.begin;
  r[2] = memory_.size;
  return start(code, code.ops.data(), run, r);
}

uint64_t Machine::start(const Decoded& code, const Op* first, abi::Run& run, Registers& r) noexcept {
  run_ = &run;
  code_ = &code;
  backward_jumps_ = limits_.backward_jumps;
  value_ = {};
  refresh_frame();
  if (run.packet && run.packet->skb.sk) grant(Kind::socket, run.packet->skb.sk, kSocketShown, false);
  enter_frame(0);
  r[10] = top();
  // Set for the whole run, not per helper call: an outer engine's values return when this one is done.
  const auto outer_invoke = run.invoke;
  void* const outer_engine = run.engine;
  abi::Grants* const outer_grants = run.grants;
  run.invoke = &Machine::invoke;
  run.engine = this;
  run.grants = code.checked ? this : nullptr;
  const uint64_t r0 = execute_from(first, r);
  give_back();
  run.invoke = outer_invoke;
  run.engine = outer_engine;
  run.grants = outer_grants;
  return r0;
}

void Machine::refresh_frame() noexcept {
  const Packet* packet = run_->packet;
  if (!packet) {
    frame_ = {};
    return;
  }
  frame_ = {reinterpret_cast<uint64_t>(packet->data_meta), static_cast<uint64_t>(packet->data_end - packet->data_meta)};
}

/// Makes frame `depth` the running one. Its bytes are zeroed so that a run repeats even for programs that read what
/// they never wrote.
void Machine::enter_frame(uint32_t depth) noexcept {
  depth_ = depth;
  may_gotos_ = kMayGotos;
  stack_ = {top() - (depth + 1) * kFrameBytes, (depth + 1) * kFrameBytes + slack_};
  std::memset(reinterpret_cast<void*>(stack_.begin), 0, kFrameBytes);
}

bool Machine::push(const Op* op, Registers& r) noexcept {
  if (depth_ + 1 == kFrames) {
    fault(op, fmt::format("makes the call stack {} frames deep, at most {} are allowed", kFrames + 1, kFrames));
    return false;
  }
  const std::array saved{r[6], r[7], r[8], r[9]};
  frames_[depth_] = {.resume = op + 1, .code = code_, .saved = saved, .may_gotos = may_gotos_};
  enter_frame(depth_ + 1);
  r[10] -= kFrameBytes;
  return true;
}

const Op* Machine::pop(Registers& r) noexcept {
  const Frame& caller = frames_[--depth_];
  stack_ = {stack_.begin + kFrameBytes, stack_.size - kFrameBytes};
  if (code_ != caller.code) value_ = {};  // A tail call in the function left another program's.
  code_ = caller.code;
  may_gotos_ = caller.may_gotos;
  for (size_t i = 0; i < caller.saved.size(); ++i) r[6 + i] = caller.saved[i];
  r[10] += kFrameBytes;
  return caller.resume;
}

uint64_t Machine::invoke(abi::Run& run, uint64_t function, uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4,
                         uint64_t r5) noexcept {
  Registers r{0, r1, r2, r3, r4, r5};
  return static_cast<Machine*>(run.engine)->call_back(function, r);
}

/// Runs a function of the program inside a helper call, in a frame of its own. A run that stopped answers 1: the
/// callbacks that loops make take that as "enough".
uint64_t Machine::call_back(uint64_t function, Registers& r) noexcept {
  const Op* const calling = calling_;
  const Decoded* const code = code_;
  const uint32_t depth = depth_;
  const uint32_t may_gotos = may_gotos_;
  const Span stack = stack_;
  if (run_->faulted) return 1;
  if (!code->is_function(function)) {
    fault(calling, fmt::format("calls back {:#x}, which is no function of this program", function));
    return 1;
  }
  if (!spend(calling) || !push(calling, r)) return 1;
  r[10] = top() - depth_ * kFrameBytes;
  refresh_frame();
  const uint64_t answer = execute_from(&code->ops[static_cast<uint32_t>(function)], r);
  calling_ = calling;
  code_ = code;
  depth_ = depth;
  may_gotos_ = may_gotos;
  stack_ = stack;
  return run_->faulted ? 1 : answer;
}

Machine::Tail Machine::tail_call(const Op* op, Registers& r) noexcept {
  if (code_->checked && !check_arguments(op, *reinterpret_cast<const abi::HelperSpec*>(op->imm), r))
    return Tail::stopped;
  if (const std::string why = code_->checked ? refuse_end("tail_call") : ""; !why.empty()) {
    fault(op, why);
    return Tail::stopped;
  }
  if (run_->tail_calls >= abi::kMaxTailCalls) return Tail::missed;
  const auto& array = *static_cast<const ProgArray*>(reinterpret_cast<const Map*>(r[2]));
  const abi::Executable* const target = array.at(static_cast<uint32_t>(r[3]));
  if (!target) return Tail::missed;
  ++run_->tail_calls;
  // Inside of a function or a callback the frames below stay alive, so the other program has frames of its own.
  if (depth_ == 0 && typeid(*target) == typeid(Interpreted)) {
    const Decoded& code = static_cast<const Interpreted*>(target)->code();
    if (code.checked == code_->checked) {
      r = {0, reinterpret_cast<uint64_t>(run_->packet), 0, 0, 0, 0, 0, 0, 0, 0, r[10]};
      code_ = &code;
      may_gotos_ = kMayGotos;
      run_->program = target;
      value_ = {};  // Of a map that the next program may not have.
      views_.clear();
      return Tail::entered;
    }
  }
  const abi::Executable* const caller = run_->program;
  r[0] = target->enter(*run_);
  run_->program = caller;
  refresh_frame();
  return run_->faulted ? Tail::stopped : Tail::finished;
}

bool Machine::load_packet(const Op* op, const Registers& r, uint64_t& value) const noexcept {
  const bool absolute = op->operation;
  const auto offset =
      static_cast<int32_t>(static_cast<uint32_t>(op->imm) + (absolute ? 0 : static_cast<uint32_t>(r[op->src])));
  const auto width = static_cast<isa::Width>(op->width);
  const uint32_t bytes = isa::bytes(width);
  std::array<std::byte, 8> raw{};
  if (!run_->packet) {
    const uint64_t from = memory_.begin + static_cast<uint64_t>(int64_t{offset});
    if (offset < 0 || !memory_.contains(from, bytes)) return false;
    std::memcpy(raw.data(), reinterpret_cast<const void*>(from), bytes);
  } else if (offset >= 0) {
    if (!copy_out(*run_->packet, static_cast<uint32_t>(offset), raw.data(), bytes)) return false;
  } else {
    const std::byte* const at = behind_header(*run_->packet, offset, bytes);
    if (!at) return false;
    std::memcpy(raw.data(), at, bytes);
  }
  value = std::byteswap(load<uint64_t>(raw.data())) >> (64 - isa::bits(width));
  return true;
}

void Machine::store_ctx(const Op* op, uint64_t packet, uint64_t value) noexcept {
  const auto width = static_cast<isa::Width>(op->width);
  abi::ctx_store(abi::ctx_fields()[op->ctx_field - 1u], *reinterpret_cast<Packet*>(packet),
                 static_cast<uint32_t>(op->offset), isa::bytes(width), value);
}

/// The helper whose id a register holds, for callx; null after a fault.
const abi::HelperSpec* Machine::indirect_helper(const Op* op, uint64_t value) noexcept {
  const abi::HelperSpec* helper =
      value <= UINT32_MAX ? abi::find_helper(code_->helpers, static_cast<uint32_t>(value)) : nullptr;
  if (helper && helper->id != kTailCall && !abi::is_kernel_function(*helper)) return helper;
  fault(op, fmt::format("calls {:#x}, which is neither a helper's id nor a function of this program", value));
  return nullptr;
}

}  // namespace saya::interp
