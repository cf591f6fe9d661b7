// Each command of bpf(2) that saya uses. Authority: include/uapi/linux/bpf.h and kernel/bpf/syscall.c, Linux 6.18.
#include "kernel/bpf.h"

#include <fmt/format.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/bytes.h"
#include "kernel/capabilities.h"

namespace saya::kernel {
namespace {

constexpr size_t kFirstLog = 64 << 10;
constexpr size_t kStatisticsRoom = 16 << 10;
constexpr size_t kLargestLog = 64 << 20;  ///< The kernel takes at most UINT_MAX >> 2.
constexpr size_t kLinesInMessage = 3;
constexpr int kNotSupported = 524;  ///< ENOTSUPP, which user space has no words for.
constexpr int kMostAttempts = 5;    ///< libbpf's number: a load that a signal interrupts ends with EAGAIN.
enum LogLevel : uint32_t { kLogEverything = 1, kLogStatistics = 4 };

uint64_t address(const void* p) { return reinterpret_cast<uint64_t>(p); }

/// All of the union is zeroed: the kernel refuses bytes it does not know that are set.
bpf_attr blank() {
  bpf_attr attr;
  std::memset(&attr, 0, sizeof attr);
  return attr;
}

/// The descriptor or 0, or a negative errno.
int bpf(bpf_cmd command, bpf_attr& attr) {
  const long result = ::syscall(SYS_bpf, command, &attr, sizeof attr);
  return result < 0 ? -errno : static_cast<int>(result);
}

std::unexpected<Error> refused(std::string_view what, int error) {
  if (const std::string missing = missing_capabilities(); error == EPERM && !missing.empty())
    return fail(Code::not_permitted, fmt::format("{}: needs {}", what, missing));
  if (error == kNotSupported) return fail(Code::unsupported, std::string(what) + ": Not supported by this kernel");
  return fail_errno(what, error);
}

Result<Fd> descriptor(std::string_view what, int result) {
  if (result < 0) return refused(what, -result);
  return Fd(result);
}

Result<> done(std::string_view what, int result) {
  if (result < 0) return refused(what, -result);
  return {};
}

/// The last lines of a log that say something, on one line.
std::string last_lines(std::string_view log) {
  std::vector<std::string_view> lines;
  while (!log.empty()) {
    const size_t end = std::min(log.find('\n'), log.size());
    if (end > 0 && !log.starts_with("processed ")) lines.push_back(log.substr(0, end));
    log.remove_prefix(std::min(end + 1, log.size()));
  }
  std::string text;
  for (size_t i = lines.size() - std::min(lines.size(), kLinesInMessage); i < lines.size(); ++i)
    text += (text.empty() ? "" : " | ") + std::string(lines[i]);
  return text;
}

std::unexpected<Error> refused_with_log(std::string_view what, int error, std::string_view log) {
  auto failure = refused(what, error).error();
  if (const std::string lines = last_lines(log); !lines.empty()) failure.message += ": " + lines;
  return std::unexpected(std::move(failure));
}

void set_name(char (&to)[BPF_OBJ_NAME_LEN], std::string_view name) {
  const std::string allowed = object_name(name);
  std::copy(allowed.begin(), allowed.end(), to);
}

void add_debug_info(const LoadRequest& request, bpf_attr& attr) {
  attr.prog_btf_fd = static_cast<uint32_t>(request.btf);
  attr.func_info = address(request.functions.data());
  attr.func_info_cnt = static_cast<uint32_t>(request.functions.size());
  attr.func_info_rec_size = sizeof(FunctionInfo);
  attr.line_info = address(request.lines.data());
  attr.line_info_cnt = static_cast<uint32_t>(request.lines.size());
  attr.line_info_rec_size = request.lines.empty() ? 0 : sizeof(LineInfo);
}

/// The attribute of a load, but for the log.
bpf_attr load_attr(const LoadRequest& request) {
  bpf_attr attr = blank();
  attr.prog_type = request.type;
  attr.expected_attach_type = request.expected_attach_type;
  attr.prog_flags = request.flags;
  attr.insns = address(request.code.data());
  attr.insn_cnt = static_cast<uint32_t>(request.code.size());
  attr.license = address(request.license.c_str());
  set_name(attr.prog_name, request.name);
  if (request.btf >= 0 && !request.functions.empty()) add_debug_info(request, attr);
  return attr;
}

int load(bpf_attr attr) {
  int result = -EAGAIN;
  for (int i = 0; i < kMostAttempts && result == -EAGAIN; ++i) result = bpf(BPF_PROG_LOAD, attr);
  return result;
}

/// The same with a log, for which `log` says how much room there is.
int load(bpf_attr attr, LogLevel level, std::string& log) {
  attr.log_buf = address(log.data());
  attr.log_size = static_cast<uint32_t>(log.size());
  attr.log_level = level;
  const int result = load(attr);
  log.resize(std::strlen(log.c_str()));
  return result;
}

/// Loads again what was refused, this time with a log, in a buffer that grows until the log fits. `whole`: else its
/// last lines will do, which Linux 6.4 and later keep when the buffer is too small.
std::string log_of(const bpf_attr& attr, bool whole) {
  std::string log;
  for (size_t size = kFirstLog; size <= kLargestLog; size *= 32) {
    log.assign(size, '\0');
    const int result = load(attr, kLogEverything, log);
    const Fd closes_itself(result);  // Loads after all when only memory was short the first time.
    if (result != -ENOSPC || (!whole && log.find("\nprocessed ") != log.npos)) break;
  }
  return log;
}

}  // namespace

std::string object_name(std::string_view name) {
  std::string allowed(name.substr(0, BPF_OBJ_NAME_LEN - 1));
  for (char& c : allowed)
    if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && c != '_' && c != '.') c = '_';
  return allowed;
}

