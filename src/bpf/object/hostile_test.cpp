// Objects with bytes that are not as clang wrote them: each gives an error or an object, in bounded time.
#include <elf.h>
#include <fmt/format.h>

#include <random>

#include "base/bytes.h"
#include "support/object_files.h"

namespace saya::object {
namespace {

constexpr std::string_view kBases[] = {
    "maps",
    "calls",
    "data",
    "sections_without_symbols",
    "tail_calls",
    "map_attributes",
    "maps_of_maps",
    "mixed_maps",
    "odd_sections",
    "legacy_map_def",
    "legacy_elf_map",
    "legacy_inner_by_number",
    "legacy_inner_by_pointer",
    "externs",
    "kconfig",
    "variables",
};
constexpr int kRounds = 80;  ///< Of each kind for each base: more than 1,000 objects in each test.

Elf64_Ehdr header_of(const Bytes& bytes) { return load<Elf64_Ehdr>(bytes.data()); }

Elf64_Shdr section_of(const Bytes& bytes, size_t index) {
  return load<Elf64_Shdr>(bytes.data() + header_of(bytes).e_shoff + index * sizeof(Elf64_Shdr));
}

struct Outcomes {
  size_t accepted = 0, refused = 0;
  void count(std::span<const std::byte> bytes) {
    const auto object = read(bytes, "hostile.o");
    ++(object ? accepted : refused);
    EXPECT_TRUE(object || object.error().message.starts_with("hostile.o: ")) << object.error().message;
  }
};

TEST(HostileObject, ATruncatedFileIsRefused) {
  for (const std::string_view name : kBases) {
    const Bytes bytes = bytes_of(name);
    for (size_t size = sizeof(Elf64_Ehdr); size < bytes.size(); size += sizeof(Elf64_Ehdr)) {
      const auto object = read(std::span(bytes).first(size), "hostile.o");
      ASSERT_FALSE(object) << name << " cut to " << size;
      EXPECT_TRUE(object.error().message.starts_with("hostile.o: cut short: ")) << object.error().message;
    }
  }
}

TEST(HostileObject, AnyBytesMayBeWrong) {
  std::mt19937 random(1);
  Outcomes outcomes;
  for (const std::string_view name : kBases) {
    const Bytes good = bytes_of(name);
    for (int round = 0; round < 3 * kRounds; ++round) {
      Bytes bytes = good;
      for (uint32_t i = random() % 8 + 1; i > 0; --i) bytes[random() % bytes.size()] = static_cast<std::byte>(random());
      outcomes.count(bytes);
    }
  }
  EXPECT_GT(outcomes.accepted, 100u);
  EXPECT_GT(outcomes.refused, 100u);
}

/// A word that is small, as indices are; or any; or one that is all ones.
uint32_t odd_word(std::mt19937& random) {
  const auto kind = random() % 4;
  return kind == 0 ? static_cast<uint32_t>(random()) : kind == 1 ? ~0u : static_cast<uint32_t>(random() % 64);
}

/// Random bytes rarely meet the tables that matter; this aims at section headers, symbols, relocations, maps and BTF.
TEST(HostileObject, AnyWordOfTheTablesMayBeWrong) {
  std::mt19937 random(2);
  Outcomes outcomes;
  for (const std::string_view name : kBases) {
    const Bytes good = bytes_of(name);
    for (int round = 0; round < 5 * kRounds; ++round) {
      Bytes bytes = good;
      const Elf64_Shdr section = section_of(bytes, random() % header_of(bytes).e_shnum);
      const bool headers = round % 4 == 0 || section.sh_type == SHT_NOBITS || section.sh_size < 8;
      const size_t start = headers ? header_of(bytes).e_shoff : section.sh_offset;
      const size_t words = (headers ? header_of(bytes).e_shnum * sizeof(Elf64_Shdr) : section.sh_size) / 4;
      store(bytes.data() + start + random() % words * 4, odd_word(random));
      outcomes.count(bytes);
    }
  }
  EXPECT_GT(outcomes.accepted, 100u);
  EXPECT_GT(outcomes.refused, 100u);
}

TEST(HostileObject, TheHeaderMayBeWrong) {
  Outcomes outcomes;
  for (const std::string_view name : kBases)
    for (size_t at = 0; at < sizeof(Elf64_Ehdr); at += 2)
      for (const uint16_t word : std::initializer_list<uint16_t>{0, 1, 0x7fff, 0xffff}) {
        Bytes bytes = bytes_of(name);
        store(bytes.data() + at, word);
        outcomes.count(bytes);
      }
  EXPECT_GT(outcomes.refused, 500u);
}

/// A section that is all zero has no bytes in the file, as .bss has none; any may claim so.
TEST(HostileObject, AnySectionMayLackItsBytes) {
  Outcomes outcomes;
  for (const std::string_view name : kBases) {
    const Bytes good = bytes_of(name);
    for (size_t i = 1; i < header_of(good).e_shnum; ++i) {
      Bytes bytes = good;
      const size_t type_at = header_of(good).e_shoff + i * sizeof(Elf64_Shdr) + offsetof(Elf64_Shdr, sh_type);
      store(bytes.data() + type_at, uint32_t{SHT_NOBITS});
      outcomes.count(bytes);
    }
  }
  EXPECT_GT(outcomes.accepted, 50u);
  EXPECT_GT(outcomes.refused, 20u);
}

/// Many maps of maps and many templates, all with one id, would make a table of every pair.
TEST(HostileObject, AnIdThatEveryMapHasIsBounded) {
  Bytes bytes = without_btf("legacy_elf_map");
  const auto header = header_of(bytes);
  for (size_t i = 0; i < header.e_shnum; ++i) {
    const Elf64_Shdr section = section_of(bytes, i);
    if (section.sh_type != SHT_PROGBITS || section.sh_size != 11 * 36) continue;
    for (size_t map = 0; map < 11; ++map) {
      std::byte* words = bytes.data() + section.sh_offset + map * 36;
      store(words, uint32_t{map % 2 ? 13u : 1u});
      store(words + 20, uint32_t{5});
      store(words + 28, uint32_t{map % 2 ? 5u : 0u});
    }
  }
  const auto object = read(bytes, "hostile.o");
  ASSERT_TRUE(object) << object.error().message;
  for (const MapDefinition& map : object->maps)
    EXPECT_EQ(map.maps.size(), map.spec.type == 13 ? 6u : 0u) << map.spec.name;
}

}  // namespace
}  // namespace saya::object
