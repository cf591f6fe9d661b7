// kernel/bpf/helpers.c (bpf_str*), Linux 6.18; answers as measured (tests/parity/).
#include "helper/kfunc_string.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <initializer_list>
#include <optional>
#include <span>

#include "helper/errno.h"
#include "helper/peek.h"

namespace saya::helper {
namespace {

constexpr int32_t kMost = 65536;      // XATTR_SIZE_MAX.
constexpr int kUnreadable = -EFAULT;  ///< What Text::at() answers instead of a character.
constexpr uint64_t kUpperHalf = uint64_t{1} << 63;

/// Characters at an address, fetched a chunk at a time. They have no sign, as the kernel's have none.
class Text {
 public:
  explicit Text(uint64_t address) : address_(address) {}

  /// As unsigned char, or kUnreadable.
  int at(uint32_t index) noexcept {
    const uint32_t in_chunk = index - first_;
    if (in_chunk < count_) return static_cast<unsigned char>(chunk_[in_chunk]);
    first_ = index;
    count_ = static_cast<uint32_t>(fetch(address_ + index));
    return count_ > 0 ? static_cast<unsigned char>(chunk_[0]) : kUnreadable;
  }

  /// In the kernel's half of the address space nothing is refused before it was tried; elsewhere nothing is tried.
  bool is_out_of_range() noexcept { return !(address_ & kUpperHalf) && at(0) == kUnreadable; }

 private:
  /// Up to the end of the chunk that the address lies in, so that no readable text fails for what lies behind it.
  size_t fetch(uint64_t address) noexcept {
    return peek(address, std::span(chunk_).first(chunk_.size() - address % chunk_.size()));
  }

  uint64_t address_;
  uint32_t first_ = 0, count_ = 0;
  std::array<char, 256> chunk_;
};

bool any_out_of_range(std::initializer_list<Text*> texts) {
  return std::ranges::any_of(texts, [](Text* text) { return text->is_out_of_range(); });
}

constexpr int to_lower(int c) {
  // The kernel's tolower() knows Latin-1.
  const bool upper = (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7);
  return upper ? c + ('a' - 'A') : c;
}

int64_t compare(uint64_t one, uint64_t other, bool with_case) {
  Text a(one), b(other);
  if (any_out_of_range({&a, &b})) return -ERANGE;
  for (uint32_t i = 0; i < kMost; ++i) {
    int x = a.at(i), y = b.at(i);
    if (x < 0 || y < 0) return -EFAULT;
    if (!with_case) x = to_lower(x), y = to_lower(y);
    if (x != y) return x < y ? -1 : 1;
    if (x == 0) return 0;
  }
  return -E2BIG;
}

/// The place of the first of the first `most` characters that `stops`; `ended` at the end of those, -E2BIG at kMost.
template <class Stops>
int64_t find(uint64_t address, uint64_t most, int64_t ended, const Stops& stops) {
  Text text(address);
  if (text.is_out_of_range()) return -ERANGE;
  for (uint32_t i = 0; i < kMost; ++i) {
    if (i == most) return ended < 0 ? ended : i;
    const int c = text.at(i);
    if (c < 0) return -EFAULT;
    if (const auto found = stops(i, c)) return *found;
  }
  return -E2BIG;
}

using Found = std::optional<int64_t>;

int64_t find_character(uint64_t text, uint64_t most, uint8_t wanted) {
  return find(text, most, -ENOENT, [=](int64_t i, int c) -> Found {
    if (c == wanted) return i;
    return c == 0 ? Found(-ENOENT) : std::nullopt;
  });
}

int64_t length(uint64_t text, uint64_t most) {
  return find(text, most, 0, [](int64_t i, int c) -> Found { return c == 0 ? Found(i) : std::nullopt; });
}

/// The characters of a text, and what comes of looking for one that is not among them: 0, -EFAULT or -E2BIG.
struct Set {
  std::bitset<256> characters;
  int otherwise = -E2BIG;

