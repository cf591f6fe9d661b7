// struct bpf_map as the kernel's verifier lets programs read it (check_ptr_to_map_access(), kernel/bpf/verifier.c,
// Linux 6.18): filled from the map where it has something to say.
#include "interp/map_view.h"

#include <array>
#include <cstring>

namespace saya::interp {
namespace {

using Image = std::array<std::byte, program::MapMembers::kMostBytes>;

template <size_t kBytes, class T>
void put(Image& image, uint32_t offset, const T& value) noexcept {
  if (offset == program::MapMembers::kAbsent) return;
  if constexpr (std::is_array_v<T>) {
    static_assert(sizeof(T) == kBytes);
    std::memcpy(&image[offset], value, kBytes);
  } else {
    const auto wide = static_cast<uint64_t>(value);
    std::memcpy(&image[offset], &wide, kBytes);
  }
}

}  // namespace

std::optional<uint64_t> view_map(const Map& map, uint32_t number, const program::MapMembers& members, uint64_t offset,
                                 unsigned bytes) noexcept {
  if (bytes > members.bytes || offset > members.bytes - bytes) return std::nullopt;
  Image image{};
  size_t row = 0;
#define SAYA_MAP_MEMBER(name, place, size, value) put<size>(image, members.offset[row++], value);
#include "program/map_members.def"
  uint64_t word = 0;
  std::memcpy(&word, &image[offset], bytes);
  return word;
}

}  // namespace saya::interp
