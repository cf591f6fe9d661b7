// Where --btf takes types from.
#include "attach/target.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>

#include "object/object.h"
#include "program/program.h"

namespace saya::attach {
namespace {

std::string path_of(std::string_view object) { return fmt::format("{}/bpf/tests/core/{}.o", SAYA_BINARY_DIR, object); }

/// A folder that goes when the test does.
class Folder : public testing::Test {
 protected:
  Folder() : path_(std::filesystem::temp_directory_path() / fmt::format("saya_target_test_{}", getpid())) {
    std::filesystem::create_directory(path_);
  }
  ~Folder() override { std::filesystem::remove_all(path_); }

  std::string write(std::string_view name, std::string_view bytes) const {
    const std::string path = path_ / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  const std::filesystem::path path_;
};
using TargetFile = Folder;

std::string why_no_types(const program::Target& target) {
  const auto types = target.types();
  return types ? "there are some" : types.error().message;
}

TEST_F(TargetFile, HasTypesInAnElfSectionOrAsTheyAre) {
  const auto object = object::read_file(path_of("target_other"));
  ASSERT_TRUE(object) << object.error().message;
  const auto raw = object->btf->raw();
  for (const std::string& path :
       {path_of("target_other"), write("raw", {reinterpret_cast<const char*>(raw.data()), raw.size()})}) {
    const auto target = choose_target(path);
    ASSERT_TRUE(target) << target.error().message;
    EXPECT_EQ(target->name, path);
    const auto types = target->types();
    ASSERT_TRUE(types) << types.error().message;
    EXPECT_EQ((*types)->count(), object->btf->count());
    EXPECT_EQ(target->types().value(), *types) << "read once";
    EXPECT_EQ(program::Target(*target).types().value(), *types) << "and for copies";
  }
}

TEST_F(TargetFile, IsReadOnlyWhenTypesAreAskedFor) {
  EXPECT_EQ(choose_target(path_ / "none").error().message,
            fmt::format("{}/none: cannot be opened: No such file or directory", path_.string()));
  EXPECT_EQ(choose_target(path_).error().message, fmt::format("{}: is not a regular file", path_.string()));
  const std::string empty = write("empty", ""), short_elf = write("elf",
                                                                  "\x7f"
                                                                  "ELF");
  const auto nothing = choose_target(empty), elf = choose_target(short_elf);
  ASSERT_TRUE(nothing && elf);
  EXPECT_EQ(why_no_types(*nothing), empty + ": 0 bytes are too short for the 24-byte header");
  EXPECT_EQ(why_no_types(*elf), short_elf + ": 64 bytes at 0 leave the file of 4 bytes");
}

TEST_F(TargetFile, MayBeWhatBpftoolLeavesOfAKernel) {
  const std::string small = path_ / "small";
  if (std::system("bpftool version >/dev/null 2>&1") != 0 || !std::filesystem::exists("/sys/kernel/btf/vmlinux"))
    GTEST_SKIP() << "no bpftool, or the kernel shows no types: runs where the package bpftool is installed";
  ASSERT_EQ(
      std::system(
          fmt::format("bpftool gen min_core_btf /sys/kernel/btf/vmlinux {} {}", small, path_of("kernel")).c_str()),
      0);
  const auto object = object::read_file(path_of("kernel"));
  ASSERT_TRUE(object) << object.error().message;
  const auto whole = choose_target("/sys/kernel/btf/vmlinux"), part = choose_target(small);
  ASSERT_TRUE(whole && part);
  for (uint32_t i = 0; i < object->functions.size(); ++i) {
    const auto by_whole = program::link(*object, i, {}, program::Type::unspec, *whole);
    const auto by_part = program::link(*object, i, {}, program::Type::unspec, *part);
    ASSERT_TRUE(by_whole && by_part) << (by_part ? "" : by_part.error().message);
    EXPECT_EQ((*by_whole)->tag, (*by_part)->tag) << object->functions[i].name;
  }
}

TEST(Target, IsTheRunningKernelUnlessSomethingElseIsSaid) {
  const auto running = choose_target(""), bundled = choose_target("bundled");
  ASSERT_TRUE(running && bundled);
  EXPECT_EQ(bundled->name, "saya's own types");
  EXPECT_EQ(running->name, access("/sys/kernel/btf/vmlinux", R_OK) == 0 ? "the running kernel" : bundled->name);
  EXPECT_EQ(running->kernel_version, bundled->kernel_version) << "only the types differ";
  EXPECT_TRUE(running->types());
}

}  // namespace
}  // namespace saya::attach
