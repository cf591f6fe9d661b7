// Programs with maps, taken to the kernel.
#include "kernel/load.h"

#include <gtest/gtest.h>

#include <memory>

#include "base/bytes.h"
#include "map/host.h"
#include "object/object.h"
#include "support/needs_kernel.h"

namespace saya::kernel {
namespace {

const std::string kMapsObject = SAYA_BINARY_DIR "/bpf/tests/pkt/maps.o";

class Load : public testing::Test {
 protected:
  void SetUp() override { SAYA_NEEDS_BPF(); }
  Session session_;
};

std::vector<std::byte> bytes(std::string_view hex) { return from_hex(hex).value(); }

MapPtr make_map(MapKind kind, uint32_t cpus = 1, uint32_t flags = 0, const char* name = "numbers") {
  const MapSpec spec{.name = name,
                     .type = static_cast<uint32_t>(kind),
                     .key_size = 4,
                     .value_size = 8,
                     .max_entries = 4,
                     .flags = flags,
                     .key_btf_type = 0,
                     .value_btf_type = 0};
  return create_map(spec, {.nr_cpus = cpus, .hash_key = 1}).value();
}

program::ProgramPtr make_program(std::string_view text, std::vector<MapPtr> maps) {
  program::Program program = *program::from_code("test", isa::assemble(text).value(), program::Type::xdp);
  program.license = "GPL";
  program.maps = std::move(maps);
  return std::make_shared<const program::Program>(std::move(program));
}

/// "key=value " for each element.
std::string contents(const Session& session, const Map& map) {
  std::string text;
  EXPECT_TRUE(session.for_each(map, [&](std::span<const std::byte> key, std::span<const std::byte> value) {
    text += to_hex(key) + "=" + to_hex(value) + " ";
  }));
  return text;
}

TEST_F(Load, contents_are_copied) {
  for (const MapKind kind : {MapKind::hash, MapKind::array}) {
    const MapPtr map = make_map(kind);
    ASSERT_TRUE(host_update(*map, bytes("02000000"), bytes("1122334455667788")));
    ASSERT_TRUE(session_.add_map(map));
    EXPECT_NE(contents(session_, *map).find("02000000=1122334455667788 "), std::string::npos);
  }
}

TEST_F(Load, each_cpu_keeps_its_value) {
  const uint32_t cpus = possible_cpus().value();
  for (const MapKind kind : {MapKind::percpu_array, MapKind::percpu_hash, MapKind::lru_percpu_hash}) {
    const MapPtr map = make_map(kind, cpus + 1);  // One more than the kernel has.
    std::vector<std::byte> value(host_value_size(*map));
    for (uint32_t cpu = 0; cpu <= cpus; ++cpu) store(value.data() + 8 * cpu, uint64_t{cpu + 1});
    ASSERT_TRUE(host_update(*map, bytes("01000000"), value));
    ASSERT_TRUE(session_.add_map(map));
    value.resize(size_t{8} * cpus);
    ASSERT_EQ(kernel_value_size(*map).value(), value.size());
    EXPECT_NE(contents(session_, *map).find("01000000=" + to_hex(value)), std::string::npos);
  }
}

TEST_F(Load, maps_come_with_the_maps_that_they_hold) {
  const MapPtr inner = make_map(MapKind::array);
  ASSERT_TRUE(host_update(*inner, bytes("02000000"), bytes("1122334455667788")));
  MapSpec spec{.name = "outer", .key_size = 4, .value_size = 4, .max_entries = 2};
  spec.inner = std::make_shared<const MapSpec>(inner->spec());
  for (const MapKind kind : {MapKind::array_of_maps, MapKind::hash_of_maps}) {
    spec.type = static_cast<uint32_t>(kind);
    const MapPtr outer = create_map(spec, {.hash_key = 1}).value();
    ASSERT_TRUE(as_map_of_maps(*outer)->set(bytes("01000000"), inner));
    const auto fd = session_.add_map(outer);
    ASSERT_TRUE(fd) << fd.error().message;
    EXPECT_TRUE(lookup(*fd, bytes("01000000"), 4));
    EXPECT_NE(contents(session_, *inner).find("02000000=1122334455667788 "), std::string::npos);
  }
}

TEST_F(Load, programs_share_the_kernels_copy) {
  const MapPtr map = make_map(MapKind::array);
  const auto program = make_program(
      "*(u32 *)(r10 -4) = 1\n"
      "r2 = r10\n"
      "r2 += -4\n"
      "r1 = map[idx:0]\n"
      "call 1\n"
      "if r0 == 0 goto end\n"
      "r2 = 1\n"
      "lock *(u64 *)(r0 +0) += r2\n"
      "end: r0 = 2\n"
      "exit",
      {map});
  const std::vector<std::byte> frame(64);
  for (int run = 0; run < 2; ++run) {
    const auto loaded = session_.load(*program);
    ASSERT_TRUE(loaded) << loaded.error().message;
    ASSERT_TRUE(test_run(loaded->get(), {.data = frame}));
  }
  EXPECT_NE(contents(session_, *map).find("01000000=0200000000000000 "), std::string::npos) << contents(session_, *map);
  EXPECT_EQ(host_lookup(*map, bytes("01000000")).value(), bytes("0000000000000000")) << "saya's own stays as it was";
}

TEST_F(Load, constants_are_frozen) {
  const MapPtr map = make_map(MapKind::array, 1, kMapReadOnlyProgram, "fw.rodata");
  ASSERT_TRUE(host_update(*map, bytes("00000000"), bytes("0100000000000000")));
  const int fd = session_.add_map(map).value();
  EXPECT_EQ(update(fd, bytes("00000000"), bytes("0200000000000000"), 0).error().code, Code::not_permitted);
}

TEST_F(Load, map_that_does_not_exist_is_named) {
  const auto loaded = session_.load(*make_program("r1 = map[idx:3]\nr0 = 0\nexit", {make_map(MapKind::array)}));
  EXPECT_EQ(loaded.error().message, "load program 'test': insn 0 refers to map 3 of 1");
}

TEST_F(Load, map_of_another_session_is_not_here) {
  const MapPtr map = make_map(MapKind::array);
  EXPECT_EQ(session_.map_fd(*map).error().message, "map 'numbers' was not put into the kernel");
}

TEST_F(Load, callbacks_are_described_by_btf) {
  const auto object = object::read_file(kMapsObject);
  ASSERT_TRUE(object) << object.error().message;
  const auto maps = program::create_maps(*object, {.nr_cpus = 1, .hash_key = 1}).value();
  const auto program = program::link(*object, object::find_program(*object, "loops").value(), maps);
  ASSERT_TRUE(program) << program.error().message;
  const auto loaded = session_.load(**program);
  EXPECT_TRUE(loaded) << loaded.error().message;
}

TEST_F(Load, line_of_the_source_is_in_the_log) {
  object::Object object = object::read_file(kMapsObject).value();
  const uint32_t index = object::find_program(object, "loops").value();
  auto program = *program::link(object, index, {}).value();
  program.code.front() = isa::assemble("r0 = r9").value().front();
  Session session = Session::open(object);
  std::string log;
  ASSERT_FALSE(session.load(program, &log));
  EXPECT_TRUE(log.starts_with("0: R1=ctx() R10=fp0\n; " + std::string(program.lines.front().text))) << log;
}

TEST_F(Load, loaded_program_has_statistics) {
  std::string log;
  ASSERT_TRUE(session_.load(*make_program("r0 = 2\nexit", {}), &log));
  EXPECT_NE(log.find("processed 2 insns (limit 1000000)"), std::string::npos) << log;
}

/// An object of two maps, the first of which the kernel refuses.
object::Object half_good() {
  object::Object object;
  object.maps.push_back({
      .spec = {.name = "bad", .type = 1, .max_entries = 1}
  });
  object.maps.push_back({
      .spec = {.name = "good", .type = 2, .key_size = 4, .value_size = 8, .max_entries = 1}
  });
  return object;
}

program::ProgramPtr uses_map(uint32_t number) {
  program::Program program = *make_program("r1 = map[idx:0]\nr0 = 2\nexit", {nullptr});
  program.map_numbers = {number};
  return std::make_shared<const program::Program>(std::move(program));
}

TEST_F(Load, map_that_the_kernel_refuses_concerns_the_programs_that_use_it) {
  Session session = Session::open(half_good());
  EXPECT_EQ(session.load(*uses_map(0)).error().message,
            "load program 'test': map 'bad': create map 'bad': Invalid argument");
  EXPECT_TRUE(session.load(*uses_map(1)));
  EXPECT_EQ(session.load(*uses_map(2)).error().message,
            "load program 'test': map 2 of the object's 2 was not put into the kernel");
}

struct ExternRow {
  const char* name;
  const char* text;
  program::ExternUse use;
  const char* outcome;  ///< "loads", or a part of the error.
};

constexpr auto kFunction = object::Extern::Kind::function;
constexpr auto kVariable = object::Extern::Kind::variable;

TEST_F(Load, kernel_functions_and_variables_are_found_by_name) {
  // clang-format off
  const ExternRow rows[] = {
      {"a kernel function", "call kernel-function#0\nr0 = 2\nexit", {"bpf_cast_to_kern_ctx", kFunction}, "loads"},
      {"a missing function", "call kernel-function#0\nr0 = 2\nexit", {"no_such_function", kFunction},
       "load program 'test': the types of the running kernel have no function 'no_such_function'"},
      {"a missing weak function that is not reached", "r0 = btf[id:0]+0\nif r0 == 0 goto end\ncall kernel-function#0\nend: r0 = 2\nexit",
       {"no_such_function", kFunction, true}, "loads"},
      {"the address of a kernel function", "r0 = btf[id:0]+0\nr0 = 2\nexit", {"bpf_cast_to_kern_ctx", kFunction}, "loads"},
      {"a missing variable", "r0 = btf[id:0]+0\nexit", {"no_such_variable", kVariable},
       "load program 'test': the types of the running kernel have no variable 'no_such_variable'"},
      {"a missing weak variable is 0", "r0 = btf[id:0]+0\nif r0 != 0 goto bad\nr0 = 2\nexit\nbad: r0 = *(u32 *)(r9 +0)\nexit",
       {"no_such_variable", kVariable, true}, "loads"},
      {"a symbol without a type", "r0 = btf[id:0]+0\nif r0 == 0 goto bad\nr0 = 2\nexit\nbad: r0 = *(u32 *)(r9 +0)\nexit",
       {"schedule", kVariable, false, false}, "loads"},
      {"an extern that does not exist", "r0 = btf[id:3]+0\nexit", {"schedule", kVariable, false, false},
       "load program 'test': insn 0 refers to extern 3 of 1"},
  };
  // clang-format on
  for (const ExternRow& row : rows) {
    program::Program program = *make_program(row.text, {});
    program.externs = {row.use};
    const auto loaded = session_.load(program);
    const std::string outcome = loaded ? "loads" : loaded.error().message;
    EXPECT_EQ(outcome, row.outcome) << row.name;
  }
}

/// The kernel looks the address up among its symbols, which have variables only with CONFIG_KALLSYMS_ALL.
TEST_F(Load, variable_is_known_to_the_kernel_by_its_type) {
  program::Program program = *make_program("r1 = btf[id:0]+0\ncall 154\nr0 = *(u32 *)(r0 +0)\nexit", {});
  program.externs = {
      {"runqueues", kVariable}
  };
  const auto loaded = session_.load(program);
  if (loaded) return;
  const std::string& message = loaded.error().message;
  EXPECT_NE(message.find("address for kernel symbol 'runqueues'"), std::string::npos) << message;
}

}  // namespace
}  // namespace saya::kernel
