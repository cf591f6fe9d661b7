// Host operations here, bpf(2) there.
#include "support/map_text.h"

#include <fmt/format.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <tuple>
#include <vector>

#include "base/bytes.h"
#include "base/fd.h"
#include "kernel/bpf.h"
#include "map/host.h"
#include "map/map_of_maps.h"
#include "map/queue_host.h"

namespace saya::tests {
namespace {

using Bytes = std::vector<std::byte>;

constexpr uint32_t kMostElements = 4096;  // Of a map whose elements are asked for one by one.
constexpr size_t kPage = 4096;            // Of a ring: its consumer's, its producers', then the data.
constexpr size_t kMostRingBytes = 8192;   // That are shown.

bool is(const MapSpec& spec, MapKind kind) { return spec.type == static_cast<uint32_t>(kind); }
bool is_array(const MapSpec& spec) { return is(spec, MapKind::array) || is(spec, MapKind::percpu_array); }
bool is_per_cpu(const MapSpec& spec) {
  return is(spec, MapKind::percpu_array) || is(spec, MapKind::percpu_hash) || is(spec, MapKind::lru_percpu_hash);
}
bool is_pile(const MapSpec& spec) { return is(spec, MapKind::queue) || is(spec, MapKind::stack); }
bool has_elements(const MapSpec& spec) {
  return is_array(spec) || is_per_cpu(spec) || is(spec, MapKind::hash) || is(spec, MapKind::lru_hash) ||
         is(spec, MapKind::lpm_trie);
}
bool all_zero(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

/// The elements of one map as lines.
class Elements {
 public:
  explicit Elements(const MapSpec& spec) : spec_(spec) {}
  /// False once there are enough.
  bool add(std::span<const std::byte> key, std::span<const std::byte> value) {
    if (seen_++ == kMostElements) return false;
    const bool per_cpu = is_per_cpu(spec_);
    const size_t stride = per_cpu ? (spec_.value_size + 7u) & ~7u : value.size();
    for (size_t at = 0, cpu = 0; at < value.size(); at += stride, ++cpu) {
      const auto one = value.subspan(at, std::min<size_t>(spec_.value_size, value.size() - at));
      if ((per_cpu || is_array(spec_)) && all_zero(one)) continue;
      add(fmt::format("{}{} = {}\n", to_hex(key), per_cpu ? fmt::format(" cpu{}", cpu) : "", to_hex(one)));
    }
    return true;
  }
  void add(const std::string& line) { lines_.push_back(fmt::format("map {} {}", spec_.name, line)); }
  void add_inner(std::span<const std::byte> key, const std::string& text) {
    add(fmt::format("{} holds\n{}", to_hex(key), text));
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

/// What a queue or a stack holds, in the order in which it comes out. `pop` gives nothing when it is empty.
template <class Pop, class Push>
std::string pile(const MapSpec& spec, Pop pop, Push push) {
  std::vector<Bytes> values;
  while (values.size() < kMostElements) {
    const auto value = pop();
    if (!value) break;
    values.push_back(*value);
  }
  std::string text;
  for (size_t i = 0; i < values.size(); ++i)
    text += fmt::format("map {} {:04} = {}\n", spec.name, i, to_hex(values[i]));
  if (is(spec, MapKind::stack)) std::ranges::reverse(values);
  for (const Bytes& value : values) push(value);
  return text;
}

/// `producer`: the page of the producers, which the data follow.
std::string ring(const MapSpec& spec, const std::byte* producer) {
  const auto produced = load<uint64_t>(producer);
  const size_t shown = std::min({produced, uint64_t{spec.max_entries}, uint64_t{kMostRingBytes}});
  return fmt::format("map {} has {} bytes: {}\n", spec.name, produced, to_hex({producer + kPage, shown}));
}

// The kernel's side.

int bpf(bpf_cmd command, bpf_attr& attr) {
  const long result = ::syscall(SYS_bpf, command, &attr, sizeof attr);
  return result < 0 ? -errno : static_cast<int>(result);
}

bpf_attr blank() {
  bpf_attr attr;
  std::memset(&attr, 0, sizeof attr);
  return attr;
}

std::optional<Bytes> pop_in_kernel(int fd, const MapSpec& spec) {
  Bytes value(spec.value_size);
  bpf_attr attr = blank();
  attr.map_fd = static_cast<uint32_t>(fd);
  attr.value = reinterpret_cast<uint64_t>(value.data());
  if (bpf(BPF_MAP_LOOKUP_AND_DELETE_ELEM, attr) != 0) return std::nullopt;
  return value;
}

Result<std::string> ring_in_kernel(int fd, const MapSpec& spec) {
  const size_t size = kPage + spec.max_entries;
  void* const pages = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, kPage);
  if (pages == MAP_FAILED) return fail_errno("map a ring", errno);
  std::string text = ring(spec, static_cast<const std::byte*>(pages));
  ::munmap(pages, size);
  return text;
}

Result<Fd> inner_in_kernel(std::span<const std::byte> value) {
  bpf_attr attr = blank();
  attr.map_id = load<uint32_t>(value.data());
  const int fd = bpf(BPF_MAP_GET_FD_BY_ID, attr);
  if (fd < 0) return fail_errno("inner map", -fd);
  return Fd(fd);
}

/// Calls `visit(key, value)` for each element; it answers false when it has seen enough.
template <class Visit>
Result<> walk_kernel(int fd, const MapSpec& spec, size_t value_size, Visit visit) {
  SAYA_TRY(auto key, kernel::next_key(fd, {}, spec.key_size));
  while (key) {
    const auto value = kernel::lookup(fd, *key, value_size);
    if (value) {
      SAYA_TRY(const bool more, visit(*key, *value));
      if (!more) break;
    }
    SAYA_TRY(key, kernel::next_key(fd, *key, spec.key_size));
  }
  return {};
}

}  // namespace

Result<std::string> text_of_map(Map& map) {
  const MapSpec& spec = map.spec();
  if (is_pile(spec))
    return pile(spec, [&] { return host_pop(map); }, [&](const Bytes& v) { std::ignore = host_push(map, v); });
  if (is(spec, MapKind::ringbuf)) return ring(spec, map.memory().region().data() + kMapPayloadOffset + 2 * kPage);
  Elements elements(spec);
  if (MapOfMaps* const outer = as_map_of_maps(map)) {
    SAYA_CHECK(outer->for_each_inner([&](std::span<const std::byte> key, const MapPtr& inner) {
      elements.add_inner(key, text_of_map(*inner).value_or("nothing that can be read\n"));
    }));
  } else if (has_elements(spec)) {
    SAYA_CHECK(for_each(map, [&](std::span<const std::byte> key, std::span<const std::byte> value) {
      static_cast<void>(elements.add(key, value));
    }));
  }
  return elements.text();
}

Result<std::string> text_of_kernel_map(int fd, const MapSpec& spec) {
  if (is_pile(spec))
    return pile(
        spec, [&] { return pop_in_kernel(fd, spec); },
        [&](const Bytes& v) { std::ignore = kernel::update(fd, {}, v, kUpdateAny); });
  if (is(spec, MapKind::ringbuf)) return ring_in_kernel(fd, spec);
  Elements elements(spec);
  if (is_map_of_maps(spec.type)) {
    SAYA_CHECK(walk_kernel(fd, spec, sizeof(uint32_t), [&](const Bytes& key, const Bytes& value) -> Result<bool> {
      SAYA_TRY(const Fd inner, inner_in_kernel(value));
      SAYA_TRY(MapSpec shape, kernel::map_info(inner.get()));
      SAYA_TRY(const std::string text, text_of_kernel_map(inner.get(), shape));
      elements.add_inner(key, text);
      return true;
    }));
  } else if (has_elements(spec)) {
    const size_t copies = is_per_cpu(spec) ? kernel::possible_cpus().value_or(1) : 1;
    const size_t size = is_per_cpu(spec) ? copies * ((spec.value_size + 7u) & ~7u) : spec.value_size;
    SAYA_CHECK(walk_kernel(fd, spec, size, [&](const Bytes& key, const Bytes& value) -> Result<bool> {
      return elements.add(key, value);
    }));
  }
  return elements.text();
}

}  // namespace saya::tests
