// Writes docs/reference/ from the tables that saya is built from, or checks that the pages there still say the same.
//   gen_reference DIR           writes each page
//   gen_reference --check DIR   exits with 1 and names the pages that differ
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "abi/ctx.h"
#include "abi/helper_spec.h"
#include "abi/kernel_calls.h"
#include "abi/tables.h"
#include "base/kernel_errno.h"
#include "base/result.h"
#include "cli/command.h"
#include "helper/table.h"
#include "isa/insn.h"
#include "map/map.h"
#include "port/port.h"
#include "program/sections.h"

namespace saya {
namespace {

// --- Markdown --------------------------------------------------------------------------------------------------------

/// A table row; "|" inside of a cell would end it.
std::string row(const std::vector<std::string>& cells) {
  std::string text = "|";
  for (const std::string& cell : cells) {
    text += ' ';
    for (const char c : cell) text += c == '|' ? std::string("\\|") : std::string(1, c);
    text += " |";
  }
  return text + "\n";
}

std::string header(const std::vector<std::string>& names) {
  std::string text = row(names) + "|";
  for (size_t i = 0; i < names.size(); ++i) text += "---|";
  return text + "\n";
}

std::string code(std::string_view text) { return fmt::format("`{}`", text); }
std::string section(std::string_view title) { return fmt::format("\n## {}\n", title); }

// --- Instructions ----------------------------------------------------------------------------------------------------

using isa::Insn;
using isa::Kind;
using isa::Width;

/// How the disassembler writes the instruction, and the opcode byte that it encodes to.
std::string text_of(const Insn& insn) { return code(isa::disassemble(insn)); }
std::string opcode_of(const Insn& insn) {
  std::vector<isa::RawInsn> raw;
  isa::encode(insn, raw);
  return fmt::format("{:02x}", raw.front().opcode);
}

/// The opcode of a two-operand operation with a register and with an immediate, in 64 and in 32 bits.
std::vector<std::string> opcodes_of(Insn insn) {
  std::vector<std::string> cells;
  for (const Width width : {Width::w64, Width::w32})
    for (const bool immediate : {false, true}) {
      insn.width = width;
      insn.imm_operand = immediate;
      cells.push_back(opcode_of(insn));
    }
  return cells;
}

/// `extra` stands between the text and the opcodes.
std::string two_operand_row(std::string_view name, const Insn& insn, const std::vector<std::string>& extra = {}) {
  std::vector<std::string> cells{code(name), text_of(insn)};
  cells.insert(cells.end(), extra.begin(), extra.end());
  for (std::string& opcode : opcodes_of(insn)) cells.push_back(std::move(opcode));
  return row(cells);
}

std::string arithmetic() {
  std::string text = section("Arithmetic (kind `alu`)");
  text += header({"name", "as text", "offset", "64-bit register", "immediate", "32-bit register", "immediate"});
#define SAYA_ALU(name, number, offset, mnemonic)                                                                      \
  text += two_operand_row(#name, {.kind = Kind::alu, .alu = isa::Alu::name, .width = Width::w64, .dst = 1, .src = 2}, \
                          {#offset});
#include "isa/ops.def"
  return text;
}

std::string conditions() {
  std::string text = section("Conditions (kind `branch`)");
  text += header({"name", "as text", "64-bit register", "immediate", "32-bit register", "immediate"});
#define SAYA_COND(name, number, mnemonic) \
  text += two_operand_row(                \
      #name, {.kind = Kind::branch, .cond = isa::Cond::name, .width = Width::w64, .dst = 1, .src = 2, .jump = 4});
#include "isa/ops.def"
  return text;
}

std::string byte_orders() {
  std::string text = section("Byte order (kind `swap`)") + header({"name", "as text", "opcode"});
  const auto add = [&](std::string_view name, isa::Swap swap) {
    std::vector<std::string> forms;
    Insn insn{.kind = Kind::swap, .swap = swap, .dst = 1};
    for (const Width width : {Width::w16, Width::w32, Width::w64}) {
      insn.width = width;
      forms.push_back(text_of(insn));
    }
    text += row({code(name), fmt::format("{}", fmt::join(forms, ", ")), opcode_of(insn)});
  };
#define SAYA_SWAP(name, cls, source, mnemonic) add(#name, isa::Swap::name);
#include "isa/ops.def"
  return text;
}

std::string atomics() {
  std::string text = section("Atomic operations (kind `atomic`)") + header({"name", "imm", "as text"});
#define SAYA_ATOMIC(name, imm, mnemonic) \
  text +=                                \
      row({code(#name), #imm,            \
           text_of({.kind = Kind::atomic, .atomic = isa::Atomic::name, .width = Width::w64, .dst = 1, .src = 2})});
#include "isa/ops.def"
  return text;
}

std::string instructions() {
  std::string text = section("Kinds") + header({"kind", "meaning"});
#define SAYA_KIND(name, doc) text += row({code(#name), doc});
#include "isa/ops.def"
  text += arithmetic() + conditions() + byte_orders() + atomics();
  text += section("64-bit immediates (kind `load_imm`)") + header({"name", "source field", "meaning"});
#define SAYA_PSEUDO(name, number, doc) text += row({code(#name), #number, doc});
#include "isa/ops.def"
  text += section("Calls (kind `call`)") + header({"name", "source field", "meaning"});
#define SAYA_CALLEE(name, number, doc) text += row({code(#name), #number, doc});
#include "isa/ops.def"
  return text;
}

// --- The contract between programs and packets -----------------------------------------------------------------------

std::string_view words(abi::CtxAccess access) {
  switch (access) {
    case abi::CtxAccess::packet_pointer: return "a full-width load gives an address";
    case abi::CtxAccess::read: return "read: 1, 2, 4 bytes";
    case abi::CtxAccess::flag: return "read: 1, 2, 4 bytes";
    case abi::CtxAccess::read_full: return "read: full width";
    case abi::CtxAccess::read_write: return "read: 1, 2, 4 bytes; write: full width";
    case abi::CtxAccess::full: return "read, write: full width";
    case abi::CtxAccess::scratch: return "read, write: 1, 2, 4, 8 bytes";
    case abi::CtxAccess::devmap: return "read: full width, in programs of device maps";
    case abi::CtxAccess::queue: return "read: 1, 2, 4 bytes; write: full width, ignored from 0xffff on";
  }
  return "";
}

std::string context() {
  std::string text;
  for (const abi::Hook hook : {abi::Hook::xdp, abi::Hook::tc, abi::Hook::socket}) {
    text += section(fmt::format("{}: `struct {}`, {} bytes", abi::to_string(hook),
                                hook == abi::Hook::xdp ? "xdp_md" : "__sk_buff", abi::ctx_size(hook)));
    text += header({"offset", "size", "field", "access", "meaning"});
    for (const abi::CtxField& field : abi::ctx_fields())
      if (field.hook == hook)
        text += row({fmt::to_string(field.offset), fmt::to_string(field.size), code(field.name),
                     std::string(words(field.access)), std::string(field.doc)});
  }
  return text;
}

std::string_view words(abi::Effect effect) {
  switch (effect) {
    case abi::Effect::drop: return "the packet is dropped";
    case abi::Effect::pass: return "the packet goes on";
    case abi::Effect::transmit: return "the packet leaves where it came in";
    case abi::Effect::redirect: return "the packet goes where a redirect helper said";
    case abi::Effect::next: return "the next filter decides";
    case abi::Effect::consume: return "the packet ends here, but is not counted as dropped";
  }
  return "";
}

std::string verdicts() {
  std::string text = "\n" + header({"hook", "number", "name", "effect"});
  for (const abi::Verdict& verdict : abi::verdicts())
    text += row({std::string(abi::to_string(verdict.hook)), fmt::to_string(verdict.number), code(verdict.name),
                 std::string(words(verdict.effect))});
  return text;
}

std::string drops() {
  std::string text = "\n" + header({"reason", "meaning"});
  for (size_t i = 0; i < abi::kDrops; ++i) {
    const auto reason = static_cast<abi::Drop>(i);
    text += row({code(abi::to_string(reason)), std::string(abi::words(reason))});
  }
  return text;
}

// --- What programs call and use --------------------------------------------------------------------------------------

std::string_view name_of(abi::Arg argument) {
  switch (argument) {
    case abi::Arg::none: return "";
    case abi::Arg::scalar: return "scalar";
    case abi::Arg::ctx: return "ctx";
    case abi::Arg::ctx_or_null: return "ctx_or_null";
    case abi::Arg::map: return "map";
    case abi::Arg::prog_array: return "prog_array";
    case abi::Arg::map_key: return "map_key";
    case abi::Arg::map_value: return "map_value";
    case abi::Arg::map_value_out: return "map_value_out";
    case abi::Arg::map_value_or_null: return "map_value_or_null";
    case abi::Arg::memory: return "memory";
    case abi::Arg::memory_or_null: return "memory_or_null";
    case abi::Arg::memory_out: return "memory_out";
    case abi::Arg::map_memory: return "map_memory";
    case abi::Arg::size: return "size";
    case abi::Arg::size_or_zero: return "size_or_zero";
    case abi::Arg::function: return "function";
    case abi::Arg::anything: return "anything";
    case abi::Arg::string: return "string";
    case abi::Arg::u32_inout: return "u32_inout";
    case abi::Arg::u64_out: return "u64_out";
    case abi::Arg::u16_out: return "u16_out";
    case abi::Arg::bytes16: return "bytes16";
    case abi::Arg::bytes20: return "bytes20";
    case abi::Arg::bytes40: return "bytes40";
    case abi::Arg::bytes16_out: return "bytes16_out";
    case abi::Arg::bytes64_out: return "bytes64_out";
    case abi::Arg::map_bytes4: return "map_bytes4";
    case abi::Arg::buffer_or_null: return "buffer_or_null";
    case abi::Arg::socket: return "socket";
    case abi::Arg::socket_or_null: return "socket_or_null";
    case abi::Arg::record: return "record";
    case abi::Arg::object: return "object";
    case abi::Arg::object_or_null: return "object_or_null";
    case abi::Arg::any_object_or_null: return "any_object_or_null";
    case abi::Arg::owned: return "owned";
    case abi::Arg::counted: return "counted";
    case abi::Arg::per_cpu: return "per_cpu";
    case abi::Arg::list_head: return "list_head";
    case abi::Arg::rb_root: return "rb_root";
    case abi::Arg::rb_node: return "rb_node";
    case abi::Arg::owned_list_node: return "owned_list_node";
    case abi::Arg::owned_rb_node: return "owned_rb_node";
    case abi::Arg::dynptr: return "dynptr";
    case abi::Arg::dynptr_out: return "dynptr_out";
    case abi::Arg::spin_lock: return "spin_lock";
    case abi::Arg::timer: return "timer";
    case abi::Arg::kernel_pointer: return "kernel_pointer";
  }
  return "";
}

std::string_view name_of(abi::Ret ret) {
  switch (ret) {
    case abi::Ret::scalar: return "scalar";
    case abi::Ret::map_value_or_null: return "map_value_or_null";
    case abi::Ret::nothing: return "nothing";
    case abi::Ret::memory_or_null: return "memory_or_null";
    case abi::Ret::memory: return "memory";
    case abi::Ret::socket_or_null: return "socket_or_null";
    case abi::Ret::socket: return "socket";
    case abi::Ret::object_or_null: return "object_or_null";
    case abi::Ret::object: return "object";
  }
  return "";
}

std::string callers_of(uint32_t callers) {
  std::vector<std::string_view> types;
  if (callers & abi::kByXdp) types.push_back("xdp");
  if (callers & abi::kByClassifier) types.push_back("sched_cls");
  if (callers & abi::kByAction) types.push_back("sched_act");
  if (callers & abi::kBySocketFilter) types.push_back("socket_filter");
  return types.empty() ? "other types only" : fmt::format("{}", fmt::join(types, ", "));
}

/// Name, arguments, what it returns and its errors.
std::vector<std::string> signature(const abi::HelperSpec& helper) {
  std::vector<std::string_view> arguments;
  for (const abi::Arg argument : helper.args)
    if (argument != abi::Arg::none) arguments.push_back(name_of(argument));
  std::vector<std::string_view> failures;
  for (const int16_t error : helper.errors)
    if (error != 0) failures.push_back(error == ENOTSUPP ? "ENOTSUPP" : strerrorname_np(error));
  return {code(abi::full_name(helper)), fmt::format("{}", fmt::join(arguments, ", ")), std::string(name_of(helper.ret)),
          fmt::format("{}", fmt::join(failures, ", "))};
}

std::string meaning_of(const abi::HelperSpec& helper) {
  std::string meaning(helper.doc);
  const abi::KernelHelper* kernel = abi::find_kernel_helper(helper.id);
  if (kernel && kernel->gpl_only) meaning += " For GPL-compatible programs only.";
  if (helper.traits & abi::kInvalidatesPackets) meaning += " Packet pointers go stale.";
  return meaning;
}

std::string helper_row(const abi::HelperSpec& helper) {
  std::vector<std::string> cells = signature(helper);
  const abi::KernelHelper* kernel = abi::find_kernel_helper(helper.id);
  cells.insert(cells.begin(), fmt::to_string(helper.id));
  cells.push_back(callers_of(kernel ? kernel->callers : abi::kByNone));
  cells.push_back(meaning_of(helper));
  return row(cells);
}

std::string function_row(const abi::HelperSpec& function) {
  std::vector<std::string> cells = signature(function);
  const abi::KernelFunction* kernel = abi::find_kernel_function(function.name);
  cells.push_back(callers_of(kernel ? kernel->callers : abi::kByNone));
  cells.push_back(meaning_of(function));
  return row(cells);
}

std::string helpers() {
  std::string text = "\n" + header({"id", "name", "arguments", "returns", "errors", "callers", "meaning"});
  for (const abi::HelperSpec& helper : helper::table())
    if (!abi::is_kernel_function(helper)) text += helper_row(helper);
  return text;
}

std::string kernel_functions() {
  std::string text = "\n" + header({"name", "arguments", "returns", "errors", "callers", "meaning"});
  for (const abi::HelperSpec& function : helper::table())
    if (abi::is_kernel_function(function)) text += function_row(function);
  return text;
}

std::string kernel_calls() {
  std::string text = section("Helpers") + header({"id", "name", "callers", "licence", "in saya"});
  for (const abi::KernelHelper& helper : abi::kernel_helpers())
    text += row({fmt::to_string(helper.id), code(fmt::format("bpf_{}", helper.name)), callers_of(helper.callers),
                 helper.gpl_only ? "GPL" : "", abi::find_helper(helper::table(), helper.id) ? "yes" : ""});
  text += section("Functions by name (kfuncs)") + header({"name", "callers", "in saya"});
  for (const abi::KernelFunction& function : abi::kernel_functions())
    text += row(
        {code(function.name), callers_of(function.callers), helper::has_kernel_function(function.name) ? "yes" : ""});
  return text;
}

std::string maps() {
  std::string text = "\n" + header({"id", "type", "meaning"});
  for (const MapType& type : map_types())
    text += row({fmt::to_string(type.id), code(type.name), std::string(type.doc)});
  std::vector<std::string> others;
  for (uint32_t id = 1; id < kMapTypeNumbers; ++id)
    if (!find_map_type(id)) others.push_back(fmt::format("{} `{}`", id, map_type_name(id)));
  text += fmt::format("\nTypes of Linux 6.18 that saya names but does not have: {}.\n", fmt::join(others, ", "));
  return text;
}

std::string_view words(program::SectionMatch match) {
  switch (match) {
    case program::SectionMatch::exact: return "nothing";
    case program::SectionMatch::family: return "`/...`";
    case program::SectionMatch::loose: return "anything that starts with no letter";
  }
  return "";
}

std::string section_row(const program::Section& entry) {
  const program::SectionType& type = entry.type;
  std::string extra;
  if (type.frags) extra = "takes fragmented packets";
  if (type.sleepable) extra = "may sleep";
  return row({code(entry.name), std::string(words(entry.match)), code(program::to_string(type.type)),
              type.expected_attach_type ? code(program::attach_type_name(type.expected_attach_type)) : "", extra});
}

std::string programs() {
  std::string text = section("Types") + header({"number", "type", "saya's hook", "meaning"});
#define SAYA_PROGRAM_TYPE(id, name, doc)                                                                              \
  text +=                                                                                                             \
      row({#id, code(#name),                                                                                          \
           std::string(program::hook_of(program::Type::name) ? abi::to_string(*program::hook_of(program::Type::name)) \
                                                             : std::string_view{}),                                   \
           doc});
#include "program/types.def"
  text += section("Section names") + header({"section", "may be followed by", "type", "attach type", ""});
  for (const program::Section& entry : program::sections()) text += section_row(entry);
  text +=
      "\nA `?` before a name keeps libbpf from loading the program unless it is asked for. A section of any other "
      "name says nothing: its programs are what they are attached as.\n";
  return text;
}

// --- What people type and read ---------------------------------------------------------------------------------------

std::string ports() {
  std::string text = "\n" + header({"driver", "words after it", "meaning"});
  for (const port::Driver& driver : port::drivers())
    text += row({code(driver.name), driver.syntax.empty() ? "" : code(driver.syntax), std::string(driver.doc)});
  return text;
}

std::string commands() {
  std::string text;
  for (const cli::Command& command : cli::commands()) {
    text += section(fmt::format("saya {}", command.words));
    text += fmt::format("{}\n\n    saya {}{}{}\n", command.doc, command.words, command.arguments.empty() ? "" : " ",
                        command.arguments);
  }
  return text;
}

std::string configuration() {
  std::string text = "\n" + header({"option", "value", "meaning"});
#define SAYA_CONFIG(option, value, doc) text += row({code(#option), code(value), doc});
#include "program/kconfig.def"
  return text;
}

std::string errors() {
  std::string text = "\n" + header({"code", "errno", "number", "words"});
#define SAYA_CODE(name, err, words) text += row({code(#name), #err, fmt::to_string(to_errno(Code::name)), words});
#include "base/codes.def"
  return text;
}

// --- The pages -------------------------------------------------------------------------------------------------------

struct Page {
  std::string_view name;  ///< Of the file, without ".md".
  std::string_view title;
  std::string_view opening;  ///< The first sentence, which also stands in the list of pages.
  std::string_view sources;
  std::string (*body)();
};

constexpr Page kPages[] = {
    {"instructions",     "Instructions",         "The BPF instructions that saya decodes, with their opcode bytes in hexadecimal.",
     "src/core/isa/ops.def",                                                                                                                                                                                          instructions    },
    {"maps",             "Map types",            "The types of maps that an object may define, with their numbers in the kernel.",
     "src/core/map/types.def",                                                                                                                                                                                        maps            },
    {"context",          "Context fields",       "The fields of the context that a program may access; any other access is refused.",
     "src/core/abi/ctx.def",                                                                                                                                                                                          context         },
    {"verdicts",         "Verdicts",
     "What the number that a program returns does to the packet; at any other number XDP drops it, and tc asks the "
     "next filter.",                                                                                                                       "src/core/abi/verdicts.def",                                               verdicts        },
    {"drops",            "Drop reasons",         "Why saya drops packets: each dropped packet counts under exactly one of these reasons.",
     "src/core/abi/drops.def",                                                                                                                                                                                        drops           },
    {"helpers",          "Helpers",              "The helper functions that programs may call, with their numbers in the kernel.",
     "src/bpf/helper/helpers.def",                                                                                                                                                                                    helpers         },
    {"kernel-functions", "Kernel functions",
     "The kernel functions (kfuncs) that programs with a GPL-compatible licence may call by name.",                                        "src/bpf/helper/kfuncs.def",                                               kernel_functions},
    {"kernel-calls",     "Kernel calls",
     "The helpers and functions that Linux 6.18 offers to packet programs, whether saya has them or not. GPL: only for "
     "programs with a GPL-compatible licence, as every function by name.",                                                                 "src/core/abi/kernel_helpers.def` and `src/core/abi/kernel_functions.def", kernel_calls    },
    {"programs",         "Program types",        "The types of programs, and the section names that say which one a program has.",
     "src/bpf/program/types.def` and `src/bpf/program/sections.def",                                                                                                                                                  programs        },
    {"ports",            "Port drivers",         "Where packets come from and go to.",                                                     "src/net/port/drivers.def",                                                ports           },
    {"commands",         "Commands",
     "What `saya` can be told to do; each word may be cut to any unambiguous beginning, `-j` anywhere asks for JSON, "
     "and "
     "`saya COMMAND --help` lists the options.",                                                                                           "src/saya/cli/commands.def",                                               commands        },
    {"configuration",    "Kernel configuration",
     "What programs that run without a kernel find in `.kconfig`; other options are not set.",                                             "src/bpf/program/kconfig.def",                                             configuration   },
    {"errors",           "Error codes",          "What an error is to code that must decide; people read the message beside it.",
     "src/core/base/codes.def",                                                                                                                                                                                       errors          },
};

std::string text_of(const Page& page) {
  return fmt::format(
      "# {}\n\n{}\nGenerated from `{}` by `build/release/bin/gen_reference docs/reference`; edit that table "
      "instead.\n{}",
      page.title, page.opening, page.sources, page.body());
}

std::string list_of_pages() {
  std::string text =
      "# Reference\n\nEvery table of saya as a page, generated by `build/release/bin/gen_reference "
      "docs/reference`.\n\n" +
      header({"page", "what it lists"});
  for (const Page& page : kPages)
    text += row({fmt::format("[{}]({}.md)", page.title, page.name), std::string(page.opening)});
  return text;
}

struct File {
  std::filesystem::path path;
  std::string text;
};

std::vector<File> files_in(const std::filesystem::path& folder) {
  std::vector<File> files{
      {folder / "README.md", list_of_pages()}
  };
  for (const Page& page : kPages) files.push_back({folder / fmt::format("{}.md", page.name), text_of(page)});
  return files;
}

std::optional<std::string> read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

int check(const std::vector<File>& files) {
  int stale = 0;
  for (const File& file : files)
    if (read(file.path) != file.text) {
      fmt::print(stderr, "{} is stale: run gen_reference {}\n", file.path.string(), file.path.parent_path().string());
      ++stale;
    }
  return stale ? 1 : 0;
}

int write(const std::vector<File>& files) {
  for (const File& file : files) {
    std::ofstream out(file.path, std::ios::binary);
    if (!(out << file.text) || !out.flush()) {
      fmt::print(stderr, "gen_reference: cannot write {}\n", file.path.string());
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace saya

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 1 && !words[0].starts_with('-')) return saya::write(saya::files_in(words[0]));
  if (words.size() == 2 && words[0] == "--check") return saya::check(saya::files_in(words[1]));
  fmt::print(stderr, "usage: gen_reference [--check] DIR\n");
  return 2;
}
