// The tables that both wings share, as types: hooks, verdicts, drop reasons.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace saya::abi {

/// Which context a program is given and which verdicts it speaks.
enum class Hook : uint8_t { xdp, tc, socket };
std::string_view to_string(Hook hook) noexcept;

/// What a verdict does to the packet.
enum class Effect : uint8_t { drop, pass, transmit, redirect, next, consume };

struct Verdict {
  Hook hook;
  int32_t number;
  std::string_view name;
  Effect effect;
};
std::span<const Verdict> verdicts() noexcept;
/// The row of `number` at `hook`; null when the hook does not know it.
const Verdict* find_verdict(Hook hook, int32_t number) noexcept;

enum class Drop : uint8_t {
#define SAYA_DROP(name, words) name,
#include "abi/drops.def"
};
inline constexpr size_t kDrops = 0
#define SAYA_DROP(name, words) +1
#include "abi/drops.def"
    ;
std::string_view to_string(Drop reason) noexcept;  ///< "xdp_drop"
std::string_view words(Drop reason) noexcept;      ///< "an XDP program said XDP_DROP"

}  // namespace saya::abi
