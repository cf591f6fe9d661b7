// What a row of helper/helpers.def says about a helper, and the binding that makes a wrong row a compile error.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "abi/run.h"
#include "map/map.h"

namespace saya::abi {

/// What an argument register must hold. Memory arguments are followed by their size, or sized by the map.
enum class Arg : uint8_t {
  none,
  scalar,
  ctx,             ///< The program's context.
  map,             ///< A map.
  prog_array,      ///< A map of type prog_array.
  map_key,         ///< key_size readable bytes of the map before it.
  map_value,       ///< value_size readable bytes of that map.
  memory,          ///< Readable bytes, as many as the next argument says.
  memory_or_null,  ///< The same, or null with size 0.
  memory_out,      ///< Writable bytes, as many as the next argument says.
  size,            ///< Byte count of the memory before it, > 0.
  size_or_zero,    ///< The same, 0 allowed.
  function,        ///< A function of this program, to be called back.
  anything,        ///< A value handed on unseen (a callback's context).
};
using Args = std::array<Arg, 5>;

/// What r0 holds afterwards.
enum class Ret : uint8_t { scalar, map_value_or_null, nothing };

/// Properties of a helper, or-ed together: where it may be called and what it costs.
enum HelperTraits : uint32_t {
  kXdp = 1,
  kTc = 2,
  kAnyHook = kXdp | kTc,
  kGplOnly = 4,             ///< Only for programs with a GPL-compatible licence.
  kInvalidatesPackets = 8,  ///< Packet pointers read from the context before are stale afterwards.
  kPacketMemory = 16,       ///< Memory arguments may lie in the packet (the kernel's pkt_access).
};

using HelperFn = uint64_t (*)(Run&, uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5) noexcept;

struct HelperSpec {
  uint32_t id;  ///< BPF_FUNC_*.
  std::string_view name;
  Args args;
  Ret ret;
  uint32_t traits;  ///< HelperTraits.
  HelperFn call;
  std::string_view doc;
};

/// The helper table as rooms receive it: rows sorted by id.
using HelperTable = std::span<const HelperSpec>;
/// Null for an unknown id.
const HelperSpec* find_helper(HelperTable table, uint32_t id) noexcept;

/// The C++ type through which an implementation receives each kind of argument.
template <class T>
consteval bool carries(Arg a) {
  switch (a) {
    case Arg::none: return false;
    case Arg::scalar:
    case Arg::size:
    case Arg::size_or_zero: return std::is_integral_v<T>;
    case Arg::anything:
    case Arg::function: return std::is_same_v<T, uint64_t>;
    case Arg::ctx: return std::is_same_v<T, Packet*>;
    case Arg::map:
    case Arg::prog_array: return std::is_same_v<T, Map*>;
    case Arg::map_key:
    case Arg::map_value:
    case Arg::memory:
    case Arg::memory_or_null: return std::is_same_v<T, const std::byte*>;
    case Arg::memory_out: return std::is_same_v<T, std::byte*>;
  }
  return false;
}

template <class T>
T from_register(uint64_t r) noexcept {
  if constexpr (std::is_pointer_v<T>)
    return reinterpret_cast<T>(r);
  else
    return static_cast<T>(r);
}

/// Calls a plain C++ function with BPF registers, after checking it against its row at compile time:
/// what the verifier proves and what the code assumes cannot drift apart.
template <auto Fn, Args kArgs>
struct Bind;
template <class... T, uint64_t (*Fn)(Run&, T...) noexcept, Args kArgs>
struct Bind<Fn, kArgs> {
  static consteval bool lists_no_more() {
    if constexpr (sizeof...(T) < 5) return kArgs[sizeof...(T)] == Arg::none;
    return true;
  }
  static_assert(lists_no_more(), "row lists more arguments than the function");
  static_assert([]<size_t... I>(std::index_sequence<I...>) { return (carries<T>(kArgs[I]) && ...); }(
                    std::index_sequence_for<T...>{}),
                "an argument's type does not carry what its row says");

  static uint64_t call(Run& run, uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5) noexcept {
    [[maybe_unused]] const uint64_t r[] = {r1, r2, r3, r4, r5};
    return [&]<size_t... I>(std::index_sequence<I...>) {
      return Fn(run, from_register<T>(r[I])...);
    }(std::index_sequence_for<T...>{});
  }
};

template <class... A>
consteval Args args(A... a) {
  return {a...};
}

}  // namespace saya::abi
