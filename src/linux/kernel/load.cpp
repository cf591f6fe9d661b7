// From program::Program to BPF_PROG_LOAD: maps created and filled, references bound, BTF attached. What libbpf does for
// the same objects.
#include "kernel/load.h"

#include <fmt/format.h>
#include <linux/bpf.h>

#include <algorithm>

#include "base/bytes.h"
#include "isa/insn.h"
#include "isa/opcodes.h"
#include "kernel/bind.h"
#include "kernel/debug_info.h"
#include "kernel/maps.h"
#include "map/access.h"
#include "map/host.h"

namespace saya::kernel {
namespace {

using isa::kLoadImm;

size_t round_up_to_8(size_t size) { return (size + 7) & ~size_t{7}; }
bool is_prog_array(const Map& map) { return map.spec().type == static_cast<uint32_t>(MapKind::prog_array); }
bool is_array(const Map& map) {
  const auto kind = static_cast<MapKind>(map.spec().type);
  return kind == MapKind::array || kind == MapKind::percpu_array;
}
bool all_zero(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

/// Constants that nobody writes again: the verifier may then use their values, as libbpf lets it.
bool is_constant_data(const MapSpec& spec) {
  const bool constant = spec.name.find(".rodata") != spec.name.npos || spec.name.ends_with(".kconfig");
  return (spec.flags & kMapReadOnlyProgram) != 0 && constant;
}

Result<> copy_elements(Map& from, int to) {
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

bool has_callbacks(const program::Program& program) {
  return std::ranges::any_of(program.code, [](const isa::RawInsn& insn) {
    return insn.opcode == kLoadImm && insn.src() == static_cast<uint8_t>(isa::Pseudo::func);
  });
}

Result<> set_slot(int prog_array, uint32_t index, int program) {
  return update(prog_array, std::as_bytes(std::span(&index, 1)), std::as_bytes(std::span(&program, 1)), kUpdateAny);
}

std::unexpected<Error> at_program(const program::Program& program, Error error) {
  return std::unexpected(std::move(error).at(fmt::format("load program '{}'", program.name)));
}

/// BPF_F_* of BPF_PROG_LOAD.
uint32_t flags_of(const program::Program& program) {
  const program::SectionType by_name = program::type_of_section(program.section);
  const bool sleepable = by_name.sleepable && by_name.type == program.type;
  return (program.frags ? uint32_t{BPF_F_XDP_HAS_FRAGS} : 0) | (sleepable ? uint32_t{BPF_F_SLEEPABLE} : 0);
}

}  // namespace

Result<size_t> kernel_value_size(const Map& map) {
  if (!is_per_cpu(map.spec().type)) return map.spec().value_size;
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

Result<> Session::copy_inner_maps(const MapOfMaps& from, int to, const btf::Btf* btf) {
  Result<> outcome;
  SAYA_CHECK(from.for_each_inner([&](std::span<const std::byte> key, const MapPtr& inner) {
    if (!outcome) return;
    const auto fd = add_map(inner, btf);
    outcome = fd ? update(to, key, std::as_bytes(std::span(&*fd, 1)), kUpdateAny) : std::unexpected(fd.error());
  }));
  return outcome;
}

Result<Fd> Session::copy(Map& map, const btf::Btf* btf) {
  const auto types = btfs_.find(btf);
  SAYA_TRY(Fd fd, create_adjusted(map.spec(), types == btfs_.end() ? -1 : types->second.fd.get()));
  if (const MapOfMaps* outer = as_map_of_maps(map)) {
    SAYA_CHECK(copy_inner_maps(*outer, fd.get(), btf));
  } else if (!is_prog_array(map)) {  // Its slots hold this process's code: set_tail_call() fills the kernel's.
    SAYA_CHECK(copy_elements(map, fd.get()));
  }
  if (is_constant_data(map.spec())) SAYA_CHECK(freeze(fd.get()));
  return fd;
}

Result<int> Session::add_map(const MapPtr& map, const btf::Btf* btf) {
  if (const auto known = maps_.find(map.get()); known != maps_.end()) return known->second.fd.get();
  auto fd = copy(*map, btf);
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

Result<int> Session::map_fd(uint32_t number) const {
  if (number >= defined_.size())
    return fail(Code::no_such_entry,
                fmt::format("map {} of the object's {} was not put into the kernel", number, defined_.size()));
  const Result<Fd>& map = defined_[number];
  if (!map) return std::unexpected(map.error());
  return map->get();
}

Result<> Session::set_tail_call(uint32_t number, uint32_t index, int program) const {
  SAYA_TRY(const int map, map_fd(number));
  return set_slot(map, index, program);
}

Result<> Session::set_tail_call(const Map& map, uint32_t index, int program) const {
  SAYA_TRY(const int fd, map_fd(map));
  return set_slot(fd, index, program);
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

Session Session::open(const object::Object& object, std::shared_ptr<RunningKernel> kernel) {
  Session session;
  session.kernel_ = std::move(kernel);
  session.defined_ = create_maps(object, session.add_btf(object.btf).value_or(-1));
  return session;
}

Result<int> Session::map_of(const program::Program& program, size_t index) {
  if (const MapPtr& map = program.maps[index]) return add_map(map, program.btf.get());
  return map_fd(program.map_numbers[index]);
}

Result<Fd> Session::load(const program::Program& program, std::string* log) {
  auto btf = add_btf(program.btf);
  if (!btf && has_callbacks(program))  // Only callbacks cannot do without.
    return at_program(program, btf.error());
  const auto map = [&](size_t index) { return map_of(program, index); };
  auto code = bind(program, map, *kernel_);
  if (!code) return at_program(program, code.error());
  const std::vector<FunctionInfo> functions = function_infos(program);
  const std::vector<LineInfo> lines = line_infos(program);
  return load_program({.type = static_cast<uint32_t>(program.type),
                       .expected_attach_type = program.expected_attach_type,
                       .flags = flags_of(program),
                       .name = program.name,
                       .license = program.license,
                       .code = *code,
                       .btf = btf.value_or(-1),
                       .functions = functions,
                       .lines = lines},
                      log);
}

}  // namespace saya::kernel
