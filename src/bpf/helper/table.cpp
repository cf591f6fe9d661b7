// helpers.def and kfuncs.def as specs. Bind checks each row against its function when this compiles.
#include "helper/table.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "base/kernel_errno.h"
#include "helper/checksum.h"
#include "helper/dynptr.h"
#include "helper/ecn.h"
#include "helper/fib.h"
#include "helper/flow.h"
#include "helper/hash.h"
#include "helper/kfunc_cast.h"
#include "helper/kfunc_conntrack.h"
#include "helper/kfunc_crypto.h"
#include "helper/kfunc_dynptr.h"
#include "helper/kfunc_graph.h"
#include "helper/kfunc_iter.h"
#include "helper/kfunc_lock.h"
#include "helper/kfunc_object.h"
#include "helper/kfunc_string.h"
#include "helper/kfunc_syncookie.h"
#include "helper/kfunc_throw.h"
#include "helper/kfunc_xdp.h"
#include "helper/kfunc_xfrm.h"
#include "helper/lock.h"
#include "helper/map.h"
#include "helper/object.h"
#include "helper/owner.h"
#include "helper/perf.h"
#include "helper/probe.h"
#include "helper/queue.h"
#include "helper/redirect.h"
#include "helper/resize.h"
#include "helper/ring.h"
#include "helper/room.h"
#include "helper/skb.h"
#include "helper/socket.h"
#include "helper/string.h"
#include "helper/syncookie.h"
#include "helper/task.h"
#include "helper/timer.h"
#include "helper/trace.h"
#include "helper/tunnel.h"
#include "helper/vlan.h"
#include "helper/worker.h"
#include "helper/xdp.h"

namespace saya::helper {
namespace {

using enum abi::Arg;
using abi::kAcquires;
using abi::kInvalidatesPackets;
using abi::kPacketMemory;

/// The rows of kfuncs.def in their order.
enum class Function : uint32_t {
#define SAYA_KFUNC(name, arguments, ret, traits, failures, doc) name,
#include "helper/kfuncs.def"
};

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
#define SAYA_KFUNC(name, arguments, ret, traits, failures, doc)       \
  {abi::kFirstKernelFunction + static_cast<uint32_t>(Function::name), \
   #name,                                                             \
   abi::args arguments,                                               \
   abi::Ret::ret,                                                     \
   traits,                                                            \
   abi::errors failures,                                              \
   &abi::Bind<&helper::name, abi::args arguments>::call,              \
   doc},
#include "helper/kfuncs.def"
};
static_assert(std::ranges::is_sorted(kRows, {}, &abi::HelperSpec::id), "find_helper() searches by halves");
static_assert(std::ranges::is_sorted(std::ranges::find(kRows, abi::kFirstKernelFunction, &abi::HelperSpec::id),
                                     std::end(kRows), {}, &abi::HelperSpec::name),
              "find_kernel_function() searches by halves");

}  // namespace

abi::HelperTable table() noexcept { return kRows; }

bool has_kernel_function(std::string_view name) noexcept { return abi::find_kernel_function(kRows, name); }

std::string_view name_of(uint32_t id) noexcept {
  const abi::HelperSpec* row = abi::find_helper(kRows, id);
  return row ? row->name : std::string_view{};
}

}  // namespace saya::helper
