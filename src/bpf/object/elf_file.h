// An ELF file as lists of sections, symbols and relocations, all bounds checked; views into the caller's bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace saya::object {

/// Longest section, symbol or map name that is taken: names are copied, and many may share the same bytes.
inline constexpr size_t kMaxNameBytes = 1024;

struct ElfSection {
  std::string_view name;
  uint32_t type = 0;   ///< SHT_*
  uint64_t flags = 0;  ///< SHF_*
  uint64_t size = 0;
  uint32_t link = 0;
  uint32_t info = 0;
  std::span<const std::byte> bytes;  ///< `size` bytes; none for SHT_NOBITS.

  bool is_code() const noexcept;
};

struct ElfSymbol {
  std::string_view name;
  uint64_t value = 0;
  uint64_t size = 0;
  uint16_t section = 0;    ///< Index, or SHN_*.
  uint8_t type = 0;        ///< STT_*
  uint8_t binding = 0;     ///< STB_*
  uint8_t visibility = 0;  ///< STV_*
};

struct ElfRelocation {
  uint64_t offset = 0;            ///< In the section it changes.
  uint32_t symbol = 0;            ///< Index, checked.
  uint32_t type = 0;              ///< R_BPF_*
  std::optional<int64_t> addend;  ///< Of SHT_RELA; else it lies where the relocation applies.
};

class ElfFile {
 public:
  /// Takes little-endian ELF64 relocatable objects for BPF, and says in one sentence why not another. `bytes` must
  /// outlive the ElfFile. Sections that overlap are refused, so that memory stays in proportion to the file.
  static Result<ElfFile> open(std::span<const std::byte> bytes);

  /// By section index; [0] is the null section.
  std::span<const ElfSection> sections() const noexcept { return sections_; }
  std::span<const ElfSymbol> symbols() const noexcept { return symbols_; }
  /// The first section of that name, or null.
  const ElfSection* find(std::string_view name) const noexcept;
  uint32_t index_of(const ElfSection& section) const noexcept {
    return static_cast<uint32_t>(&section - sections_.data());
  }
  /// Every relocation that changes section `index`, in file order.
  Result<std::vector<ElfRelocation>> relocations_of(uint32_t index) const;
  /// What the relocation adds to its symbol's value, given the number that is `stored` where it applies.
  int64_t addend_of(const ElfRelocation& relocation, int64_t stored) const noexcept;
  /// A symbol for messages: its name, or that of the section it stands for.
  std::string_view name_of(const ElfSymbol& symbol) const noexcept;

 private:
  std::vector<ElfSection> sections_;
  std::vector<ElfSymbol> symbols_;
  bool stores_values_ = false;  ///< Places hold the value of a named symbol already: GNU as up to 2.40 adds it.
  std::vector<std::vector<uint32_t>> relocation_sections_;  ///< By the index of the section they change.
};

}  // namespace saya::object
