#include "abi/ctx.h"

#include <gtest/gtest.h>

#include <cstring>

namespace saya::abi {
namespace {

// Which accesses the kernel allows is compared with the kernel in tests/ctx_kernel_test.cpp; these rows stand without
// one.
struct AccessCase {
  const char* what;
  Hook hook;
  uint32_t offset, size;
  bool write;
  std::string_view field;  ///< Empty: refused.
};

constexpr AccessCase kAccesses[] = {
    {"a packet pointer is loaded whole",           Hook::xdp, 0,          4, false, "data"          },
    {"but not in part",                            Hook::xdp, 0,          2, false, ""              },
    {"nor with eight bytes",                       Hook::xdp, 0,          8, false, ""              },
    {"nor stored",                                 Hook::xdp, 0,          4, true,  ""              },
    {"xdp fields are loaded whole",                Hook::xdp, 16,         4, false, "rx_queue_index"},
    {"and not in part",                            Hook::xdp, 16,         1, false, ""              },
    {"egress_ifindex is refused",                  Hook::xdp, 20,         4, false, ""              },
    {"a tc field is loaded in part",               Hook::tc,  3,          1, false, "len"           },
    {"at its size's alignment",                    Hook::tc,  1,          2, false, ""              },
    {"mark is stored whole",                       Hook::tc,  8,          4, true,  "mark"          },
    {"and not in part",                            Hook::tc,  8,          2, true,  ""              },
    {"len is not stored",                          Hook::tc,  0,          4, true,  ""              },
    {"two fields are not loaded at once",          Hook::tc,  0,          8, false, ""              },
    {"scratch is stored by bytes",                 Hook::tc,  67,         1, true,  "cb"            },
    {"and by eight",                               Hook::tc,  48,         8, true,  "cb"            },
    {"but not across its end",                     Hook::tc,  64,         8, true,  ""              },
    {"sockets' fields are refused",                Hook::tc,  88,         4, false, ""              },
    {"tstamp is loaded whole",                     Hook::tc,  152,        8, false, "tstamp"        },
    {"the byte of tstamp_type",                    Hook::tc,  180,        1, false, "tstamp_type"   },
    {"and nothing beside it",                      Hook::tc,  181,        1, false, ""              },
    {"three bytes are no size",                    Hook::tc,  0,          3, false, ""              },
    {"nor are none",                               Hook::tc,  0,          0, false, ""              },
    {"nothing lies behind the context",            Hook::tc,  192,        4, false, ""              },
    {"an offset that wraps is refused",            Hook::tc,  0xfffffffc, 4, false, ""              },
    {"an offset that wraps is refused for stores", Hook::tc,  0xffffffff, 1, true,  ""              },
};

class Access : public testing::TestWithParam<AccessCase> {};
TEST_P(Access, IsAllowedAsTheRowSays) {
  const AccessCase& c = GetParam();
  const CtxField* field = find_ctx_access(c.hook, c.offset, c.size, c.write);
  EXPECT_EQ(field ? field->name : "", c.field) << c.what;
}
INSTANTIATE_TEST_SUITE_P(Ctx, Access, testing::ValuesIn(kAccesses));

TEST(CtxFields, LieInsideTheContextAndDoNotOverlap) {
  const CtxField* before = nullptr;
  for (const CtxField& field : ctx_fields()) {
    EXPECT_LE(uint32_t{field.offset} + field.size, ctx_size(field.hook)) << field.name;
    EXPECT_LE(size_t{field.member_offset} + field.member_size, sizeof(Packet)) << field.name;
    EXPECT_LE(field.member_size, field.access == CtxAccess::packet_pointer ? 8 : field.size) << field.name;
    EXPECT_FALSE(field.doc.empty()) << field.name;
    if (before && before->hook == field.hook) {
      EXPECT_LE(before->offset + before->size, field.offset) << field.name;
    }
    before = &field;
  }
}

uint64_t load_at(const Packet& packet, uint32_t offset, uint32_t size) {
  const CtxField* field = find_ctx_access(Hook::tc, offset, size, false);
  return field ? ctx_load(*field, packet, offset, size) : ~uint64_t{0};
}
void store_at(Packet& packet, uint32_t offset, uint32_t size, uint64_t value) {
  if (const CtxField* field = find_ctx_access(Hook::tc, offset, size, true))
    ctx_store(*field, packet, offset, size, value);
}

TEST(CtxLoad, GivesTheAddressBehindAPacketPointer) {
  Packet packet;
  std::byte frame[60];
  packet.data = frame;
  packet.data_end = frame + sizeof frame;
  EXPECT_EQ(load_at(packet, 76, 4), reinterpret_cast<uint64_t>(frame));
  EXPECT_EQ(load_at(packet, 80, 4) - load_at(packet, 76, 4), sizeof frame);
}

TEST(CtxLoad, TakesThePartThatWasAskedFor) {
  Packet packet;
  packet.skb.mark = 0x11223344;
  packet.skb.protocol = 0x0800;
  packet.vlan.present = 1;
  const struct {
    const char* what;
    uint32_t offset, size;
    uint64_t value;
  } rows[] = {
      {"all of a member",                           8,  4, 0x11223344},
      {"its lower half",                            8,  2, 0x3344    },
      {"its upper half",                            10, 2, 0x1122    },
      {"its last byte",                             11, 1, 0x11      },
      {"a narrow member with zeroes above",         16, 4, 0x0008    },
      {"its first byte",                            16, 1, 0x08      },
      {"the byte above it",                         18, 1, 0         },
      {"as wide as the member, wherever it starts", 18, 2, 0x0008    },
      {"a flag",                                    20, 4, 1         },
      {"the byte above a flag",                     21, 1, 0         },
      {"the half above a flag",                     22, 2, 0         },
  };
  for (const auto& row : rows) EXPECT_EQ(load_at(packet, row.offset, row.size), row.value) << row.what;
}

TEST(CtxStore, ChangesItsMemberAndNothingBeside) {
  Packet packet;
  std::memset(&packet.skb.cb, 0xff, sizeof packet.skb.cb);
  packet.skb.tc_classid = 0xffff;
  store_at(packet, 44, 4, 0x12345);
  EXPECT_EQ(packet.skb.tc_index, 0x2345);
  EXPECT_EQ(packet.skb.tc_classid, 0xffff);
  store_at(packet, 53, 1, 0);
  EXPECT_EQ(packet.skb.cb[1], 0xffff00ffu);
  store_at(packet, 56, 8, 0x1122334455667788);
  EXPECT_EQ(packet.skb.cb[2], 0x55667788u);
  EXPECT_EQ(packet.skb.cb[3], 0x11223344u);
  EXPECT_EQ(packet.skb.cb[4], 0xffffffffu);
}

TEST(CtxStore, IgnoresAQueueThatIsNone) {
  Packet packet;
  packet.skb.queue_mapping = 3;
  for (uint64_t value : {uint64_t{0xffff}, uint64_t{0x10000}, uint64_t{0x1'0000'0005}}) {
    store_at(packet, 12, 4, value);
    EXPECT_EQ(packet.skb.queue_mapping, 3) << value;
  }
  store_at(packet, 12, 4, 0xfffe);
  EXPECT_EQ(packet.skb.queue_mapping, 0xfffe);
}

}  // namespace
}  // namespace saya::abi
