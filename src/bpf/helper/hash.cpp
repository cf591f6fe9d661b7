// skb_get_hash() and its family, include/linux/skbuff.h, Linux 6.18; the number is saya's own (packet/flow_keys.h).
#include "helper/hash.h"

#include "packet/flow_keys.h"

namespace saya::helper {

void forget_hash(Packet& skb) noexcept {
  skb.skb.hash = 0;
  skb.skb.sw_hash = skb.skb.l4_hash = false;
}

uint64_t get_hash_recalc(Run&, Packet* packet) noexcept {
  Skb& skb = packet->skb;
  if (skb.l4_hash || skb.sw_hash) return skb.hash;
  FlowKeys keys;
  static_cast<void>(dissect(*packet, keys));  // What was found before it ended is a flow, too.
  skb.hash = flow_hash(keys);
  skb.sw_hash = true;
  skb.l4_hash = keys.source_port != 0 || keys.destination_port != 0 || keys.flow_label != 0;
  return skb.hash;
}

uint64_t set_hash(Run&, Packet* skb, uint32_t hash) noexcept {
  skb->skb.hash = hash;
  skb->skb.sw_hash = skb->skb.l4_hash = true;
  return 0;
}

uint64_t set_hash_invalid(Run&, Packet* skb) noexcept {
  forget_hash(*skb);
  return 0;
}

}  // namespace saya::helper
