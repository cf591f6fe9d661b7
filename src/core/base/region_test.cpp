// Memory outside the heap: what it costs, who shares it, what is refused.
#include "base/region.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace saya {
namespace {

bool all_zero(const Region& region) {
  return std::all_of(region.data(), region.data() + region.size(), [](std::byte b) { return b == std::byte{0}; });
}

size_t resident_pages(Region& region) {
  std::vector<unsigned char> pages(region.size() / 4096);
  EXPECT_EQ(::mincore(region.data(), region.size(), pages.data()), 0);
  return static_cast<size_t>(std::ranges::count_if(pages, [](unsigned char page) { return page & 1; }));
}

TEST(Region, is_zeroed_page_aligned_and_rounded_up_to_pages) {
  for (const size_t bytes : {size_t{1}, size_t{4096}, size_t{4097}}) {
    const Region region = Region::reserve(bytes).value();
    EXPECT_EQ(region.size(), (bytes + 4095) / 4096 * 4096);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(region.data()) % 4096, 0u);
    EXPECT_TRUE(all_zero(region));
    EXPECT_EQ(region.fd(), -1);
  }
}

TEST(Region, costs_only_the_pages_that_are_touched) {
  Region region = Region::reserve(size_t{1} << 30).value();
  EXPECT_EQ(resident_pages(region), 0u);
  region.data()[4096 * 1000] = std::byte{1};
  EXPECT_LE(resident_pages(region), 512u);  // One page, or one huge page.
}

TEST(Region, larger_than_the_machines_memory_is_reserved_all_the_same) {
  const auto memory = static_cast<size_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  Region region = Region::reserve(2 * memory).value();
  region.bytes().back() = std::byte{1};
  EXPECT_EQ(region.bytes().back(), std::byte{1});
}

TEST(Region, of_no_bytes_or_too_many_is_refused) {
  for (const size_t bytes : {size_t{0}, (size_t{1} << 46) + 1, SIZE_MAX}) {
    EXPECT_EQ(Region::reserve(bytes).error().code, Code::invalid_argument) << bytes;
    EXPECT_EQ(Region::memfd("x", bytes).error().code, Code::invalid_argument) << bytes;
  }
}

TEST(Region, a_memfd_shows_the_same_bytes_at_another_address) {
  Region first = Region::memfd("test", 10'000).value();
  EXPECT_TRUE(all_zero(first));
  Region second = Region::map(Fd(::dup(first.fd()))).value();
  ASSERT_EQ(second.size(), first.size());
  ASSERT_NE(second.data(), first.data());
  first.data()[9'999] = std::byte{7};
  EXPECT_EQ(second.data()[9'999], std::byte{7});
  second.data()[0] = std::byte{8};
  EXPECT_EQ(first.data()[0], std::byte{8});
}

TEST(Region, a_memfd_cannot_be_resized_under_its_users) {
  const Region region = Region::memfd("test", 8192).value();
  EXPECT_NE(::ftruncate(region.fd(), 4096), 0);
  EXPECT_NE(::ftruncate(region.fd(), 1 << 20), 0);
}

TEST(Region, what_is_no_memory_cannot_be_mapped) {
  EXPECT_FALSE(Region::map(Fd()));
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Fd other(ends[1]);
  EXPECT_FALSE(Region::map(Fd(ends[0])));
  EXPECT_EQ(Region::map(Fd(::memfd_create("empty", MFD_CLOEXEC))).error().code, Code::invalid_argument);
}

TEST(Region, moves_and_leaves_nothing_behind) {
  Region first = Region::memfd("test", 4096).value();
  const std::byte* data = first.data();
  const int fd = first.fd();
  Region second = std::move(first);
  EXPECT_EQ(second.data(), data);
  EXPECT_EQ(second.fd(), fd);
  EXPECT_EQ(first.data(), nullptr);
  EXPECT_EQ(first.size(), 0u);
  EXPECT_EQ(first.fd(), -1);
  first = std::move(second);
  EXPECT_EQ(first.data(), data);
}

}  // namespace
}  // namespace saya
