// The words of a fault: which instruction, where it was written, what it touched, and what lies nearest.
#include <fmt/format.h>

#include <algorithm>

#include "interp/machine.h"

namespace saya::interp {
namespace {

constexpr uint64_t kNullPage = 4096;
constexpr uint64_t kNear = 65536;  // Farther away, naming a region would mislead.

/// A region as people know it: a name, and the point that offsets into it are counted from.
struct Region {
  Span span;
  std::string_view name;
  std::string_view origin_name;
  uint64_t origin;
};

/// How far an access reaches out of a span, and on which side.
struct Overhang {
  uint64_t bytes;
  bool past_end;
};

Overhang overhang(const Span& span, uint64_t address, uint64_t bytes) {
  if (address < span.begin) return {span.begin - address, false};
  return {address + bytes - (span.begin + span.size), true};
}

std::string count(uint64_t bytes) { return fmt::format("{} byte{}", bytes, bytes == 1 ? "" : "s"); }

}  // namespace

std::string_view field_name(MapField::Kind kind) noexcept {
  switch (kind) {
    case MapField::Kind::spin_lock: return "bpf_spin_lock";
    case MapField::Kind::timer: return "bpf_timer";
    case MapField::Kind::kernel_pointer: return "kptr";
    case MapField::Kind::list_head: return "bpf_list_head";
    case MapField::Kind::rb_root: return "bpf_rb_root";
    case MapField::Kind::refcount: return "bpf_refcount";
    case MapField::Kind::list_node: return "bpf_list_node";
    case MapField::Kind::rb_node: return "bpf_rb_node";
    case MapField::Kind::other: break;
  }
  return "special field";
}

void Machine::fault(const Op* op, std::string_view what) {
  run_->faulted = true;
  if (!run_->services || !run_->services->listener) return;
  const auto index = static_cast<size_t>(op - code_->ops.data());
  run_->services->listener->on_fault(
      *run_, {code_->program->name, code_->slots[index], fmt::format("{} {}", instruction(op), what)});
}

void Machine::fault_access(const Op* op, uint64_t address, uint64_t bytes, Access access) {
  fault(op, where(address, bytes, access));
}

/// "insn 12: r2 = *(u32 *)(r1 +16) at xdp_drop.c:17".
std::string Machine::instruction(const Op* op) const {
  const uint32_t slot = code_->slots[static_cast<size_t>(op - code_->ops.data())];
  const auto insn = isa::decode(code_->program->code, slot);
  std::string text = fmt::format("insn {}: {}", slot, insn ? isa::disassemble(*insn) : "?");
  if (const object::SourceLine* line = code_->program->line_of(slot))
    text += fmt::format(" at {}:{}", line->file, line->line);
  return text;
}

/// "reads 4 bytes at data+52, 2 bytes past the end of the frame (54 bytes)". Addresses near a region are told from its
/// origin, so that they are the same in every run.
std::string Machine::where(uint64_t address, uint64_t bytes, Access access) const {
  const std::string what = fmt::format("{} {} at", access == Access::read ? "reads" : "writes", count(bytes));
  if (address < kNullPage) return fmt::format("{} {:#x}, which is a null pointer", what, address);
  if (const MapField* field = field_around(home_of(address), address, bytes))
    return fmt::format("{} {:#x}: {} cannot be accessed directly by load/store", what, address,
                       field_name(field->kind));
  if (value_.contains(address, bytes)) {
    const std::string owner = value_map_ ? fmt::format("map '{}'", value_map_->spec().name) : "memory of a helper";
    return fmt::format("{} value+{}, in {}, which programs may not {}", what, address - value_.begin, owner,
                       access == Access::read ? "read" : "write");
  }
  const uint64_t packet = reinterpret_cast<uint64_t>(run_->packet);
  const uint64_t data = run_->packet ? reinterpret_cast<uint64_t>(run_->packet->data) : 0;
  const Region regions[] = {
      {stack_,                                                  "the stack",     "r10",    top() - depth_ * kFrameBytes},
      {frame_,                                                  "the frame",     "data",   data                        },
      {value_,                                                  "the map value", "value",  value_.begin                },
      {memory_,                                                 "the memory",    "memory", memory_.begin               },
      {{packet, code_->hook ? abi::ctx_size(*code_->hook) : 0}, "the context",   "ctx",    packet                      },
  };
  const Region* nearest = nullptr;
  Overhang least{kNear, false};
  for (const Region& region : regions) {
    if (region.span.size == 0 && region.span.begin == 0) continue;
    const Overhang over = overhang(region.span, address, bytes);
    if (over.bytes >= least.bytes) continue;
    least = over;
    nearest = &region;
  }
  if (!nearest) return fmt::format("{} {:#x}, nowhere near what the program may touch", what, address);
  return fmt::format("{} {}{:+}, {} {} {} ({})", what, nearest->origin_name,
                     static_cast<int64_t>(address - nearest->origin), count(least.bytes),
                     least.past_end ? "past the end of" : "before the start of", nearest->name,
                     count(nearest->span.size));
}

}  // namespace saya::interp
