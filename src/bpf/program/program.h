// A linked program: one array of instructions, its maps bound. What every target is given.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "abi/executable.h"
#include "base/result.h"
#include "isa/insn.h"
#include "map/map.h"
#include "object/object.h"
#include "program/map_members.h"
#include "program/target.h"

namespace saya::program {

/// BPF_PROG_TYPE_*; values are kernel ABI.
enum class Type : uint32_t {
#define SAYA_PROGRAM_TYPE(id, name, doc) name = id,
#include "program/types.def"
};
/// "sched_cls", as bpftool and libbpf write it.
std::string_view to_string(Type type) noexcept;
/// The type of that name, or its libbpf section word ("tc", "classifier", "socket"): for `--type`.
std::optional<Type> parse_type(std::string_view word) noexcept;

/// What a section name says about the program in it (program/sections.def: libbpf's and iproute2's conventions).
struct SectionType {
  Type type = Type::unspec;
  bool frags = false;
  bool sleepable = false;
  uint32_t expected_attach_type = 0;  ///< BPF_TCX_INGRESS and the like; 0 when the name says nothing.
  bool autoload = true;               ///< False for "?xdp": libbpf loads such a program only when it is asked for.
};
SectionType type_of_section(std::string_view section) noexcept;

struct Subprogram {
  std::string name;
  uint32_t start = 0;  ///< Slot.
  uint32_t size = 0;   ///< Slots.
  uint32_t btf_type = 0;
};

/// A kernel function or variable that the program refers to.
struct ExternUse {
  std::string name;
  object::Extern::Kind kind = object::Extern::Kind::function;
  bool weak = false;
  bool typed = true;  ///< Of a variable: false for `const void`, of which programs only take the address.
};

/// An instruction that CO-RE could not resolve, or the call of a weak extern that is missing: it became a call that no
/// engine knows, as libbpf does it.
struct Poison {
  uint32_t insn = 0;  ///< Slot.
  std::string why;    ///< "struct sk_buff___old has no counterpart in the types of the running kernel"
};
inline constexpr int32_t kPoisonedCall = 0xbad2310;  ///< The helper number of such a call.
/// That of a call of a weak kernel function that the target lacks, plus the function's number in Object::externs.
inline constexpr int32_t kPoisonedKfunc = 2002000000;

/// Immutable once linked; shared by whatever is made of it.
/// In `code`, map references are load_imm with Pseudo::map_index (or map_index_value) and an index into `maps`, kernel
/// functions (Callee::kfunc) and variables (Pseudo::btf_id) are indices into `externs`, and calls reach only into
/// `code`: it means the same to every target.
struct Program {
  std::string name;
  std::string section;  ///< Empty for bare instructions.
  std::string origin;   ///< "fw.o:[section]".
  Type type = Type::unspec;
  uint32_t expected_attach_type = 0;
  bool frags = false;
  std::vector<isa::RawInsn> code;
  std::vector<MapPtr> maps;             ///< Those it refers to, each once.
  std::vector<std::string> map_names;   ///< map_names[i] is what the object calls maps[i].
  std::vector<uint32_t> map_numbers;    ///< maps[i] is map number map_numbers[i] of the object.
  MapMembers map_members;               ///< Where it looks for what struct bpf_map says.
  std::vector<ExternUse> externs;       ///< Those it refers to, each once.
  std::vector<Poison> poisons;          ///< In insn order.
  std::vector<Subprogram> subprograms;  ///< [0] is the program itself, from slot 0.
  std::vector<object::SourceLine> lines;
  std::string license;
  bool gpl_compatible = false;
  std::shared_ptr<const btf::Btf> btf;
  abi::Tag tag{};       ///< First 8 bytes of SHA-256 over the instructions, map numbers zeroed: what Linux 6.18 shows.
  abi::Tag tag_sha1{};  ///< The same with SHA-1, as kernels before 6.18 show it.

  std::vector<abi::ObjectTypePtr> object_types;  ///< Structs that it may allocate objects of; sorted by btf_type.
  std::optional<uint32_t> exception_callback;    ///< The slot where the function begins that a throw calls.

  /// The innermost source line at or before `insn`, or null.
  const object::SourceLine* line_of(uint32_t insn) const noexcept;
  /// Why the instruction at slot `insn` must not be reached, or null.
  const Poison* poison_at(uint32_t insn) const noexcept;
};
using ProgramPtr = std::shared_ptr<const Program>;

/// Links function `index` of `object` for `target`: appends what it calls, binds maps[i] for object.maps[i], resolves
/// every relocation. Without any `maps` they stay unbound (null): such a program can be looked at, or put into the
/// kernel, not run here. `type` overrides what the section's name says. Errors name function, instruction and target.
Result<ProgramPtr> link(const object::Object& object, uint32_t index, std::span<const MapPtr> maps,
                        Type type = Type::unspec, const Target& target = default_target());
/// A program from bare instructions, without maps: for `saya insn run` and tests.
ProgramPtr from_code(std::string name, std::vector<isa::RawInsn> code, Type type);

/// The tags of an unlinked or linked instruction sequence.
abi::Tag tag_sha256(std::span<const isa::RawInsn> code);
abi::Tag tag_sha1(std::span<const isa::RawInsn> code);

/// Whether the kernel lets a program of this licence call GPL-only helpers.
bool is_gpl_compatible(std::string_view license) noexcept;

/// The hook that programs of this type run at; nothing for types that are not packet hooks of saya.
std::optional<abi::Hook> hook_of(Type type) noexcept;

/// The abi::Caller bit of programs of this type; 0 for types whose calls were not measured.
uint32_t caller_of(Type type) noexcept;

struct Pins;  // program/pins.h

/// A map for each definition of the object, in the order of object.maps: created, data sections and maps of maps
/// filled.
Result<std::vector<MapPtr>> create_maps(const object::Object& object, const MapWorld& world);
/// The same with the pinned ones shared through `pins`: a map found there is used with what it holds; one that is not
/// is pinned. What was pinned before an error stays, as with other loaders.
Result<std::vector<MapPtr>> create_maps(const object::Object& object, const MapWorld& world, const Pins& pins);

}  // namespace saya::program
