// net/netfilter/nf_conntrack_bpf.c, nf_nat_bpf.c and what they call, Linux 6.18; answers as measured (tests/parity/).
#include "helper/kfunc_conntrack.h"

#include <netinet/in.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <span>
#include <utility>

#include "abi/flows.h"
#include "base/bytes.h"
#include "helper/errno.h"

namespace saya::helper {
namespace {

using abi::Flow;
using abi::FlowTable;
using abi::FlowTuple;
using abi::FlowZone;

constexpr uint32_t kJiffiesPerSecond = 250, kMillisecondsPerJiffy = 1000 / kJiffiesPerSecond;
constexpr uint32_t kDefaultTimeout = 10 * kJiffiesPerSecond;
constexpr uint32_t kShortOptions = 12;
constexpr uint32_t kSourceSide = 0;  // NF_NAT_MANIP_SRC.

/// struct bpf_ct_opts.
struct Options {
  int32_t netns_id;
  int32_t error;
  uint8_t protocol;
  uint8_t direction;
  uint16_t zone_id;
  uint8_t zone_directions;
  uint8_t reserved[3];
};
static_assert(sizeof(Options) == 16);

/// The two parts of struct bpf_sock_tuple.
template <size_t kAddress>
struct SocketTuple {
  std::array<std::byte, kAddress> source, destination;
  uint16_t source_port, destination_port;
};

uint32_t jiffies(const Run& run) {
  constexpr uint64_t kNanosecondsPerJiffy = uint64_t{kMillisecondsPerJiffy} * 1'000'000;
  return static_cast<uint32_t>(static_cast<uint64_t>(run.services->clock->now()) / kNanosecondsPerJiffy);
}

template <size_t kAddress>
FlowTuple read_tuple(const std::byte* from, uint16_t family, uint8_t protocol) {
  const auto given = load<SocketTuple<kAddress>>(from);
  FlowTuple tuple{.source_port = given.source_port,
                  .family = family,
                  .destination_port = given.destination_port,
                  .protocol = protocol};
  std::ranges::copy(given.source, tuple.source.begin());
  std::ranges::copy(given.destination, tuple.destination.begin());
  return tuple;
}

FlowTuple inverse(const FlowTuple& tuple) {
  FlowTuple other = tuple;
  std::swap(other.source, other.destination);
  std::swap(other.source_port, other.destination_port);
  other.direction ^= 1;
  return other;
}

/// What a call asks for, with the checks that looking up and making have in common.
class Request {
 public:
  Request(std::byte* options, uint32_t size) : given_(options), size_(size) {
    std::memcpy(&options_, options, std::min<size_t>(size, sizeof options_));
  }

  int read(const std::byte* tuple, uint32_t size) {
    if (const int error = check_options(tuple)) return error;
    if (options_.protocol != IPPROTO_TCP && options_.protocol != IPPROTO_UDP) return -EPROTO;
    if (size == sizeof(SocketTuple<4>))
      tuple_ = read_tuple<4>(tuple, AF_INET, options_.protocol);
    else if (size == sizeof(SocketTuple<16>))
      tuple_ = read_tuple<16>(tuple, AF_INET6, options_.protocol);
    else
      return -EAFNOSUPPORT;
    if (options_.netns_id >= 0) return -ENONET;  // There is one network namespace here.
    if (size_ == sizeof options_ && options_.zone_directions == 0) put(&Options::zone_directions, kBothDirections);
    return 0;
  }

  const FlowTuple& tuple() const { return tuple_; }
  FlowZone zone() const {
    if (size_ == kShortOptions) return {};
    return {.id = options_.zone_id, .directions = options_.zone_directions};
  }

  void found(const Flow& flow, uint8_t direction) {
    put(&Options::direction, direction);
    if (size_ == sizeof options_) put(&Options::zone_id, flow.zone.id);
  }
  uint64_t failed(int error) {
    if (size_ >= offsetof(Options, error) + sizeof error) put(&Options::error, error);
    return 0;
  }

 private:
  static constexpr uint8_t kBothDirections = 3;