Result<> available() {
  const isa::RawInsn pass[] = {
      {.opcode = 0xb7, .imm = 2},
      {.opcode = 0x95}
  };
  auto loaded = load_program({.type = BPF_PROG_TYPE_XDP, .name = "saya_probe", .license = "GPL", .code = pass});
  if (!loaded) return std::unexpected(std::move(loaded.error()).at("bpf(2) cannot be used here"));
  return {};
}

Result<uint32_t> possible_cpus() {
  const char* path = "/sys/devices/system/cpu/possible";
  std::ifstream file(path);
  uint32_t cpus = 0;
  uint32_t first = 0;
  while (file >> first) {  // "0-3,8": ranges, ends included. The kernel counts up to the last one.
    uint32_t last = first;
    if (file.peek() == '-') file.ignore() >> last;
    if (file.peek() == ',') file.ignore();
    cpus = std::max(cpus, last + 1);
  }
  if (cpus == 0) return fail(Code::io, fmt::format("{}: no list of CPUs in it", path));
  return cpus;
}

Result<Fd> create_map(const MapSpec& spec, const MapTypes& types) {
  bpf_attr attr = blank();
  attr.map_type = spec.type;
  attr.key_size = spec.key_size;
  attr.value_size = spec.value_size;
  attr.max_entries = spec.max_entries;
  attr.map_flags = spec.flags;
  attr.numa_node = spec.numa_node;
  attr.map_extra = spec.map_extra;
  spec.name.copy(attr.map_name, sizeof attr.map_name);
  if (types.btf >= 0) {
    attr.btf_fd = static_cast<uint32_t>(types.btf);
    attr.btf_key_type_id = types.key;
    attr.btf_value_type_id = types.value;
  }
  if (types.inner >= 0) attr.inner_map_fd = static_cast<uint32_t>(types.inner);
  return descriptor(fmt::format("create map '{}'", spec.name), bpf(BPF_MAP_CREATE, attr));
}

Result<> update(int fd, std::span<const std::byte> key, std::span<const std::byte> value, uint64_t flags) {
  bpf_attr attr = blank();
  attr.map_fd = static_cast<uint32_t>(fd);
  attr.key = address(key.data());
  attr.value = address(value.data());
  attr.flags = flags;
  return done("update map element " + to_hex(key), bpf(BPF_MAP_UPDATE_ELEM, attr));
}

Result<Bytes> lookup(int fd, std::span<const std::byte> key, size_t value_size) {
  Bytes value(value_size);
  bpf_attr attr = blank();
  attr.map_fd = static_cast<uint32_t>(fd);
  attr.key = address(key.data());
  attr.value = address(value.data());
  SAYA_CHECK(done("look up map element " + to_hex(key), bpf(BPF_MAP_LOOKUP_ELEM, attr)));
  return value;
}

Result<> erase(int fd, std::span<const std::byte> key) {
  bpf_attr attr = blank();
  attr.map_fd = static_cast<uint32_t>(fd);
  attr.key = address(key.data());
  return done("delete map element " + to_hex(key), bpf(BPF_MAP_DELETE_ELEM, attr));
}

Result<std::optional<Bytes>> next_key(int fd, std::span<const std::byte> key, size_t key_size) {
  Bytes next(key_size);
  bpf_attr attr = blank();
  attr.map_fd = static_cast<uint32_t>(fd);
  attr.key = key.empty() ? 0 : address(key.data());
  attr.next_key = address(next.data());
  const int result = bpf(BPF_MAP_GET_NEXT_KEY, attr);
  if (result == -ENOENT) return std::optional<Bytes>();
  SAYA_CHECK(done("next map key", result));
  return std::optional<Bytes>(std::move(next));
}

