// The two sides of the judge. Kernel: net/bpf/test_run.c, Linux 6.18; saya's side is run/test_run.h.
#include "support/test_run.h"

#include <fmt/format.h>
#include <linux/bpf.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "abi/executable.h"
#include "base/bytes.h"
#include "helper/table.h"
#include "interp/interp.h"
#include "map/access.h"
#include "map/host.h"
#include "map/map_of_maps.h"
#include "map/prog_array.h"
#include "map/queue_host.h"
#include "run/test_run.h"
#include "support/ear.h"

namespace saya::tests {
namespace {

constexpr size_t kRoom = 1 << 17;  ///< For the largest packet that a run may leave.

constexpr CtxField kFields[] = {
    {"mark",            offsetof(__sk_buff, mark),            4},
    {"priority",        offsetof(__sk_buff, priority),        4},
    {"ingress_ifindex", offsetof(__sk_buff, ingress_ifindex), 4},
    {"ifindex",         offsetof(__sk_buff, ifindex),         4},
    {"cb0",             offsetof(__sk_buff, cb),              4},
    {"cb1",             offsetof(__sk_buff, cb) + 4,          4},
    {"cb2",             offsetof(__sk_buff, cb) + 8,          4},
    {"cb3",             offsetof(__sk_buff, cb) + 12,         4},
    {"cb4",             offsetof(__sk_buff, cb) + 16,         4},
    {"tstamp",          offsetof(__sk_buff, tstamp),          8},
    {"wire_len",        offsetof(__sk_buff, wire_len),        4},
    {"gso_segs",        offsetof(__sk_buff, gso_segs),        4},
    {"gso_size",        offsetof(__sk_buff, gso_size),        4},
    {"hwtstamp",        offsetof(__sk_buff, hwtstamp),        8},
};

using Fields = std::map<std::string, uint64_t, std::less<>>;

uint64_t field(const Fields& fields, std::string_view name) {
  const auto at = fields.find(name);
  return at == fields.end() ? 0 : at->second;
}

/// Programs in slots, for as long as a run takes: a program that jumps through its own map would keep itself alive.
class FilledSlots {
 public:
  ~FilledSlots() {
    for (const MapPtr& map : maps_) static_cast<ProgArray&>(*map).clear();
  }
  Result<> fill(std::span<const TailCall> tail_calls) {
    for (const TailCall& call : tail_calls) {
      SAYA_TRY(abi::ExecutablePtr target, interp::run_checked(call.program, helper::table()));
      auto* slots = dynamic_cast<ProgArray*>(call.map.get());
      if (!slots) return fail(Code::invalid_argument, fmt::format("map '{}' is no prog_array", call.map->spec().name));
      maps_.push_back(call.map);
      SAYA_CHECK(slots->set(call.index, std::move(target)));
    }
    return {};
  }

