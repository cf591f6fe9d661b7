// Asks the running kernel about whole objects: every packet program that both sides take runs over the same frames here
// and there, and verdict, bytes, context and maps must agree. Programs with a stated return value (the decl tag
// "comment:test_retval=N" of the kernel's own tests) must also give that, over 64 zero bytes as their runner does; the
// tag "comment:test_btf_path=FILE" names the object, beside theirs, whose types CO-RE resolves against.
//   judge [-v] OBJECT...     exits with 1 when something differs
// Needs what BPF_PROG_TEST_RUN needs: Linux 6.18 and root, or CAP_BPF and CAP_NET_ADMIN.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attach/target.h"
#include "base/text.h"
#include "btf/btf.h"
#include "packet/pool.h"
#include "support/frames.h"
#include "support/parity.h"

namespace saya::tests {
namespace {

constexpr const char* kFrames[] = {"udp4", "tcp4", "udp6", "vlan", "arp"};
constexpr size_t kStatedFrame = 64;  // TEST_DATA_LEN of the kernel's test_loader.c.

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
  std::optional<program::Target> types;
};

/// The kernel's types are read once.
Result<std::unique_ptr<Parity>> open(const Subject& subject) {
  static const auto kernel = std::make_shared<kernel::RunningKernel>();
  return Parity::open(subject.path, kernel, subject.types ? &*subject.types : nullptr);
}

std::vector<TestInput> inputs() {
  std::vector<TestInput> inputs;
  for (const char* frame : kFrames) inputs.push_back({.frame = frame_of(frame).value()});
  return inputs;
}

/// What a program leaves over all inputs, from fresh maps.
Result<std::string> all_runs(const Subject& subject, const std::string& program, bool in_saya) {
  SAYA_TRY(const std::unique_ptr<Parity> parity, open(subject));
  for (const Parity::Program& candidate : parity->programs()) {
    if (candidate.name != program) continue;
    std::string text;
    for (const TestInput& input : inputs()) {
      SAYA_TRY(const std::string outcome,
               in_saya ? parity->run_in_saya(candidate, input) : parity->run_in_kernel(candidate, input));
      text += outcome;
    }
    return text;
  }
  return fail(Code::no_such_entry, program);
}

/// The first line in which two texts differ.
std::string first_difference(std::string_view ours, std::string_view theirs) {
  size_t at = 0;
  while (at < ours.size() && at < theirs.size() && ours[at] == theirs[at]) ++at;
  const auto line = [at](std::string_view text) {
    const size_t begin = text.rfind('\n', at == 0 ? 0 : at - 1);
    const size_t from = begin == text.npos ? 0 : begin + 1;
    return text.substr(from, std::min(text.find('\n', at), text.size()) - from);
  };
  return fmt::format("saya:   {}\n    kernel: {}", line(ours), line(theirs));
}

/// Whether what the program leaves depends on where its packet lies in memory: then the kernel's answer says nothing,
/// even if its allocator happens to repeat it.
bool shows_addresses(const Subject& subject, const std::string& program, const std::string& before) {
  constexpr size_t kFramesOfARun = 8, kMoves = 3;
  std::vector<Result<std::unique_ptr<Pool>>> crowd;
  while (crowd.size() < kMoves) {
    crowd.push_back(Pool::create(kFramesOfARun));  // Takes the place of the next run's own.
    const auto after = all_runs(subject, program, true);
    if (after && *after != before) return true;
  }
  return false;
}

Judgement judge(Parity& parity, const Parity::Program& program, const Subject& subject) {
  if (!program.theirs->fd) return {Outcome::not_in_kernel, program.theirs->reason};
  if (parity.refused_by_both()) return {Outcome::not_in_kernel, program.ours.error().message};
  if (!program.ours) return {Outcome::not_in_saya, program.ours.error().message};
  for (const TestInput& input : inputs()) {
    const auto theirs = parity.run_in_kernel(program, input);
    const auto ours = parity.run_in_saya(program, input);
    if (theirs.has_value() == ours.has_value() && (!ours || *ours == *theirs)) continue;
    // Once more from fresh maps, and twice in the kernel: what differs there is time or chance.
    const auto again = all_runs(subject, program.name, true);
    const auto one = all_runs(subject, program.name, false), other = all_runs(subject, program.name, false);
    if (!one) return {Outcome::not_in_kernel, one.error().message};
    if (!other || *one != *other) return {Outcome::unstable, ""};
    if (!again) return {Outcome::differs, again.error().message};
    if (*again == *one) return {Outcome::equal, ""};
    if (shows_addresses(subject, program.name, *again)) return {Outcome::unstable, ""};
    return {Outcome::differs, first_difference(*again, *one)};
  }
  return {};
}

/// What stands behind `tag` in the program's source; nothing without one.
std::optional<std::string> tagged(const object::Object& object, const std::string& program, std::string_view tag) {
  for (const object::Function& function : object.functions) {
    if (!object.btf || !function.entry || !function.btf_type || function.name != program) continue;
    for (uint32_t id = 1; id < object.btf->count(); ++id) {
      const btf::Type& type = object.btf->type(id);
      if (type.kind == btf::Kind::decl_tag && type.target == function.btf_type && type.name.starts_with(tag))
        return std::string(type.name.substr(tag.size()));
    }
  }
  return std::nullopt;
}

/// The stated return value; nothing for a pointer.
std::optional<uint32_t> stated(const object::Object& object, const std::string& program) {
  const auto word = tagged(object, program, "comment:test_retval=");
  if (!word || word->empty()) return std::nullopt;
  if (*word == "TEST_DATA_LEN") return kStatedFrame;
  if (*word == "INT_MIN") return uint32_t{1} << 31;
  char* end = nullptr;
  const long long value = std::strtoll(word->c_str(), &end, 0);
  return *end == '\0' ? std::optional(static_cast<uint32_t>(value)) : std::nullopt;
}

/// The types that the program's source names. The kernel's build calls objects NAME.bpf.o, a copy may be NAME.o.
std::optional<program::Target> named_types(const object::Object& object, const std::string& program,
                                           const std::string& path) {
  const auto file = tagged(object, program, "comment:test_btf_path=");
  if (!file) return std::nullopt;
  const std::filesystem::path beside = std::filesystem::path(path).replace_filename(*file);
  for (const std::filesystem::path& name :
       {beside, std::filesystem::path(beside).replace_extension().replace_extension(".o")})
    if (auto target = attach::choose_target(name)) return *std::move(target);
  return std::nullopt;
}

std::optional<Judgement> judge_statement(const object::Object& object, const Parity::Program& program,
                                         const Subject& subject) {
  const auto value = stated(object, program.name);
  if (!value) return std::nullopt;
  const auto fresh = open(subject);
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
  explicit Judge(bool verbose) : verbose_(verbose) {}
  void object(const std::string& path) {
    const Subject subject{.path = path, .types = {}};
    const auto parity = open(subject);
    if (!parity) {
      fmt::print("{}: {}\n", path, parity.error().message);
      return;
    }
    const auto object = attach::read_object(path);
    for (const Parity::Program& program : (*parity)->programs()) {
      if (!program::hook_of(program.type) || !object) continue;
      if (auto types = named_types(*object, program.name, path))
        with_types({.path = path, .types = std::move(types)}, *object, program.name);
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
    const auto parity = open(subject);
    if (!parity) return;
    for (const Parity::Program& program : (*parity)->programs())
      if (program.name == name) both(subject, object, **parity, program);
  }
  void both(const Subject& subject, const object::Object& object, Parity& parity, const Parity::Program& program) {
    count(subject.path, program, judge(parity, program, subject));
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
  std::map<Outcome, size_t> counts_;
};

}  // namespace
}  // namespace saya::tests

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  const bool verbose = !words.empty() && words[0] == "-v";
  saya::tests::Judge judge(verbose);
  for (size_t i = verbose ? 1 : 0; i < words.size(); ++i) judge.object(words[i]);
  return judge.finish();
}
