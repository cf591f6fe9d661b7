// The contract of a BPF map: what programs call (errno, bounded, no allocation) and what creates and opens one.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/region.h"
#include "base/result.h"

namespace saya {

/// BPF_MAP_TYPE_*, for the types that map/types.def knows.
enum class MapKind : uint32_t {
#define SAYA_MAP_TYPE(id, name, doc) name = id,
#include "map/types.def"
};

/// Flags of bpf_map_update_elem(); values are kernel ABI. Maps take the raw number, since programs may pass any.
enum Update : uint64_t {
  kUpdateAny = 0,
  kUpdateNoExist = 1,
  kUpdateExist = 2,
  kUpdateLock = 4  ///< BPF_F_LOCK: in place, under the value's spin lock.
};

/// Bits of MapSpec::flags; values are kernel ABI (BPF_F_*).
enum MapFlag : uint32_t {
  kMapNoPrealloc = 1,
  kMapNoCommonLru = 2,  ///< LRU lists for each CPU.
  kMapNumaNode = 4,
  kMapReadOnlySyscall =
      8,  ///< The host side may not write (map/host.h); in the kernel, through the creator's descriptor.
  kMapWriteOnlySyscall = 16,
  kMapZeroSeed = 64,  ///< The hash key is 0: the order of elements repeats from run to run.
  kMapReadOnlyProgram = 128,
  kMapWriteOnlyProgram = 256,
  kMapMmapable = 1024,
  kMapPreserveElements = 2048,  ///< Of a perf_event_array; the events of saya's live as long as the map anyway.
  kMapInnerMap = 4096
};

/// Something in a map's value, or in an object that programs own, which they use through helpers only.
struct MapField {
  enum class Kind : uint8_t {
    spin_lock,
    timer,
    kernel_pointer,  ///< To an object of the kernel or of programs.
    list_head,
    rb_root,
    refcount,
    list_node,  ///< Of objects only, as the next one.
    rb_node,
    other,
  };
  Kind kind = Kind::other;
  uint32_t offset = 0;
  uint32_t size = 0;
  bool operator==(const MapField&) const = default;
};

/// A map as an object file or a user describes it. Sizes in bytes.
struct MapSpec {
  std::string name;
  uint32_t type = 0;  ///< BPF_MAP_TYPE_*; may be one that map/types.def does not know.
  uint32_t key_size = 0;
  uint32_t value_size = 0;
  uint32_t max_entries = 0;
  uint32_t flags = 0;         ///< BPF_F_* as given to BPF_MAP_CREATE.
  uint32_t key_btf_type = 0;  ///< Type ids in the object's BTF; 0 when unknown.
  uint32_t value_btf_type = 0;
  uint32_t numa_node = 0;                ///< Counts with kMapNumaNode.
  uint64_t map_extra = 0;                ///< What it means depends on the type (BPF_MAP_CREATE, Linux 5.16).
  std::vector<MapField> fields;          ///< By the value's BTF; in offset order, no two overlap.
  std::shared_ptr<const MapSpec> inner;  ///< Of a map of maps: what each of them must look like.
};

/// What opens every map's memory. Position independent; payload follows at kMapPayloadOffset.
struct MapHeader {
  uint32_t magic;
  uint32_t version;
  uint32_t type;
  uint32_t key_size;
  uint32_t value_size;
  uint32_t max_entries;
  uint32_t flags;
  uint32_t nr_cpus;   ///< Per-CPU slots, fixed at creation.
  uint64_t hash_key;  ///< Random, so that nobody outside can choose colliding keys.
  char name[16];      ///< NUL-terminated, cut as the kernel cuts it.
  uint64_t map_extra;
  uint32_t frozen;  ///< Not 0: the host side may not write any more.
};
inline constexpr uint32_t kMapMagic = 0x4159'4153;  ///< "SAYA" as the bytes lie in memory.
inline constexpr uint32_t kMapVersion = 2;          ///< Grows with every change of a header or a payload.
inline constexpr size_t kMapPayloadOffset = 4096;
inline constexpr uint32_t kMapMostCpus = 4096;

/// A map's memory: header and payload in one Region. A fresh payload is all zeroes, and that is every type's empty map.
class MapMemory {
 public:
  /// `region` holds at least kMapPayloadOffset bytes.
  explicit MapMemory(Region region) noexcept : region_(std::move(region)), header_(load<MapHeader>(region_.data())) {}
  /// False when it is already. For all who share the memory, for ever.
  bool freeze() const noexcept { return frozen().exchange(1, std::memory_order_acq_rel) == 0; }
  bool is_frozen() const noexcept { return frozen().load(std::memory_order_acquire) != 0; }
  /// The header as it was on opening: another process that shares the memory cannot change it behind our back.
  const MapHeader& header() const noexcept { return header_; }
  std::byte* payload() noexcept { return region_.data() + kMapPayloadOffset; }
  const Region& region() const noexcept { return region_; }

