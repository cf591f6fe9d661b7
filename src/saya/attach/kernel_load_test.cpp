// Whole objects asked about in the running kernel.
#include "attach/kernel_load.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/bytes.h"
#include "support/needs_kernel.h"

namespace saya::attach {
namespace {

using Outcome = KernelAnswer::Outcome;

class KernelLoading : public testing::Test {
 protected:
  void SetUp() override { SAYA_NEEDS_BPF(); }

  static object::Object object_of(std::string_view name) {
    return object::read_file(fmt::format("{}/bpf/tests/object/{}.o", SAYA_BINARY_DIR, name)).value();
  }

  static KernelLoad ask(const object::Object& object) { return load_into_kernel(object).value(); }
};

const KernelAnswer& answer_for(const KernelLoad& load, const object::Object& object, std::string_view name) {
  return *std::ranges::find_if(
      load.programs, [&](const KernelAnswer& answer) { return object.functions[answer.function].name == name; });
}

void expect_slots_are_filled(const object::Object& object, const KernelLoad& load) {
  for (uint32_t i = 0; i < object.maps.size(); ++i) {
    const int map = load.session.map_fd(i).value();
    const auto expect_filled = [&](uint32_t index) {
      const auto held = kernel::lookup(map, std::as_bytes(std::span(&index, 1)), sizeof(uint32_t));
      EXPECT_TRUE(held) << object.file << ": map '" << object.maps[i].spec.name << "', slot " << index;
    };
    for (const object::ProgramSlot& slot : object.maps[i].programs) expect_filled(slot.index);
    for (const object::MapSlot& slot : object.maps[i].maps) expect_filled(slot.index);
  }
}

TEST_F(KernelLoading, EveryProgramIsLoadedAndDescribed) {
  for (const char* name : {"calls", "maps", "data", "static", "tail_calls"}) {
    const object::Object object = object_of(name);
    const KernelLoad load = ask(object);
    EXPECT_FALSE(load.programs.empty());
    EXPECT_TRUE(load.problems.empty()) << load.problems.front().message;
    for (const KernelAnswer& answer : load.programs) {
      const std::string& program = object.functions[answer.function].name;
      ASSERT_EQ(answer.outcome, Outcome::loaded) << name << ": " << program << ": " << answer.reason;
      EXPECT_GT(answer.info.id, 0u);
      EXPECT_GT(answer.info.xlated_size, 0u);
      EXPECT_TRUE(answer.statistics.starts_with("processed ")) << answer.statistics;
      const auto linked = program::link(object, answer.function, {}).value();
      EXPECT_EQ(to_hex(std::as_bytes(std::span(answer.info.tag))), to_hex(std::as_bytes(std::span(linked->tag))))
          << name << ": " << program;
    }
  }
}

TEST_F(KernelLoading, ProgArraysAreFilled) {
  const object::Object object = object_of("tail_calls");
  const KernelLoad load = ask(object);
  const int parse = answer_for(load, object, "parse").fd.get();
  const std::vector<std::byte> small(40), large(64);
  constexpr uint32_t kDrop = 1, kPass = 2;
  EXPECT_EQ(kernel::test_run(parse, {.data = small}).value().verdict, kDrop);
  EXPECT_EQ(kernel::test_run(parse, {.data = large}).value().verdict, kPass);
}

TEST_F(KernelLoading, RefusedProgramHasTheVerifiersWords) {
  object::Object object = object_of("data");
  object.functions[0].code.front() = {.opcode = 0xbf, .registers = 0x90};  // r0 = r9, which nobody has written.
  const KernelLoad load = ask(object);
  const KernelAnswer& answer = load.programs.front();
  EXPECT_EQ(answer.outcome, Outcome::refused);
  EXPECT_NE(answer.reason.find("R9 !read_ok"), std::string::npos) << answer.reason;
  EXPECT_NE(answer.log.find("processed "), std::string::npos) << answer.log;
  EXPECT_FALSE(answer.fd);
}

TEST_F(KernelLoading, MapThatTheKernelRefusesIsAProblemOfTheObject) {
  object::Object object = object_of("tail_calls");
  for (object::MapDefinition& map : object.maps)
    if (map.spec.name == "runs") map.spec.key_size = 3;
  const KernelLoad load = ask(object);
  ASSERT_EQ(load.problems.size(), 1u);
  EXPECT_EQ(load.problems.front().message, "map 'runs': create map 'runs': Invalid argument");
  EXPECT_EQ(answer_for(load, object, "count").reason,
            "load program 'count': map 'runs': create map 'runs': Invalid argument");
  EXPECT_EQ(answer_for(load, object, "parse").outcome, Outcome::loaded);
}

TEST_F(KernelLoading, SlotThatTheKernelDoesNotFillIsAProblem) {
  object::Object object = object_of("tail_calls");
  object.maps[0].programs.front().index = 99;
  const KernelLoad load = ask(object);
  ASSERT_EQ(load.problems.size(), 1u);
  EXPECT_EQ(load.problems.front().message,
            "map 'stages', slot 99: 'count': update map element 63000000: Argument list too long");
}

struct TypeCase {
  const char* section;
  program::Type type;
};

TEST_F(KernelLoading, SectionThatTellsNoTypeHasThatOfTheOthers) {
  const TypeCase rows[] = {
      {"xdp",        program::Type::xdp      },
      {"somewhere",  program::Type::sched_cls},
      {"classifier", program::Type::sched_cls},
  };
  for (const TypeCase& row : rows) {
    object::Object object = object_of("calls");
    object.functions.erase(object.functions.begin() + 1, object.functions.end());
    object.functions.front() = {
        .name = "one", .section = row.section, .entry = true, .code = {{0xb7, 0, 0, 2}, {0x95}}
    };
    object.functions.push_back(object.functions.front());
    object.functions.back().section = "2/1";
    for (const KernelAnswer& answer : ask(object).programs) {
      EXPECT_EQ(answer.outcome, Outcome::loaded) << answer.reason;
      EXPECT_EQ(answer.info.type, static_cast<uint32_t>(row.type)) << row.section;
    }
  }
}

TEST_F(KernelLoading, ProgramThatNeedsATargetIsNotAsked) {
  object::Object object = object_of("calls");
  object.functions.front().section = "fentry/schedule";
  object.functions.front().entry = true;
  const KernelAnswer answer = std::move(ask(object).programs.front());
  EXPECT_EQ(answer.outcome, Outcome::not_asked);
  EXPECT_EQ(answer.reason, "a tracing program loads only for what it is to be attached to");
}

TEST_F(KernelLoading, TypeThatIsAskedForOverrulesSections) {
  const KernelLoad load = load_into_kernel(object_of("static"), program::Type::sched_act).value();
  for (const KernelAnswer& answer : load.programs) {
    EXPECT_EQ(answer.info.type, static_cast<uint32_t>(program::Type::sched_act)) << answer.reason;
  }
}

/// The five legacy examples of the package iproute2-doc, with BTF and without.
TEST_F(KernelLoading, Iproute2sExamplesLoadWithAllThatTheyDeclare) {
  size_t examples = 0;
  for (const char* name : {"bpf_cyclic", "bpf_graft", "bpf_map_in_map", "bpf_shared", "bpf_tailcall"})
    for (const char* suffix : {"o", "bare.o"}) {
      const auto path = fmt::format("{}/bpf/tests/object/iproute2/{}.{}", SAYA_BINARY_DIR, name, suffix);
      if (!std::filesystem::exists(path)) continue;
      ++examples;
      const object::Object object = object::read_file(path).value();
      const KernelLoad load = ask(object);
      for (const Error& problem : load.problems) ADD_FAILURE() << path << ": " << problem.message;
      EXPECT_FALSE(load.programs.empty()) << path;
      for (const KernelAnswer& answer : load.programs) EXPECT_EQ(answer.outcome, Outcome::loaded) << answer.reason;
      expect_slots_are_filled(object, load);
    }
  if (examples == 0) GTEST_SKIP() << "no examples were compiled: runs where the package iproute2-doc is installed";
  EXPECT_EQ(examples, 10u);
}

}  // namespace
}  // namespace saya::attach
