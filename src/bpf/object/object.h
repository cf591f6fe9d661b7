// An ELF object as data: functions, maps, relocations, licence. Nothing in it refers to a kernel or to a running map.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "btf/btf.h"
#include "isa/insn.h"
#include "map/map.h"

namespace saya::object {

/// Where an instruction was written. `insn` is a slot of the function (Object) or of the linked program (Program).
/// The texts belong to the btf of that Object or Program and live as long as it does: a hostile object may name the
/// same long string in every record.
struct SourceLine {
  uint32_t insn = 0;
  std::string_view file;
  uint32_t line = 0;
  uint32_t column = 0;
  std::string_view text;  ///< The line itself, blanks trimmed.
};

/// A reference that linking resolves.
struct Relocation {
  enum class Kind : uint8_t {
    map,             ///< load_imm of the map `target`.
    data,            ///< load_imm of `addend` bytes into the data section that is map `target`.
    call,            ///< Local call of function `target`, `addend` slots into it (0 but for odd objects).
    address,         ///< load_imm of the address of function `target`, for callbacks.
    extern_call,     ///< Call of the kernel function that is extern `target`.
    extern_address,  ///< load_imm of the address of extern `target`, or of 0 where there is none and it is weak.
  };
  uint32_t insn = 0;  ///< Slot in the function.
  Kind kind = Kind::map;
  uint32_t target = 0;
  int64_t addend = 0;
};

enum class Binding : uint8_t { local, global, weak };

/// Something that the object uses and the place where it runs defines (`__kconfig`, `__ksym`).
struct Extern {
  enum class Kind : uint8_t {
    config,  ///< A variable of `.kconfig`: CONFIG_HZ, LINUX_KERNEL_VERSION; instructions reach it as data of that map.
    variable,  ///< A kernel variable, with its type or (`const void`) without.
    function,  ///< A kernel function that programs call (kfunc).
  };
  std::string name;
  Kind kind = Kind::config;
  bool weak = false;      ///< May be missing: then it is zero.
  uint32_t btf_type = 0;  ///< In Object::btf: the variable's type, or the FUNC.
  uint32_t offset = 0;    ///< Kind config: its bytes in the map `.kconfig`.
  uint32_t size = 0;
};

/// An instruction that CO-RE changes when the program is linked for a target.
struct CoreRelocation {
  uint32_t insn = 0;  ///< Slot in the function.
  btf::CoreQuery query;
};

/// One function of the object: a program if `entry`, else something programs call.
struct Function {
  std::string name;
  std::string section;
  Binding binding = Binding::global;
  bool entry = false;  ///< Lies in a program section, not in .text.
  std::vector<isa::RawInsn> code;
  std::vector<Relocation> relocations;  ///< In insn order.
  std::vector<SourceLine> lines;        ///< In insn order.
  std::vector<CoreRelocation> core;     ///< In insn order.
  uint32_t btf_type = 0;                ///< Its FUNC in Object::btf; 0 when unknown.
};

/// A program that a prog array holds from the beginning.
struct ProgramSlot {
  uint32_t index = 0;     ///< In the prog array.
  uint32_t function = 0;  ///< In Object::functions.
};

/// A map that a map of maps holds from the beginning.
struct MapSlot {
  uint32_t index = 0;  ///< The key.
  uint32_t map = 0;    ///< In Object::maps.
};

/// How a map is shared through the file system of pins (program/pins.h has the paths).
enum class Pinning : uint8_t {
  none,
  by_name,  ///< LIBBPF_PIN_BY_NAME of a BTF map, PIN_GLOBAL_NS (2) of a bpf_elf_map.
  object,   ///< PIN_OBJECT_NS (1) of a bpf_elf_map: shared by loads of the same file.
  replace,  ///< CILIUM_PIN_REPLACE (16): a new map takes the place of the pinned one.
  custom,   ///< Another number: a line of the bpf_pinning file names its folder.
};

/// A map as the object declares it, or a data section that becomes an array of one value.
struct MapDefinition {
  MapSpec spec;
  std::string section;                ///< Of the ELF file: ".maps", "maps", ".rodata".
  std::vector<std::byte> initial;     ///< Contents of a data section; empty for ordinary maps and for .bss (all zero).
  std::vector<ProgramSlot> programs;  ///< Of a prog array: `.values` and sections "ID/SLOT", in file order.
  std::vector<MapSlot> maps;          ///< Of a map of maps: `.values` and inner_idx, in file order.
  bool frozen = false;                ///< .rodata: nobody writes it once loaded.
  Pinning pinning = Pinning::none;
  uint32_t pinning_number = 0;  ///< As written; the number that `custom` looks up.
  uint32_t id = 0;              ///< bpf_elf_map: what sections "ID/SLOT" and inner_id refer to; 0 for none.
  uint32_t inner_id = 0;        ///< bpf_elf_map: the id of the map that spec.inner was taken from.
};

/// Whether the object says what the map is. Without BTF a map of section `.maps` has a name only, and type 0: such an
/// object can be looked at. The error does not name the map.
Result<> check_described(const MapDefinition& map);

struct Object {
  std::string file;  ///< Base name, as shown in "fw.o:[section]".
  std::string license;
  std::vector<Function> functions;  ///< In file order.
  std::vector<MapDefinition> maps;
  std::vector<Extern> externs;
  std::string digest;                   ///< SHA-1 of the file in hexadecimal, if a map's pinning needs it.
  std::shared_ptr<const btf::Btf> btf;  ///< Null without debug information. raw() is ready for BPF_BTF_LOAD.
};

/// The fields of an object that programs allocate of struct `type`; none where the kernel would not take the struct.
std::vector<MapField> object_fields(const btf::Btf& btf, uint32_t type);

/// Reads an ELF object. Errors name section, offset, symbol and cause; nothing in the bytes can crash or hang it, and
/// memory stays within a constant times their size. Deterministic.
Result<Object> read(std::span<const std::byte> bytes, std::string_view file);
/// The same from a file; errors start with its path.
Result<Object> read_file(const std::string& path);

/// Whether a program is meant for the hook in question; program::type_of_section() knows the conventions.
using Suits = std::function<bool(const Function&)>;

/// The program that `word` means: a function name or a section name (of the only program in it); empty: the only
/// program that `suits`, else the only program. Errors list what there is.
Result<uint32_t> find_program(const Object& object, std::string_view word, const Suits& suits = {});

}  // namespace saya::object
