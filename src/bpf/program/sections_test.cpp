// Section names, against a list of what real objects have and against the machine's libbpf.
#include "program/sections.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace saya::program {
namespace {

struct SectionCase {
  const char* name;
  Type type;
  bool frags;
  uint32_t attach;
  bool sleepable = false;
  friend void PrintTo(const SectionCase& c, std::ostream* os) { *os << c.name; }
};

constexpr SectionCase kCases[] = {
    {"xdp", Type::xdp, false, 0},
    {"xdp/pass", Type::xdp, false, 0},
    {"xdp_prog1", Type::xdp, false, 0},
    {"xdp.frags", Type::xdp, true, 0},
    {"xdp.frags_large", Type::xdp, true, 0},
    {"xdp.frags/devmap", Type::xdp, true, 33},
    {"xdp/cpumap", Type::xdp, false, 35},
    {"xdp/cpumap_udp", Type::xdp, false, 35},
    {"xdp_devmap/out", Type::xdp, false, 33},
    {"xdpcap", Type::unspec, false, 0},
    {"tc", Type::sched_cls, false, 0},
    {"tc1", Type::sched_cls, false, 0},
    {"tc/tail", Type::sched_cls, false, 0},
    {"tc/ingress", Type::sched_cls, false, 46},
    {"tcx/egress", Type::sched_cls, false, 47},
    {"?tcx/egress", Type::sched_cls, false, 47},
    {"netkit/primary", Type::sched_cls, false, 54},
    {"tcp", Type::unspec, false, 0},
    {"classifier", Type::sched_cls, false, 0},
    {"classifier/main", Type::sched_cls, false, 0},
    {"action", Type::sched_act, false, 0},
    {"action-ok", Type::sched_act, false, 0},
    {"socket", Type::socket_filter, false, 0},
    {"socket1", Type::socket_filter, false, 0},
    {"sockops", Type::sock_ops, false, 3},
    {"sk_skb/verdict", Type::sk_skb, false, 38},
    {"sk_skb1", Type::sk_skb, false, 0},
    {"lwt_xmit_push", Type::lwt_xmit, false, 0},
    {"cgroup/sock", Type::cgroup_sock, false, 2},
    {"cgroup/sock_addr", Type::cgroup_sock, false, 2},
    {"kprobe/do_exit", Type::kprobe, false, 0},
    {"kprobe", Type::kprobe, false, 0},
    {"kprobes", Type::unspec, false, 0},
    {"kprobe_do_exit", Type::unspec, false, 0},
    {"fentry/tcp_close", Type::tracing, false, 24},
    {"fentry.s/close", Type::tracing, false, 24, true},
    {"struct_ops/init", Type::struct_ops, false, 0},
    {"syscall", Type::syscall, false, 0, true},
    {"syscall/x", Type::unspec, false, 0},
    {"freplace/main", Type::ext, false, 0},
    {"prog", Type::unspec, false, 0},
    {"ingress", Type::unspec, false, 0},
    {".text", Type::unspec, false, 0},
    {"2/1", Type::unspec, false, 0},
    {"?", Type::unspec, false, 0},
    {"", Type::unspec, false, 0},
};

class SectionName : public testing::TestWithParam<SectionCase> {};
TEST_P(SectionName, SaysWhatTheProgramIs) {
  const SectionType got = type_of_section(GetParam().name);
  EXPECT_EQ(got.type, GetParam().type);
  EXPECT_EQ(got.frags, GetParam().frags);
  EXPECT_EQ(got.sleepable, GetParam().sleepable);
  EXPECT_EQ(got.expected_attach_type, GetParam().attach);
}
INSTANTIATE_TEST_SUITE_P(Program, SectionName, testing::ValuesIn(kCases));

TEST(SectionName, AQuestionMarkMeansNotUnlessAskedFor) {
  EXPECT_FALSE(type_of_section("?xdp").autoload);
  EXPECT_TRUE(type_of_section("xdp").autoload);
}

TEST(SectionName, APrefixOfEachRowMeansTheRow) {
  for (const Section& row : sections())
    EXPECT_EQ(type_of_section(row.name).expected_attach_type, row.type.expected_attach_type) << row.name;
}

TEST(TypeWords, AreNamesSectionsAndTcsOwn) {
  EXPECT_EQ(parse_type("sched_cls"), Type::sched_cls);
  EXPECT_EQ(parse_type("classifier"), Type::sched_cls);
  EXPECT_EQ(parse_type("tc"), Type::sched_cls);
  EXPECT_EQ(parse_type("cls"), Type::sched_cls);
  EXPECT_EQ(parse_type("act"), Type::sched_act);
  EXPECT_EQ(parse_type("socket"), Type::socket_filter);
  EXPECT_EQ(parse_type("fexit"), Type::tracing);
  EXPECT_FALSE(parse_type("nonsense"));
  EXPECT_FALSE(parse_type(""));
}

/// libbpf without its headers: the functions that answer for a name or a number.
class Libbpf {
 public:
  Libbpf() : library_(::dlopen("libbpf.so.1", RTLD_NOW)) {}
  ~Libbpf() {
    if (library_) ::dlclose(library_);
  }
  explicit operator bool() const { return library_ != nullptr; }
  template <class Function>
  Function* get(const char* name) const {
    return reinterpret_cast<Function*>(::dlsym(library_, name));
  }

