#include "support/any_types.h"

#include "support/btf_words.h"

namespace saya::tests {

Result<std::shared_ptr<const btf::Btf>> any_types() {
  using btf::Kind;
  constexpr uint32_t kSigned = 1u << 24;
  static constexpr std::string_view kNames("\0int\0f\0word\0", 13);
  const Words types = Words{1, info(Kind::integer), 4, kSigned | 32} + Words{0, info(Kind::function_proto), 1} +
                      Words{5, info(Kind::function), 2} + Words{7, info(Kind::integer), 8, 64};
  return btf::Btf::parse(make_btf(types, kNames));
}

}  // namespace saya::tests
