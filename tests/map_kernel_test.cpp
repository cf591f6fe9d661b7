// Every map type with every operation and flag, asked of saya and of the running kernel: what bpf(2) answers, and what
// the helpers do. A new type needs a row in tests/map/kinds.def, and a line in tests/map/exempt.def for what cannot be
// compared.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <iostream>
#include <optional>
#include <set>

#include "base/bytes.h"
#include "base/fd.h"
#include "helper/table.h"
#include "map/access.h"
#include "map/map_of_maps.h"
#include "support/any_types.h"
#include "support/case_name.h"
#include "support/map_subject.h"
#include "support/needs_kernel.h"
#include "support/snippet.h"

namespace saya::tests {
namespace {

/// How a type's keys and values look.
enum class Keys : uint8_t { none, index, any, prefix, socket, closed };
enum class Values : uint8_t { number, device, descriptor };

/// A map of one type, small enough to fill unless filling means nothing: keys of at most 8 bytes, values of at most 16.
struct Kind {
  uint32_t type;
  Keys keys;
  uint32_t key_size;
  uint32_t value_size;
  uint32_t max_entries;
  uint32_t flags;
  /// A device is the loopback device. Where values are descriptors in the kernel, questions do without elements.
  Values values = Values::number;
};
const Kind kKinds[] = {
#include "map/kinds.def"
};

enum class Op : uint8_t {
  create,
  lookup,
  update,
  erase,
  next_key,
  take,
  freeze,
  lookup_batch,
  take_batch,
  update_batch,
  erase_batch,
  read_only,
  write_only,
  helper_lookup,
  helper_update,
  helper_delete,
  helper_push,
  helper_pop,
  helper_peek,
  helper_percpu,
};

/// One column of the gate: an operation and the flags that it is called with.
struct Column {
  Op op;
  const char* name;
  std::vector<uint64_t> flags;
};

std::vector<uint64_t> bits() {
  std::vector<uint64_t> all = {0};
  for (uint32_t bit = 0; bit < 32; ++bit) all.push_back(uint64_t{1} << bit);
  return all;
}

const Column kColumns[] = {
    {Op::create,        "create",        bits()                        },
    {Op::lookup,        "lookup",        {0, 1, 4, 8}                  },
    {Op::update,        "update",        {0, 1, 2, 3, 4, 5, 8, 1 << 16}},
    {Op::erase,         "erase",         {0}                           },
    {Op::next_key,      "next_key",      {0}                           },
    {Op::take,          "take",          {0, 1, 4}                     },
    {Op::freeze,        "freeze",        {0}                           },
    {Op::lookup_batch,  "lookup_batch",  {0, 1, 4}                     },
    {Op::take_batch,    "take_batch",    {0, 1, 4}                     },
    {Op::update_batch,  "update_batch",  {0, 1, 2, 4}                  },
    {Op::erase_batch,   "erase_batch",   {0, 1, 4}                     },
    {Op::read_only,     "read_only",     {0}                           },
    {Op::write_only,    "write_only",    {0}                           },
    {Op::helper_lookup, "helper_lookup", {0}                           },
    {Op::helper_update, "helper_update", {0, 1, 2, 3, 4, 5, 8}         },
    {Op::helper_delete, "helper_delete", {0}                           },
    {Op::helper_push,   "helper_push",   {0, 1, 2, 3, 4}               },
    {Op::helper_pop,    "helper_pop",    {0}                           },
    {Op::helper_peek,   "helper_peek",   {0}                           },
    {Op::helper_percpu, "helper_percpu", {0, 1, 4096}                  },
};

/// What saya cannot be compared in: a type (0: all), an operation (null: all), and why.
struct Exempt {
  uint32_t type;
  const char* op;
  const char* reason;
};
const Exempt kExempt[] = {
#include "map/exempt.def"
};

MapSpec spec_of(const Kind& kind) {
  MapSpec spec{.name = "gate",
               .type = kind.type,
               .key_size = kind.key_size,
               .value_size = kind.value_size,
               .max_entries = kind.max_entries,
               .flags = kind.flags};
  if (kind.keys == Keys::socket || kind.keys == Keys::closed) {  // Storages must be described.
    spec.key_btf_type = kAnyInt;
    spec.value_btf_type = kAnyWord;
  }
  if (is_map_of_maps(kind.type))
    spec.inner = std::make_shared<MapSpec>(
        MapSpec{.name = "inner", .type = 2, .key_size = 4, .value_size = 8, .max_entries = 4});
  return spec;
}

constexpr uint32_t kFirstClosed = 1 << 20;  ///< No process has as many descriptors.
constexpr uint32_t kLoopback = 1;           ///< Its ifindex in every network namespace.

/// A descriptor to the kernel, and to saya just a number that names a socket.
uint32_t open_socket(uint32_t number) {
  static std::array<Fd, 10> sockets;
  Fd& socket = sockets.at(number);
  if (!socket) socket = Fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return static_cast<uint32_t>(socket.get());
}

/// Key `number`; 9 is beyond the end of those that have one.
Bytes key_of(const Kind& kind, uint32_t number) {
  Bytes key(kind.key_size);
  if (kind.keys == Keys::socket) number = open_socket(number);
  if (kind.keys == Keys::closed) number += kFirstClosed;
  if (kind.keys == Keys::prefix) {
    const uint32_t bits = 8 * (kind.key_size - 4);
    std::memcpy(key.data(), &bits, sizeof bits);
    key.back() = static_cast<std::byte>(number);
  } else if (!key.empty()) {
    std::memcpy(key.data(), &number, std::min(key.size(), sizeof number));
  }
  return key;
}

/// For every CPU, where each has a value.
Bytes value_of(const Kind& kind, uint32_t number) {
  Bytes all;
  for (uint32_t cpu = 0; cpu < (is_per_cpu(kind.type) ? possible_cpus() : 1); ++cpu) {
    Bytes one(is_per_cpu(kind.type) ? (kind.value_size + 7) / 8 * 8 : kind.value_size);
    const uint32_t value = kind.values == Values::device ? kLoopback : number + 100 * cpu;
    if (!one.empty()) std::memcpy(one.data(), &value, std::min<size_t>(kind.value_size, sizeof value));
    all.insert(all.end(), one.begin(), one.end());
  }
  return all;
}

// ---- What is asked. Every answer is written down; both sides' notes must be the same.

using Notes = std::vector<std::string>;

class Asking {
 public:
  static constexpr uint32_t kEnough = 16;
  Asking(const Kind& kind, MapSubject& map) : kind_(kind), map_(map) {}
  Notes notes;