 private:
  std::atomic_ref<uint32_t> frozen() const noexcept {
    const std::byte* at = region_.data() + offsetof(MapHeader, frozen);
    return std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(const_cast<std::byte*>(at)));
  }

  Region region_;
  MapHeader header_;
};

/// A map shared by programs, workers and the control plane; every member may be called from any thread.
/// Keys and values have exactly spec().key_size and spec().value_size bytes. A pointer from lookup() stays valid for
/// the map's life; after the element was deleted it may come to belong to another key (as in the kernel).
class Map : public std::enable_shared_from_this<Map> {
 public:
  Map(MapSpec spec, MapMemory memory) : spec_(std::move(spec)), memory_(std::move(memory)) {}
  virtual ~Map() = default;
  Map(const Map&) = delete;
  Map& operator=(const Map&) = delete;

  const MapSpec& spec() const noexcept { return spec_; }
  uint32_t nr_cpus() const noexcept { return memory_.header().nr_cpus; }
  /// How many values one key has: nr_cpus() for the per-CPU types, else 1.
  virtual uint32_t copies() const noexcept { return 1; }
  const MapMemory& memory() const noexcept { return memory_; }

  /// The value as worker `cpu` sees it, or null. Of a map of maps, the inner map itself (map/map_of_maps.h).
  virtual std::byte* lookup(const std::byte* key, uint32_t cpu) noexcept = 0;
  /// 0 or a negative errno, exactly as the BPF helper returns it. Bounded time, no allocation, no message:
  /// the host side (map/host.h) turns the number into a Result with words.
  virtual int update(const std::byte* key, const std::byte* value, uint64_t flags, uint32_t cpu) noexcept = 0;
  virtual int erase(const std::byte* key) noexcept = 0;
  /// Writes the key that follows `key` (the first one for null or an absent key) to `next`; -ENOENT after the last.
  virtual int next_key(const std::byte* key, std::byte* next) const noexcept = 0;
  /// The value whose bytes contain `address`, or an empty span: what the checked interpreter lets a program touch.
  virtual std::span<std::byte> value_around(const std::byte* address) noexcept = 0;
  /// Writes the key of the value that begins at `value`; false for types that cannot tell.
  virtual bool key_of(const std::byte* /*value*/, std::byte* /*key*/) const noexcept { return false; }
  /// The maps without keys: a queue or a stack takes a value, gives its next one away or shows it. A bloom filter only
  /// takes values, and peek() says whether it may have taken `value` (0 or -ENOENT), which it does not change. 0 or a
  /// negative errno as the BPF helpers return it; a value that was not there is zeroed.
  virtual int push(const std::byte* value, uint64_t flags) noexcept;
  virtual int pop(std::byte* value) noexcept;
  virtual int peek(std::byte* value) noexcept;

  // What only the host side (map/host.h) and helpers that walk ask for. The defaults: a type that has no such thing.

