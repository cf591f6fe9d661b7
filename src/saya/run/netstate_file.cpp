// --netstate.
#include "run/netstate_file.h"

#include "base/read_all.h"

namespace saya::run {
namespace {

constexpr size_t kMostBytes = size_t{64} << 20;  ///< A full routing table and more.

}  // namespace

Result<Netstate> read_netstate(const std::string& path) {
  if (path.empty()) return Netstate{};
  SAYA_TRY(const std::string text, read_whole_file(path, kMostBytes));
  auto netstate = parse_netstate(text);
  if (!netstate) return std::unexpected(std::move(netstate).error().at(path));
  return netstate;
}

}  // namespace saya::run
