// Asks the running kernel about whole objects: every packet program that both sides take runs over the same inputs here
// and there, and verdict, bytes, context and maps must agree. Maps keep what they hold from input to input and from
// program to program, as in a replay. Programs with a stated return value (support/stated.h) must also give that, over
// 64 zero bytes as the runner of the kernel's own tests does.
//   judge [-v] [--fill SEED] [--capture FILE]... OBJECT...     exits with 1 when something differs
// --fill puts elements into the maps before, the same on both sides (support/fill.h): what depends on configuration
// does more. --capture replaces the inputs of support/judge_inputs.h.
// Needs what BPF_PROG_TEST_RUN needs: Linux 6.18 and root, or CAP_BPF and CAP_NET_ADMIN.
#include <fmt/format.h>
#include <linux/bpf.h>
#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "helper/table.h"
#include "map/map_of_maps.h"
#include "packet/pool.h"
#include "support/fill.h"
#include "support/judge_inputs.h"
#include "support/parity.h"
#include "support/stated.h"

namespace saya::tests {
namespace {

constexpr uint32_t kSizeForNone = 4096;  // Entries, or bytes of a ring.
constexpr uint32_t kCpus = 2;
constexpr uint32_t kStorages[] = {19, 21, 24, 26, 28, 29, 32};  // Types without a size.

/// How a program fared.
enum class Outcome : uint8_t { equal, differs, unstable, not_in_saya, not_in_kernel, stated, misstated };
constexpr const char* kWords[] = {"equal",     "DIFFERS",      "unstable", "NOT IN SAYA", "not in the kernel",
                                  "as stated", "NOT AS STATED"};

struct Judgement {
  Outcome outcome = Outcome::equal;
  std::string why;
};

/// An object, and the types for CO-RE where they are not the kernel's.
struct Subject {
  std::string path;
  std::optional<program::Target> types = {};

  const program::Target* target() const { return types ? &*types : nullptr; }
};

/// The kernel's types are read once.
std::shared_ptr<kernel::RunningKernel> running_kernel() {
  static const auto kernel = std::make_shared<kernel::RunningKernel>();
  return kernel;
}

bool is(const MapSpec& spec, MapKind kind) { return spec.type == static_cast<uint32_t>(kind); }

uint32_t size_for(const MapSpec& spec) {
  if (is(spec, MapKind::perf_event_array) || std::ranges::find(kStorages, spec.type) != std::end(kStorages)) return 0;
  return is(spec, MapKind::cpumap) ? kCpus : kSizeForNone;
}

/// What an object leaves to its loader.
void complete(MapSpec& spec) {
  if (spec.type == 0) return;
  const bool of_descriptors = is(spec, MapKind::perf_event_array) || is_map_of_maps(spec.type);
  if (of_descriptors && spec.key_size == 0) spec.key_size = 4;
  if (of_descriptors && spec.value_size == 0) spec.value_size = 4;
  if (spec.max_entries == 0) spec.max_entries = size_for(spec);
  if (!is_map_of_maps(spec.type)) return;
  MapSpec inner = spec.inner ? *spec.inner : MapSpec{.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4};
  if (inner.max_entries == 0) inner.max_entries = size_for(inner);
  spec.inner = std::make_shared<const MapSpec>(std::move(inner));
}

/// What the programs of one object run over, the same each time.
class Inputs {
 public:
  explicit Inputs(std::vector<NamedInput> captured) : captured_(std::move(captured)) {}
  const std::vector<NamedInput>& at(abi::Hook hook) const {
    if (!captured_.empty()) return captured_;
    return hook == abi::Hook::xdp ? xdp_ : skb_;
  }

 private:
  std::vector<NamedInput> captured_;
  std::vector<NamedInput> xdp_ = judge_inputs(abi::Hook::xdp), skb_ = judge_inputs(abi::Hook::tc);
};

/// What each run of a program left, and at the end its maps.
using Texts = std::vector<std::string>;

/// The lines of two texts that differ, the first of them.
std::string first_difference(std::string_view ours, std::string_view theirs) {
  while (!ours.empty() || !theirs.empty()) {
    const auto next = [](std::string_view& text) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      return line;
    };
    const std::string_view one = next(ours), other = next(theirs);
    if (one != other) return fmt::format("saya:   {}\n    kernel: {}", one, other);
  }
  return "";
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    lines.push_back(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(lines.back().size() + 1, text.size()));
  }
  return lines;
}

