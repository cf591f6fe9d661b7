// One execution's state: registers live in execute(), everything else here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "abi/ctx.h"
#include "abi/dynptr.h"
#include "abi/owned_objects.h"
#include "abi/run.h"
#include "interp/code.h"
#include "interp/interp.h"
#include "map/map.h"

namespace saya::interp {

inline constexpr uint32_t kFrames = 8;          ///< MAX_CALL_FRAMES.
inline constexpr uint32_t kFrameBytes = 512;    ///< MAX_BPF_STACK.
inline constexpr uint32_t kMayGotos = 8388608;  ///< BPF_MAX_LOOPS; each frame counts its own.

/// Bytes that a program may touch.
struct Span {
  uint64_t begin = 0;
  uint64_t size = 0;
  bool contains(uint64_t address, uint64_t bytes) const noexcept {
    return bytes <= size && address - begin <= size - bytes;
  }
};

enum class Access : uint8_t { read, write };

/// What has fields: a map's value, or an object that programs own. Nothing where `begin` is 0.
struct Home {
  uint64_t begin = 0;
  uint64_t size = 0;
  std::span<const MapField> fields = {};
  Map* map = nullptr;  ///< Null for an object.
};

/// "bpf_spin_lock"
std::string_view field_name(MapField::Kind kind) noexcept;

/// The machine that runs decoded programs; on the caller's stack, reused for a burst. `checked` programs must be run
/// with their Limits; the others ignore them.
class Machine final : abi::Grants {
 public:
  explicit Machine(const Limits& limits = {}) noexcept : limits_(limits) {}
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// Runs `code` over run.packet.
  uint64_t run(const Decoded& code, abi::Run& run) noexcept;
  /// As abi::Executable::call().
  uint64_t call(const Decoded& code, abi::Run& run, uint64_t function, Map& map, std::span<const std::byte> key,
                std::byte* value) noexcept;
  /// Runs `code` over bare memory: r1 = its address, r2 = its length. kStackSlack bytes above the first frame pointer
  /// may be touched too: the public conformance suite does.
  uint64_t run_on_memory(const Decoded& code, abi::Run& run, std::span<std::byte> memory) noexcept;

  /// The labels of execute(), by Handler.
  static const void* const* labels(bool checked) noexcept;

 private:
  using Registers = std::array<uint64_t, 11>;
  /// What a local call saves.
  struct Frame {
    const Op* resume;
    const Decoded* code;
    std::array<uint64_t, 4> saved;  ///< r6 to r9.
    uint32_t may_gotos;
  };
  /// Memory that a helper handed to the program.
  struct Granted {
    Kind kind;
    bool writable;
    Span span;
    uint32_t references = 0;  ///< How often it was handed out,
    uint32_t owed = 0;        ///< and how often of these the program must give it back,
    /// because of this call, the last one of them.
    struct Call {
      const Op* op = nullptr;
      const Decoded* code = nullptr;
    } acquired = {};
  };
  /// A struct bpf_dynptr on the stack, as a helper left it.
  struct View {
    uint64_t address;
    abi::Dynptr bytes;
  };
  enum class Tail : uint8_t { missed, entered, finished, stopped };
  enum class Load : uint8_t { in_memory, done, stopped };

  /// The threaded loop. Runs from `op` until the frame that it started in exits. With a null op it only tells the
  /// labels' address.
  template <bool kChecked>
  uint64_t execute(const Op* op, Registers& r) noexcept;

  uint64_t start(const Decoded& code, const Op* first, abi::Run& run, Registers& r) noexcept;
  uint64_t execute_from(const Op* op, Registers& r) noexcept;
  void enter_frame(uint32_t depth) noexcept;
  bool push(const Op* op, Registers& r) noexcept;
  const Op* pop(Registers& r) noexcept;
  static void store_ctx(const Op* op, uint64_t packet, uint64_t value) noexcept;
  static uint64_t invoke(abi::Run& run, uint64_t function, uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4,
                         uint64_t r5) noexcept;
  static Map* map_around(const abi::Run& run, const void* address) noexcept;
  uint64_t call_back(uint64_t function, Registers& r) noexcept;
  Tail tail_call(const Op* op, Registers& r) noexcept;
  bool raise(const Op* op, uint32_t base, Registers& r) noexcept;
  bool load_packet(const Op* op, const Registers& r, uint64_t& value) const noexcept;
  const abi::HelperSpec* indirect_helper(const Op* op, uint64_t value) noexcept;