  int check_options(const std::byte* tuple) const {
    if (!tuple || (size_ != sizeof options_ && size_ != kShortOptions)) return -EINVAL;
    if (size_ == kShortOptions && options_.zone_id) return -EINVAL;
    const bool reserved = std::ranges::any_of(options_.reserved, [](uint8_t byte) { return byte != 0; });
    if (size_ == sizeof options_ && reserved) return -EINVAL;
    return options_.netns_id < -1 ? -EINVAL : 0;
  }

  /// Writes one member, here and where the program sees it.
  template <class T>
  void put(T Options::* member, T value) {
    options_.*member = value;
    const auto offset =
        reinterpret_cast<const std::byte*>(&(options_.*member)) - reinterpret_cast<const std::byte*>(&options_);
    store(given_ + offset, value);
  }

  std::byte* given_;
  uint32_t size_;
  Options options_{};
  FlowTuple tuple_;
};

/// Lets the program read the connection and write its mark.
uint64_t hand_out(const Run& run, Flow& flow) {
  using Kind = abi::Grants::Kind;
  auto* const bytes = reinterpret_cast<std::byte*>(&flow);
  constexpr size_t kMark = offsetof(Flow, mark), kBehind = kMark + sizeof flow.mark;
  abi::grant(run, Kind::object, bytes, kMark, false);
  abi::grant(run, Kind::memory, bytes + kMark, sizeof flow.mark, true);
  abi::grant(run, Kind::memory, bytes + kBehind, sizeof flow - kBehind, false);
  return reinterpret_cast<uint64_t>(&flow);
}

void take_back(const Run& run, const Flow& flow) {
  const auto* const bytes = reinterpret_cast<const std::byte*>(&flow);
  for (const size_t at : {size_t{0}, offsetof(Flow, mark), offsetof(Flow, mark) + sizeof flow.mark})
    abi::revoke(run, bytes + at);
}

/// The connection at an address that a program gave; null for objects of other kinds.
Flow* flow_at(const Run& run, const void* address) {
  return run.services->flows ? run.services->flows->at(address) : nullptr;
}

uint64_t look_up(const Run& run, const std::byte* tuple, uint32_t size, std::byte* options, uint32_t options_size) {
  Request request(options, options_size);
  if (const int error = request.read(tuple, size)) return request.failed(error);
  uint8_t direction = 0;
  FlowTable* const flows = run.services->flows;
  Flow* const flow = flows ? flows->find(request.tuple(), request.zone(), jiffies(run), direction) : nullptr;
  if (!flow) return request.failed(-ENOENT);
  request.found(*flow, direction);
  ++flow->uses;
  return hand_out(run, *flow);
}

uint64_t make(const Run& run, const std::byte* tuple, uint32_t size, std::byte* options, uint32_t options_size) {
  Request request(options, options_size);
  if (const int error = request.read(tuple, size)) return request.failed(error);
  FlowTable* const flows = run.services->flows;
  Flow* const flow =
      flows ? flows->create(request.tuple(), inverse(request.tuple()), request.zone(), jiffies(run)) : nullptr;
  if (!flow) return request.failed(-ENOMEM);
  flow->timeout = kDefaultTimeout;
  return hand_out(run, *flow);
}

void set_timeout(const Run& run, Flow& flow, uint32_t milliseconds) {
  const uint64_t rounded = (uint64_t{milliseconds} + kMillisecondsPerJiffy - 1) / kMillisecondsPerJiffy;
  const auto timeout = static_cast<uint32_t>(milliseconds > INT_MAX ? INT_MAX : rounded);
  flow.timeout = timeout + (flow.status & abi::kFlowConfirmed ? jiffies(run) : 0);
}

int change_status(Flow& flow, uint32_t status) {
  constexpr uint64_t kFixed = abi::kFlowExpected | abi::kFlowConfirmed | abi::kFlowDying;
  constexpr uint64_t kOnlySet = abi::kFlowSeenReply | abi::kFlowAssured;
  // NAT, its progress, sequence adjustment, template, untracked, offload: not a program's to set.
  constexpr uint64_t kUnchangeable = kFixed | 0x10 | 0x20 | 0x40 | 0x80 | 0x100 | 0x800 | 0x1000 | 0x4000 | 0x8000;
  const uint64_t changed = flow.status ^ status;
  if (changed & kFixed || changed & ~uint64_t{status} & kOnlySet) return -EBUSY;
  flow.status |= status & ~kUnchangeable;
  return 0;
}

}  // namespace

uint64_t bpf_skb_ct_lookup(Run& run, Packet*, const std::byte* tuple, uint32_t size, std::byte* options,
                           uint32_t options_size) noexcept {
  return look_up(run, tuple, size, options, options_size);
}

uint64_t bpf_xdp_ct_lookup(Run& run, Packet*, const std::byte* tuple, uint32_t size, std::byte* options,
                           uint32_t options_size) noexcept {
  return look_up(run, tuple, size, options, options_size);
}

uint64_t bpf_skb_ct_alloc(Run& run, Packet*, const std::byte* tuple, uint32_t size, std::byte* options,
                          uint32_t options_size) noexcept {
  return make(run, tuple, size, options, options_size);
}

uint64_t bpf_xdp_ct_alloc(Run& run, Packet*, const std::byte* tuple, uint32_t size, std::byte* options,
                          uint32_t options_size) noexcept {
  return make(run, tuple, size, options, options_size);
}

uint64_t bpf_ct_insert_entry(Run& run, const void* address) noexcept {
  Flow* const flow = flow_at(run, address);
  if (!flow) return 0;
  if (run.services->flows->insert(*flow, jiffies(run))) return reinterpret_cast<uint64_t>(flow);
  take_back(run, *flow);
  run.services->flows->discard(*flow);
  return 0;
}

uint64_t bpf_ct_release(Run& run, const void* address) noexcept {
  Flow* const flow = flow_at(run, address);
  if (!flow) return 0;
  const bool confirmed = flow->status & abi::kFlowConfirmed;
  if (confirmed && flow->uses > 1) --flow->uses;
  if (!confirmed || flow->uses == 1) take_back(run, *flow);
  if (!confirmed) run.services->flows->discard(*flow);
  return 0;
}

uint64_t bpf_ct_set_timeout(Run& run, const void* address, uint32_t milliseconds) noexcept {
  if (Flow* const flow = flow_at(run, address)) set_timeout(run, *flow, milliseconds);
  return 0;
}

uint64_t bpf_ct_change_timeout(Run& run, const void* address, uint32_t milliseconds) noexcept {
  Flow* const flow = flow_at(run, address);
  if (!flow || flow->status & abi::kFlowFixedTimeout) return result32(-EPERM);
  set_timeout(run, *flow, milliseconds);
  return 0;
}

uint64_t bpf_ct_set_status(Run& run, const void* address, uint32_t status) noexcept {
  Flow* const flow = flow_at(run, address);
  return result32(flow ? change_status(*flow, status) : -EBUSY);
}

uint64_t bpf_ct_change_status(Run& run, const void* address, uint32_t status) noexcept {
  return bpf_ct_set_status(run, address, status);
}

uint64_t bpf_ct_set_nat_info(Run& run, const void* address, const std::byte* to, int32_t port, uint32_t side) noexcept {
  Flow* const flow = flow_at(run, address);
  if (!flow) return result32(-ENOMEM);
  if (flow->status & abi::kFlowConfirmed) return 0;
  const bool source = side == kSourceSide;
  const uint64_t done = source ? abi::kFlowSourceNatDone : abi::kFlowDestinationNatDone;
  if (flow->status & done) return result32(-ENOMEM);
  const FlowTuple before = inverse(flow->ends[1].tuple);
  FlowTuple after = before;
  std::memcpy((source ? after.source : after.destination).data(), to, sizeof after.source);
  if (port > 0) (source ? after.source_port : after.destination_port) = htons(static_cast<uint16_t>(port));
  if (std::memcmp(&before, &after, sizeof before) != 0) {
    flow->ends[1].tuple = inverse(after);
    flow->status |= source ? abi::kFlowSourceNat : abi::kFlowDestinationNat;
  }
  flow->status |= done;
  return 0;
}

}  // namespace saya::helper
