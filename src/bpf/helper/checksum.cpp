// net/core/filter.c, net/core/utils.c and include/net/checksum.h, Linux 6.18, down to which of the two zeros of
// one's-complement arithmetic comes out (tests/helper_kernel_test.cpp).
#include "helper/checksum.h"

#include "base/bytes.h"
#include "helper/errno.h"
#include "helper/skb.h"
#include "packet/checksum.h"
#include "packet/receive_sum.h"

namespace saya::helper {
namespace {

// BPF_F_*: the low four bits are the size of the field that changed.
constexpr uint64_t kFieldSize = 0x0f, kPseudoHeader = 0x10, kZeroIsNone = 0x20, kEnforce = 0x40, kIpv6 = 0x80;
constexpr uint16_t kMangledZero = 0xffff;

uint32_t subtract(uint32_t a, uint32_t b) { return checksum_combine(a, ~b); }
uint16_t complement(uint32_t sum) { return static_cast<uint16_t>(~checksum_fold(sum)); }

uint16_t replace2(uint16_t check, uint16_t from, uint16_t to) {
  const auto add = [](uint32_t a, uint32_t b) { return (a + b) % 0x10000 + (a + b) / 0x10000; };
  const uint32_t without = add(static_cast<uint16_t>(~check), static_cast<uint16_t>(~from));
  return static_cast<uint16_t>(~add(without, to));
}

uint16_t replace4(uint16_t check, uint32_t from, uint32_t to) {
  return complement(checksum_combine(subtract(~uint32_t{check}, from), to));
}

uint16_t replace_by_difference(uint16_t check, uint32_t difference) {
  return complement(checksum_combine(difference, ~uint32_t{check}));
}

/// Opens the checksum field at `offset` for writing; 0 or what the helper returns.
int open_field(Packet& skb, uint32_t offset) {
  constexpr uint32_t kMaxOffset = 0xffff;
  if (offset > kMaxOffset || offset % 2 != 0) return -EFAULT;
  return make_writable(skb, offset + 2) == 0 ? 0 : -EFAULT;
}

/// A transport checksum that the device will finish holds only the pseudo header's sum, not complemented. A sum over
/// the packet stays right when a word of it changes together with the checksum over it; what changes in the pseudo
/// header alone, it notices.
uint16_t replace_transport(Packet& skb, uint16_t check, uint32_t from, uint32_t to, bool pseudo) {
  if (skb.checksum == Checksum::partial)
    return pseudo ? checksum_fold(checksum_combine(subtract(check, from), to)) : check;
  if (skb.checksum == Checksum::complete && pseudo)
    skb.checksum_sum = ~checksum_combine(subtract(~skb.checksum_sum, from), to);
  return replace4(check, from, to);
}

uint16_t replace_transport_by_difference(Packet& skb, uint16_t check, uint32_t difference, uint64_t flags) {
  const bool pseudo = flags & kPseudoHeader;
  if (skb.checksum == Checksum::partial) return pseudo ? checksum_fold(checksum_combine(difference, check)) : check;
  if (skb.checksum == Checksum::complete && pseudo && !(flags & kIpv6))
    skb.checksum_sum = ~subtract(difference, skb.checksum_sum);
  return replace_by_difference(check, difference);
}

}  // namespace

uint64_t csum_diff(Run&, const std::byte* from, uint32_t from_size, const std::byte* to, uint32_t to_size,
                   uint32_t seed) noexcept {
  uint32_t sum = seed;
  if (from_size && to_size)
    sum = subtract(checksum_add({to, to_size}, seed), checksum_add({from, from_size}));
  else if (to_size)
    sum = checksum_add({to, to_size}, seed);
  else if (from_size)
    sum = ~checksum_add({from, from_size}, ~seed);
  return checksum_fold(sum);
}

uint64_t csum_update(Run&, Packet* skb, uint32_t sum) noexcept {
  if (skb->checksum != Checksum::complete) return result(-ENOTSUPP);
  return skb->checksum_sum = checksum_combine(skb->checksum_sum, sum);
}

uint64_t csum_level(Run&, Packet* skb, uint64_t level) noexcept {
  switch (level) {  // BPF_CSUM_LEVEL_*.
    case 0: return skb->checksum == Checksum::unnecessary ? skb->checksum_level : result(-EACCES);
    case 1: raise_checksum_level(*skb); return 0;
    case 2: lower_checksum_level(*skb); return 0;
    case 3: reset_checksum_level(*skb); return 0;
    default: return result(-EINVAL);
  }
}

uint64_t l3_csum_replace(Run&, Packet* skb, uint32_t offset, uint64_t from, uint64_t to, uint64_t flags) noexcept {
  if (flags & ~kFieldSize) return result(-EINVAL);
  if (const int error = open_field(*skb, offset)) return result(error);
  std::byte* const field = skb->data + offset;
  const auto check = load<uint16_t>(field);
  switch (flags) {
    case 0:
      if (from != 0) return result(-EINVAL);
      store(field, replace_by_difference(check, static_cast<uint32_t>(to)));
      return 0;
    case 2: store(field, replace2(check, static_cast<uint16_t>(from), static_cast<uint16_t>(to))); return 0;
    case 4: store(field, replace4(check, static_cast<uint32_t>(from), static_cast<uint32_t>(to))); return 0;
    default: return result(-EINVAL);
  }
}

uint64_t l4_csum_replace(Run&, Packet* skb, uint32_t offset, uint64_t from, uint64_t to, uint64_t flags) noexcept {
  if (flags & ~(kFieldSize | kPseudoHeader | kZeroIsNone | kEnforce | kIpv6)) return result(-EINVAL);
  if (const int error = open_field(*skb, offset)) return result(error);
  std::byte* const field = skb->data + offset;
  auto check = load<uint16_t>(field);
  const bool pseudo = flags & kPseudoHeader;
  if ((flags & kZeroIsNone) && !(flags & kEnforce) && check == 0) return 0;
  switch (flags & kFieldSize) {
    case 0:
      if (from != 0) return result(-EINVAL);
      check = replace_transport_by_difference(*skb, check, static_cast<uint32_t>(to), flags);
      break;
    case 2:
      check = replace_transport(*skb, check, static_cast<uint16_t>(from), static_cast<uint16_t>(to), pseudo);
      break;
    case 4:
      check = replace_transport(*skb, check, static_cast<uint32_t>(from), static_cast<uint32_t>(to), pseudo);
      break;
    default: return result(-EINVAL);
  }
  if ((flags & kZeroIsNone) && check == 0) check = kMangledZero;
  store(field, check);
  return 0;
}

}  // namespace saya::helper