/// What a line is about: "verdict", "ctx mark", "map flows".
std::string_view subject_of(std::string_view line) {
  const size_t first = line.find(' ');
  if (first == line.npos || line.starts_with("verdict") || line.starts_with("frame")) return line.substr(0, first);
  return line.substr(0, line.find(' ', first + 1));
}

/// Subjects in which runs of one program differ though nothing else did.
using Chancy = std::set<std::string, std::less<>>;

void add_chancy(std::string_view one, std::string_view other, Chancy& chancy) {
  const auto a = lines_of(one), b = lines_of(other);
  for (const auto& [lines, others] : {std::pair(a, b), std::pair(b, a)})
    for (const std::string_view line : lines)
      if (std::ranges::find(others, line) == others.end()) chancy.emplace(subject_of(line));
}

/// The lines that say the same each time.
std::string steady(std::string_view text, const Chancy& chancy) {
  std::string kept;
  for (const std::string_view line : lines_of(text))
    if (!chancy.contains(subject_of(line))) kept.append(line) += '\n';
  return kept;
}

class Court {
 public:
  Court(const Inputs& inputs, std::optional<uint32_t> seed) : inputs_(inputs), seed_(seed) {}

  /// An object on both sides, its maps filled.
  Result<std::unique_ptr<Parity>> open(const Subject& subject) {
    SAYA_TRY(object::Object object, attach::read_object(subject.path));
    for (object::MapDefinition& map : object.maps) complete(map.spec);
    if (!seed_) return Parity::open(std::move(object), running_kernel(), helper::table(), subject.target());
    if (subject.path != known_) {
      SAYA_TRY(asked_, ask(object));
      known_ = subject.path;
    }
    SAYA_TRY(std::unique_ptr<Parity> parity,
             Parity::open(std::move(object), running_kernel(), helper::table(), subject.target()));
    Fill(*seed_, asked_).both(*parity);
    return parity;
  }

  Judgement judge(Parity& parity, const Parity::Program& program, const Subject& subject) {
    if (!program.theirs->fd) return {Outcome::not_in_kernel, program.theirs->reason};
    // Users' loaders refuse an object with a map that cannot be made.
    if (!program.ours && !parity.problems().empty()) return {Outcome::not_in_kernel, parity.problems().front().message};
    if (!program.ours) return {Outcome::not_in_saya, program.ours.error().message};
    count_ = inputs_.at(*program::hook_of(program.type)).size();
    const Texts ours = runs_in_saya(parity, program, kPatience);
    count_ = ours.size() - 1;
    const Texts theirs = runs_in_kernel(parity, program);
    if (never_ran(program, theirs)) return {Outcome::not_in_kernel, theirs.front()};
    if (ours == theirs) return {Outcome::equal, verdicts(theirs)};
    // Once more from fresh maps, and twice in the kernel: what differs there is time or chance.
    const Texts again = fresh(subject, program.name, true), one = fresh(subject, program.name, false),
                other = fresh(subject, program.name, false);
    const auto& inputs = inputs_.at(*program::hook_of(program.type));
    const Judgement found = compare(again, one, other, again, inputs);
    return found.outcome == Outcome::differs ? compare(again, one, other, moved(subject, program.name, again), inputs)
                                             : found;
  }

 private:
  /// The keys that programs ask for, of an object whose maps are filled with what they asked for before.
  Result<AskedKeys> ask(const object::Object& object) {
    AskedKeys asked;
    count_ = std::numeric_limits<size_t>::max();
    for (int round = 0; round < 3; ++round) {
      SAYA_TRY(const std::unique_ptr<Parity> parity, Parity::open(object, running_kernel(), listening_helpers()));
      Fill fill(*seed_, asked);
      fill.both(*parity);
      const Listening listening(*parity, asked);
      for (const Parity::Program& program : parity->programs())
        if (program::hook_of(program.type) && program.ours && program.theirs->fd)
          static_cast<void>(runs_in_saya(*parity, program, kPatience));
    }
    return asked;
  }

