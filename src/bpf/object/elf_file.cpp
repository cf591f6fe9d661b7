// Reads ELF through libelf from memory. libelf finds the section headers; every offset in them is checked here.
#include "object/elf_file.h"

#include <elf.h>
#include <fmt/format.h>
#include <libelf.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "object/elf_identity.h"

namespace saya::object {
namespace {

struct CloseElf {
  void operator()(Elf* elf) const noexcept { elf_end(elf); }
};
using ElfPtr = std::unique_ptr<Elf, CloseElf>;

/// The string at `offset` of a string table; nothing beyond its end, without a NUL, too long to copy, or with control
/// characters, which would write on the terminals that messages reach.
std::optional<std::string_view> string_in(std::span<const std::byte> table, uint32_t offset) {
  if (offset >= table.size()) return std::nullopt;
  const auto* text = reinterpret_cast<const char*>(table.data()) + offset;
  const size_t limit = std::min(table.size() - offset, kMaxNameBytes + 1);
  const size_t size = strnlen(text, limit);
  const bool clean = std::none_of(text, text + size, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; });
  return clean && size < limit ? std::optional(std::string_view(text, size)) : std::nullopt;
}

Result<ElfPtr> open_elf(std::span<const std::byte> bytes) {
  elf_version(EV_CURRENT);
  // libelf only reads the image, although it asks for a mutable one.
  ElfPtr elf(elf_memory(reinterpret_cast<char*>(const_cast<std::byte*>(bytes.data())), bytes.size()));
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF) return fail(Code::malformed, "not an ELF file");
  return elf;
}

Result<std::vector<Elf64_Shdr>> read_headers(Elf* elf) {
  size_t count = 0;
  if (elf_getshdrnum(elf, &count) != 0)
    return fail(Code::malformed, fmt::format("the section headers cannot be read: {}", elf_errmsg(-1)));
  std::vector<Elf64_Shdr> headers;
  for (size_t i = 0; i < count; ++i) {
    const Elf64_Shdr* header = elf64_getshdr(elf_getscn(elf, i));
    if (!header) return fail(Code::malformed, fmt::format("section header {} cannot be read: {}", i, elf_errmsg(-1)));
    headers.push_back(load<Elf64_Shdr>(header));  // A hostile offset leaves it unaligned.
  }
  if (headers.empty()) return fail(Code::malformed, "the file has no sections");
  return headers;
}

/// Cuts the contents out of the file; names come afterwards, since they lie in a section themselves.
Result<std::vector<ElfSection>> cut_sections(std::span<const Elf64_Shdr> headers, std::span<const std::byte> bytes) {
  std::vector<ElfSection> sections;
  uint64_t total = 0;
  for (const Elf64_Shdr& header : headers) {
    ElfSection section;
    section.type = header.sh_type;
    section.flags = header.sh_flags;
    section.link = header.sh_link;
    section.info = header.sh_info;
    if (header.sh_type != SHT_NULL) section.size = header.sh_size;
    if (header.sh_type != SHT_NULL && header.sh_type != SHT_NOBITS) {
      if (header.sh_offset > bytes.size() || header.sh_size > bytes.size() - header.sh_offset)
        return fail(Code::malformed, fmt::format("section {}: {} bytes at {} leave the file of {} bytes",
                                                 sections.size(), header.sh_size, header.sh_offset, bytes.size()));
      section.bytes = bytes.subspan(header.sh_offset, header.sh_size);
      total += header.sh_size;
    }
    if (total > bytes.size()) return fail(Code::malformed, fmt::format("section {} overlaps others", sections.size()));
    sections.push_back(section);
  }
  return sections;
}

Result<> name_sections(Elf* elf, std::span<const Elf64_Shdr> headers, std::span<ElfSection> sections) {
  size_t names = 0;
  if (elf_getshdrstrndx(elf, &names) != 0 || names >= sections.size())
    return fail(Code::malformed, "the section of section names is missing");
  for (size_t i = 1; i < sections.size(); ++i) {
    const auto name = string_in(sections[names].bytes, headers[i].sh_name);
    if (!name)
      return fail(Code::malformed, fmt::format("section {}: name offset {} is invalid", i, headers[i].sh_name));
    sections[i].name = *name;
  }
  return {};
}

Result<ElfSymbol> read_symbol(const std::byte* at, std::span<const std::byte> names) {
  const auto raw = load<Elf64_Sym>(at);
  ElfSymbol symbol;
  const auto name = string_in(names, raw.st_name);
  if (!name) return fail(Code::malformed, fmt::format("name offset {} is invalid", raw.st_name));
  symbol.name = *name;
  symbol.value = raw.st_value;
  symbol.size = raw.st_size;
  symbol.section = raw.st_shndx;
  symbol.type = ELF64_ST_TYPE(raw.st_info);
  symbol.binding = ELF64_ST_BIND(raw.st_info);
  symbol.visibility = ELF64_ST_VISIBILITY(raw.st_other);
  return symbol;
}

