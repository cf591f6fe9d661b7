// Any bytes as a program, unverified, in the checked interpreter: it is refused, ends, or is stopped with words. The
// first byte chooses the hook, the rest are instructions.
#include <array>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "helper/table.h"
#include "interp/interp.h"
#include "map/map_of_maps.h"
#include "map/prog_array.h"
#include "packet/pool.h"
#include "packet/tc_entry.h"

namespace {

class Ear final : public saya::abi::Listener {
 public:
  void on_trace(const saya::abi::Run&, std::string_view) override {}
  void on_fault(const saya::abi::Run&, const saya::abi::Fault& fault) override { said = !fault.message.empty(); }
  bool said = false;
};

saya::MapPtr map_of(uint32_t type, uint32_t value_size) {
  return saya::create_map({.name = "m", .type = type, .key_size = 4, .value_size = value_size, .max_entries = 4}, {})
      .value();
}

/// Its inner map is no map of the program before it was looked up.
saya::MapPtr map_of_maps() {
  saya::MapPtr inner = map_of(2, 8);
  const saya::MapSpec spec{.name = "o",
                           .type = 12,
                           .key_size = 4,
                           .value_size = 4,
                           .max_entries = 4,
                           .inner = std::make_shared<saya::MapSpec>(inner->spec())};
  saya::MapPtr outer = saya::create_map(spec, {}).value();
  constexpr std::array<std::byte, 4> kFirst{};
  if (!saya::as_map_of_maps(*outer)->set(kFirst, std::move(inner))) std::abort();
  return outer;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using saya::program::Type;
  if (size < 1 + sizeof(saya::isa::RawInsn)) return 0;
  std::vector<saya::isa::RawInsn> code((size - 1) / sizeof(saya::isa::RawInsn));
  std::memcpy(code.data(), data + 1, code.size() * sizeof(saya::isa::RawInsn));
  auto program = std::make_shared<saya::program::Program>(
      *saya::program::from_code("fuzz", std::move(code), data[0] % 2 ? Type::xdp : Type::sched_cls));
  program->maps = {map_of(2, 8), map_of(1, 8), map_of(6, 8), map_of(3, 4), map_of_maps()};
  const auto made = saya::interp::run_checked(program, saya::helper::table(), {.backward_jumps = 1000});
  if (!made) return 0;
  auto& programs = static_cast<saya::ProgArray&>(*program->maps[3]);
  if (!programs.set(0, *made)) std::abort();

  const auto pool = saya::Pool::create(4).value();
  const saya::PacketPtr packet = pool->allocate(std::vector<std::byte>(64));
  saya::enter_tc_ingress(*packet, {.ifindex = 1});
  const saya::VirtualClock clock;
  saya::abi::Random random(1);
  Ear ear;
  const saya::abi::Services services{.clock = &clock, .random = &random, .listener = &ear};
  saya::abi::Run run{.packet = packet.get(), .services = &services};
  uint64_t r0 = 0;
  (*made)->run({&run, 1}, {&r0, 1});
  if (run.faulted != ear.said) std::abort();
  if (!programs.set(0, nullptr)) std::abort();  // The program keeps the map, and the map the program.
  return 0;
}