  /// Over the first count_ inputs, or as many as there is patience for.
  Texts runs_in_saya(Parity& parity, const Parity::Program& program, Nanoseconds patience = kForever) const {
    Texts texts;
    const RealClock clock;
    const Nanoseconds start = clock.now();
    for (const NamedInput& input : inputs_.at(*program::hook_of(program.type))) {
      if (texts.size() == count_ || clock.now() - start > patience) break;
      const auto outcome = parity.outcome_in_saya(program, input.input);
      texts.push_back(outcome ? to_text(*outcome) : outcome.error().message);
    }
    const auto maps = parity.maps_in_saya();
    texts.push_back(maps ? *maps : maps.error().message);
    return texts;
  }
  Texts runs_in_kernel(const Parity& parity, const Parity::Program& program) const {
    Texts texts;
    for (const NamedInput& input : inputs_.at(*program::hook_of(program.type))) {
      if (texts.size() == count_) break;
      const auto outcome = parity.outcome_in_kernel(program, input.input);
      texts.push_back(outcome ? to_text(*outcome) : outcome.error().message);
    }
    const auto maps = parity.maps_in_kernel();
    texts.push_back(maps ? *maps : maps.error().message);
    return texts;
  }

  Texts fresh(const Subject& subject, const std::string& name, bool in_saya) {
    const auto parity = open(subject);
    if (!parity) return {parity.error().message};
    for (const Parity::Program& program : (*parity)->programs())
      if (program.name == name) return in_saya ? runs_in_saya(**parity, program) : runs_in_kernel(**parity, program);
    return {};
  }

  /// Here with the packets elsewhere in memory: what becomes different shows addresses, and says nothing even if the
  /// kernel's allocator happens to repeat them.
  Texts moved(const Subject& subject, const std::string& name, const Texts& before) {
    constexpr size_t kFramesOfARun = 8, kMoves = 3;
    std::vector<Result<std::unique_ptr<Pool>>> crowd;
    Texts after = before;
    while (after == before && crowd.size() < kMoves) {
      crowd.push_back(Pool::create(kFramesOfARun));  // Takes the place of the next run's own.
      after = fresh(subject, name, true);
    }
    return after;
  }

  /// How often each verdict was given.
  static std::string verdicts(const Texts& texts) {
    std::map<std::string, size_t> seen;
    for (size_t i = 0; i + 1 < texts.size(); ++i) ++seen[texts[i].substr(0, texts[i].find('\n'))];
    std::string text;
    for (const auto& [verdict, times] : seen)
      text += fmt::format("{}{} x {}", text.empty() ? "" : ", ", times, verdict);
    return text;
  }

  /// Whether the kernel runs it over nothing at all, such as programs of a devmap.
  bool never_ran(const Parity::Program&, const Texts& texts) const {
    for (size_t i = 0; i + 1 < texts.size(); ++i)
      if (texts[i].starts_with("verdict")) return false;
    return true;
  }

  static Judgement compare(const Texts& ours, const Texts& one, const Texts& other, const Texts& moved,
                           const std::vector<NamedInput>& inputs) {
    if (ours == one) return {Outcome::equal, verdicts(one)};
    if (ours.size() != one.size() || one.size() != other.size()) return {Outcome::differs, ours.front()};
    Chancy chancy;
    for (size_t i = 0; i < one.size(); ++i) add_chancy(one[i], other[i], chancy);
    for (size_t i = 0; i < std::min(ours.size(), moved.size()); ++i) add_chancy(ours[i], moved[i], chancy);
    for (size_t i = 0; i < one.size(); ++i) {
      const std::string mine = steady(ours[i], chancy), theirs = steady(one[i], chancy);
      if (mine != theirs)
        return {Outcome::differs, fmt::format("over {}:\n    {}", i + 1 < one.size() ? inputs[i].name : "all, maps",
                                              first_difference(mine, theirs))};
    }
    std::string subjects;
    for (const std::string& subject : chancy) subjects += " " + subject;
    return {Outcome::unstable, fmt::format("differs from run to run in the kernel, or is an address:{}", subjects)};
  }

  static constexpr Nanoseconds kPatience = 3'000'000'000;  ///< For one program; some loop a million times.
  static constexpr Nanoseconds kForever = std::numeric_limits<Nanoseconds>::max();

  const Inputs& inputs_;
  std::optional<uint32_t> seed_;
  size_t count_ = 0;   ///< Inputs that the program at hand runs over.
  std::string known_;  ///< The object that asked_ is of.
  AskedKeys asked_;
};

