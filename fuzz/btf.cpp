// BTF from hostile bytes: the first four bytes say where `.BTF` ends and `.BTF.ext` begins. Its CO-RE relocations are
// resolved against the same types.
#include "btf/btf.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "btf/core.h"
#include "btf/kernel_form.h"

namespace {

void resolve(const saya::btf::Btf& btf, const saya::btf::SectionInfo& section) {
  saya::btf::CoreResolver resolver(btf);
  for (const saya::btf::CoreRelocation& relocation : section.relocations) {
    (void)resolver.resolve(relocation.query, &btf);
    (void)resolver.describe(relocation.query);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(4);
  const size_t middle = std::min<size_t>(saya::load<uint32_t>(data), bytes.size());
  const auto types = bytes.first(middle);
  saya::btf::ElfFacts facts;
  facts.section_size = [](std::string_view) { return 64; };
  facts.offset_of = [](std::string_view section, std::string_view variable) {
    return section.size() + variable.size();
  };
  facts.is_hidden = [](std::string_view) { return true; };
  (void)saya::btf::kernel_form({types.begin(), types.end()}, facts);
  const auto btf = saya::btf::Btf::parse(types);
  if (!btf) return 0;
  for (uint32_t id = 0; id < (*btf)->count(); ++id) (void)(*btf)->size_of(id);
  const auto sections = saya::btf::parse_ext(**btf, bytes.subspan(middle));
  if (!sections) return 0;
  for (const saya::btf::SectionInfo& section : *sections) resolve(**btf, section);
  return 0;
}
