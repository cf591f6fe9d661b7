// Section names: libbpf 1.x's conventions (section_defs, tools/lib/bpf/libbpf.c) and the older names iproute2 uses.
#include <algorithm>
#include <cctype>
#include <iterator>

#include "program/program.h"

namespace saya::program {
namespace {

// BPF_* of enum bpf_attach_type, Linux 6.18 include/uapi/linux/bpf.h.
constexpr uint32_t kXdpDevmap = 33;
constexpr uint32_t kXdpCpumap = 35;
constexpr uint32_t kTcxIngress = 46;
constexpr uint32_t kTcxEgress = 47;

struct Row {
  std::string_view prefix;
  SectionType type;
};

/// The first row that matches decides, so the longer names come first.
constexpr Row kRows[] = {
    {"xdp.frags/devmap", {Type::xdp, true, false, kXdpDevmap}        },
    {"xdp.frags/cpumap", {Type::xdp, true, false, kXdpCpumap}        },
    {"xdp.frags",        {Type::xdp, true, false, 0}                 },
    {"xdp/devmap",       {Type::xdp, false, false, kXdpDevmap}       },
    {"xdp/cpumap",       {Type::xdp, false, false, kXdpCpumap}       },
    {"xdp_devmap",       {Type::xdp, false, false, kXdpDevmap}       },
    {"xdp_cpumap",       {Type::xdp, false, false, kXdpCpumap}       },
    {"xdp",              {Type::xdp, false, false, 0}                },
    {"tcx/ingress",      {Type::sched_cls, false, false, kTcxIngress}},
    {"tcx/egress",       {Type::sched_cls, false, false, kTcxEgress} },
    {"tc/ingress",       {Type::sched_cls, false, false, kTcxIngress}},
    {"tc/egress",        {Type::sched_cls, false, false, kTcxEgress} },
    {"tc",               {Type::sched_cls, false, false, 0}          },
    {"classifier",       {Type::sched_cls, false, false, 0}          },
    {"action",           {Type::sched_act, false, false, 0}          },
    {"socket",           {Type::socket_filter, false, false, 0}      },
};

/// Whether `section` is `prefix`, or goes on with something that is no letter: "xdp/pass", "xdp_pass" and "tc1", but
/// not "tcx" and "tcp".
bool matches(std::string_view section, std::string_view prefix) {
  if (!section.starts_with(prefix)) return false;
  return section.size() == prefix.size() || !std::isalpha(static_cast<unsigned char>(section[prefix.size()]));
}

}  // namespace

SectionType type_of_section(std::string_view section) noexcept {
  if (section.starts_with('?')) section.remove_prefix(1);  // libbpf: not loaded unless asked for.
  const auto* row =
      std::ranges::find_if(kRows, [&](const Row& candidate) { return matches(section, candidate.prefix); });
  return row == std::end(kRows) ? SectionType{} : row->type;
}

std::optional<abi::Hook> hook_of(Type type) noexcept {
  switch (type) {
    case Type::xdp: return abi::Hook::xdp;
    case Type::sched_cls:
    case Type::sched_act: return abi::Hook::tc;
    default: return std::nullopt;
  }
}

}  // namespace saya::program
