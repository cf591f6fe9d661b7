// `.BTF` and `.BTF.ext` of an object: types made final; source lines, function types and CO-RE relocations
// given to the functions.
#include <elf.h>
#include <fmt/format.h>

#include <limits>
#include <map>
#include <set>
#include <unordered_map>

#include "base/bytes.h"
#include "btf/kernel_form.h"
#include "object/reading.h"

namespace saya::object {
namespace {

constexpr uint64_t kInsnBytes = sizeof(isa::RawInsn);

/// clang leaves offsets of global variables to relocations: a 32-bit word to which the symbol's value is added.
Result<std::vector<std::byte>> relocated(const ElfFile& elf, const ElfSection& section) {
  std::vector<std::byte> bytes(section.bytes.begin(), section.bytes.end());
  SAYA_TRY(const auto relocations, elf.relocations_of(elf.index_of(section)));
  for (const ElfRelocation& relocation : relocations) {
    if (relocation.offset > bytes.size() || bytes.size() - relocation.offset < sizeof(uint32_t))
      return fail(Code::malformed,
                  fmt::format("relocation at {:#x} is outside its {} bytes", relocation.offset, bytes.size()));
    std::byte* word = bytes.data() + relocation.offset;
    const auto addend = static_cast<uint64_t>(elf.addend_of(relocation, load<uint32_t>(word)));
    store(word, static_cast<uint32_t>(elf.symbols()[relocation.symbol].value + addend));
  }
  return bytes;
}

std::set<std::string_view> hidden_functions(const ElfFile& elf) {
  std::set<std::string_view> hidden;
  for (const ElfSymbol& symbol : elf.symbols())
    if (symbol.type == STT_FUNC && (symbol.visibility == STV_HIDDEN || symbol.visibility == STV_INTERNAL))
      hidden.insert(symbol.name);
  return hidden;
}

std::unordered_map<std::string_view, uint32_t> section_sizes(const ElfFile& elf) {
  std::unordered_map<std::string_view, uint32_t> sizes;
  for (const ElfSection& section : elf.sections())
    if (section.size <= std::numeric_limits<uint32_t>::max())
      sizes.try_emplace(section.name, static_cast<uint32_t>(section.size));
  return sizes;
}

/// Where named things lie in the sections that hold data, as (section name, symbol) to offset. Of two static variables
/// with one name in one section nobody can tell which is meant.
using Offsets = std::map<std::pair<std::string_view, std::string_view>, std::optional<uint32_t>>;
Offsets variable_offsets(const ElfFile& elf) {
  Offsets offsets;
  for (const ElfSymbol& symbol : elf.symbols()) {
    if (symbol.type != STT_OBJECT || symbol.section >= elf.sections().size() ||
        symbol.value > std::numeric_limits<uint32_t>::max())
      continue;
    const auto offset = static_cast<uint32_t>(symbol.value);
    const auto [at, is_new] = offsets.try_emplace({elf.sections()[symbol.section].name, symbol.name}, offset);
    if (!is_new && at->second != offset) at->second = std::nullopt;
  }
  return offsets;
}

Result<std::shared_ptr<const btf::Btf>> read_types(const ElfFile& elf, const ElfSection& section) {
  const auto sizes = section_sizes(elf);
  const auto hidden = hidden_functions(elf);
  btf::ElfFacts facts;
  facts.section_size = [&](std::string_view name) {
    const auto found = sizes.find(name);
    return found == sizes.end() ? std::nullopt : std::optional(found->second);
  };
  const Offsets offsets = variable_offsets(elf);
  facts.offset_of = [&](std::string_view in, std::string_view name) {
    const auto found = offsets.find({in, name});
    return found == offsets.end() ? std::nullopt : found->second;
  };
  facts.is_hidden = [&](std::string_view name) { return hidden.contains(name); };
  SAYA_TRY(std::vector<std::byte> bytes, relocated(elf, section));
  SAYA_TRY(bytes, btf::kernel_form(std::move(bytes), facts));
  return btf::Btf::parse(std::move(bytes));
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

void take_lines(const btf::SectionInfo& info, uint32_t section, Object& object, const Layout& layout) {
  for (const btf::Line& line : info.lines) {
    const auto index = layout.function_at(section, line.offset);
    if (!index) continue;
    const uint64_t insn = (line.offset - layout.functions[*index].start) / kInsnBytes;
    object.functions[*index].lines.push_back(
        {static_cast<uint32_t>(insn), line.file, line.line, line.column, trimmed(line.text)});
  }
}

void take_functions(const btf::SectionInfo& info, uint32_t section, Object& object, const Layout& layout) {
  for (const btf::FunctionInfo& function : info.functions) {
    const auto index = layout.function_at(section, function.offset);
    if (index && layout.functions[*index].start == function.offset) object.functions[*index].btf_type = function.type;
  }
}

/// Relocations of functions that static linking dropped are left behind, as libbpf leaves them.
void take_relocations(const btf::SectionInfo& info, uint32_t section, Object& object, const Layout& layout) {
  for (const btf::CoreRelocation& relocation : info.relocations) {
    const auto index = layout.function_at(section, relocation.offset);
    if (!index) continue;
    const uint64_t insn = (relocation.offset - layout.functions[*index].start) / kInsnBytes;
    object.functions[*index].core.push_back({static_cast<uint32_t>(insn), relocation.query});
  }
}

std::unordered_map<std::string_view, uint32_t> code_sections(const ElfFile& elf) {
  std::unordered_map<std::string_view, uint32_t> sections;
  for (const ElfSection& section : elf.sections())
    if (section.is_code()) sections.try_emplace(section.name, elf.index_of(section));
  return sections;
}

}  // namespace

Result<std::shared_ptr<const btf::Btf>> read_btf(const ElfFile& elf) {
  const ElfSection* section = elf.find(".BTF");
  if (!section) return nullptr;
  auto btf = read_types(elf, *section);
  if (!btf) return std::unexpected(std::move(btf).error().at("section '.BTF'"));
  return btf;
}

Result<> read_debug_info(const ElfFile& elf, Object& object, const Layout& layout) {
  const ElfSection* section = elf.find(".BTF.ext");
  if (!section || !object.btf) return {};
  const auto infos = btf::parse_ext(*object.btf, section->bytes);
  if (!infos) return std::unexpected(Error(infos.error()).at("section '.BTF.ext'"));
  const auto sections = code_sections(elf);
  for (const btf::SectionInfo& info : *infos) {
    const auto found = sections.find(info.section);
    if (found == sections.end()) continue;
    take_functions(info, found->second, object, layout);
    take_lines(info, found->second, object, layout);
    take_relocations(info, found->second, object, layout);
  }
  return {};
}

}  // namespace saya::object