  /// As lookup(), by someone who only looks: an LRU map does not take the key as used.
  virtual std::byte* inspect(const std::byte* key, uint32_t cpu) noexcept { return lookup(key, cpu); }
  /// As update(), of all values that a key has: copies() of them, for per-CPU types each padded to 8 bytes.
  virtual int update_all(const std::byte* key, const std::byte* values, uint64_t flags) noexcept {
    return update(key, values, flags, 0);
  }
  /// Copies all values out, as update_all() takes them and with fields as zeroes, and erases the element. `flags`: 0 or
  /// kUpdateLock. -ENOTSUPP.
  virtual int take(const std::byte* key, std::byte* values, uint64_t flags) noexcept;
  /// Is shown an element; false ends the walk.
  using Visit = bool (*)(void* context, const std::byte* key, std::byte* value) noexcept;
  /// Hash maps are walked by buckets; 0 for other types.
  virtual uint32_t buckets() const noexcept { return 0; }
  /// Shows each element of one bucket as `cpu` sees it; false when the visitor ended it. The visitor may change the
  /// map.
  virtual bool visit_bucket(uint32_t bucket, uint32_t cpu, Visit visit, void* context) noexcept;

  /// Gives back what a writer held that died inside an update (such a map stays readable, but part of it may refuse
  /// writes with -ETIMEDOUT). Control side only, while nobody else uses the map.
  virtual void recover() noexcept {}

 protected:
  std::byte* payload() noexcept { return memory_.payload(); }

 private:
  const MapSpec spec_;
  MapMemory memory_;
};

using MapPtr = std::shared_ptr<Map>;  ///< Shared: programs, map-in-map slots, pins and operators.

/// What a map needs from the world it is created in.
struct MapWorld {
  uint32_t nr_cpus = 1;    ///< The NIC's workers; in differential tests the kernel's possible CPUs.
  uint64_t hash_key = 0;   ///< From the run's random source, so that a seed repeats a run.
  bool shareable = false;  ///< Back it with a memfd instead of private memory.
  /// Whether a device map may hold that ifindex; empty: any.
  std::function<bool(uint32_t ifindex)> is_port = {};
};

/// Creates an empty map. Refuses what BPF_MAP_CREATE of Linux 6.18 refuses (semantics d.1), naming the field and limit.
/// A name longer than 15 characters is cut, as loaders cut it for the kernel; spec() of the map has the cut one.
Result<MapPtr> create_map(const MapSpec& spec, const MapWorld& world);
/// Opens a map that this or another process created: validates the header, then shares the contents. The contents may
/// be hostile too: no byte of them makes a map reach outside `region`. BTF type ids are not stored: they are 0.
Result<MapPtr> open_map(Region region);

/// One row of map/types.def.
struct MapType {
  uint32_t id;
  std::string_view name;
  std::string_view doc;
  Result<size_t> (*storage)(const MapSpec&, uint32_t nr_cpus);  ///< Checks the spec; bytes of payload it needs.
  Result<MapPtr> (*open)(MapSpec, MapMemory);                   ///< Over a payload that is fresh or inherited.
};
std::span<const MapType> map_types() noexcept;
/// Null for a type that the table does not know.
const MapType* find_map_type(uint32_t id) noexcept;
/// BPF_MAP_TYPE_* of Linux 6.18 are below this.
inline constexpr uint32_t kMapTypeNumbers = 34;
/// "percpu_array", also for the types that saya does not have (map/type_names.def); "type 77" for a number that Linux
/// 6.18 does not know.
std::string map_type_name(uint32_t id);
/// "no_prealloc" and the like for each flag that is set, BPF_F_* in small letters; a number where Linux 6.18 has no
/// name.
std::vector<std::string> map_flag_names(uint32_t flags);

#define SAYA_MAP_TYPE(id, name, doc)                                    \
  Result<size_t> name##_storage(const MapSpec& spec, uint32_t nr_cpus); \
  Result<MapPtr> open_##name(MapSpec spec, MapMemory memory);
#include "map/types.def"

}  // namespace saya
