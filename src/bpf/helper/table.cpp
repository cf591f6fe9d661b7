// helpers.def as specs. Bind checks each row against its function when this compiles.
#include "helper/table.h"

#include <algorithm>
#include <cerrno>

#include "base/kernel_errno.h"
#include "helper/checksum.h"
#include "helper/ecn.h"
#include "helper/flow.h"
#include "helper/hash.h"
#include "helper/map.h"
#include "helper/owner.h"
#include "helper/redirect.h"
#include "helper/resize.h"
#include "helper/room.h"
#include "helper/skb.h"
#include "helper/trace.h"
#include "helper/vlan.h"
#include "helper/worker.h"
#include "helper/xdp.h"

namespace saya::helper {
namespace {

using enum abi::Arg;
using abi::kInvalidatesPackets;
using abi::kPacketMemory;

constexpr abi::HelperSpec kRows[] = {
#define SAYA_HELPER(id, name, arguments, ret, traits, failures, doc) \
  {id,                                                               \
   #name,                                                            \
   abi::args arguments,                                              \
   abi::Ret::ret,                                                    \
   traits,                                                           \
   abi::errors failures,                                             \
   &abi::Bind<&helper::name, abi::args arguments>::call,             \
   doc},
#include "helper/helpers.def"
};
static_assert(std::ranges::is_sorted(kRows, {}, &abi::HelperSpec::id), "find_helper() searches by halves");

}  // namespace

abi::HelperTable table() noexcept { return kRows; }

std::string_view name_of(uint32_t id) noexcept {
  const abi::HelperSpec* row = abi::find_helper(kRows, id);
  return row ? row->name : std::string_view{};
}

}  // namespace saya::helper
