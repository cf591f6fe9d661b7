#include "support/btf_words.h"

#include <cstring>

namespace saya::tests {

Bytes make_btf(const Words& types, std::string_view strings) {
  const auto type_bytes = static_cast<uint32_t>(types.size() * sizeof(uint32_t));
  const auto string_bytes = static_cast<uint32_t>(strings.size());
  const uint32_t header[] = {0x0001eb9f, 24, 0, type_bytes, type_bytes, string_bytes};
  Bytes bytes(sizeof header + type_bytes + string_bytes);
  std::memcpy(bytes.data(), header, sizeof header);
  if (!types.empty()) std::memcpy(bytes.data() + sizeof header, types.data(), type_bytes);
  if (!strings.empty()) std::memcpy(bytes.data() + sizeof header + type_bytes, strings.data(), string_bytes);
  return bytes;
}

}  // namespace saya::tests
