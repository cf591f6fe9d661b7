// Elements for the maps of an object, the same in saya and in the kernel: what a user's configuration would put there,
// from a seed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "abi/helper_spec.h"
#include "abi/run.h"
#include "base/fd.h"
#include "support/parity.h"

namespace saya::tests {

/// The keys that programs looked up and did not find, by the number of the map in its object. What inner maps were
/// asked for counts for the map of maps.
using AskedKeys = std::map<uint32_t, std::set<std::string>>;

/// Saya's helpers, noting lookups that find nothing while a Listening of the same thread lives.
abi::HelperTable listening_helpers();

/// Adds to `asked` what programs of `parity` ask for.
class Listening {
 public:
  Listening(const Parity& parity, AskedKeys& asked);
  ~Listening();
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
};

/// Fills maps: arrays from the beginning, keyed maps under the keys that were asked for (tries under some of their
/// prefixes), queues, device maps with the loopback device, empty slots of prog arrays with the object's programs, maps
/// of maps with maps that are filled in turn. Data sections stay as they are.
class Fill {
 public:
  Fill(uint32_t seed, const AskedKeys& asked) : seed_(seed), asked_(asked) {}
  /// What one side refuses, the other is not given.
  void both(Parity& parity);

 private:
  void map(Parity& parity, uint32_t number);
  void elements(Map& map, int kernel, uint32_t number);
  void inner_maps(Parity& parity, uint32_t number);
  void programs(Parity& parity, uint32_t number);
  std::vector<std::vector<std::byte>> keys_for(const MapSpec& spec, uint32_t number);
  std::vector<std::byte> value_for(const Map& map);

  abi::Random random_{0};
  const uint32_t seed_;
  const AskedKeys& asked_;
};

}  // namespace saya::tests
