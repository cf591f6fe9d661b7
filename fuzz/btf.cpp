// BTF from hostile bytes: the first four bytes say where `.BTF` ends and `.BTF.ext` begins.
#include "btf/btf.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "btf/kernel_form.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(4);
  const size_t middle = std::min<size_t>(saya::load<uint32_t>(data), bytes.size());
  const auto types = bytes.first(middle);
  const saya::btf::ElfFacts facts{[](std::string_view) { return 64; }, [](std::string_view) { return true; }};
  (void)saya::btf::kernel_form({types.begin(), types.end()}, facts);
  const auto btf = saya::btf::Btf::parse(types);
  if (!btf) return 0;
  for (uint32_t id = 0; id < (*btf)->count(); ++id) (void)(*btf)->size_of(id);
  (void)saya::btf::parse_ext(**btf, bytes.subspan(middle));
  return 0;
}
