// DEVMAP, DEVMAP_HASH, CPUMAP and XSKMAP: the maps that bpf_redirect_map() sends packets through.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/published.h"
#include "map/map.h"

namespace saya {

namespace abi {
class Executable;
}

/// Where an element sends packets.
struct RedirectTarget {
  uint32_t number = 0;  ///< An ifindex; a CPUMAP's CPU; the receive queue that an XSKMAP's socket is bound to.
  /// Runs over the packet there, before anything else; null: none. Valid until the Reader's quiescent().
  const abi::Executable* program = nullptr;
};

/// The program of an element.
struct RedirectProgram {
  std::shared_ptr<const abi::Executable> program;
  uint32_t expected_attach_type = 0;  ///< BPF_XDP_DEVMAP or BPF_XDP_CPUMAP, as the map's type wants it.
  uint32_t id = 0;                    ///< What the element shows of it; 0: the map counts its own.
};

inline constexpr uint32_t kXdpDevmap = 33;  ///< BPF_XDP_DEVMAP.
inline constexpr uint32_t kXdpCpumap = 35;  ///< BPF_XDP_CPUMAP.

/// Only the control side changes these maps: programs look up (struct bpf_devmap_val, read-only) and redirect. Numbers
/// lie in the map's memory; programs live in this process, so elements of a map opened from elsewhere have none.
class RedirectMap : public Map {
 public:
  using Map::Map;

  /// Where the element under `key` leads; nothing when there is none. Wait-free, from Reader threads.
  virtual std::optional<RedirectTarget> target(uint32_t key) const noexcept;
  /// Calls `each(target)` for each element, in next_key order.
  template <class Each>
  void for_each_target(Each each) const noexcept;

  /// Stores `number` (a port's ifindex; of a CPUMAP the queue's size) and the program that runs there. Waits for
  /// readers when a program comes or goes. Errors as update()'s, with words.
  Result<> set(uint32_t key, uint32_t number, const RedirectProgram& program, uint64_t flags = kUpdateAny);
  /// Lets go of all programs; the elements stay. Control side only, when no packet is under way any more.
  void release_programs() { bounds_.publish(std::make_unique<Bounds>()); }
  /// Says which ifindexes there are. Without it any may be stored, and is looked for when a packet comes.
  void know_ports(std::function<bool(uint32_t ifindex)> exists) { port_exists_ = std::move(exists); }

  /// As set() with the bytes that bpf(2) takes: a number, and 0 or -1 for the program, whose descriptors saya has none
  /// of. Control side only.
  int update(const std::byte* key, const std::byte* value, uint64_t flags, uint32_t cpu) noexcept final;
  /// Control side only.
  int erase(const std::byte* key) noexcept final;

 protected:
  struct Change {
    uint32_t key = 0;
    uint32_t number = 0;
    bool with_program = false;
    uint64_t flags = 0;
  };
  /// 0, or the errno with which the kernel refuses the change.
  virtual int check(const Change& change) const noexcept = 0;
  /// Whether a program is looked at that comes with such a number.
  virtual bool takes_program(uint32_t /*number*/) const noexcept { return true; }
  /// The errno for a program that is none, or of the wrong kind.
  virtual int bad_program() const noexcept = 0;
  virtual uint32_t wanted_attach_type() const noexcept = 0;
  /// The number and, in the upper half, the id of the program; 0: no element.
  virtual uint64_t word(uint32_t key) const noexcept = 0;
  /// Stores a word, 0 for no element. 0 or a negative errno.
  virtual int store_word(uint32_t key, uint64_t word) noexcept = 0;
  virtual int check_erase(uint32_t key) const noexcept = 0;
  /// The word of an element without a program.
  virtual uint64_t element_word(uint32_t number) const noexcept { return number; }
  /// What target() says of an element that holds `number`.
  virtual uint32_t target_number(uint32_t, uint32_t number) const noexcept { return number; }
  bool port_exists(uint32_t ifindex) const { return !port_exists_ || port_exists_(ifindex); }

 private:
  struct Bound {
    uint32_t number = 0;
    std::shared_ptr<const abi::Executable> program;
  };
  using Bounds = std::unordered_map<uint32_t, Bound>;

  int change(Change wanted, const RedirectProgram& program);
  void bind(uint32_t key, Bound bound);
  void unbind(uint32_t key);

  std::mutex changing_;
  Published<Bounds> bounds_;  ///< Elements that have a program.
  uint32_t last_id_ = 0;
  std::function<bool(uint32_t)> port_exists_;
};

/// The types whose elements lie in an array: word i belongs to key i.
class IndexedRedirectMap : public RedirectMap {
 public:
  using RedirectMap::RedirectMap;

  std::byte* lookup(const std::byte* key, uint32_t cpu) noexcept final;
  int next_key(const std::byte* key, std::byte* next) const noexcept final;
  std::span<std::byte> value_around(const std::byte* address) noexcept final;

 protected:
  uint64_t word(uint32_t key) const noexcept final;
  int store_word(uint32_t key, uint64_t word) noexcept final;
  int check_erase(uint32_t key) const noexcept final;
  /// The refusals that the types share, in the kernel's order.
  int check_index(const Change& change) const noexcept;

 private:
  std::byte* slot(uint32_t key) const noexcept;
};

constexpr bool is_redirect_map(uint32_t type) noexcept {
  return type == static_cast<uint32_t>(MapKind::devmap) || type == static_cast<uint32_t>(MapKind::devmap_hash) ||
         type == static_cast<uint32_t>(MapKind::cpumap) || type == static_cast<uint32_t>(MapKind::xskmap);
}
/// Null for other types.
inline RedirectMap* as_redirect_map(Map& map) noexcept {
  return is_redirect_map(map.spec().type) ? static_cast<RedirectMap*>(&map) : nullptr;
}

/// What the storage functions check: a key is one u32, a value 4 bytes or 8.
Result<> check_redirect_map(const MapSpec& spec);

template <class Each>
void RedirectMap::for_each_target(Each each) const noexcept {
  uint32_t key = 0;
  uint64_t left = 2 * uint64_t{spec().max_entries};  // Keys that come and go must not keep us here.
  const auto bytes = reinterpret_cast<std::byte*>(&key);
  for (const std::byte* from = nullptr; left > 0 && next_key(from, bytes) == 0; from = bytes, --left)
    if (const auto found = target(key)) each(*found);
}

}  // namespace saya
