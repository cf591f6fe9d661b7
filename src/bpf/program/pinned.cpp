// Whether a pinned map will do. Fields and words are those of iproute2's built-in loader (lib/bpf_legacy.c, 6.1), which
// scripts read; what it does not know (map_extra, inner maps) follows in its form. Where libbpf is tolerant, so is
// this.
#include <fmt/format.h>

#include "map/map_of_maps.h"
#include "program/pins.h"

namespace saya::program {
namespace {

constexpr uint32_t kPerfEventArray = 4, kDevMap = 14, kDevMapHash = 25;  // BPF_MAP_TYPE_*.

/// The kernel adds a flag of its own to these types.
uint64_t flags_of(const MapSpec& spec) {
  const bool device = spec.type == kDevMap || spec.type == kDevMapHash;
  return device ? spec.flags & ~kMapReadOnlyProgram : spec.flags;
}

struct Field {
  std::string_view label;
  bool hexadecimal;
  uint64_t (*of)(const MapSpec&);
};
constexpr Field kFields[] = {
    {"Type:",       false, [](const MapSpec& spec) { return uint64_t{spec.type}; }       },
    {"Size key:",   false, [](const MapSpec& spec) { return uint64_t{spec.key_size}; }   },
    {"Size value:", false, [](const MapSpec& spec) { return uint64_t{spec.value_size}; } },
    {"Max elems:",  false, [](const MapSpec& spec) { return uint64_t{spec.max_entries}; }},
    {"Flags:",      true,  flags_of                                                      },
    {"Map extra:",  true,  [](const MapSpec& spec) { return spec.map_extra; }            },
};

std::string number_text(const Field& field, const MapSpec& spec) {
  const uint64_t value = field.of(spec);
  return field.hexadecimal && value ? fmt::format("{:#x}", value) : fmt::format("{}", value);
}

std::string differences(MapSpec wanted, const MapSpec& pinned, std::string_view prefix) {
  if (has_default_size(wanted)) wanted.max_entries = pinned.max_entries;
  std::string text;
  for (const Field& field : kFields)
    if (field.of(wanted) != field.of(pinned))
      text += fmt::format(" - {:<13} {} (obj) != {} (pin)\n", fmt::format("{}{}", prefix, field.label),
                          number_text(field, wanted), number_text(field, pinned));
  return text;
}

/// Inner maps need not agree in what the kernel does not ask of them.
std::string inner_differences(const MapSpec& wanted, const MapSpec& pinned) {
  if (!wanted.inner || !pinned.inner || check_shape(*pinned.inner, *wanted.inner)) return {};
  return differences(*wanted.inner, *pinned.inner, "Inner ");
}

}  // namespace

bool has_default_size(const MapSpec& wanted) { return wanted.type == kPerfEventArray && wanted.max_entries == 0; }

Result<> check_pinned(const MapSpec& wanted, const MapSpec& pinned) {
  const std::string text = differences(wanted, pinned, "") + inner_differences(wanted, pinned);
  if (text.empty()) return {};
  return fail(Code::invalid_argument, fmt::format("Map specification differs from pinned file!\n{}\n"
                                                  "Map '{}' self-check failed!",
                                                  text, wanted.name));
}

}  // namespace saya::program
