// /proc/kallsyms (kernel/kallsyms.c, Linux 6.18): "ffffffff81000000 T _text" or the same with "\t[module]".
#include "kernel/kallsyms.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/read_all.h"
#include "base/text.h"

namespace saya::kernel {
namespace {

constexpr size_t kMostBytes = size_t{256} << 20;

}  // namespace

Result<Kallsyms> Kallsyms::read(const std::string& path) {
  SAYA_TRY(const std::string text, read_whole_file(path, kMostBytes));
  return Kallsyms(text);
}

Kallsyms::Kallsyms(std::string_view text) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const auto words = split_words(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    uint64_t address = 0;
    if (words.size() < 3) continue;
    const auto [stop, error] = std::from_chars(words[0].data(), words[0].data() + words[0].size(), address, 16);
    if (error != std::errc() || stop != words[0].data() + words[0].size()) continue;
    const auto [known, added] = symbols_.try_emplace(std::string(words[2]), Symbol{address, address});
    if (!added && known->second.address != address) known->second.other = address;
  }
}

Result<uint64_t> Kallsyms::address(std::string_view name) const {
  const auto found = symbols_.find(std::string(name));
  if (found == symbols_.end()) return fail(Code::no_such_entry, fmt::format("the kernel has no symbol '{}'", name));
  const Symbol& symbol = found->second;
  if (symbol.address != symbol.other)
    return fail(Code::invalid_argument, fmt::format("the kernel has several symbols '{}', at {:#x} and {:#x}", name,
                                                    symbol.address, symbol.other));
  if (symbol.address == 0)
    return fail(Code::not_permitted, fmt::format("the kernel hides the address of '{}' (kernel.kptr_restrict)", name));
  return symbol.address;
}

}  // namespace saya::kernel
