// bpf(2) with types: what saya asks of the running kernel, one function a command. No libbpf.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "isa/insn.h"
#include "map/map.h"

namespace saya::kernel {

using Bytes = std::vector<std::byte>;

/// Whether this process may load packet programs here; Code::not_permitted or Code::unsupported says what is missing.
/// Tries it, because capabilities, sysctls and seccomp filters all have a say.
Result<> available();

/// How many values a per-CPU map has here: the kernel's possible CPUs.
Result<uint32_t> possible_cpus();

/// The name as BPF_OBJ_NAME allows it: other characters become '_', at most 15 of them stay.
std::string object_name(std::string_view name);

// Maps. `fd` is a map's descriptor; keys and values must have the map's sizes (values of per-CPU types: all CPUs', each
// rounded up to 8 bytes).

/// What a map is made with besides its spec: the BTF types of its key and value, as ids in loaded BTF, and for a map of
/// maps the descriptor of one that looks as its inner maps will.
struct MapTypes {
  int btf = -1;
  uint32_t key = 0;
  uint32_t value = 0;
  int inner = -1;
};
/// `spec` goes to the kernel as it is: it refuses a name that object_name() would change, for one.
Result<Fd> create_map(const MapSpec& spec, const MapTypes& types = {});
Result<> update(int fd, std::span<const std::byte> key, std::span<const std::byte> value, uint64_t flags);
/// no_such_entry when the key is absent.
Result<Bytes> lookup(int fd, std::span<const std::byte> key, size_t value_size);
/// no_such_entry when the key is absent.
Result<> erase(int fd, std::span<const std::byte> key);
/// The key after `key`, or the first one for an empty span; nothing after the last.
Result<std::optional<Bytes>> next_key(int fd, std::span<const std::byte> key, size_t key_size);
/// What the kernel has made of a map: name, type, sizes, flags and map_extra.
Result<MapSpec> map_info(int fd);
/// From now on only programs may write the map.
Result<> freeze(int fd);

/// Loads a `.BTF` section. The error ends with the last lines of the kernel's log.
Result<Fd> load_btf(std::span<const std::byte> btf);

/// struct bpf_func_info.
struct FunctionInfo {
  uint32_t insn = 0;
  uint32_t type = 0;
};

/// struct bpf_line_info.
struct LineInfo {
  uint32_t insn = 0;
  uint32_t file = 0;    ///< Offset of the name in the strings of the BTF.
  uint32_t text = 0;    ///< Offset of the line's text.
  uint32_t number = 0;  ///< Line << 10 | column.
};

/// What BPF_PROG_LOAD is told.
struct LoadRequest {
  uint32_t type = 0;  ///< BPF_PROG_TYPE_*.
  uint32_t expected_attach_type = 0;
  uint32_t flags = 0;  ///< BPF_F_*.
  std::string_view name = {};
  std::string license = {};
  std::span<const isa::RawInsn> code = {};  ///< Maps are descriptors in it.
  int btf = -1;
  std::span<const FunctionInfo> functions = {};  ///< All subprograms in slot order, or none; needs `btf`.
  std::span<const LineInfo> lines = {};          ///< In slot order, one for each subprogram's start at least, or none.
};
/// Loads a program. The error is errno's words and the verifier's last lines. `log`, if given, gets the verifier's
/// statistics ("processed 12 insns ...") of a loaded program, and the whole log of a refused one (its end, when that
/// is longer than 64 MiB).
Result<Fd> load_program(const LoadRequest& request, std::string* log = nullptr);

/// What BPF_PROG_TEST_RUN is told. `ctx` is a struct xdp_md or __sk_buff, or empty.
struct TestInput {
  std::span<const std::byte> data = {};
  std::span<const std::byte> ctx = {};
  size_t data_room = 16384;  ///< Bytes the packet may have afterwards.
  uint32_t repeat = 1;
  uint32_t flags = 0;  ///< BPF_F_TEST_*.
};
struct TestOutput {
  uint32_t verdict = 0;  ///< The low 32 bits of r0.
  Bytes data;
  Bytes ctx;              ///< As long as the input's.
  uint32_t duration = 0;  ///< Nanoseconds per run.
};
Result<TestOutput> test_run(int program, const TestInput& input);

struct ProgramInfo {
  uint32_t type = 0;
  uint32_t id = 0;
  uint8_t tag[8] = {};
  uint32_t jited_size = 0;  ///< Bytes; 0 when the kernel interprets.
  uint32_t xlated_size = 0;
  std::string name;
  std::vector<isa::RawInsn> xlated;  ///< The code after the kernel's rewrites.
};
Result<ProgramInfo> program_info(int program);

/// A descriptor of what is pinned at `path` in a BPF file system.
Result<Fd> open_pinned(const std::string& path);

}  // namespace saya::kernel
