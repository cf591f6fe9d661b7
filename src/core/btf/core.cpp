// One CO-RE relocation from query to answer: the local path, the target's types of that name, the path in each of them,
// the values, and whether they agree. Behaves as bpf_core_calc_relo_insn() of libbpf 1.x.
#include "btf/core.h"

#include <fmt/format.h>

#include "btf/core_spec.h"

namespace saya::btf {
namespace {

constexpr uint8_t kSigned = 1;

/// A load or store may follow a field that became wider or narrower only if zeroes above it mean the same.
bool is_safe_resize(const Type& before, const Type& after) {
  if (before.kind == Kind::pointer && after.kind == Kind::pointer) return true;
  return before.kind == Kind::integer && after.kind == Kind::integer && before.encoding != kSigned &&
         after.encoding != kSigned;
}

/// Both sides' values as one answer; `found` is null when the target has nothing that fits.
Result<CoreAnswer> answer(const Btf& local, const Spec& spec, const Btf& target, const Spec* found) {
  SAYA_TRY(const CoreValue before, value_of(local, spec.kind, &spec));
  SAYA_TRY(const CoreValue after, value_of(target, spec.kind, found));
  CoreAnswer answer{.old_value = before.value, .new_value = after.value, .check = before.check, .poison = after.poison};
  answer.old_size = before.field_size;
  answer.new_size = after.field_size;
  if (!after.poison && answer.old_size != answer.new_size)
    answer.unsafe_size = !is_safe_resize(local.type(before.field_type), target.type(after.field_type));
  if (answer.unsafe_size)
    answer.why =
        fmt::format("its field of {} bytes has {}, and is not unsigned in both", answer.old_size, answer.new_size);
  return answer;
}

/// Why a path has no counterpart.
std::string_view missing(CoreKind kind, bool has_candidates) {
  if (!has_candidates) return "there is no such type";
  return family_of(kind) == CoreFamily::enum_value ? "there is no such enumerator" : "there is no such field";
}

Result<> check_agreement(const Spec& spec, const CoreAnswer& one, const Spec& other_spec, const CoreAnswer& other) {
  if (spec.bit_offset != other_spec.bit_offset)
    return fail(Code::invalid_argument,
                fmt::format("it is ambiguous: types [{}] and [{}] have it at bits {} and {}", spec.root,
                            other_spec.root, spec.bit_offset, other_spec.bit_offset));
  if (one.poison != other.poison || one.new_value != other.new_value)
    return fail(Code::invalid_argument, fmt::format("it is ambiguous: types [{}] and [{}] give {} and {}", spec.root,
                                                    other_spec.root, one.new_value, other.new_value));
  return {};
}

/// What became of the search among several candidates.
struct Choice {
  Spec spec;
  CoreAnswer answer;
};

}  // namespace

Result<CoreAnswer> CoreResolver::resolve(const CoreQuery& query, const Btf* target) {
  SAYA_TRY(const Spec spec, parse_spec(local_, query));
  if (is_local(query.kind)) return CoreAnswer{.old_value = query.type, .new_value = query.type, .check = false};
  const Type& root = local_.type(query.type);
  if (root.name.empty()) return fail(Code::unsupported, "a type without a name cannot be looked for");
  if (!target) return fail(Code::invalid_argument, "there are no types to resolve it against");
  const auto [cached, fresh] = candidates_.try_emplace(query.type);
  std::vector<uint32_t>& candidates = cached->second;
  if (fresh) candidates = target->candidates(root.kind, root.name);
  SAYA_CHECK(Steps(steps_).take(candidates.size()));

  std::optional<Choice> choice;
  std::vector<uint32_t> matching;
  for (const uint32_t candidate : candidates) {
    SAYA_TRY(const std::optional<Spec> found, match_spec(local_, spec, *target, candidate, Steps(steps_)));
    if (!found) continue;
    SAYA_TRY(CoreAnswer result, answer(local_, spec, *target, &*found));
    if (choice) SAYA_CHECK(check_agreement(choice->spec, choice->answer, *found, result));
    if (!choice) choice = {*found, std::move(result)};
    matching.push_back(candidate);
  }
  if (choice) {
    candidates = std::move(matching);
    return std::move(choice->answer);
  }
  SAYA_TRY(CoreAnswer none, answer(local_, spec, *target, nullptr));
  none.why = missing(query.kind, !candidates.empty());
  return none;
}

std::string CoreResolver::describe(const CoreQuery& query) const {
  const auto spec = parse_spec(local_, query);
  return spec ? to_string(local_, *spec)
              : to_string(local_, Spec{.root = query.type, .kind = query.kind, .accessors = {}, .raw = {}}) +
                    fmt::format(" ({})", query.access);
}

}  // namespace saya::btf
