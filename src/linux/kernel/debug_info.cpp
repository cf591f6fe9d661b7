// Records for BPF_PROG_LOAD that satisfy check_btf_func() and check_btf_line() (kernel/bpf/verifier.c, Linux 6.18).
#include "kernel/debug_info.h"

#include <algorithm>
#include <functional>
#include <optional>

namespace saya::kernel {
namespace {

constexpr uint32_t kColumnBits = 10;
constexpr uint32_t kMostColumn = (1 << kColumnBits) - 1;
constexpr uint32_t kMostLine = (1 << (32 - kColumnBits)) - 1;

/// Where `text`, a part of one of the BTF's strings, begins among them.
std::optional<uint32_t> offset_in(std::string_view strings, std::string_view text) {
  if (text.empty()) return 0;  // The first string is the empty one.
  const std::less<> before;
  if (before(text.data(), strings.data()) || before(strings.data() + strings.size(), text.data() + text.size()))
    return std::nullopt;
  return static_cast<uint32_t>(text.data() - strings.data());
}

/// All strings of the BTF, which end with it or before.
std::string_view strings_of(const btf::Btf& btf) {
  const auto first = btf.string_at(0);
  if (!first) return {};
  const char* const end = reinterpret_cast<const char*>(btf.raw().data() + btf.raw().size());
  return {first->data(), static_cast<size_t>(end - first->data())};
}

std::optional<LineInfo> record(const object::SourceLine& line, std::string_view strings) {
  const auto file = offset_in(strings, line.file);
  const auto text = offset_in(strings, line.text);
  if (!file || !text) return std::nullopt;
  const uint32_t number = std::min(line.line, kMostLine) << kColumnBits | std::min(line.column, kMostColumn);
  return LineInfo{.insn = line.insn, .file = *file, .text = *text, .number = number};
}

/// Whether each subprogram begins with a line. Both are in slot order.
bool covers(std::span<const LineInfo> lines, std::span<const program::Subprogram> subprograms) {
  return std::ranges::includes(lines, subprograms, {}, &LineInfo::insn, &program::Subprogram::start);
}

}  // namespace

std::vector<FunctionInfo> function_infos(const program::Program& program) {
  std::vector<FunctionInfo> infos;
  for (const program::Subprogram& subprogram : program.subprograms) {
    if (subprogram.btf_type == 0) return {};
    infos.push_back({.insn = subprogram.start, .type = subprogram.btf_type});
  }
  return infos;
}

std::vector<LineInfo> line_infos(const program::Program& program) {
  std::vector<LineInfo> infos;
  if (!program.btf) return infos;
  const std::string_view strings = strings_of(*program.btf);
  for (const object::SourceLine& line : program.lines) {
    const bool in_order = infos.empty() || line.insn > infos.back().insn;
    if (!in_order || line.insn >= program.code.size() || program.code[line.insn].opcode == 0) continue;
    if (const auto info = record(line, strings)) infos.push_back(*info);
  }
  if (!covers(infos, program.subprograms)) infos.clear();
  return infos;
}

}  // namespace saya::kernel
