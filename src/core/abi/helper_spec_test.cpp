#include "abi/helper_spec.h"

#include <gtest/gtest.h>

#include "abi/run.h"

namespace saya::abi {
namespace {

uint64_t add(Run&, uint32_t a, int32_t b) noexcept { return static_cast<uint64_t>(int64_t{b}) + a; }
uint64_t peek(Run&, const std::byte* at, uint32_t size) noexcept { return size ? static_cast<uint64_t>(at[0]) : 0; }
uint64_t five(Run&, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e) noexcept {
  return a * 10000 + b * 1000 + c * 100 + d * 10 + e;
}

constexpr Args kAdd = args(Arg::scalar, Arg::scalar), kPeek = args(Arg::memory, Arg::size),
               kFive = args(Arg::scalar, Arg::anything, Arg::scalar, Arg::function, Arg::scalar);
constexpr HelperSpec kTable[] = {
    {2, "add",  kAdd,  Ret::scalar, 0, {}, &Bind<&add,  kAdd>::call,  ""},
    {5, "peek", kPeek, Ret::scalar, 0, {}, &Bind<&peek, kPeek>::call, ""},
    {9, "five", kFive, Ret::scalar, 0, {}, &Bind<&five, kFive>::call, ""},
};

TEST(FindHelper, KnowsItsRowsAndNothingElse) {
  for (const HelperSpec& row : kTable) EXPECT_EQ(find_helper(kTable, row.id), &row);
  for (uint32_t id : {0u, 1u, 3u, 8u, 10u, UINT32_MAX}) EXPECT_EQ(find_helper(kTable, id), nullptr) << id;
  EXPECT_EQ(find_helper({}, 1), nullptr);
}

TEST(Bind, HandsEachRegisterOnAsItsParametersType) {
  abi::Run run;
  EXPECT_EQ(kTable[0].call(run, 0x1'0000'0005, 0xffff'ffff, 0, 0, 0), 4u) << "32-bit parameters take the low halves";
  const std::byte byte{77};
  EXPECT_EQ(kTable[1].call(run, reinterpret_cast<uint64_t>(&byte), 1, 0, 0, 0), 77u);
  EXPECT_EQ(kTable[2].call(run, 1, 2, 3, 4, 5), 12345u);
}

// A kind of argument is tied to its C++ type.
static_assert(carries<uint32_t>(Arg::scalar) && carries<int32_t>(Arg::size) && !carries<std::byte*>(Arg::scalar));
static_assert(carries<Packet*>(Arg::ctx) && !carries<const Packet*>(Arg::ctx) && !carries<uint64_t>(Arg::ctx));
static_assert(carries<Map*>(Arg::map) && !carries<Map*>(Arg::map_key));
static_assert(carries<const std::byte*>(Arg::memory) && !carries<std::byte*>(Arg::memory));
static_assert(carries<std::byte*>(Arg::memory_out) && !carries<const std::byte*>(Arg::memory_out));
static_assert(carries<uint64_t>(Arg::function) && !carries<uint32_t>(Arg::function));
static_assert(!carries<uint64_t>(Arg::none));

TEST(Random, RepeatsItsSeed) {
  Random a(7), b(7), c(8);
  EXPECT_EQ(a.next(), b.next());
  EXPECT_NE(a.next(), c.next());
}

}  // namespace
}  // namespace saya::abi
