// What the numbers of `pinning` mean: libbpf's (enum libbpf_pin_type) and iproute2's (bpf_elf.h), Cilium's 16 in both.
#include <algorithm>
#include <span>

#include "object/reading.h"

namespace saya::object {
namespace {

struct Row {
  uint32_t number;
  Pinning pinning;
};
constexpr Row kOfBtfMaps[] = {
    {0,  Pinning::none   },
    {1,  Pinning::by_name},
    {2,  Pinning::by_name}, // PIN_GLOBAL_NS, carried over from struct bpf_elf_map.
    {16, Pinning::replace},
};
constexpr Row kOfLegacyMaps[] = {
    {0,  Pinning::none   },
    {1,  Pinning::object },
    {2,  Pinning::by_name},
    {16, Pinning::replace},
};

Pinning look_up(std::span<const Row> rows, uint32_t number) {
  const auto found = std::ranges::find(rows, number, &Row::number);
  return found == rows.end() ? Pinning::custom : found->pinning;
}

}  // namespace

Pinning btf_pinning(uint32_t number) noexcept { return look_up(kOfBtfMaps, number); }

Pinning legacy_pinning(uint32_t number) noexcept { return look_up(kOfLegacyMaps, number); }

}  // namespace saya::object
