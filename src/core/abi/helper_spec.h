// What a row of helper/helpers.def or helper/kfuncs.def says about a function that programs call, and the binding that
// makes a wrong row a compile error.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "abi/dynptr.h"
#include "abi/run.h"
#include "map/map.h"

namespace saya::abi {

/// What an argument register must hold. Memory arguments are followed by their size, or sized by the map.
enum class Arg : uint8_t {
  none,
  scalar,
  ctx,                ///< The program's context.
  ctx_or_null,        ///< The same, or null.
  map,                ///< A map.
  prog_array,         ///< A map of type prog_array.
  map_key,            ///< key_size readable bytes of the map before it.
  map_value,          ///< value_size readable bytes of that map.
  map_value_out,      ///< The same, writable; a bloom filter only reads them.
  map_value_or_null,  ///< The same, or null.
  memory,             ///< Readable bytes, as many as the next argument says.
  memory_or_null,     ///< The same, or null with size 0.
  memory_out,         ///< Writable bytes, as many as the next argument says.
  map_memory,         ///< The same, all of them in one map value.
  buffer_or_null,     ///< memory_out, or null whatever the next argument says.
  size,               ///< Byte count of the memory before it, > 0.
  size_or_zero,       ///< The same, 0 allowed.
  string,             ///< Characters up to a NUL, in a read-only map (the kernel's ARG_PTR_TO_CONST_STR).
  u32_inout,          ///< Four bytes that are read and written.
  u64_out,            ///< Eight writable bytes, aligned.
  u16_out,            ///< Two writable bytes.
  bytes16,            ///< 16 readable bytes.
  bytes20,            ///< 20 readable bytes: an IPv4 or TCP header.
  bytes40,            ///< 40 readable bytes: an IPv6 header.
  bytes16_out,        ///< 16 writable bytes.
  bytes64_out,        ///< 64 writable bytes.
  function,           ///< A function of this program, to be called back.
  socket,             ///< A socket that a helper or the context gave.
  socket_or_null,
  record,  ///< What a ring buffer reserved for the program, from its first byte.
  object,  ///< A kernel object that a helper gave (a task, a cgroup): opaque.
  object_or_null,
  any_object_or_null,  ///< The same, or `owned`: what a pointer field may hold.
  owned,               ///< An object of abi::OwnedObjects that the program has a reference to.
  counted,             ///< One that lives and whose references are counted.
  per_cpu,             ///< One that lives and has a copy for each CPU.
  list_head,           ///< The struct bpf_list_head of a map value or of such an object,
  rb_root,             ///< or the bpf_rb_root, whose lock the program holds.
  rb_node,             ///< The struct bpf_rb_node of such an object.
  owned_list_node,     ///< A node of an `owned` one.
  owned_rb_node,
  dynptr,          ///< An initialised struct bpf_dynptr.
  dynptr_out,      ///< 16 bytes of stack where one may be made.
  spin_lock,       ///< The struct bpf_spin_lock of a map value.
  map_bytes4,      ///< Four writable bytes of a map value, aligned.
  timer,           ///< The struct bpf_timer of a map value.
  kernel_pointer,  ///< A pointer field of a map value (`__kptr`).
  anything,        ///< A value handed on unseen (a callback's context).
};
using Args = std::array<Arg, 5>;

/// What r0 holds afterwards.
enum class Ret : uint8_t {
  scalar,
  nothing,
  map_value_or_null,
  memory_or_null,  ///< Memory that the helper granted (abi::Grants).
  memory,
  socket_or_null,
  socket,
  object_or_null,
  object,
};

/// What a call costs its caller, or-ed together.
enum HelperTraits : uint32_t {
  kInvalidatesPackets = 8,  ///< Packet pointers read from the context before are stale afterwards.
  kPacketMemory = 16,       ///< Memory arguments may lie in the packet (the kernel's pkt_access).
  kAcquires = 32,           ///< What the call grants must be given back before the program ends.
};

/// The errors that a helper may answer with, as positive numbers; 0 where the list ends.
using Errors = std::array<int16_t, 12>;
template <class... E>
consteval Errors errors(E... e) {
  return {static_cast<int16_t>(e)...};
}

using HelperFn = uint64_t (*)(Run&, uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5) noexcept;

/// Ids from here on are saya's own numbers of kernel functions, which programs call by name (kfuncs).
inline constexpr uint32_t kFirstKernelFunction = 65536;

struct HelperSpec {
  uint32_t id;            ///< BPF_FUNC_*, or kFirstKernelFunction and above.
  std::string_view name;  ///< "map_lookup_elem" of a helper, "bpf_dynptr_size" of a kernel function.
  Args args;
  Ret ret;
  uint32_t traits;  ///< HelperTraits.
  Errors errors;
  HelperFn call;
  std::string_view doc;
};

/// The helper table as rooms receive it: rows sorted by id.
using HelperTable = std::span<const HelperSpec>;
/// Null for an unknown id.
const HelperSpec* find_helper(HelperTable table, uint32_t id) noexcept;
/// The kernel function of that name, or null.
const HelperSpec* find_kernel_function(HelperTable table, std::string_view name) noexcept;
constexpr bool is_kernel_function(const HelperSpec& spec) noexcept { return spec.id >= kFirstKernelFunction; }
/// "bpf_map_lookup_elem": what people call it.
std::string full_name(const HelperSpec& spec);

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
    case Arg::ctx:
    case Arg::ctx_or_null: return std::is_same_v<T, Packet*>;
    case Arg::map:
    case Arg::prog_array: return std::is_same_v<T, Map*>;
    case Arg::map_key:
    case Arg::map_value:
    case Arg::map_value_or_null:
    case Arg::bytes20:
    case Arg::bytes40:
    case Arg::memory:
    case Arg::bytes16:
    case Arg::memory_or_null: return std::is_same_v<T, const std::byte*>;
    case Arg::map_value_out:
    case Arg::memory_out:
    case Arg::map_memory:
    case Arg::buffer_or_null:
    case Arg::bytes16_out:
    case Arg::bytes64_out:
    case Arg::record:
    case Arg::spin_lock:
    case Arg::timer:
    case Arg::owned:
    case Arg::counted:
    case Arg::per_cpu:
    case Arg::list_head:
    case Arg::rb_root:
    case Arg::rb_node:
    case Arg::owned_list_node:
    case Arg::owned_rb_node:
    case Arg::kernel_pointer: return std::is_same_v<T, std::byte*>;
    case Arg::string: return std::is_same_v<T, const char*>;
    case Arg::map_bytes4:
    case Arg::u32_inout: return std::is_same_v<T, uint32_t*>;
    case Arg::u64_out: return std::is_same_v<T, uint64_t*>;
    case Arg::u16_out: return std::is_same_v<T, uint16_t*>;
    case Arg::socket:
    case Arg::socket_or_null: return std::is_same_v<T, const Socket*>;
    case Arg::object:
    case Arg::any_object_or_null:
    case Arg::object_or_null: return std::is_same_v<T, const void*>;
    case Arg::dynptr:
    case Arg::dynptr_out: return std::is_same_v<T, Dynptr*>;
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