 private:
  void* library_;
};

struct Answer {
  int type = -1, attach = -1;
  bool operator==(const Answer&) const = default;
  friend void PrintTo(const Answer& a, std::ostream* os) { *os << "type " << a.type << ", attach " << a.attach; }
};

Answer answer_of(const SectionType& type) {
  // libbpf's attach type of an XDP program is BPF_XDP (37), which it leaves out where the kernel does not know it.
  const bool plain_xdp = type.type == Type::xdp && type.expected_attach_type == 0;
  return {static_cast<int>(type.type), plain_xdp ? 37 : static_cast<int>(type.expected_attach_type)};
}

TEST(Sections, LibbpfSaysTheSame) {
  const Libbpf library;
  if (!library) GTEST_SKIP() << "no libbpf to compare with: runs where the package libbpf1 is installed";
  library.get<void*(void*)>("libbpf_set_print")(nullptr);  // It lists what it knows for every name it does not know.
  auto* ask = library.get<int(const char*, int*, int*)>("libbpf_prog_type_by_name");
  size_t known = 0;
  for (const Section& row : sections())
    for (const std::string suffix : {"", "/x"}) {
      const std::string name = std::string(row.name) + suffix;
      Answer libbpf;
      if (ask(name.c_str(), &libbpf.type, &libbpf.attach) != 0) continue;
      ++known;
      EXPECT_EQ(answer_of(type_of_section(name)), libbpf) << name;
    }
  EXPECT_GT(known, 100u);
}

TEST(AttachTypes, LibbpfNamesThemSo) {
  const Libbpf library;
  if (!library) GTEST_SKIP() << "no libbpf to compare with: runs where the package libbpf1 is installed";
  auto* name_of = library.get<const char*(int)>("libbpf_bpf_attach_type_str");
  EXPECT_EQ(attach_type_name(58), "");
  uint32_t known = 0;
  for (; const char* name = name_of(static_cast<int>(known)); ++known) EXPECT_EQ(attach_type_name(known), name);
  EXPECT_GT(known, 40u);
}

TEST(Program, OnlyXdpAndTcAreHooks) {
  EXPECT_EQ(hook_of(Type::xdp), abi::Hook::xdp);
  EXPECT_EQ(hook_of(Type::sched_cls), abi::Hook::tc);
  EXPECT_EQ(hook_of(Type::sched_act), abi::Hook::tc);
  EXPECT_EQ(hook_of(Type::socket_filter), abi::Hook::socket);
  EXPECT_FALSE(hook_of(Type::kprobe));
}

}  // namespace
}  // namespace saya::program
