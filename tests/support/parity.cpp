// Both sides take an object the way users do: attach/objects.h and interp/interp.h here, attach/kernel_load.h there.
#include "support/parity.h"

#include <fmt/format.h>

#include <algorithm>

#include "attach/tail_calls.h"
#include "attach/target.h"
#include "helper/table.h"
#include "interp/interp.h"
#include "kernel/bpf.h"
#include "kernel/running.h"
#include "map/host.h"

namespace saya::tests {
namespace {

constexpr uint64_t kHashKey = 0x5eed;
constexpr uint32_t kMostElements = 4096;  // Of a map whose elements are asked for one by one.

/// Types whose elements are no bytes that both sides share: programs, maps, descriptors.
constexpr uint32_t kOpaque[] = {3, 4, 7, 8, 12, 13, 14, 15, 16, 17, 18, 20, 22, 23, 24, 25, 27, 28, 29, 30, 31, 32, 33};

MapWorld world() { return {.nr_cpus = kernel::possible_cpus().value_or(1), .hash_key = kHashKey}; }

bool is_opaque(uint32_t type) { return std::ranges::find(kOpaque, type) != std::end(kOpaque); }
bool is_array(uint32_t type) { return type == 2 || type == 6; }
bool is_per_cpu(uint32_t type) { return type == 5 || type == 6 || type == 10; }
bool all_zero(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

/// The elements of one map as lines in key order; what is zero in an array is left out.
class Elements {
 public:
  explicit Elements(const MapSpec& spec) : spec_(spec) {}
  /// False once there are enough.
  bool add(std::span<const std::byte> key, std::span<const std::byte> value) {
    if (seen_++ == kMostElements) return false;
    const bool per_cpu = is_per_cpu(spec_.type);
    const size_t stride = per_cpu ? (spec_.value_size + 7u) & ~7u : value.size();
    for (size_t at = 0, cpu = 0; at < value.size(); at += stride, ++cpu) {
      const auto one = value.subspan(at, std::min<size_t>(spec_.value_size, value.size() - at));
      if ((per_cpu || is_array(spec_.type)) && all_zero(one)) continue;
      lines_.push_back(fmt::format("map {} {}{} = {}\n", spec_.name, to_hex(key),
                                   per_cpu ? fmt::format(" cpu{}", cpu) : "", to_hex(one)));
    }
    return true;
  }
  std::string text() {
    std::ranges::sort(lines_);
    std::string text;
    for (const std::string& line : lines_) text += line;
    return text;
  }

 private:
  const MapSpec& spec_;
  std::vector<std::string> lines_;
  uint32_t seen_ = 0;
};

/// Where a value has a list, the kernel shows addresses of the copy that it shows.
void hide_lists(const MapSpec& spec, std::span<std::byte> value) {
  for (const MapField& field : spec.fields)
    if (field.kind == MapField::Kind::list_head)
      std::ranges::fill(value.subspan(field.offset, field.size), std::byte{});
}

Result<std::string> elements_in_kernel(int fd, const MapSpec& spec) {
  const size_t copies = is_per_cpu(spec.type) ? kernel::possible_cpus().value_or(1) : 1;
  const size_t size = copies == 1 ? spec.value_size : copies * ((spec.value_size + 7u) & ~7u);
  Elements elements(spec);
  SAYA_TRY(auto key, kernel::next_key(fd, {}, spec.key_size));
  while (key) {
    auto value = kernel::lookup(fd, *key, size);
    if (value) hide_lists(spec, *value);
    if (value && !elements.add(*key, *value)) break;
    SAYA_TRY(key, kernel::next_key(fd, *key, spec.key_size));
  }
  return elements.text();
}

Result<std::string> elements_in_saya(Map& map, const MapSpec& spec) {
  Elements elements(spec);
  SAYA_CHECK(for_each(map, [&](std::span<const std::byte> key, std::span<const std::byte> value) {
    static_cast<void>(elements.add(key, value));
  }));
  return elements.text();
}

}  // namespace

Result<std::unique_ptr<Parity>> Parity::open(const std::string& path, std::shared_ptr<kernel::RunningKernel> kernel) {
  const program::Target target = kernel::running_target(kernel);
  SAYA_TRY(object::Object object, attach::read_object(path));
  SAYA_TRY(attach::KernelLoad load, attach::load_into_kernel(object, target, program::Type::unspec, kernel));
  program::Target ours = attach::own_target();
  ours.types = target.types;
  return std::unique_ptr<Parity>(new Parity(std::move(object), std::move(load), std::move(ours)));
}

Parity::Parity(object::Object object, attach::KernelLoad kernel, program::Target target)
    : kernel_(std::move(kernel)), objects_(world(), std::move(target)), open_(objects_.open("object", object)) {
  for (const attach::KernelAnswer& answer : kernel_.programs)
    programs_.push_back({object.functions[answer.function].name, answer.type, make(answer), &answer});
}

Parity::~Parity() {
  if (open_) attach::empty_prog_arrays(**open_);
}

Result<abi::ExecutablePtr> Parity::make(const attach::KernelAnswer& answer) {
  if (!open_) return std::unexpected(open_.error());
  const attach::OpenObject& open = **open_;
  SAYA_TRY(const program::ProgramPtr program,
           program::link(open.object, answer.function, open.maps, answer.type, objects_.target()));
  SAYA_TRY(abi::ExecutablePtr executable, interp::run_checked(program, helper::table()));
  if (!filled_) SAYA_CHECK(attach::fill_prog_arrays(open, answer.type, objects_.target()));
  filled_ = true;
  return executable;
}

Result<std::string> Parity::run_in_saya(const Program& program, const TestInput& input) {
  if (!program.ours) return std::unexpected(program.ours.error());
  TestInput kept = input;
  kept.timers = &timers_;
  kept.objects = &owned_;
  SAYA_TRY(const TestOutcome outcome, tests::run_in_saya(**program.ours, kept));
  std::string text = to_text(outcome);
  for (const MapPtr& map : (*open_)->maps) {
    if (is_opaque(map->spec().type)) continue;
    SAYA_TRY(const std::string elements, elements_in_saya(*map, map->spec()));
    text += elements;
  }
  return text;
}

Result<std::string> Parity::run_in_kernel(const Program& program, const TestInput& input) {
  const auto hook = program::hook_of(program.type);
  if (!hook || !program.theirs->fd) return fail(Code::unsupported, program.theirs->reason);
  SAYA_TRY(const TestOutcome outcome, tests::run_in_kernel(program.theirs->fd.get(), *hook, input));
  std::string text = to_text(outcome);
  if (!open_) return text;
  const std::vector<MapPtr>& maps = (*open_)->maps;
  for (uint32_t i = 0; i < maps.size(); ++i) {
    const MapSpec& spec = maps[i]->spec();
    if (is_opaque(spec.type)) continue;
    SAYA_TRY(const int fd, kernel_.session.map_fd(i));
    SAYA_TRY(const std::string elements, elements_in_kernel(fd, spec));
    text += elements;
  }
  return text;
}

}  // namespace saya::tests
