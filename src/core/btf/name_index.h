// Types by name: a hash table in two arrays of ids, built once a question is asked.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "btf/btf.h"

namespace saya::btf {

/// A struct's name without the flavour that a program gave it: "iphdr" of "iphdr___old" (libbpf's rule: what follows
/// the last "___" that stands between characters other than '_').
std::string_view without_flavour(std::string_view name) noexcept;

class NameIndex {
 public:
  /// Which part of a name types are found by.
  using Part = std::string_view (*)(std::string_view name);
  NameIndex(std::span<const Type> types, Part part);

  /// The lowest type that is found by `name` and is of `kind` (any enumeration for an enumeration), or 0.
  uint32_t first(Kind kind, std::string_view name) const noexcept;
  /// The next one after `id`, which was an answer to the same question.
  uint32_t next(uint32_t id, Kind kind, std::string_view name) const noexcept;

 private:
  uint32_t first_suiting(uint32_t id, Kind kind, std::string_view name) const noexcept;
  size_t bucket(Kind kind, std::string_view name) const noexcept;

  std::span<const Type> types_;
  Part part_;
  std::vector<uint32_t> first_;  ///< By hash: the lowest id, or 0.
  std::vector<uint32_t> next_;   ///< By id: the next one of the same hash, or 0.
};

}  // namespace saya::btf
