// One execution of a program: everything it may reach besides its maps. No globals, no thread-locals.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "abi/flows.h"
#include "abi/tables.h"
#include "base/time.h"
#include "netstate/netstate.h"
#include "packet/packet.h"

namespace saya {
class Map;
class RedirectMap;
}  // namespace saya

namespace saya::abi {

struct Run;
class MapTimers;
class OwnedObjects;

/// Pseudo-random numbers that a seed repeats (splitmix64). One worker owns it.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() noexcept {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  uint64_t state_;
};

/// Why the checked interpreter stopped a program.
struct Fault {
  std::string program;
  uint32_t insn = 0;    ///< Slot in the linked program.
  std::string message;  ///< Instruction, source line, address and region in one sentence.
};

/// What programs say to people: trace_printk lines and faults. Called on the worker's thread.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void on_trace(const Run& run, std::string_view line) = 0;
  virtual void on_fault(const Run& run, const Fault& fault) = 0;
};

/// What bpf_clone_redirect() and friends need from the datapath that runs the program. Borrowed for the call.
class Datapath {
 public:
  virtual ~Datapath() = default;
  /// Sends a copy on its way to `ifindex`, to be walked after the current burst. 0, -EINVAL for an unknown port,
  /// -ENOMEM. The packet must be at a tc hook.
  virtual int send_clone(const Packet& packet, uint32_t ifindex, bool ingress) noexcept = 0;
};

/// What a worker lends to each execution. All pointers outlive the run; null means "not here".
struct Services {
  const Clock* clock = nullptr;  ///< Never null.
  Random* random = nullptr;      ///< Never null.
  MapTimers* timers = nullptr;
  OwnedObjects* objects = nullptr;
  const Netstate* netstate = nullptr;
  FlowTable* flows = nullptr;  ///< Connections; no other worker's.
  Listener* listener = nullptr;
  Datapath* datapath = nullptr;
  uint32_t cpu = 0;  ///< The worker's number: "the CPU" of per-CPU maps.
};

/// The memory that helpers hand to a program besides its context, stack, packet and maps. The checked interpreter keeps
/// book of it and lets a program touch nothing else; compiled programs have none. One run's.
class Grants {
 public:
  /// `packet`: bytes of a fragment of the run's packet; such a grant ends when they leave the packet.
  /// `dynptr`: a struct bpf_dynptr outside of the stack, which programs hand on and cannot look into.
  /// `owned`: a reference to an object of abi::OwnedObjects, which the program must give back as it must a record.
  enum class Kind : uint8_t { memory, socket, record, object, packet, dynptr, owned };
  virtual ~Grants() = default;
  /// From now on the program may read (and, if `writable`, write) these bytes.
  virtual void grant(Kind kind, const void* begin, size_t bytes, bool writable) noexcept = 0;
  /// The grant that begins there ends. Nothing happens when there is none.
  virtual void revoke(const void* begin) noexcept = 0;
};

class Executable;

/// Where a redirect helper said the packet shall go; looked at only when the verdict is a redirect. Small: there is one
/// in every Run. What it points to is valid until the Reader's quiescent().
struct Redirect {
  enum class Target : uint8_t {
    none,
    interface,          ///< Out of a port. From XDP: `program`, if any, runs there first.
    interface_ingress,  ///< Into a port's receive path.
    peer,               ///< Into the receive path of the port at the other end.
    neighbour,          ///< Out of a port, with the MAC header that leads to the next hop.
    cpu,                ///< To a CPU: `program`, if any, then the receive path of the port where the packet is.
    socket,             ///< To the AF_XDP socket that is bound to receive queue `number`.
    broadcast,          ///< To every port of `map`, but the one it came from where `exclude_ingress` says so.
  };
  Target target = Target::none;
  bool by_map = false;
  bool exclude_ingress = false;
  uint8_t next_hop_family = 0;  ///< Of `next_hop`; 0: the routes say.
  uint32_t number = 0;          ///< An ifindex, a CPU, a queue.
  union {
    const Executable* program = nullptr;
    const RedirectMap* map;
  };
  std::array<std::byte, 16> next_hop{};
};

/// One execution over one packet. Lives on the hook's stack for one burst.
struct Run {
  Packet* packet = nullptr;
  const Services* services = nullptr;
  Hook hook = Hook::xdp;  ///< Of the program that runs; engines set it on entry. Some helpers differ by it.
  Redirect redirect{};
  uint32_t tail_calls = 0;  ///< Taken so far; at most kMaxTailCalls.
  bool faulted = false;     ///< The checked interpreter stopped the program; its return value means nothing.

  const Executable* program = nullptr;  ///< That runs now; engines set it.
  Grants* grants = nullptr;             ///< Null where nobody keeps book.

  /// Calls back into the running program: `function` is the value that a function-pointer register held. Set by the
  /// engine for the duration of a helper call; null otherwise.
  uint64_t (*invoke)(Run& run, uint64_t function, uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4,
                     uint64_t r5) noexcept = nullptr;
  /// The map that has a value there, of those that the running program may use; null when none has. Set as `invoke`.
  Map* (*map_around)(const Run& run, const void* address) noexcept = nullptr;
  void* engine = nullptr;  ///< The engine's own state behind both.
};

/// Grants memory to the program of `run`, where somebody keeps book.
inline void grant(const Run& run, Grants::Kind kind, const void* begin, size_t bytes, bool writable) noexcept {
  if (run.grants) run.grants->grant(kind, begin, bytes, writable);
}
inline void revoke(const Run& run, const void* begin) noexcept {
  if (run.grants) run.grants->revoke(begin);
}

inline constexpr uint32_t kMaxTailCalls = 33;  ///< MAX_TAIL_CALL_CNT: 34 executions in all.

}  // namespace saya::abi
