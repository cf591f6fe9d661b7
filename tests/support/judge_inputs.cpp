// Variants of inputs are rows: a context as a receiving stack would fill it, a large packet before it is cut, ...
#include "support/judge_inputs.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "packet/capture.h"
#include "support/frames.h"
#include "support/traffic.h"

namespace saya::tests {
namespace {

constexpr const char* kPlain[] = {"udp4", "tcp4", "udp6", "vlan", "arp"};
constexpr uint32_t kSumComplete = 4;  // BPF_F_TEST_SKB_CHECKSUM_COMPLETE.
constexpr size_t kBeyondPage[] = {3520, 3521, 4096, 9000, 20'000, 65'535, 72'000};

/// What comes with a frame, beside its bytes.
struct Variant {
  const char* name;
  size_t meta = 0;
  uint32_t ingress_ifindex = 0;
  std::map<std::string, uint64_t, std::less<>> ctx = {};
  uint32_t flags = 0;
  uint32_t repeat = 1;
};

std::vector<Variant> xdp_variants() {
  return {
      {.name = "4 bytes of metadata", .meta = 4},
      {.name = "32 bytes of metadata", .meta = 32},
      {.name = "metadata, through a device", .meta = 8, .ingress_ifindex = 1},
      {.name = "through a device", .ingress_ifindex = 1},
      {.name = "three times", .repeat = 3},
  };
}

std::vector<Variant> skb_variants() {
  return {
      {.name = "marked", .ctx = {{"mark", 0x2a}, {"priority", 6}}},
      {.name = "with a large mark", .ctx = {{"mark", 0xdeadbeef}, {"priority", 0x10002}}},
      {.name = "with a control block", .ctx = {{"cb0", 1}, {"cb1", 2}, {"cb2", 3}, {"cb3", 0xffffffff}, {"cb4", 5}}},
      {.name = "through a device", .ctx = {{"ifindex", 1}, {"ingress_ifindex", 5}}},
      {.name = "stamped", .ctx = {{"tstamp", 1'700'000'000'000'000'000}, {"hwtstamp", 1'600'000'000'000'000'000}}},
      {.name = "to be cut", .ctx = {{"gso_size", 8}, {"gso_segs", 3}, {"wire_len", 4000}}},
      {.name = "summed by the device", .flags = kSumComplete},
      {.name = "three times", .ctx = {{"mark", 1}}, .repeat = 3},
  };
}

std::vector<std::byte> numbered(size_t size) {
  std::vector<std::byte> bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7 + i / 256);
  return bytes;
}

void add_variants(const std::string& frame, const std::vector<std::byte>& bytes, abi::Hook hook,
                  std::vector<NamedInput>& inputs) {
  for (const Variant& variant : hook == abi::Hook::xdp ? xdp_variants() : skb_variants()) {
    // The kernel makes a program its only one before it repeats it, and waits for all CPUs then.
    if (hook == abi::Hook::xdp && variant.repeat > 1 && frame != kPlain[0]) continue;
    inputs.push_back({
        fmt::format("{} {}", frame, variant.name),
        {.frame = bytes,
                                                .meta = numbered(variant.meta),
                                                .ctx = variant.ctx,
                                                .flags = variant.flags,
                                                .repeat = variant.repeat,
                                                .ingress_ifindex = variant.ingress_ifindex}
    });
  }
}

/// UDP over IPv4 with a payload of any length; its checksum is not computed.
std::vector<std::byte> long_frame(size_t size) {
  std::vector<std::byte> frame = frame_of("udp4").value();
  frame.resize(size);
  const auto rest = numbered(size);
  std::copy(rest.begin() + 42, rest.end(), frame.begin() + 42);
  const auto length = static_cast<uint16_t>(std::min<size_t>(size - 14, 65535));
  store(frame.data() + 16, be16(length));
  store(frame.data() + 38, be16(static_cast<uint16_t>(length - 20)));
  return frame;
}

}  // namespace

std::vector<NamedInput> judge_inputs(abi::Hook hook) {
  std::vector<NamedInput> inputs;
  for (const char* name : kPlain) inputs.push_back({name, {.frame = frame_of(name).value()}});
  for (TrafficFrame& frame : traffic()) inputs.push_back({std::move(frame.name), {.frame = std::move(frame.bytes)}});
  for (const char* name : kPlain) add_variants(name, frame_of(name).value(), hook, inputs);
  for (const size_t size : kBeyondPage) inputs.push_back({fmt::format("{} bytes", size), {.frame = long_frame(size)}});
  return inputs;
}

Result<std::vector<NamedInput>> captured_inputs(const std::string& path) {
  SAYA_TRY(CaptureReader reader, CaptureReader::open(path));
  std::vector<NamedInput> inputs;
  while (true) {
    SAYA_TRY(const auto frame, reader.next());
    if (!frame) return inputs;
    inputs.push_back(
        {fmt::format("{} frame {}", path, inputs.size() + 1), {.frame = {frame->bytes.begin(), frame->bytes.end()}}});
  }
}

}  // namespace saya::tests
