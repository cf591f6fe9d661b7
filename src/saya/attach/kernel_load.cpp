// An object's way into the running kernel, as libbpf's loader (bpf_object__load()) and iproute2's go it.
#include "attach/kernel_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "attach/pipeline.h"

namespace saya::attach {
namespace {

using program::Type;

/// Types whose programs load only together with what they are for: a kernel function, another program, a structure.
constexpr Type kNeedTarget[] = {Type::tracing, Type::struct_ops, Type::ext, Type::lsm};

/// "processed 12 insns ..." among what the verifier says about a program that it takes.
std::string statistics_in(const std::string& log) {
  const size_t at = log.rfind("processed ");
  return at == log.npos ? "" : log.substr(at, log.find('\n', at) - at);
}

class Loader {
 public:
  Loader(const object::Object& object, const program::Target& target, Type type, KernelLoad& result)
      : object_(object), target_(target), type_(type), result_(result) {}

  void run() {
    report_maps();
    for (uint32_t i = 0; i < object_.functions.size(); ++i)
      if (object_.functions[i].entry) result_.programs.push_back(ask(i));
    for (uint32_t i = 0; i < object_.maps.size(); ++i) fill_slots(i);
  }

 private:
  void report_maps() {
    for (uint32_t i = 0; i < object_.maps.size(); ++i)
      if (const auto map = result_.session.map_fd(i); !map) result_.problems.push_back(map.error());
  }

  Type type_for(const object::Function& function) const {
    return type_ != Type::unspec ? type_ : default_type(object_, function);
  }

  KernelAnswer ask(uint32_t index) {
    KernelAnswer answer{.function = index, .type = type_for(object_.functions[index])};
    if (std::ranges::find(kNeedTarget, answer.type) != std::end(kNeedTarget)) {
      answer.reason =
          fmt::format("a {} program loads only for what it is to be attached to", program::to_string(answer.type));
      return answer;
    }
    if (auto loaded = load(answer); !loaded) {
      answer.outcome = KernelAnswer::Outcome::refused;
      answer.reason = std::move(loaded).error().message;
    }
    return answer;
  }

  Result<> load(KernelAnswer& answer) {
    SAYA_TRY(const program::ProgramPtr program, program::link(object_, answer.function, {}, answer.type, target_));
    std::string log;
    auto fd = result_.session.load(*program, &log);
    if (!fd) {
      answer.log = std::move(log);
      return std::unexpected(std::move(fd).error());
    }
    SAYA_TRY(answer.info, kernel::program_info(fd->get()));
    answer.fd = *std::move(fd);
    answer.statistics = statistics_in(log);
    answer.outcome = KernelAnswer::Outcome::loaded;
    return {};
  }

  /// The slots of one prog array. What is not loaded leaves its slot empty, and has said why.
  void fill_slots(uint32_t number) {
    const object::MapDefinition& map = object_.maps[number];
    for (const object::ProgramSlot& slot : map.programs) {
      const auto answer = std::ranges::find(result_.programs, slot.function, &KernelAnswer::function);
      if (answer == result_.programs.end() || !answer->fd) continue;
      const auto set = result_.session.set_tail_call(number, slot.index, answer->fd.get());
      if (!set)
        result_.problems.push_back(Error(set.error())
                                       .at(fmt::format("map '{}', slot {}: '{}'", map.spec.name, slot.index,
                                                       object_.functions[slot.function].name)));
    }
  }

  const object::Object& object_;
  const program::Target& target_;
  const Type type_;  ///< That was asked for, or unspec.
  KernelLoad& result_;
};

}  // namespace

Result<KernelLoad> load_into_kernel(object::Object object, const program::Target& target, Type type,
                                    std::shared_ptr<kernel::RunningKernel> kernel) {
  SAYA_CHECK(kernel::available());
  SAYA_CHECK(program::bind_config(object, target));
  KernelLoad result{.session = kernel::Session::open(object, std::move(kernel))};
  Loader(object, target, type, result).run();
  return result;
}

Result<KernelLoad> load_into_kernel(object::Object object, Type type, const program::Target* types) {
  const auto kernel = std::make_shared<kernel::RunningKernel>();
  program::Target target = kernel::running_target(kernel);
  if (types) target.types = types->types;
  return load_into_kernel(std::move(object), target, type, kernel);
}

}  // namespace saya::attach