std::optional<Judgement> judge_statement(const object::Object& object, const Parity::Program& program,
                                         const Subject& subject) {
  const auto value = stated_value(object, program.name);
  if (!value) return std::nullopt;
  const auto fresh = Parity::open(object, running_kernel(), helper::table(), subject.target());
  if (!fresh) return Judgement{Outcome::misstated, fresh.error().message};
  for (const Parity::Program& candidate : (*fresh)->programs()) {
    if (candidate.name != program.name) continue;
    if (!candidate.ours && !candidate.theirs->fd) return std::nullopt;  // For a module of the kernel's own tests.
    const TestInput input{.frame = std::vector<std::byte>(kStatedFrame)};
    // A runner may fill maps first: then the kernel does not give the value here, either.
    const auto ours = (*fresh)->run_in_saya(candidate, input);
    if (!ours) return Judgement{Outcome::misstated, ours.error().message};
    const auto theirs = (*fresh)->run_in_kernel(candidate, input);
    if (theirs && !theirs->starts_with(fmt::format("verdict {}\n", static_cast<int32_t>(*value)))) return std::nullopt;
    if (ours->starts_with(fmt::format("verdict {}\n", static_cast<int32_t>(*value))))
      return Judgement{Outcome::stated, ""};
    return Judgement{Outcome::misstated, fmt::format("{} is stated, saya has {}", static_cast<int32_t>(*value),
                                                     ours->substr(0, ours->find('\n')))};
  }
  return std::nullopt;
}

class Judge {
 public:
  Judge(bool verbose, const Inputs& inputs, std::optional<uint32_t> seed) : verbose_(verbose), court_(inputs, seed) {}
  void object(const std::string& path) {
    const Subject subject{path};
    const auto parity = court_.open(subject);
    const auto object = attach::read_object(path);
    if (!parity || !object) {
      fmt::print("{}: {}\n", path, (parity ? object.error() : parity.error()).message);
      return;
    }
    for (const Parity::Program& program : (*parity)->programs()) {
      if (!program::hook_of(program.type)) continue;
      if (auto types = stated_types(*object, program.name, path))
        with_types({path, std::move(types)}, *object, program.name);
      else
        both(subject, *object, **parity, program);
    }
  }
  int finish() const {
    bool bad = false;
    for (const auto& [outcome, count] : counts_) {
      fmt::print("{} {}\n", count, kWords[static_cast<size_t>(outcome)]);
      bad |= outcome == Outcome::differs || outcome == Outcome::not_in_saya || outcome == Outcome::misstated;
    }
    return bad ? 1 : 0;
  }

 private:
  void with_types(const Subject& subject, const object::Object& object, const std::string& name) {
    const auto parity = court_.open(subject);
    if (!parity) return;
    for (const Parity::Program& program : (*parity)->programs())
      if (program.name == name) both(subject, object, **parity, program);
  }
  void both(const Subject& subject, const object::Object& object, Parity& parity, const Parity::Program& program) {
    count(subject.path, program, court_.judge(parity, program, subject));
    if (const auto judgement = judge_statement(object, program, subject)) count(subject.path, program, *judgement);
  }
  void count(const std::string& path, const Parity::Program& program, const Judgement& judgement) {
    ++counts_[judgement.outcome];
    const bool good = judgement.outcome == Outcome::equal || judgement.outcome == Outcome::stated ||
                      judgement.outcome == Outcome::not_in_kernel;
    if (!good || verbose_)
      fmt::print("{} {} ({}): {}\n    {}\n", path, program.name, program::to_string(program.type),
                 kWords[static_cast<size_t>(judgement.outcome)], judgement.why);
    std::fflush(stdout);
  }

  bool verbose_;
  Court court_;
  std::map<Outcome, size_t> counts_;
};

/// Routes and sockets of this machine are none of the programs' business.
void leave_network() {
  if (::unshare(CLONE_NEWNET) != 0) fmt::print(stderr, "judge: no network namespace of its own\n");
}

int run(const std::vector<std::string>& words) {
  bool verbose = false;
  std::optional<uint32_t> seed;
  std::vector<NamedInput> captured;
  std::vector<std::string> objects;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "-v") {
      verbose = true;
    } else if (words[i] == "--fill" && i + 1 < words.size()) {
      seed = static_cast<uint32_t>(std::strtoul(words[++i].c_str(), nullptr, 0));
    } else if (words[i] == "--capture" && i + 1 < words.size()) {
      auto frames = captured_inputs(words[++i]);
      if (!frames) return fmt::print(stderr, "{}\n", frames.error().message), 2;
      std::ranges::move(*frames, std::back_inserter(captured));
    } else {
      objects.push_back(words[i]);
    }
  }
  leave_network();
  const Inputs inputs(std::move(captured));
  Judge judge(verbose, inputs, seed);
  for (const std::string& object : objects) judge.object(object);
  return judge.finish();
}

}  // namespace
}  // namespace saya::tests

int main(int argc, char** argv) { return saya::tests::run({argv + 1, argv + argc}); }
