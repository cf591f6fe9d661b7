// `.BTF` out of ELF files made by hand: where it is, and what is said about files that have none.
#include "object/btf_section.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <ostream>
#include <string>

#include "base/bytes.h"

namespace saya::object {
namespace {

constexpr char kNames[] = "\0.text\0.BTF\0.BTF.ext";

/// An ELF file of four sections: none, the names, one of code, `.BTF` with four bytes.
struct Image {
  Elf64_Ehdr header{};
  Elf64_Shdr sections[4]{};
  char names[sizeof kNames];
  char btf[4] = {'t', 'y', 'p', 'e'};

  Image() {
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_machine = EM_X86_64;
    header.e_shoff = offsetof(Image, sections);
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = 4;
    header.e_shstrndx = 1;
    std::memcpy(names, kNames, sizeof kNames);
    sections[1] = {.sh_type = SHT_STRTAB, .sh_offset = offsetof(Image, names), .sh_size = sizeof names};
    sections[2] = {.sh_name = 1, .sh_type = SHT_PROGBITS};
    sections[3] = {.sh_name = 7, .sh_type = SHT_PROGBITS, .sh_offset = offsetof(Image, btf), .sh_size = sizeof btf};
  }
};

Result<std::vector<std::byte>> read(const Image& image) {
  const auto bytes = std::as_bytes(std::span(&image, 1));
  return read_btf_section([&](uint64_t offset, uint64_t size) -> Result<std::vector<std::byte>> {
    if (offset > bytes.size() || size > bytes.size() - offset) return fail(Code::malformed, "outside");
    const auto part = bytes.subspan(offset, size);
    return std::vector<std::byte>(part.begin(), part.end());
  });
}

TEST(BtfSection, IsFoundInAnyMachinesFile) {
  const auto bytes = read(Image());
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_EQ(to_hex(*bytes), "74797065");
}

struct Wrong {
  const char* what;
  std::function<void(Image&)> change;
  const char* message;
  friend void PrintTo(const Wrong& c, std::ostream* os) { *os << c.what; }
};

const Wrong kWrong[] = {
    {"no ELF file",         [](Image& i) { i.header.e_ident[0] = 0; },                 "not an ELF file"                            },
    {"32 bits",             [](Image& i) { i.header.e_ident[EI_CLASS] = ELFCLASS32; }, "not a little-endian ELF file of 64 bits"    },
    {"big-endian",          [](Image& i) { i.header.e_ident[EI_DATA] = ELFDATA2MSB; }, "not a little-endian ELF file"               },
    {"odd headers",         [](Image& i) { i.header.e_shentsize = 40; },               "section headers have 40 bytes, must have 64"},
    {"no sections",         [](Image& i) { i.header.e_shnum = 0; },                    "the ELF file has no section names"          },
    {"no names",            [](Image& i) { i.header.e_shstrndx = 4; },                 "the ELF file has no section names"          },
    {"headers outside",     [](Image& i) { i.header.e_shoff = UINT64_MAX; },           "outside"                                    },
    {"names outside",       [](Image& i) { i.sections[1].sh_size = 1000; },            "outside"                                    },
    {"section outside",     [](Image& i) { i.sections[3].sh_offset = 1000; },          "outside"                                    },
    {"name outside",        [](Image& i) { i.sections[3].sh_name = UINT32_MAX; },      "has no section '.BTF'"                      },
    {"another name",        [](Image& i) { i.sections[3].sh_name = 12; },              "has no section '.BTF'"                      },
    {"name without an end", [](Image& i) { i.sections[1].sh_size = 11; },              "has no section '.BTF'"                      },
    {"no contents",         [](Image& i) { i.sections[3].sh_type = SHT_NOBITS; },      "has no section '.BTF'"                      },
};

class BtfSectionError : public testing::TestWithParam<Wrong> {};
TEST_P(BtfSectionError, SaysWhatIsMissing) {
  Image image;
  GetParam().change(image);
  const auto bytes = read(image);
  ASSERT_FALSE(bytes);
  EXPECT_NE(bytes.error().message.find(GetParam().message), std::string::npos) << bytes.error().message;
}
INSTANTIATE_TEST_SUITE_P(Object, BtfSectionError, testing::ValuesIn(kWrong));

}  // namespace
}  // namespace saya::object
