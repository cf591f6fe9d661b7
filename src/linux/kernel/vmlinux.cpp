// /sys/kernel/btf/vmlinux. Kfuncs are tagged there as Documentation/bpf/kfuncs.rst of Linux 6.18 says.
#include "kernel/vmlinux.h"

#include <span>

#include "base/read_all.h"

namespace saya::kernel {
namespace {

constexpr size_t kMostBytes = size_t{256} << 20;

std::optional<uint32_t> look_up(const std::unordered_map<std::string_view, uint32_t>& ids, std::string_view name) {
  const auto found = ids.find(name);
  return found == ids.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

Result<Vmlinux> Vmlinux::read(const std::string& path) {
  SAYA_TRY(const std::string bytes, read_whole_file(path, kMostBytes));
  auto btf = btf::Btf::parse(std::as_bytes(std::span(bytes)));
  if (!btf) return std::unexpected(std::move(btf).error().at(path));
  return Vmlinux(*std::move(btf));
}

Vmlinux::Vmlinux(std::shared_ptr<const btf::Btf> btf) : btf_(std::move(btf)) {
  for (uint32_t id = 1; id < btf_->count(); ++id) {
    const btf::Type& type = btf_->type(id);
    if (type.kind == btf::Kind::function) functions_.try_emplace(type.name, id);
    if (type.kind == btf::Kind::variable) variables_.try_emplace(type.name, id);
    if (type.kind == btf::Kind::decl_tag && type.name == "bpf_kfunc") kfuncs_.insert(type.target);
  }
}

std::optional<uint32_t> Vmlinux::function(std::string_view name) const noexcept { return look_up(functions_, name); }
std::optional<uint32_t> Vmlinux::variable(std::string_view name) const noexcept { return look_up(variables_, name); }

bool Vmlinux::is_kfunc(std::string_view name) const noexcept {
  const auto id = function(name);
  return id && (kfuncs_.empty() || kfuncs_.contains(*id));
}

}  // namespace saya::kernel
