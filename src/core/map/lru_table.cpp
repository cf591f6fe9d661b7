// LRU hash maps: the steps of an update, in the order of kernel/bpf/hashtab.c, Linux 6.18. An element for the new value
// is had before the bucket is held, since it may have to be taken out of another one.
#include "map/lru_table.h"

#include <cerrno>

#include "map/checks.h"
#include "map/hash_checks.h"

namespace saya {

LruTableLayout::LruTableLayout(const MapSpec& spec, uint32_t nr_cpus, bool per_cpu) noexcept
    : lists(spec.max_entries, nr_cpus, spec.flags & kMapNoCommonLru),
      chains(spec, per_cpu ? nr_cpus : 0, spec.max_entries, lists.end) {}

LruTable::LruTable(const MapSpec& spec, const LruTableLayout& layout, uint64_t hash_key, std::byte* payload) noexcept
    : chains_(spec, layout.chains, hash_key, payload), lists_(layout.lists, chains_, payload) {}

/// An existing key that gets its value in place needs no element when none may be made.
int LruTable::update(const std::byte* key, const NewValue& value, uint64_t flags, uint32_t cpu) noexcept {
  if (flags > kUpdateExist) return -EINVAL;
  const uint64_t mine = chains_.hash(key);
  const bool in_place = chains_.layout().per_cpu;
  uint32_t number = 0;
  if (!in_place || flags != kUpdateExist) {
    number = lists_.take(cpu, mine);
    if (!number) return -ENOMEM;
  }
  const int error = store(mine, key, value, flags, number);
  if (number) lists_.give_back(number);
  return error;
}

/// `number` is the element to fill, afterwards the one that is left over.
int LruTable::store(uint64_t hash, const std::byte* key, const NewValue& value, uint64_t flags,
                    uint32_t& number) noexcept {
  HashChains::Bucket& home = chains_.bucket(hash);
  const HashChains::Hold hold(home);
  if (!hold) return -ETIMEDOUT;
  const HashChains::Place old = chains_.find(home, hash, key);
  if (old.number && flags == kUpdateNoExist) return -EEXIST;
  if (!old.number && flags == kUpdateExist) return -ENOENT;
  if (old.number && chains_.layout().per_cpu) {
    lists_.touch(old.number);
    chains_.change_value(old.number, value);
    return 0;
  }
  chains_.fill(number, hash, key);
  chains_.fill_value(number, value);
  chains_.link(home, old, number);
  if (old.number) lists_.touch(number);
  number = old.number;
  return 0;
}

int LruTable::take(const std::byte* key, std::byte* values, uint64_t flags) noexcept {
  const uint64_t mine = chains_.hash(key);
  HashChains::Bucket& home = chains_.bucket(mine);
  uint32_t number = 0;
  {
    const HashChains::Hold hold(home);
    if (!hold) return -ETIMEDOUT;
    const HashChains::Place old = chains_.find(home, mine, key);
    number = old.number;
    if (!number) return -ENOENT;
    if (const int error = values ? chains_.read_values(number, values, flags) : 0) return error;
    chains_.unlink(old);
  }
  lists_.give_back(number);
  return 0;
}

void LruTable::recover() noexcept {
  chains_.recover();
  lists_.recover();
}

Result<> check_lru_flags(const MapSpec& spec, uint32_t more) {
  SAYA_CHECK(check_hash_flags(spec, more | kMapNoPrealloc | kMapNoCommonLru));
  if (spec.flags & kMapNoPrealloc)
    return refuse(spec, Code::unsupported,
                  "an LRU map has its elements from the beginning: no_prealloc is not supported");
  if (spec.flags & kMapNoCommonLru && spec.flags & kMapNumaNode)
    return refuse(spec, Code::invalid_argument, "lists for each CPU (no_common_lru) have no numa_node");
  return {};
}

MapSpec with_lru_entries(MapSpec spec, uint32_t nr_cpus) {
  if (spec.flags & kMapNoCommonLru) spec.max_entries = (spec.max_entries + nr_cpus - 1) / nr_cpus * nr_cpus;
  return spec;
}

}  // namespace saya
