// Helpers in random order with random arguments, over random inputs: tests/steps/steps.bpf.c here and in the kernel.
// What each call answered, what the context showed after it, and the packet in the end must agree. A failure names its
// seed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "abi/run.h"
#include "kernel/bpf.h"
#include "map/host.h"
#include "support/judge_inputs.h"
#include "support/needs_kernel.h"
#include "support/parity.h"

namespace saya::tests {
namespace {

constexpr uint32_t kSteps = 12;  // As in the program.
constexpr uint32_t kSkbCodes = 25, kXdpCodes = 12;
constexpr uint32_t kSeeds = 400;  // SAYA_SEEDS=FIRST-LAST has other ones.
constexpr uint32_t kInputsASeed = 6;

/// struct step of the program.
struct Step {
  uint32_t code = 0, size = 0;
  uint64_t a = 0, b = 0, c = 0, d = 0;
  std::array<uint8_t, 40> bytes{};
};

class Steps {
 public:
  explicit Steps(uint64_t seed) : random_(seed) {}

  Step skb() {
    Step step = any(kSkbCodes);
    switch (step.code) {
      case 2:
      case 3: step = {.code = step.code, .a = pick(kSums), .b = number(), .c = number(), .d = sum_flags()}; break;
      case 4: step.a = pick(std::array<uint64_t, 4>{0xdd86, 0x0008, 0xdd86, 0x0081}), step.b = rarely(); break;
      case 5: step.a = random_.next() % 6; break;
      case 6: step.a = skb_room(), step.b = random_.next() % 8 ? random_.next() % 2 : 2, step.c = room_flags(); break;
      case 7:
        step.a = pick(kLengths), step.b = rarely();
        cut_ |= step.a < 150;
        break;
      case 8: step.a = push(pick(kSmall)), step.b = rarely(); break;
      case 9:
        step.a = pick(std::array<uint64_t, 4>{0x0081, 0xa888, 0, 0x1234}), step.b = random_.next() & 0x1fff;
        break;
      case 11: step.a = pick(kLengths); break;
      case 13: step.a = random_.next() % 5; break;
      case 15: step.a = pick(kOffsets), step.b = random_.next() % 3; break;
      case 17: step.a = random_.next() % 13, step.b = number(); break;
      case 20: step.a = number(), step.b = random_.next() % 4; break;
      case 21:
        step.a = pick(kLengths), step.b = random_.next() % 2, step.c = room(), step.d = random_.next() % 3;
        break;
      case 22: step.a = random_.next() % 3, step.b = random_.next() % 3; break;
      default: break;
    }
    return step;
  }

  Step xdp() {
    Step step = any(kXdpCodes);
    if (step.code >= 2 && step.code <= 4) step.a = room();
    if (step.code == 4 && random_.next() % 4) step.a &= ~uint64_t{3};
    if (step.code == 9)
      step.a = pick(kLengths), step.b = random_.next() % 2, step.c = room(), step.d = random_.next() % 3;
    if (step.code == 10) step.a = random_.next() % 3, step.b = random_.next() % 3;
    return step;
  }

  const NamedInput& input(const std::vector<NamedInput>& inputs) { return inputs[random_.next() % inputs.size()]; }

 private:
  static constexpr std::array<uint64_t, 20> kOffsets = {0,  6,  12, 14, 16, 20, 22, 23, 24,     26,
                                                        30, 34, 36, 38, 40, 50, 54, 60, 0xffff, 0x10000};
  static constexpr std::array<uint64_t, 8> kSums = {24, 40, 50, 36, 60, 16, 2, 25};
  static constexpr std::array<uint64_t, 12> kLengths = {0, 14, 15, 33, 34, 42, 54, 60, 100, 1500, 3000, 9000};
  static constexpr std::array<uint64_t, 10> kSmall = {0, 1, 2, 4, 8, 14, 18, 20, 40, 200};

  Step any(uint32_t codes) {
    Step step{.code = static_cast<uint32_t>(random_.next() % codes),
              .size = static_cast<uint32_t>(random_.next() % 41),
              .a = pick(kOffsets),
              .b = rarely(),
              .c = number(),
              .d = number()};
    for (uint8_t& byte : step.bytes) byte = static_cast<uint8_t>(random_.next());
    return step;
  }
  template <size_t kCount>
  uint64_t pick(const std::array<uint64_t, kCount>& from) {
    return from[random_.next() % kCount];
  }
  uint64_t number() {
    const uint64_t chance = random_.next();
    return chance % 3 == 0 ? chance >> 8 & 0xff : chance % 3 == 1 ? chance >> 8 & 0xffff : chance >> 8;
  }
  /// Mostly 0.
  uint64_t rarely() { return random_.next() % 4 ? 0 : uint64_t{1} << random_.next() % 8; }
  uint64_t room() {
    const uint64_t size = pick(kSmall);
    return random_.next() % 2 ? size : ~size + 1;
  }
  /// Room behind the headers: what the kernel moves there lies beyond the end of a packet that was cut.
  uint64_t skb_room() {
    const uint64_t size = pick(kSmall);
    return cut_ || random_.next() % 2 ? ~size + 1 : push(size);
  }
  /// As much as the headroom of a test run's packet holds: a new one takes a transport header that is nowhere for one
  /// that is somewhere (docs/differences.md).
  uint64_t push(uint64_t size) {
    if (size > headroom_) return 0;
    headroom_ -= size;
    return size;
  }
  uint64_t sum_flags() {
    constexpr std::array<uint64_t, 10> kFlags = {0, 2, 4, 0x10, 0x12, 0x14, 0x22, 0x42, 0x52, 0x80};
    return pick(kFlags);
  }
  uint64_t room_flags() {
    constexpr std::array<uint64_t, 14> kFlags = {0,    1,          2,          4,          0x0a,       0x0c, 0x12,
                                                 0x20, 0x14000002, 0x0e000042, 0x0e00004a, 0x14000004, 0x80, 0x100};
    return pick(kFlags);
  }

