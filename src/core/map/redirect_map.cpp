// What the redirect maps share: who may change an element, and how a number and its program change together.
// kernel/bpf/devmap.c and cpumap.c, Linux 6.18.
//
// A packet reads the word first. A program is bound before the word that names it is stored, and unbound after that
// word is gone, so a reader finds the old element or the new one, never one's number with the other's program.
#include "map/redirect_map.h"

#include <fmt/format.h>

#include <cerrno>
#include <utility>

#include "map/checks.h"
#include "map/host.h"
#include "map/records.h"

namespace saya {
namespace {

constexpr size_t kNumberOnly = 4;  // Bytes of a value without a program.
constexpr size_t kStride = kWord;

constexpr uint64_t pack(uint32_t number, uint32_t id) { return uint64_t{id} << 32 | number; }

std::span<const std::byte> bytes_of(const uint32_t& key) { return std::as_bytes(std::span(&key, 1)); }

}  // namespace

std::optional<RedirectTarget> RedirectMap::target(uint32_t key) const noexcept {
  const uint64_t found = word(key);
  if (found == 0) return std::nullopt;
  if (found >> 32 != 0) {
    const Bounds& bounds = bounds_.read();
    if (const auto bound = bounds.find(key); bound != bounds.end())
      return RedirectTarget{target_number(key, bound->second.number), bound->second.program.get()};
  }
  return RedirectTarget{target_number(key, static_cast<uint32_t>(found)), nullptr};
}

Result<> RedirectMap::set(uint32_t key, uint32_t number, const RedirectProgram& program, uint64_t flags) {
  if (program.program && program.expected_attach_type != wanted_attach_type())
    return refuse(spec(), Code::invalid_argument,
                  fmt::format("key {}: the program's expected attach type is {}, must be {}", key,
                              program.expected_attach_type, wanted_attach_type()));
  const Change wanted{.key = key, .number = number, .with_program = program.program != nullptr, .flags = flags};
  return explain(*this, bytes_of(key), change(wanted, program));
}

int RedirectMap::update(const std::byte* key, const std::byte* value, uint64_t flags, uint32_t) noexcept {
  const auto fd = spec().value_size > kNumberOnly ? load<int32_t>(value + kNumberOnly) : 0;
  const Change wanted{
      .key = load<uint32_t>(key), .number = load<uint32_t>(value), .with_program = fd > 0, .flags = flags};
  return change(wanted, {});
}

int RedirectMap::change(Change wanted, const RedirectProgram& program) {
  const std::lock_guard guard(changing_);
  if (const int error = check(wanted)) return error;
  wanted.with_program = wanted.with_program && takes_program(wanted.number);
  if (wanted.with_program && (!program.program || spec().value_size == kNumberOnly)) return bad_program();
  if (!wanted.with_program) {
    if (const int error = store_word(wanted.key, element_word(wanted.number))) return error;
    unbind(wanted.key);
    return 0;
  }
  bind(wanted.key, {wanted.number, program.program});
  const int error = store_word(wanted.key, pack(wanted.number, program.id ? program.id : ++last_id_));
  if (error) unbind(wanted.key);
  return error;
}

int RedirectMap::erase(const std::byte* key) noexcept {
  const auto number = load<uint32_t>(key);
  const std::lock_guard guard(changing_);
  if (const int error = check_erase(number)) return error;
  if (const int error = store_word(number, 0)) return error;
  unbind(number);
  return 0;
}

void RedirectMap::bind(uint32_t key, Bound bound) {
  auto next = std::make_unique<Bounds>(bounds_.read());
  (*next)[key] = std::move(bound);
  bounds_.publish(std::move(next));
}

void RedirectMap::unbind(uint32_t key) {
  if (!bounds_.read().contains(key)) return;
  auto next = std::make_unique<Bounds>(bounds_.read());
  next->erase(key);
  bounds_.publish(std::move(next));
}

std::byte* IndexedRedirectMap::slot(uint32_t key) const noexcept {
  return key < spec().max_entries ? const_cast<IndexedRedirectMap*>(this)->payload() + key * kStride : nullptr;
}

uint64_t IndexedRedirectMap::word(uint32_t key) const noexcept {
  std::byte* const at = slot(key);
  return at ? shared_word(at).load(std::memory_order_acquire) : 0;
}

int IndexedRedirectMap::store_word(uint32_t key, uint64_t word) noexcept {
  shared_word(slot(key)).store(word, std::memory_order_release);
  return 0;
}

int IndexedRedirectMap::check_erase(uint32_t key) const noexcept { return key < spec().max_entries ? 0 : -EINVAL; }

int IndexedRedirectMap::check_index(const Change& change) const noexcept {
  if (change.flags > kUpdateExist) return -EINVAL;
  if (change.key >= spec().max_entries) return -E2BIG;
  return change.flags == kUpdateNoExist ? -EEXIST : 0;
}

std::byte* IndexedRedirectMap::lookup(const std::byte* key, uint32_t) noexcept {
  const auto number = load<uint32_t>(key);
  return word(number) ? slot(number) : nullptr;
}

int IndexedRedirectMap::next_key(const std::byte* key, std::byte* next) const noexcept {
  return next_index(key, next, spec().max_entries);
}

std::span<std::byte> IndexedRedirectMap::value_around(const std::byte* address) noexcept {
  return value_in({payload(), spec().max_entries * kStride}, kStride, 0, spec().value_size, address);
}

Result<> check_redirect_map(const MapSpec& spec) {
  SAYA_CHECK(check_indexed(spec));
  if (spec.value_size == kNumberOnly || spec.value_size == 2 * kNumberOnly) return {};
  return refuse(spec, Code::invalid_argument, fmt::format("value_size is {}, must be 4 or 8", spec.value_size));
}

}  // namespace saya
