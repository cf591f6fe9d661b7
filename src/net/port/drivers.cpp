// The driver table and its factory.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "port/port.h"

namespace saya::port {
namespace {

constexpr Driver kDrivers[] = {
#define SAYA_DRIVER(name, syntax, doc) {#name, syntax, doc, open_##name},
#include "port/drivers.def"
};

}  // namespace

std::span<const Driver> drivers() noexcept { return kDrivers; }

Result<QueuePtr> open(std::string_view description, const World& world) {
  const std::string_view name = description.substr(0, description.find(' '));
  const auto driver = std::ranges::find(kDrivers, name, &Driver::name);
  if (driver == std::end(kDrivers)) {
    std::vector<std::string_view> names;
    for (const Driver& known : kDrivers) names.push_back(known.name);
    return fail(Code::no_such_entry,
                fmt::format("port driver '{}' is unknown; there are: {}", name, fmt::join(names, ", ")));
  }
  return driver->open(description.substr(std::min(name.size() + 1, description.size())), world);
}

}  // namespace saya::port