  abi::Random random_;
  uint64_t headroom_ = 64 - 20 - 8;  ///< Without what a change of protocol and a tag take.
  bool cut_ = false;
};

std::vector<std::byte> bytes_of(const auto& value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  return {bytes.begin(), bytes.end()};
}

/// The lines of each that the other does not have.
std::string differences(std::string_view ours, std::string_view theirs) {
  const auto lines_of = [](std::string_view text) {
    std::vector<std::string> lines;
    for (size_t end = 0; !text.empty(); text.remove_prefix(std::min(end + 1, text.size())))
      lines.emplace_back(text.substr(0, end = std::min(text.find('\n'), text.size())));
    return lines;
  };
  const auto left = lines_of(ours), right = lines_of(theirs);
  std::string text;
  for (const std::string& line : left)
    if (std::ranges::find(right, line) == right.end()) text += "  saya:   " + line + "\n";
  for (const std::string& line : right)
    if (std::ranges::find(left, line) == left.end()) text += "  kernel: " + line + "\n";
  return text;
}

/// One object for all seeds.
class StepsKernel : public testing::Test {
 protected:
  void SetUp() override {
    SAYA_NEEDS_BPF();
    auto opened = Parity::open(SAYA_BINARY_DIR "/bpf/tests/steps/steps.o");
    ASSERT_TRUE(opened) << opened.error().message;
    parity_ = std::move(*opened);
    for (const Parity::Program& program : parity_->programs()) {
      ASSERT_TRUE(program.theirs->fd) << program.theirs->reason;
      ASSERT_TRUE(program.ours) << program.ours.error().message;
    }
  }

  void set(uint32_t number, uint32_t slot, const auto& value) {
    ASSERT_TRUE(kernel::update(parity_->kernel_map(number).value(), bytes_of(slot), bytes_of(value), 0));
    ASSERT_TRUE(host_update(*parity_->maps()[number], bytes_of(slot), bytes_of(value)));
  }

  uint32_t map_called(std::string_view name) const {
    uint32_t number = 0;
    while (parity_->maps()[number]->spec().name != name) ++number;
    return number;
  }

  /// False when the seed's runs differ.
  bool compare(const Parity::Program& program, uint32_t seed, const std::vector<NamedInput>& inputs) {
    Steps steps(seed);
    std::string text;
    for (uint32_t slot = 0; slot < kSteps; ++slot) {
      const Step step = *program::hook_of(program.type) == abi::Hook::xdp ? steps.xdp() : steps.skb();
      text += fmt::format("  {}: code {} size {} a {:#x} b {:#x} c {:#x} d {:#x}\n", slot, step.code, step.size, step.a,
                          step.b, step.c, step.d);
      set(map_called("steps"), slot, step);
    }
    for (uint32_t i = 0; i < kInputsASeed; ++i) {
      const NamedInput& input = steps.input(inputs);
      for (uint32_t slot = 0; slot < kSteps; ++slot) set(map_called("answers"), slot, std::array<std::byte, 80>{});
      const auto theirs = parity_->outcome_in_kernel(program, input.input);
      const auto ours = parity_->outcome_in_saya(program, input.input);
      const std::string left = (ours ? to_text(*ours) : ours.error().message) + parity_->maps_in_saya().value();
      const std::string right =
          (theirs ? to_text(*theirs) : theirs.error().message) + parity_->maps_in_kernel().value();
      if (left == right) continue;
      ADD_FAILURE() << program.name << ", seed " << seed << ", over " << input.name << "\n"
                    << differences(left, right) << text;
      return false;
    }
    return true;
  }

  void compare(std::string_view name, std::vector<NamedInput> inputs) {
    std::erase_if(inputs, [](const NamedInput& input) { return input.input.ctx.contains("gso_size"); });
    uint32_t first = 0, last = kSeeds;
    if (const char* range = std::getenv("SAYA_SEEDS")) std::sscanf(range, "%u-%u", &first, &last);
    for (const Parity::Program& program : parity_->programs())
      if (program.name == name)
        for (uint32_t seed = first, failures = 0; seed < last && failures < 3; ++seed)
          failures += !compare(program, seed, inputs);
  }

  std::unique_ptr<Parity> parity_;
};

TEST_F(StepsKernel, HelpersAtTcAnswerAlike) { compare("steps_of_skb", judge_inputs(abi::Hook::tc)); }
TEST_F(StepsKernel, HelpersAtXdpAnswerAlike) { compare("steps_of_xdp", judge_inputs(abi::Hook::xdp)); }
TEST_F(StepsKernel, HelpersAtXdpInFragmentsAnswerAlike) { compare("steps_of_xdp_frags", judge_inputs(abi::Hook::xdp)); }

}  // namespace
}  // namespace saya::tests
