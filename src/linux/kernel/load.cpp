// From program::Program to BPF_PROG_LOAD: maps created and filled, their references made descriptors, BTF attached
// where callbacks need it. What libbpf does for the same objects.
#include "kernel/load.h"

#include <fmt/format.h>
#include <linux/bpf.h>

#include <algorithm>

#include "base/bytes.h"
#include "isa/insn.h"
#include "map/host.h"

namespace saya::kernel {
namespace {

constexpr uint8_t kLoadImm = 0x18;

size_t round_up_to_8(size_t size) { return (size + 7) & ~size_t{7}; }
bool is_prog_array(const Map& map) { return map.spec().type == static_cast<uint32_t>(MapKind::prog_array); }
bool is_per_cpu(const Map& map) { return map.spec().type == static_cast<uint32_t>(MapKind::percpu_array); }
bool is_array(const Map& map) { return map.spec().type == static_cast<uint32_t>(MapKind::array) || is_per_cpu(map); }
bool all_zero(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

/// Constants that nobody writes again: the verifier may then use their values, as libbpf lets it.
bool is_constant_data(const MapSpec& spec) {
  const bool constant = spec.name.find(".rodata") != spec.name.npos || spec.name.ends_with(".kconfig");
  return (spec.flags & kMapReadOnlyProgram) != 0 && constant;
}

Result<> copy_contents(Map& from, int to) {
  if (is_prog_array(from)) return {};  // Slots hold this process's code: set_tail_call() fills the kernel's.
  SAYA_TRY(const size_t size, kernel_value_size(from));
  Result<> outcome;
  SAYA_CHECK(for_each(from, [&](std::span<const std::byte> key, std::span<const std::byte> value) {
    if (!outcome || (is_array(from) && all_zero(value))) return;  // Arrays are born zeroed.
    Bytes sized(value.begin(), value.end());
    sized.resize(size);  // The kernel may have fewer CPUs than the map, or more.
    outcome = update(to, key, sized, kUpdateAny);
  }));
  return outcome;
}

/// The map, described by BTF if that is known and the kernel agrees with it.
Result<Fd> create(MapSpec spec, int btf) {
  spec.name = object_name(spec.name);
  const bool typed = btf >= 0 && spec.value_btf_type != 0;
  if (typed) {
    auto map = create_map(spec, {.btf = btf, .key = spec.key_btf_type, .value = spec.value_btf_type});
    if (map) return map;
  }
  return create_map(spec);
}

/// The kernel's copy of `map`, with its contents.
Result<Fd> copy(Map& map, int btf) {
  SAYA_TRY(Fd fd, create(map.spec(), btf));
  SAYA_CHECK(copy_contents(map, fd.get()));
  if (is_constant_data(map.spec())) SAYA_CHECK(freeze(fd.get()));
  return fd;
}

bool has_callbacks(const program::Program& program) {
  return std::ranges::any_of(program.code, [](const isa::RawInsn& insn) {
    return insn.opcode == kLoadImm && insn.src() == static_cast<uint8_t>(isa::Pseudo::func);
  });
}

/// One record per subprogram, or none when BTF does not know them all: the kernel takes nothing in between.
std::vector<FunctionInfo> function_infos(const program::Program& program) {
  std::vector<FunctionInfo> infos;
  for (const program::Subprogram& subprogram : program.subprograms) {
    if (subprogram.btf_type == 0) return {};
    infos.push_back({.insn = subprogram.start, .type = subprogram.btf_type});
  }
  return infos;
}

}  // namespace

Result<size_t> kernel_value_size(const Map& map) {
  if (!is_per_cpu(map)) return map.spec().value_size;
  SAYA_TRY(const uint32_t cpus, possible_cpus());
  return cpus * round_up_to_8(map.spec().value_size);
}

Result<int> Session::add_btf(const std::shared_ptr<const btf::Btf>& btf) {
  if (!btf) return -1;
  if (const auto known = btfs_.find(btf.get()); known != btfs_.end()) return known->second.fd.get();
  SAYA_TRY(Fd fd, load_btf(btf->raw()));
  const int number = fd.get();
  btfs_.emplace(btf.get(), LoadedBtf{btf, std::move(fd)});
  return number;
}

Result<int> Session::add_map(const MapPtr& map, const btf::Btf* btf) {
  if (const auto known = maps_.find(map.get()); known != maps_.end()) return known->second.fd.get();
  const auto types = btfs_.find(btf);
  auto fd = copy(*map, types == btfs_.end() ? -1 : types->second.fd.get());
  if (!fd) return std::unexpected(std::move(fd.error()).at(fmt::format("map '{}'", map->spec().name)));
  const int number = fd->get();
  maps_.emplace(map.get(), Copy{map, *std::move(fd)});
  return number;
}

Result<int> Session::map_fd(const Map& map) const {
  const auto known = maps_.find(&map);
  if (known == maps_.end())
    return fail(Code::no_such_entry, fmt::format("map '{}' was not put into the kernel", map.spec().name));
  return known->second.fd.get();
}

Result<> Session::set_tail_call(const Map& map, uint32_t index, int program) {
  SAYA_TRY(const int fd, map_fd(map));
  return update(fd, std::as_bytes(std::span(&index, 1)), std::as_bytes(std::span(&program, 1)), kUpdateAny);
}

Result<> Session::for_each(
    const Map& map, const std::function<void(std::span<const std::byte>, std::span<const std::byte>)>& visit) const {
  SAYA_TRY(const int fd, map_fd(map));
  SAYA_TRY(const size_t size, kernel_value_size(map));
  SAYA_TRY(auto key, next_key(fd, {}, map.spec().key_size));
  while (key) {
    if (const auto value = lookup(fd, *key, size)) {
      visit(*key, *value);
    } else if (value.error().code != Code::no_such_entry) {  // An empty prog_array slot, or deleted meanwhile.
      return std::unexpected(value.error());
    }
    SAYA_TRY(auto next, next_key(fd, *key, map.spec().key_size));
    key = std::move(next);
  }
  return {};
}

Result<std::vector<isa::RawInsn>> Session::bind_maps(const program::Program& program) const {
  std::vector<isa::RawInsn> code = program.code;
  for (size_t i = 0; i + 1 < code.size(); ++i) {
    isa::RawInsn& insn = code[i];
    if (insn.opcode != kLoadImm) continue;
    const auto pseudo = static_cast<isa::Pseudo>(insn.src());
    ++i;  // The second slot is no instruction of its own.
    if (pseudo != isa::Pseudo::map_index && pseudo != isa::Pseudo::map_index_value) continue;
    const auto index = static_cast<uint32_t>(insn.imm);
    if (index >= program.maps.size())
      return fail(Code::malformed, fmt::format("insn {} refers to map {} of {}", i - 1, index, program.maps.size()));
    SAYA_TRY(insn.imm, map_fd(*program.maps[index]));
    const auto kernels = pseudo == isa::Pseudo::map_index ? isa::Pseudo::map_fd : isa::Pseudo::map_value;
    insn.set_src(static_cast<uint8_t>(kernels));
  }
  return code;
}

Result<Fd> Session::load(const program::Program& program, std::string* log) {
  auto btf = add_btf(program.btf);
  if (!btf && has_callbacks(program))  // Only callbacks cannot do without.
    return std::unexpected(std::move(btf.error()).at(program.origin));
  for (const MapPtr& map : program.maps) SAYA_CHECK(add_map(map, program.btf.get()));
  SAYA_TRY(const std::vector<isa::RawInsn> code, bind_maps(program));
  const std::vector<FunctionInfo> functions = function_infos(program);
  return load_program({.type = static_cast<uint32_t>(program.type),
                       .expected_attach_type = program.expected_attach_type,
                       .flags = program.frags ? uint32_t{BPF_F_XDP_HAS_FRAGS} : 0,
                       .name = program.name,
                       .license = program.license,
                       .code = code,
                       .btf = btf.value_or(-1),
                       .functions = functions},
                      log);
}

}  // namespace saya::kernel