  void update(uint32_t key, uint32_t value, uint64_t flags = 0) {
    if (kind_.values == Values::descriptor) return;
    note("update", key, flags, map_.update(key_of(kind_, key), value_of(kind_, value), flags));
  }
  void lookup(uint32_t key, uint64_t flags = 0) {
    Bytes value = value_of(kind_, 0);
    const int error = map_.lookup(key_of(kind_, key), value, flags);
    note("lookup", key, flags, error, error ? Bytes() : value);
  }
  void take(uint32_t key, uint64_t flags) {
    Bytes value = value_of(kind_, 0);
    const int error = map_.take(key_of(kind_, key), value, flags);
    note("take", key, flags, error, error ? Bytes() : value);
  }
  void erase(uint32_t key) { note("erase", key, 0, map_.erase(key_of(kind_, key))); }
  void next_key(std::optional<uint32_t> key) {
    Bytes next(kind_.key_size);
    const Bytes from = key ? key_of(kind_, *key) : Bytes();
    const int error = map_.next_key(key ? &from : nullptr, next);
    note("next", key.value_or(99), 0, error, error ? Bytes() : next);
  }
  void freeze() { note("freeze", 0, 0, map_.freeze()); }
  /// Hash maps have their own order on each side.
  void read_batch(bool take, uint32_t count, uint64_t elem_flags, uint64_t flags = 0) {
    const BatchAnswer answer = map_.read_batch(take, {}, count, elem_flags, flags);
    std::set<std::string> pairs;
    const size_t value = answer.count ? answer.values.size() / answer.count : 0;
    for (uint32_t i = 0; i < answer.count; ++i)
      pairs.insert(to_hex(std::span(answer.keys).subspan(i * size_t{kind_.key_size}, kind_.key_size)) + "=" +
                   to_hex(std::span(answer.values).subspan(i * value, value)));
    note("batch", answer.count, elem_flags, answer.error);
    notes.insert(notes.end(), pairs.begin(), pairs.end());
  }
  void update_batch(std::vector<uint32_t> numbers, uint64_t elem_flags) {
    if (kind_.values == Values::descriptor) return;
    Bytes keys, values;
    join(numbers, keys, values);
    auto count = static_cast<uint32_t>(numbers.size());
    const int error = map_.update_batch(keys, values, count, elem_flags);
    note("update batch", count, elem_flags, error);
  }
  void erase_batch(std::vector<uint32_t> numbers, uint64_t elem_flags) {
    Bytes keys, values;
    join(numbers, keys, values);
    auto count = static_cast<uint32_t>(numbers.size());
    const int error = map_.erase_batch(keys, count, elem_flags);
    note("erase batch", count, elem_flags, error);
  }
  void fill() {
    for (uint32_t key = 0; key < std::min(kind_.max_entries, kEnough); ++key) update(key, 10 + key);
  }