 private:
  std::vector<MapPtr> maps_;
};

/// Per-CPU values lie at the number of the CPU that runs, so it had better be a known one.
void stay_on_first_cpu() {
  cpu_set_t first;
  CPU_ZERO(&first);
  CPU_SET(0, &first);
  static_cast<void>(::sched_setaffinity(0, sizeof first, &first));
}

/// Metadata and frame, as user space hands them over.
std::vector<std::byte> data_of(const TestInput& input) {
  std::vector<std::byte> data = input.meta;
  data.insert(data.end(), input.frame.begin(), input.frame.end());
  return data;
}

std::vector<std::byte> ctx_of(abi::Hook hook, const TestInput& input) {
  if (hook == abi::Hook::xdp) {
    xdp_md md{};
    md.data = static_cast<uint32_t>(input.meta.size());
    md.data_end = static_cast<uint32_t>(input.meta.size() + input.frame.size());
    md.ingress_ifindex = input.ingress_ifindex;
    const auto bytes = std::as_bytes(std::span(&md, 1));
    return {bytes.begin(), bytes.end()};
  }
  std::vector<std::byte> ctx(sizeof(__sk_buff));
  for (const CtxField& f : kFields) {
    const uint64_t value = field(input.ctx, f.name);
    std::memcpy(ctx.data() + f.offset, &value, f.size);
  }
  return ctx;
}

TestOutcome outcome_of(abi::Hook hook, uint32_t verdict, std::span<const std::byte> data,
                       std::span<const std::byte> ctx) {
  TestOutcome outcome{.verdict = verdict};
  size_t meta = 0;
  if (hook == abi::Hook::xdp) {
    meta = std::min<size_t>(load<xdp_md>(ctx.data()).data, data.size());  // In front of the frame.
  } else {
    for (const CtxField& f : kFields) std::memcpy(&outcome.ctx[std::string(f.name)], ctx.data() + f.offset, f.size);
  }
  outcome.meta.assign(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(meta));
  outcome.frame.assign(data.begin() + static_cast<std::ptrdiff_t>(meta), data.end());
  return outcome;
}

bool has_type(const Map& map, MapKind kind) { return map.spec().type == static_cast<uint32_t>(kind); }

bool is_zero(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

/// "map NAME KEY = VALUE"; for per-CPU types a line for each CPU. What was never written goes without saying: elements
/// of arrays that are zero, and zeroes of other CPUs than the first.
void add_element(const Map& map, std::span<const std::byte> key, std::span<const std::byte> value,
                 std::vector<std::string>& lines) {
  const bool array = has_type(map, MapKind::array) || has_type(map, MapKind::percpu_array);
  const bool per_cpu = is_per_cpu(map.spec().type);
  const size_t size = map.spec().value_size;
  const size_t stride = per_cpu ? (size + 7) & ~size_t{7} : size;
  for (size_t cpu = 0; (cpu + 1) * stride <= value.size(); ++cpu) {
    const auto one = value.subspan(cpu * stride, size);
    if ((array || cpu > 0) && is_zero(one)) continue;
    const std::string where = per_cpu ? fmt::format(" cpu{}", cpu) : "";
    lines.push_back(fmt::format("map {} {}{} = {}\n", map.spec().name, to_hex(key), where, to_hex(one)));
  }
}

/// "map NAME next = VALUE", of a queue or stack that is not empty.
Result<> add_next(Map& map, const kernel::Session* kernel, std::vector<std::string>& lines) {
  int fd = -1;
  if (kernel) {
    SAYA_TRY(fd, kernel->map_fd(map));
  }
  const auto value = kernel ? kernel::lookup(fd, {}, map.spec().value_size) : host_peek(map);
  if (value) lines.push_back(fmt::format("map {} next = {}\n", map.spec().name, to_hex(*value)));
  return value || value.error().code == Code::no_such_entry ? Result<>() : std::unexpected(value.error());
}

}  // namespace

std::span<const CtxField> test_run_fields() { return kFields; }

Result<TestOutcome> run_in_saya(const program::ProgramPtr& program, const TestInput& input,
                                std::span<const TailCall> tail_calls) {
  const auto hook = program::hook_of(program->type);
  if (!hook) return fail(Code::unsupported, fmt::format("'{}' is no packet program", program->name));
  SAYA_TRY(const abi::ExecutablePtr executable, interp::run_checked(program, helper::table()));
  FilledSlots slots;
  SAYA_CHECK(slots.fill(tail_calls));
  return run_in_saya(*executable, input);
}

Result<TestOutcome> run_in_saya(const abi::Executable& executable, const TestInput& input) {
  const abi::Hook hook = executable.identity().hook;
  const std::vector<std::byte> data = data_of(input), ctx = ctx_of(hook, input);
  const RealClock clock;
  abi::Random random(1);
  abi::FlowTable flows(1);
  Ear ear;
  abi::MapTimers timers;
  const abi::Services services{.clock = &clock,
                               .random = &random,
                               .timers = input.timers ? input.timers : &timers,
                               .netstate = input.netstate,
                               .flows = &flows,
                               .listener = &ear};
  const run::TestOutput output = run::test_run(
      executable, {.data = data, .ctx = ctx, .ctx_room = ctx.size(), .repeat = input.repeat, .flags = input.flags},
      services);
  if (output.faulted)
    return fail(Code::not_permitted, ear.faults.empty() ? "a fault without words" : ear.faults.back().message);
  if (output.error) return fail_errno("test run", -output.error);
  services.timers->fire(clock.now(), services);  // The kernel's interrupt comes before anyone looks at the maps.
  return outcome_of(hook, output.retval, output.data, output.ctx);
}

Result<TestOutcome> run_in_kernel(kernel::Session& session, const program::Program& program, const TestInput& input,
                                  std::span<const TailCall> tail_calls) {
  const auto hook = program::hook_of(program.type);
  if (!hook) return fail(Code::unsupported, fmt::format("'{}' is no packet program", program.name));
  SAYA_TRY(const Fd loaded, session.load(program));
  for (const TailCall& call : tail_calls) {
    SAYA_TRY(const Fd target, session.load(*call.program));  // The slot keeps it alive.
    SAYA_CHECK(session.set_tail_call(*call.map, call.index, target.get()));
  }
  return run_in_kernel(loaded.get(), *hook, input);
}

Result<TestOutcome> run_in_kernel(int program, abi::Hook hook, const TestInput& input) {
  stay_on_first_cpu();
  const std::vector<std::byte> data = data_of(input), ctx = ctx_of(hook, input);
  SAYA_TRY(const kernel::TestOutput output,
           kernel::test_run(
               program, {.data = data, .ctx = ctx, .data_room = kRoom, .repeat = input.repeat, .flags = input.flags}));
  return outcome_of(hook, output.verdict, output.data, output.ctx);
}

std::string to_text(const TestOutcome& outcome) {
  std::string text = fmt::format("verdict {}\n", static_cast<int32_t>(outcome.verdict));
  if (!outcome.meta.empty()) text += fmt::format("meta {}\n", to_hex(outcome.meta));
  text += fmt::format("frame {}\n", to_hex(outcome.frame));
  for (const auto& [name, value] : outcome.ctx)
    if (value != 0) text += fmt::format("ctx {} {:#x}\n", name, value);
  return text;
}

Result<std::string> to_text(std::span<const MapPtr> maps, const kernel::Session* kernel) {
  std::vector<std::string> lines;
  for (const MapPtr& map : maps) {
    if (has_type(*map, MapKind::prog_array) || is_map_of_maps(map->spec().type) ||
        map->spec().name.find("rodata") != std::string::npos)
      continue;
    const auto add = [&](std::span<const std::byte> key, std::span<const std::byte> value) {
      add_element(*map, key, value, lines);
    };
    if (kernel && !kernel->map_fd(*map)) continue;
    if (has_type(*map, MapKind::queue) || has_type(*map, MapKind::stack)) {
      SAYA_CHECK(add_next(*map, kernel, lines));
      continue;
    }
    SAYA_CHECK(kernel ? kernel->for_each(*map, add) : for_each(*map, add));
  }
  std::ranges::sort(lines);
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

}  // namespace saya::tests