  // The checks.
  bool touches(uint64_t address, uint64_t bytes, Access access) const noexcept {
    return stack_.contains(address, bytes) || frame_.contains(address, bytes) ||
           (value_.contains(address, bytes) && (access == Access::read ? value_readable_ : value_writable_)) ||
           memory_.contains(address, bytes);
  }
  bool find(uint64_t address, uint64_t bytes, Access access) noexcept;
  bool in_ctx(uint64_t address) const noexcept;
  const abi::CtxField* ctx_field(const Op* op, uint64_t address, unsigned bytes, Access access) noexcept;
  Load load_elsewhere(const Op* op, uint64_t address, isa::Width width, bool sign, uint64_t& value) noexcept;
  std::optional<uint64_t> load_of_map(const Op* op, uint64_t address, unsigned bytes) const noexcept;
  Load store_elsewhere(const Op* op, uint64_t address, unsigned bytes, uint64_t value) noexcept;
  bool check_atomic(const Op* op, uint64_t address, unsigned bytes) noexcept;
  bool spend(const Op* op) noexcept;
  bool check_arguments(const Op* op, const abi::HelperSpec& helper, const Registers& r) noexcept;
  std::string refuse_argument(const abi::HelperSpec& helper, const Registers& r, size_t i, const Map*& map);
  std::string refuse_ctx(uint64_t value) const;
  std::string refuse_grant(uint64_t value, Kind kind) const;
  std::string refuse_span(const abi::HelperSpec& helper, uint64_t address, uint64_t bytes, Access access);
  Map* map_at(uint64_t value) const noexcept;
  std::string refuse_map_argument(const abi::HelperSpec& helper, abi::Arg wanted, uint64_t value,
                                  const Map*& map) const;
  std::string refuse_map(const abi::HelperSpec& helper, abi::Arg wanted, const Map& map) const;
  std::string refuse_string(const abi::HelperSpec& helper, uint64_t address);
  std::string refuse_field(uint64_t address, MapField::Kind kind, const Map*& map);
  std::string refuse_root(uint64_t address, MapField::Kind kind, const Map*& map);
  std::string refuse_owned(uint64_t address, size_t argument) const;
  std::string refuse_node(uint64_t address, MapField::Kind kind, size_t argument, bool owned);
  std::string refuse_object(uint64_t address, abi::Arg wanted) const;
  std::string refuse_map_bytes(uint64_t address, uint64_t bytes) const;
  const Granted* granted_at(uint64_t address, Kind kind) const noexcept;
  void after_helper(const abi::HelperSpec& helper, const Registers& r);
  bool find_in(Map& map, uint64_t address) noexcept;
  bool find_object(uint64_t address) noexcept;
  void narrow(std::span<const MapField> fields, uint64_t address) noexcept;
  Home object_around(uint64_t address) const noexcept;
  Home home_of(uint64_t address) const noexcept;
  Map* map_at_value(uint64_t address) const noexcept;
  const MapField* field_around(const Home& home, uint64_t address, uint64_t bytes) const noexcept;
  bool find_granted(uint64_t address, uint64_t bytes) noexcept;
  void drop_lost_fragments() noexcept;
  void grant(Kind kind, const void* begin, size_t bytes, bool writable) noexcept override;
  void revoke(const void* begin) noexcept override;
  void refresh_frame() noexcept;

  // What a program holds: held.cpp.
  std::string refuse_view(uint64_t address, size_t argument) const;
  std::string refuse_new_view(uint64_t address) const;
  void note_views(const abi::HelperSpec& helper, const Registers& r);
  void note_reference(const Registers& r) noexcept;
  std::string_view refuse_while_locked(const abi::HelperSpec& helper, const Registers& r) const noexcept;
  void note_lock(const abi::HelperSpec& helper, const Registers& r) noexcept;
  std::string refuse_end(std::string_view how) const;
  bool gives_back(const Op* op);
  void give_back() noexcept;

  // The words.
  void fault(const Op* op, std::string_view what);
  void fault_access(const Op* op, uint64_t address, uint64_t bytes, Access access);
  std::string instruction(const Op* op) const;
  std::string where(uint64_t address, uint64_t bytes, Access access) const;

  const Limits limits_;
  abi::Run* run_ = nullptr;
  const Decoded* code_ = nullptr;  ///< Of the function that runs now.
  const Op* calling_ = nullptr;    ///< The instruction whose helper may call back.
  uint32_t depth_ = 0;
  uint32_t may_gotos_ = 0;  ///< That the running frame has left.
  uint64_t backward_jumps_ = 0;
  uint32_t slack_ = 0;  ///< Bytes above the first frame pointer that may be touched.
  Span stack_;          ///< The live frames, from the running one up.
  Span frame_;          ///< The packet's metadata and linear bytes.
  Span memory_;         ///< What run_on_memory() was given.
  Span value_;          ///< The map value or granted memory that was touched last, and what programs may do to it.
  bool value_readable_ = false, value_writable_ = false;
  const Map* value_map_ = nullptr;  ///< Null when it was granted.
  /// A map that a map of maps answered with, in this run, to this program. It lives until the Reader is quiescent.
  struct Found {
    const Decoded* code;
    Map* map;
  };
  std::vector<Found> found_;      ///< Empty unless the run uses maps of maps; each once.
  std::vector<Granted> granted_;  ///< Empty for most programs.
  std::vector<View> views_;       ///< Likewise.
  std::byte* lock_ = nullptr;     ///< The spin lock that the program holds.
  std::array<Frame, kFrames> frames_;
  static constexpr uint32_t kStackSlack = 8;
  alignas(16) std::array<std::byte, kFrames * kFrameBytes + kStackSlack> bytes_;

  uint64_t top() const noexcept { return reinterpret_cast<uint64_t>(bytes_.data()) + kFrames * kFrameBytes; }
};

}  // namespace saya::interp