Result<std::vector<ElfSymbol>> read_symbols(std::span<const ElfSection> sections) {
  std::vector<ElfSymbol> symbols;
  for (const ElfSection& section : sections) {
    if (section.type != SHT_SYMTAB) continue;
    if (section.link >= sections.size()) return fail(Code::malformed, "the symbol table has no names");
    for (size_t at = 0; at + sizeof(Elf64_Sym) <= section.size; at += sizeof(Elf64_Sym)) {
      auto symbol = read_symbol(section.bytes.data() + at, sections[section.link].bytes);
      if (!symbol) return std::unexpected(std::move(symbol).error().at(fmt::format("symbol {}", symbols.size())));
      symbols.push_back(*symbol);
    }
    break;  // A relocatable object has one symbol table.
  }
  return symbols;
}

ElfRelocation read_relocation(const ElfSection& section, size_t at) {
  const auto raw = load<Elf64_Rel>(section.bytes.data() + at);
  ElfRelocation relocation{raw.r_offset, static_cast<uint32_t>(ELF64_R_SYM(raw.r_info)),
                           static_cast<uint32_t>(ELF64_R_TYPE(raw.r_info)), std::nullopt};
  if (section.type == SHT_RELA) relocation.addend = load<Elf64_Rela>(section.bytes.data() + at).r_addend;
  return relocation;
}

/// "GCC: (14) 12.2.0" in `.comment`: its assembler, binutils up to 2.40, stores symbol plus addend (measured
/// with 2.40).
bool is_by_old_gcc(const ElfSection* comment) {
  constexpr int kFirstWithNewAs = 13;
  if (!comment) return false;
  const std::string_view text(reinterpret_cast<const char*>(comment->bytes.data()), comment->bytes.size());
  const size_t gcc = text.find("GCC: (");
  const size_t version = gcc == text.npos ? gcc : text.find(") ", gcc);
  if (version == text.npos) return false;
  int major = 0;
  const std::string_view digits = text.substr(version + 2);
  return std::from_chars(digits.data(), digits.data() + digits.size(), major).ec == std::errc() &&
         major < kFirstWithNewAs;
}

}  // namespace

bool ElfSection::is_code() const noexcept { return type == SHT_PROGBITS && (flags & SHF_EXECINSTR) != 0 && size > 0; }

Result<ElfFile> ElfFile::open(std::span<const std::byte> bytes) {
  SAYA_CHECK(check_identity(bytes));
  SAYA_TRY(const ElfPtr elf, open_elf(bytes));
  SAYA_TRY(const std::vector<Elf64_Shdr> headers, read_headers(elf.get()));
  ElfFile file;
  SAYA_TRY(file.sections_, cut_sections(headers, bytes));
  SAYA_CHECK(name_sections(elf.get(), headers, file.sections_));
  SAYA_TRY(file.symbols_, read_symbols(file.sections_));
  file.stores_values_ = is_by_old_gcc(file.find(".comment"));
  file.relocation_sections_.resize(file.sections_.size());
  for (uint32_t i = 0; i < file.sections_.size(); ++i) {
    const ElfSection& section = file.sections_[i];
    if ((section.type == SHT_REL || section.type == SHT_RELA) && section.info < file.sections_.size())
      file.relocation_sections_[section.info].push_back(i);
  }
  return file;
}

const ElfSection* ElfFile::find(std::string_view name) const noexcept {
  for (const ElfSection& section : sections_)
    if (section.name == name && section.type != SHT_NULL) return &section;
  return nullptr;
}

Result<std::vector<ElfRelocation>> ElfFile::relocations_of(uint32_t index) const {
  std::vector<ElfRelocation> relocations;
  for (const uint32_t from : relocation_sections_[index]) {
    const ElfSection& section = sections_[from];
    const size_t stride = section.type == SHT_RELA ? sizeof(Elf64_Rela) : sizeof(Elf64_Rel);
    for (size_t at = 0; at + stride <= section.bytes.size(); at += stride) {
      const ElfRelocation relocation = read_relocation(section, at);
      if (relocation.symbol >= symbols_.size())
        return fail(Code::malformed, fmt::format("section '{}': relocation {} names symbol {}, there are {}",
                                                 section.name, at / stride, relocation.symbol, symbols_.size()));
      relocations.push_back(relocation);
    }
  }
  return relocations;
}

int64_t ElfFile::addend_of(const ElfRelocation& relocation, int64_t stored) const noexcept {
  if (relocation.addend) return *relocation.addend;
  const ElfSymbol& symbol = symbols_[relocation.symbol];
  const bool counted = stores_values_ && symbol.type != STT_SECTION;
  return static_cast<int64_t>(static_cast<uint64_t>(stored) - (counted ? symbol.value : 0));
}

std::string_view ElfFile::name_of(const ElfSymbol& symbol) const noexcept {
  if (symbol.name.empty() && symbol.section < sections_.size()) return sections_[symbol.section].name;
  return symbol.name;
}

}  // namespace saya::object