  explicit Set(Text& text) {
    for (uint32_t i = 0; i < kMost; ++i) {
      const int c = text.at(i);
      if (c <= 0) {
        otherwise = c;
        return;
      }
      characters.set(static_cast<size_t>(c));
    }
  }
};

/// How many characters `address` begins with that are in the other text, or that are not.
int64_t span(uint64_t address, uint64_t others, bool in) {
  Text text(address), other(others);
  if (any_out_of_range({&text, &other})) return -ERANGE;
  const Set set(other);
  for (uint32_t i = 0; i < kMost; ++i) {
    const int c = text.at(i);
    if (c <= 0) return c < 0 ? -EFAULT : int64_t{i};
    const bool found = set.characters[static_cast<size_t>(c)];
    if (!found && set.otherwise < 0) return set.otherwise;
    if (found != in) return i;
  }
  return -E2BIG;
}

/// How `wanted` agrees with what stands at `i`: 1 as a whole, 0 not, or an error that ends the search.
int64_t agree(Text& text, uint32_t i, Text& wanted, uint64_t most) {
  for (uint32_t j = 0; j < kMost && i + uint64_t{j} <= most; ++j) {
    const int w = wanted.at(j);
    if (w <= 0) return w < 0 ? -EFAULT : 1;
    if (i + uint64_t{j} == most) return -ENOENT;
    const int c = text.at(i + j);
    if (c <= 0) return c < 0 ? -EFAULT : -ENOENT;
    if (c != w) return 0;
  }
  return -E2BIG;
}

int64_t find_text(uint64_t address, uint64_t looked_for, uint64_t most) {
  Text text(address), wanted(looked_for);
  if (any_out_of_range({&text, &wanted})) return -ERANGE;
  for (uint32_t i = 0; i < kMost; ++i) {
    const int64_t agrees = agree(text, i, wanted, most);
    if (agrees != 0) return agrees < 0 ? agrees : int64_t{i};
  }
  return -E2BIG;
}

}  // namespace

uint64_t bpf_strcmp(Run&, uint64_t one, uint64_t other) noexcept { return result32(compare(one, other, true)); }
uint64_t bpf_strcasecmp(Run&, uint64_t one, uint64_t other) noexcept { return result32(compare(one, other, false)); }
uint64_t bpf_strlen(Run&, uint64_t text) noexcept { return result32(length(text, kMost)); }
uint64_t bpf_strnlen(Run&, uint64_t text, uint64_t most) noexcept { return result32(length(text, most)); }

uint64_t bpf_strchr(Run&, uint64_t text, uint8_t wanted) noexcept {
  return result32(find_character(text, kMost, wanted));
}

uint64_t bpf_strnchr(Run&, uint64_t text, uint64_t most, uint8_t wanted) noexcept {
  return result32(find_character(text, most, wanted));
}

uint64_t bpf_strchrnul(Run&, uint64_t text, uint8_t wanted) noexcept {
  return result32(
      find(text, kMost, 0, [=](int64_t i, int c) -> Found { return c == 0 || c == wanted ? Found(i) : std::nullopt; }));
}

uint64_t bpf_strrchr(Run&, uint64_t text, int32_t wanted) noexcept {
  int64_t last = -ENOENT;
  return result32(find(text, kMost, 0, [&](int64_t i, int c) -> Found {
    if (c == wanted) last = i;
    return c == 0 ? Found(last) : std::nullopt;
  }));
}

uint64_t bpf_strspn(Run&, uint64_t text, uint64_t accepted) noexcept { return result32(span(text, accepted, true)); }
uint64_t bpf_strcspn(Run&, uint64_t text, uint64_t rejected) noexcept { return result32(span(text, rejected, false)); }
uint64_t bpf_strstr(Run&, uint64_t text, uint64_t wanted) noexcept { return result32(find_text(text, wanted, kMost)); }

uint64_t bpf_strnstr(Run&, uint64_t text, uint64_t wanted, uint64_t most) noexcept {
  return result32(find_text(text, wanted, most));
}

}  // namespace saya::helper
