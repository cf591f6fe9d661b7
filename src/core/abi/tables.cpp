// Lookups in verdicts.def and drops.def.
#include "abi/tables.h"

namespace saya::abi {
namespace {

constexpr Verdict kVerdicts[] = {
#define SAYA_VERDICT(hook, number, name, effect) {Hook::hook, number, #name, Effect::effect},
#include "abi/verdicts.def"
};

struct DropRow {
  std::string_view name;
  std::string_view words;
};
constexpr DropRow kDropRows[] = {
#define SAYA_DROP(name, words) {#name, words},
#include "abi/drops.def"
};

}  // namespace

std::string_view to_string(Hook hook) noexcept {
  constexpr std::string_view kNames[] = {"xdp", "tc", "socket"};
  return kNames[static_cast<size_t>(hook)];
}

std::span<const Verdict> verdicts() noexcept { return kVerdicts; }

const Verdict* find_verdict(Hook hook, int32_t number) noexcept {
  for (const Verdict& row : kVerdicts)
    if (row.hook == hook && row.number == number) return &row;
  return nullptr;
}

std::string_view to_string(Drop reason) noexcept { return kDropRows[static_cast<size_t>(reason)].name; }
std::string_view words(Drop reason) noexcept { return kDropRows[static_cast<size_t>(reason)].words; }

}  // namespace saya::abi
