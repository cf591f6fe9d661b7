// A program ready to run, whatever engine made it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "abi/owned_objects.h"
#include "abi/run.h"
#include "abi/tables.h"

namespace saya::abi {

/// The first 8 bytes of the program's digest, as the kernel shows it.
using Tag = std::array<uint8_t, 8>;

/// Code with a burst entry, and (by its members) all that keeps the code alive: maps, code pages, tail-call targets.
/// Immutable and shared between workers; run() may be called from any thread.
class Executable : public std::enable_shared_from_this<Executable> {
 public:
  struct Identity {
    std::string name;    ///< Function name, as `bpftool prog` shows it.
    std::string origin;  ///< "fw.o:[section]", as `tc filter show` shows it.
    Hook hook = Hook::xdp;
    Tag tag{};
    bool frags = false;                       ///< Takes fragmented packets at XDP ("xdp.frags").
    bool writes_packet = true;                ///< False only when it is known never to write frame bytes directly.
    uint32_t expected_attach_type = 0;        ///< BPF_XDP_DEVMAP and the like; 0 where its section says nothing.
    std::vector<ObjectTypePtr> object_types;  ///< Of which it may allocate objects; sorted by btf_type.
  };

  explicit Executable(Identity identity) : identity_(std::move(identity)) {}
  virtual ~Executable() = default;
  const Identity& identity() const noexcept { return identity_; }

  /// Runs the program once per element, in order; results[i] is r0 of runs[i]. Each run has packet and services set.
  virtual void run(std::span<Run> runs, std::span<uint64_t> results) const noexcept = 0;

  /// Continues the execution `run` here, as a tail call from another program does: tail_calls is counted already.
  virtual uint64_t enter(Run& run) const noexcept = 0;

  /// Calls one function of the program on its own, outside of any run of it: what a timer does. `function` is the value
  /// that a function-pointer register held; it is given a map, the key of an element and the element's value, and may
  /// read the key's bytes. `run` has services set and no packet.
  virtual uint64_t call(Run& run, uint64_t function, Map& map, std::span<const std::byte> key,
                        std::byte* value) const noexcept = 0;

 private:
  const Identity identity_;
};

using ExecutablePtr = std::shared_ptr<const Executable>;

}  // namespace saya::abi