 private:
  void join(const std::vector<uint32_t>& numbers, Bytes& keys, Bytes& values) {
    for (const uint32_t number : numbers) {
      const Bytes key = key_of(kind_, number), value = value_of(kind_, number);
      keys.insert(keys.end(), key.begin(), key.end());
      values.insert(values.end(), value.begin(), value.end());
    }
  }
  void note(const char* what, uint32_t key, uint64_t flags, int error, Bytes value = {}) {
    notes.push_back(fmt::format("{} {} {:#x}: {} {}", what, key, flags, error, to_hex(value)));
  }

  const Kind& kind_;
  MapSubject& map_;
};

void ask_lookup(Asking& ask, uint64_t flags) {
  ask.lookup(1, flags);
  ask.update(1, 11);
  ask.lookup(1, flags);
  ask.lookup(9, flags);
}
void ask_update(Asking& ask, uint64_t flags) {
  ask.update(1, 11, flags);
  ask.update(1, 12, flags);
  ask.lookup(1);
  ask.update(9, 13, flags);
  ask.fill();
  ask.update(7, 14, flags);
  ask.update(1, 15, flags);
  ask.lookup(7);
  ask.lookup(1);
}
void ask_erase(Asking& ask, uint64_t) {
  ask.erase(1);
  ask.update(1, 11);
  ask.erase(1);
  ask.erase(1);
  ask.erase(9);
}
void ask_next_key(Asking& ask, uint64_t) {
  ask.next_key({});
  ask.update(1, 11);
  ask.next_key({});
  ask.next_key(1);
  ask.next_key(9);
}
void ask_take(Asking& ask, uint64_t flags) {
  ask.take(1, flags);
  ask.update(1, 11);
  ask.take(1, flags);
  ask.take(1, flags);
  ask.lookup(1);
}
void ask_everything(Asking& ask, uint64_t) {
  ask.update(2, 13);
  ask.erase(1);
  ask.take(1, 0);
  ask.lookup(1);
  ask.next_key({});
  ask.read_batch(false, 8, 0);
  ask.read_batch(true, 8, 0);
  ask.update_batch({3}, 0);
  ask.erase_batch({3}, 0);
}
void ask_freeze(Asking& ask, uint64_t) {
  ask.update(1, 11);
  ask.freeze();
  ask.freeze();
  ask_everything(ask, 0);
}
void ask_read_only(Asking& ask, uint64_t) {
  ask_everything(ask, 0);
  ask.freeze();
}
void ask_lookup_batch(Asking& ask, uint64_t flags) {
  ask.read_batch(false, 8, flags);
  ask.update(1, 11);
  ask.update(2, 12);
  ask.read_batch(false, 8, flags);
  ask.read_batch(false, 0, flags);
  ask.read_batch(false, 8, flags, 1);
}
void ask_take_batch(Asking& ask, uint64_t flags) {
  ask.read_batch(true, 8, flags);
  ask.update(1, 11);
  ask.update(2, 12);
  ask.read_batch(true, 0, flags);
  ask.read_batch(true, 8, flags, 1);
  ask.read_batch(true, 8, flags);
  ask.lookup(1);
}
void ask_update_batch(Asking& ask, uint64_t flags) {
  ask.update_batch({}, flags);
  ask.update_batch({1, 2, 1}, flags);
  ask.lookup(2);
  ask.update_batch({0, 1, 2, 3, 9, 1}, flags);
  ask.lookup(3);
}
void ask_erase_batch(Asking& ask, uint64_t flags) {
  ask.erase_batch({}, flags);
  ask.erase_batch({1}, flags);
  ask.fill();
  ask.erase_batch({1, 2, 9, 3}, flags);
  ask.lookup(3);
}

/// How a column is asked of bpf(2); null for what is a program's.
using Question = void (*)(Asking&, uint64_t flags);
Question question_of(Op op) {
  switch (op) {
    case Op::lookup: return ask_lookup;
    case Op::update: return ask_update;
    case Op::erase: return ask_erase;
    case Op::next_key: return ask_next_key;
    case Op::take: return ask_take;
    case Op::freeze: return ask_freeze;
    case Op::lookup_batch: return ask_lookup_batch;
    case Op::take_batch: return ask_take_batch;
    case Op::update_batch: return ask_update_batch;
    case Op::erase_batch: return ask_erase_batch;
    case Op::read_only:
    case Op::write_only: return ask_read_only;
    default: return nullptr;
  }
}

using Make = std::unique_ptr<MapSubject> (*)(const MapSpec&, int& error);

Notes notes_of(const Kind& kind, const Column& column, uint64_t flags, Make make) {
  MapSpec spec = spec_of(kind);
  if (column.op == Op::create) spec.flags |= static_cast<uint32_t>(flags);
  if (column.op == Op::read_only) spec.flags |= kMapReadOnlySyscall;
  if (column.op == Op::write_only) spec.flags |= kMapWriteOnlySyscall;
  int error = 0;
  const auto map = make(spec, error);
  if (!map || column.op == Op::create) return {fmt::format("create: {}", error)};
  Asking ask(kind, *map);
  question_of(column.op)(ask, flags);
  return ask.notes;
}

// ---- Programs

/// Which helper is called how; the result of the second call stays in r0, that of the first is shifted above it.
std::string call_of(Op op, uint64_t flags) {
  const std::string key = "r1 = map[idx:0]\nr2 = r10\nr2 += -16\n";
  const std::string value = "r1 = map[idx:0]\nr2 = r10\nr2 += -32\n";
  const std::string put = key + "r3 = r10\nr3 += -32\n";
  switch (op) {
    case Op::helper_lookup: return put + "r4 = 0\ncall bpf_map_update_elem\n" + key + "call bpf_map_lookup_elem\n";
    case Op::helper_update: return put + fmt::format("r4 = {}\ncall bpf_map_update_elem\n", flags);
    case Op::helper_delete:
      return key + "call bpf_map_delete_elem\n" + put + "r4 = 0\ncall bpf_map_update_elem\n" + key +
             "call bpf_map_delete_elem\n";
    case Op::helper_push: return value + fmt::format("r3 = {}\ncall bpf_map_push_elem\n", flags);
    case Op::helper_pop: return value + "call bpf_map_pop_elem\n";
    case Op::helper_peek: return value + "call bpf_map_peek_elem\n";
    case Op::helper_percpu: return key + fmt::format("r3 = {}\ncall bpf_map_lookup_percpu_elem\n", flags);
    default: return {};
  }
}

/// A pointer is not 0 on both sides, and no number to compare.
std::string first_result(Op op) {
  if (op != Op::helper_lookup && op != Op::helper_percpu) return "r6 = r0\n";
  return fmt::format("r6 = 0\nif r0 == 0 goto null\nr6 = 1\nnull:\n");
}

std::string text_of(const Kind& kind, Op op, uint64_t flags) {
  Bytes bytes = key_of(kind, 1);
  bytes.resize(16);
  std::string text = fmt::format("r0 = {:#x} ll\n*(u64 *)(r10 -16) = r0\nr0 = {:#x} ll\n*(u64 *)(r10 -8) = r0\n",
                                 load<uint64_t>(bytes.data()), load<uint64_t>(&bytes[8]));
  text += "r0 = 7\n*(u64 *)(r10 -32) = r0\n*(u64 *)(r10 -24) = 0\nr7 = 0\n";
  if (op == Op::helper_lookup || op == Op::helper_percpu)
    return text + call_of(op, flags) + first_result(op) + "r0 = r6\nexit\n";
  std::string calls;
  for (int time = 0; time < 6; ++time)  // Enough to fill the map.
    calls += call_of(op, flags) + "r7 *= 31\nr7 += r0\n";
  return text + calls + "r0 = r7\nexit\n";
}

/// "refused" or r0, of a program over a fresh map.
Notes notes_of_program(const Kind& kind, Op op, uint64_t flags, bool in_kernel) {
  const auto code = isa::assemble(text_of(kind, op, flags), {helper::name_of});
  if (!code) return {code.error().message};
  const MapSpec maps[] = {spec_of(kind)};
  const Snippet snippet{program::Type::xdp, *code, maps};
  const auto outcome =
      in_kernel ? run_in_kernel(snippet, {.frame = Bytes(64)}) : run_in_saya(snippet, {.frame = Bytes(64)});
  return {outcome ? fmt::format("r0 {:#x}", outcome->verdict) : std::string("refused")};
}

// ---- The gate

const Exempt* exemption(uint32_t type, const char* op) {
  const auto* row = std::ranges::find_if(kExempt, [&](const Exempt& it) {
    return (it.type == 0 || it.type == type) && (!it.op || !std::strcmp(it.op, op));
  });
  return row == std::end(kExempt) ? nullptr : row;
}

TEST(MapGate, EveryTypeHasARow) {
  for (const MapType& type : map_types())
    EXPECT_TRUE(std::ranges::find(kKinds, type.id, &Kind::type) != std::end(kKinds))
        << type.name << " has no row in tests/map/kinds.def";
  for (const Exempt& exempt : kExempt)
    EXPECT_TRUE(exempt.type == 0 || find_map_type(exempt.type)) << "type " << exempt.type << " is exempt and not there";
}

TEST(MapGate, StoragesTakeValuesAsLargeAsTheKernels) {
  SAYA_NEEDS_BPF();
  for (const Kind& kind : kKinds) {
    if (kind.keys != Keys::socket && kind.keys != Keys::closed) continue;
    SCOPED_TRACE(kind.type);
    MapSpec spec = spec_of(kind);
    int ours = 0, theirs = 0;
    for (const auto& [size, too_large] : {std::pair(65407, false), std::pair(65408, true)}) {
      spec.value_size = static_cast<uint32_t>(size);
      make_saya_subject(spec, ours);
      make_kernel_subject(spec, theirs);  // Looks at the size before it looks at the type, which is of 8 bytes.
      EXPECT_EQ(ours, too_large ? -E2BIG : 0);
      EXPECT_EQ(theirs == -E2BIG, too_large);
    }
  }
}

TEST(MapGate, EveryTypeOperationAndFlagIsComparedWithTheKernel) {
  SAYA_NEEDS_BPF();
  const OnCpu first(0);
  size_t rows = 0, compared = 0, exempt = 0;
  for (const Kind& kind : kKinds) {
    const MapType* type = find_map_type(kind.type);
    if (!type) continue;  // A row that waits for its type.
    for (const Column& column : kColumns)
      for (const uint64_t flags : column.flags) {
        ++rows;
        if (exemption(kind.type, column.name)) {
          ++exempt;
          continue;
        }
        ++compared;
        SCOPED_TRACE(fmt::format("{} ({}) {} {:#x}", type->name, kind.type, column.name, flags));
        const bool host = column.op == Op::create || question_of(column.op);
        const Notes ours =
            host ? notes_of(kind, column, flags, make_saya_subject) : notes_of_program(kind, column.op, flags, false);
        const Notes theirs =
            host ? notes_of(kind, column, flags, make_kernel_subject) : notes_of_program(kind, column.op, flags, true);
        EXPECT_EQ(fmt::format("{}", fmt::join(ours, "\n")), fmt::format("{}", fmt::join(theirs, "\n")));
      }
  }
  std::cout << fmt::format("gate: maps x operations x flags: {} rows, {} compared with the kernel, {} exempt\n", rows,
                           compared, exempt);
}

}  // namespace
}  // namespace saya::tests
