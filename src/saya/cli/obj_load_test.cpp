// What is told of the running kernel's answers. The answers themselves: attach/kernel_load_test.cpp.
#include "cli/obj_load.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace saya::cli {
namespace {

using Outcome = attach::KernelAnswer::Outcome;

object::Object object_of_three() {
  object::Object object;
  for (const char* name : {"passes", "broken", "watches"}) {
    object.functions.emplace_back();
    object.functions.back().name = name;
  }
  return object;
}

attach::KernelLoad answers() {
  attach::KernelLoad load;
  load.programs.resize(3);
  for (uint32_t i = 0; i < 3; ++i) load.programs[i].function = i;
  attach::KernelAnswer &loaded = load.programs[0], &refused = load.programs[1], &not_asked = load.programs[2];
  loaded.type = program::Type::xdp;
  loaded.outcome = Outcome::loaded;
  loaded.statistics = "processed 2 insns (limit 1000000)";
  loaded.info.id = 12;
  loaded.info.tag[0] = 0xab;
  loaded.info.xlated_size = 16;
  loaded.info.jited_size = 30;
  refused.type = program::Type::sched_cls;
  refused.outcome = Outcome::refused;
  refused.reason = "load program 'broken': Permission denied: R9 !read_ok";
  refused.log = "0: (bf) r0 = r9\nR9 !read_ok\n";
  not_asked.type = program::Type::tracing;
  not_asked.reason = "a tracing program loads only for what it is to be attached to";
  load.problems.push_back({Code::invalid_argument, "map 'bad': create map 'bad': Invalid argument"});
  return load;
}

constexpr uint32_t kAll[] = {0, 1, 2};

TEST(LoadText, HasALineForEachProgramAndReasonsBelow) {
  EXPECT_EQ(load_text(object_of_three(), answers(), kAll, false),
            "passes   xdp        running kernel: loaded\n"
            "  id 12 tag ab00000000000000 xlated 16 B jited 30 B\n"
            "  processed 2 insns (limit 1000000)\n"
            "broken   sched_cls  running kernel: refused\n"
            "  load program 'broken': Permission denied: R9 !read_ok\n"
            "watches  tracing    running kernel: not asked\n"
            "  a tracing program loads only for what it is to be attached to\n"
            "map 'bad': create map 'bad': Invalid argument\n");
}

TEST(LoadText, HasTheLogWhereItIsWanted) {
  constexpr uint32_t kBroken[] = {1};
  EXPECT_EQ(load_text(object_of_three(), answers(), kBroken, true),
            "broken  sched_cls  running kernel: refused\n"
            "  load program 'broken': Permission denied: R9 !read_ok\n"
            "    0: (bf) r0 = r9\n"
            "    R9 !read_ok\n"
            "map 'bad': create map 'bad': Invalid argument\n");
}

TEST(LoadText, JsonSaysTheSame) {
  const Json json = load_json(object_of_three(), answers(), kAll);
  ASSERT_EQ(json["programs"].size(), 3u);
  EXPECT_EQ(json["programs"][0]["answer"], "loaded");
  EXPECT_EQ(json["programs"][0]["tag"], "ab00000000000000");
  EXPECT_EQ(json["programs"][1]["log"], "0: (bf) r0 = r9\nR9 !read_ok\n");
  EXPECT_EQ(json["programs"][2]["answer"], "not asked");
  EXPECT_EQ(json["problems"][0], "map 'bad': create map 'bad': Invalid argument");
}

TEST(LoadText, OnlyARefusalIsAFailure) {
  constexpr uint32_t kOthers[] = {0, 2};
  EXPECT_FALSE(is_loaded(answers(), kAll));
  EXPECT_TRUE(is_loaded(answers(), kOthers));
}

}  // namespace
}  // namespace saya::cli
