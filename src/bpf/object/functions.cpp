// Cuts code sections into functions at their symbols. A section without function symbols is one function.
#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <tuple>
#include <unordered_map>

#include "object/reading.h"

namespace saya::object {
namespace {

constexpr size_t kInsnBytes = sizeof(isa::RawInsn);

/// Programs call what lies in `.text`; what lies elsewhere is a program.
bool holds_subprograms(std::string_view section) { return section == ".text" || section.starts_with(".text."); }

Binding binding_of(const ElfSymbol& symbol) {
  if (symbol.binding == STB_LOCAL) return Binding::local;
  return symbol.binding == STB_WEAK ? Binding::weak : Binding::global;
}

class FunctionCutter {
 public:
  FunctionCutter(const ElfFile& elf, Object& object, Layout& layout) : elf_(elf), object_(object), layout_(layout) {}

  Result<> run() {
    std::vector<const ElfSymbol*> symbols = function_symbols();
    auto next = symbols.begin();
    for (const ElfSection& section : elf_.sections()) {
      const uint32_t index = elf_.index_of(section);
      const auto first = std::find_if(next, symbols.end(), [&](const ElfSymbol* s) { return s->section >= index; });
      next = std::find_if(first, symbols.end(), [&](const ElfSymbol* s) { return s->section > index; });
      if (!section.is_code()) continue;
      if (auto cut = cut_section(section, {first, next}); !cut)
        return std::unexpected(std::move(cut).error().at(fmt::format("section '{}'", section.name)));
    }
    // libbpf: the only function of an object is a program wherever it lies, since nothing could call it.
    if (object_.functions.size() == 1) object_.functions.front().entry = true;
    return {};
  }

 private:
  using Symbols = std::span<const ElfSymbol* const>;

  /// By section and offset; of several at one place, those that other files could see come first.
  std::vector<const ElfSymbol*> function_symbols() const {
    std::vector<const ElfSymbol*> symbols;
    for (const ElfSymbol& symbol : elf_.symbols())
      if (symbol.type == STT_FUNC && symbol.section != SHN_UNDEF) symbols.push_back(&symbol);
    std::ranges::sort(symbols, {}, [](const ElfSymbol* symbol) {
      return std::tuple(symbol->section, symbol->value, symbol->binding == STB_LOCAL, symbol);
    });
    return symbols;
  }

  /// Global labels at the start of a section.
  std::unordered_map<uint32_t, std::string_view> labels() const {
    std::unordered_map<uint32_t, std::string_view> labels;
    for (const ElfSymbol& symbol : elf_.symbols())
      if (symbol.value == 0 && symbol.type == STT_NOTYPE && symbol.binding == STB_GLOBAL)
        labels.try_emplace(symbol.section, symbol.name);
    return labels;
  }

  Result<> cut_section(const ElfSection& section, Symbols symbols) {
    if (section.size % kInsnBytes != 0)
      return fail(Code::malformed, fmt::format("{} bytes are not a multiple of {}", section.size, kInsnBytes));
    if (symbols.empty()) return add_whole(section);
    for (size_t i = 0; i < symbols.size(); ++i) {
      if (i > 0 && symbols[i]->value == symbols[i - 1]->value) continue;  // Another name for the same function.
      const auto later = std::find_if(symbols.begin() + static_cast<ptrdiff_t>(i), symbols.end(),
                                      [&](const ElfSymbol* s) { return s->value > symbols[i]->value; });
      const uint64_t limit = later == symbols.end() ? section.size : (*later)->value;
      if (auto added = add(section, *symbols[i], limit); !added)
        return std::unexpected(std::move(added).error().at(
            fmt::format("function '{}' at offset {:#x}", symbols[i]->name, symbols[i]->value)));
    }
    return {};
  }

  /// `limit` is where the next function or the section's end is; a symbol without a size reaches up to there.
  Result<> add(const ElfSection& section, const ElfSymbol& symbol, uint64_t limit) {
    if (symbol.value >= section.size)
      return fail(Code::malformed, fmt::format("lies outside the {} bytes of its section", section.size));
    const uint64_t room = std::min(limit, section.size) - symbol.value;
    const uint64_t size = symbol.size ? symbol.size : room;
    if (size > room) return fail(Code::malformed, fmt::format("its {} bytes do not fit in {}", size, room));
    if (symbol.value % kInsnBytes != 0 || size % kInsnBytes != 0)
      return fail(Code::malformed, fmt::format("offset and size ({}) must be multiples of {}", size, kInsnBytes));
    add_function(section, {elf_.index_of(section), symbol.value, size}, std::string(symbol.name), binding_of(symbol));
    return {};
  }

  /// Hand-written assembly often has a plain label where the function starts.
  Result<> add_whole(const ElfSection& section) {
    const uint32_t index = elf_.index_of(section);
    const auto label = labels_.find(index);
    const std::string_view name = label == labels_.end() ? section.name : label->second;
    add_function(section, {index, 0, section.size}, std::string(name), Binding::global);
    return {};
  }

  void add_function(const ElfSection& section, const Place& place, std::string name, Binding binding) {
    Function function;
    function.name = std::move(name);
    function.section = section.name;
    function.binding = binding;
    function.entry = !holds_subprograms(section.name);
    function.code.resize(place.size / kInsnBytes);
    std::memcpy(function.code.data(), section.bytes.data() + place.start, place.size);
    object_.functions.push_back(std::move(function));
    layout_.functions.push_back(place);
  }

  const ElfFile& elf_;
  Object& object_;
  Layout& layout_;
  std::unordered_map<uint32_t, std::string_view> labels_ = labels();  ///< By section.
};

}  // namespace

Result<> read_functions(const ElfFile& elf, Object& object, Layout& layout) {
  return FunctionCutter(elf, object, layout).run();
}

}  // namespace saya::object
