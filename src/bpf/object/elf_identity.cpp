// What people hand to a BPF loader by mistake, by its first bytes: other formats, other machines, half a file. The
// header is that of the System V ABI; EM_NONE is taken for BPF, as libbpf does, since LLVM before 3.9 wrote it.
#include "object/elf_identity.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/bytes.h"

namespace saya::object {
namespace {

constexpr uint16_t kMachineBpf = 247;  ///< EM_BPF

/// Files that are not ELF, but not far from it.
struct Format {
  std::string_view magic;
  std::string_view meaning;
};
constexpr Format kFormats[] = {
    {"!<arch>\n",        "an archive, not an object; take one out of it with ar x"   },
    {"!<thin>\n",        "an archive, not an object; name one of those that it lists"},
    {"BC\xC0\xDE",       "LLVM bitcode, not an object; compile without -emit-llvm"   },
    {"\x1f\x8b",         "compressed by gzip; unpack it first"                       },
    {"\x28\xb5\x2f\xfd", "compressed by zstd; unpack it first"                       },
    {"\xfd"
     "7zXZ",        "compressed by xz; unpack it first"                         },
    {"\x9f\xeb\x01",     "types (BTF) without programs; an object is an ELF file"    },
};

struct Number {
  uint16_t value;
  std::string_view name;
};
constexpr Number kMachines[] = {
    {EM_386,     "i386"   },
    {EM_ARM,     "ARM"    },
    {EM_X86_64,  "x86-64" },
    {EM_AARCH64, "AArch64"},
    {EM_RISCV,   "RISC-V" },
    {EM_PPC64,   "PowerPC"},
    {EM_S390,    "S/390"  },
};
constexpr Number kTypes[] = {
    {ET_EXEC, "an executable"   },
    {ET_DYN,  "a shared library"},
    {ET_CORE, "a core dump"     },
};

/// "x86-64 (62)", or the bare number.
std::string name_of(std::span<const Number> numbers, uint16_t value) {
  const auto found = std::ranges::find(numbers, value, &Number::value);
  return found == numbers.end() ? fmt::to_string(value) : fmt::format("{} ({})", found->name, value);
}

std::unexpected<Error> other_format(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto found =
      std::ranges::find_if(kFormats, [&](const Format& format) { return text.starts_with(format.magic); });
  return fail(Code::malformed, found == std::end(kFormats) ? "not an ELF file" : std::string(found->meaning));
}

Result<> check_kind(const Elf64_Ehdr& header) {
  if (header.e_machine != kMachineBpf && header.e_machine != EM_NONE)
    return fail(Code::unsupported, fmt::format("compiled for machine {}, not for BPF ({}); compile with -target bpf",
                                               name_of(kMachines, header.e_machine), kMachineBpf));
  if (header.e_type != ET_REL)
    return fail(Code::unsupported,
                fmt::format("ELF type is {}, must be {} (relocatable)", name_of(kTypes, header.e_type), ET_REL));
  return {};
}

/// Section headers come last in what compilers write, so that half a file lacks them.
Result<> check_whole(const Elf64_Ehdr& header, size_t size) {
  const uint64_t bytes = uint64_t{header.e_shnum} * header.e_shentsize;
  if (header.e_shoff <= size && bytes <= size - header.e_shoff) return {};
  return fail(Code::malformed, fmt::format("cut short: {} section headers at {:#x} leave the file of {} bytes",
                                           header.e_shnum, header.e_shoff, size));
}

}  // namespace

Result<> check_identity(std::span<const std::byte> bytes) {
  if (bytes.empty()) return fail(Code::malformed, "the file is empty");
  if (bytes.size() < SELFMAG || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0) return other_format(bytes);
  if (bytes.size() < sizeof(Elf64_Ehdr))
    return fail(Code::malformed,
                fmt::format("the ELF header needs {} bytes, the file has {}", sizeof(Elf64_Ehdr), bytes.size()));
  const auto header = load<Elf64_Ehdr>(bytes.data());
  if (header.e_ident[EI_CLASS] != ELFCLASS64)
    return fail(Code::unsupported, "a 32-bit ELF file, must be 64-bit; compile with -target bpf");
  if (header.e_ident[EI_DATA] != ELFDATA2LSB)
    return fail(Code::unsupported, "a big-endian object; compile with -target bpfel");
  SAYA_CHECK(check_kind(header));
  return check_whole(header, bytes.size());
}

}  // namespace saya::object