Result<MapSpec> map_info(int fd) {
  bpf_map_info info{};
  bpf_attr attr = blank();
  attr.info.bpf_fd = static_cast<uint32_t>(fd);
  attr.info.info = address(&info);
  attr.info.info_len = sizeof info;
  SAYA_CHECK(done("map info", bpf(BPF_OBJ_GET_INFO_BY_FD, attr)));
  return MapSpec{.name = info.name,
                 .type = info.type,
                 .key_size = info.key_size,
                 .value_size = info.value_size,
                 .max_entries = info.max_entries,
                 .flags = info.map_flags,
                 .key_btf_type = info.btf_key_type_id,
                 .value_btf_type = info.btf_value_type_id,
                 .map_extra = info.map_extra};
}

Result<> freeze(int fd) {
  bpf_attr attr = blank();
  attr.map_fd = static_cast<uint32_t>(fd);
  return done("freeze map", bpf(BPF_MAP_FREEZE, attr));
}

Result<Fd> load_btf(std::span<const std::byte> btf) {
  bpf_attr attr = blank();
  attr.btf = address(btf.data());
  attr.btf_size = static_cast<uint32_t>(btf.size());
  const int result = bpf(BPF_BTF_LOAD, attr);
  if (result >= 0) return Fd(result);
  std::string log(kFirstLog, '\0');
  attr.btf_log_buf = address(log.data());
  attr.btf_log_size = static_cast<uint32_t>(log.size());
  attr.btf_log_level = 1;
  const Fd closes_itself(bpf(BPF_BTF_LOAD, attr));  // Its answer may only be that the log is too long.
  return refused_with_log("load BTF", -result, log.c_str());
}

Result<Fd> load_program(const LoadRequest& request, std::string* log) {
  const bpf_attr attr = load_attr(request);
  std::string words(kStatisticsRoom, '\0');
  int fd = log ? load(attr, kLogStatistics, words) : -ENOSPC;
  if (fd == -ENOSPC) fd = load(attr);  // Whether there was room for a log says nothing about the program.
  if (fd < 0) words = log_of(attr, log != nullptr);
  if (log) *log = words;
  if (fd >= 0) return Fd(fd);
  return refused_with_log(fmt::format("load program '{}'", request.name), -fd, words);
}

Result<TestOutput> test_run(int program, const TestInput& input) {
  TestOutput output{.data = Bytes(input.data_room), .ctx = Bytes(input.ctx.size())};
  bpf_attr attr = blank();
  attr.test.prog_fd = static_cast<uint32_t>(program);
  attr.test.repeat = input.repeat;
  attr.test.flags = input.flags;
  attr.test.data_in = address(input.data.data());
  attr.test.data_size_in = static_cast<uint32_t>(input.data.size());
  attr.test.data_out = address(output.data.data());
  attr.test.data_size_out = static_cast<uint32_t>(output.data.size());
  if (!input.ctx.empty()) {
    attr.test.ctx_in = address(input.ctx.data());
    attr.test.ctx_size_in = static_cast<uint32_t>(input.ctx.size());
    attr.test.ctx_out = address(output.ctx.data());
    attr.test.ctx_size_out = static_cast<uint32_t>(output.ctx.size());
  }
  SAYA_CHECK(done("test run", bpf(BPF_PROG_TEST_RUN, attr)));
  output.verdict = attr.test.retval;
  output.duration = attr.test.duration;
  output.data.resize(std::min<size_t>(attr.test.data_size_out, output.data.size()));
  return output;
}

Result<ProgramInfo> program_info(int program) {
  bpf_prog_info info{};
  bpf_attr attr = blank();
  attr.info.bpf_fd = static_cast<uint32_t>(program);
  attr.info.info = address(&info);
  attr.info.info_len = sizeof info;
  SAYA_CHECK(done("program info", bpf(BPF_OBJ_GET_INFO_BY_FD, attr)));

  ProgramInfo result{.type = info.type,
                     .id = info.id,
                     .jited_size = info.jited_prog_len,
                     .xlated_size = info.xlated_prog_len,
                     .name = info.name,
                     .xlated = std::vector<isa::RawInsn>(info.xlated_prog_len / sizeof(isa::RawInsn))};
  std::copy_n(info.tag, sizeof info.tag, result.tag);
  std::memset(&info, 0, sizeof info);  // Asked again: lengths are input too, and only the code is wanted now.
  info.xlated_prog_len = result.xlated_size;
  info.xlated_prog_insns = address(result.xlated.data());
  attr.info.info_len = sizeof info;
  SAYA_CHECK(done("program's code", bpf(BPF_OBJ_GET_INFO_BY_FD, attr)));
  return result;
}

Result<Fd> open_pinned(const std::string& path) {
  bpf_attr attr = blank();
  attr.pathname = address(path.c_str());
  return descriptor(fmt::format("open '{}'", path), bpf(BPF_OBJ_GET, attr));
}

}  // namespace saya::kernel
