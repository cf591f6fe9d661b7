// `saya obj run`: BPF_PROG_TEST_RUN in user space, with the words and the output of `bpftool prog run`.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "abi/map_timers.h"
#include "attach/map_programs.h"
#include "attach/pipeline.h"
#include "base/fd.h"
#include "base/read_all.h"
#include "cli/map_options.h"
#include "cli/obj.h"
#include "cli/output.h"
#include "cli/prog_output.h"
#include "cli/prog_words.h"
#include "program/sections.h"
#include "run/netstate_file.h"
#include "run/test_run.h"

namespace saya::cli {
namespace {

using Bytes = std::vector<std::byte>;

constexpr size_t kMostInput = size_t{1} << 20;  ///< More than any run takes.
constexpr uint32_t kRoom = 32 * 1024;           ///< bpftool's, where nobody gives a size.

struct RunWords : ObjectWords, MapWords {
  std::string type, netstate;
  std::vector<std::string> prog;
  bool pretty = false;
};

/// The one listener of a run: lines to standard error, where they are in nobody's way.
class Voice final : public abi::Listener {
 public:
  void on_trace(const abi::Run&, std::string_view line) override { complain(fmt::format("trace: {}", line)); }
  void on_fault(const abi::Run&, const abi::Fault& fault) override { fault_ = fault.message; }
  const std::string& fault() const noexcept { return fault_; }

 private:
  std::string fault_;
};

Result<Bytes> read_input(const std::optional<std::string>& file) {
  if (!file) return Bytes{};
  SAYA_TRY(const std::string text,
           *file == "-" ? read_all(STDIN_FILENO, kMostInput, "standard input") : read_whole_file(*file, kMostInput));
  const auto bytes = std::as_bytes(std::span(text));
  return Bytes(bytes.begin(), bytes.end());
}

Result<> write_file(const std::string& path, std::span<const std::byte> bytes) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!fd) return fail_errno(fmt::format("failed to open {}", path), errno);
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(fmt::format("failed to write {}", path), errno);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

/// Whether a test run knows what to give to programs of this type.
bool can_test(program::Type type) { return program::hook_of(type).has_value(); }

Result<uint32_t> choose(const object::Object& object, const std::string& word) {
  return object::find_program(object, word, [](const object::Function& function) {
    return can_test(program::type_of_section(function.section).type);
  });
}

/// The kernel's reason to refuse any run of such a program.
bool is_for_map(const object::Function& function, program::Type type) {
  const auto attach = static_cast<program::AttachType>(program::type_of_section(function.section).expected_attach_type);
  return type == program::Type::xdp &&
         (attach == program::AttachType::xdp_devmap || attach == program::AttachType::xdp_cpumap);
}

/// As bpftool says it.
std::unexpected<Error> refused(int error) {
  return fail(Code::invalid_argument, fmt::format("failed to run program: {}", std::strerror(error)));
}

Result<abi::ExecutablePtr> make_ready(attach::Pipeline& pipeline, const RunWords& words, const ProgWords& prog,
                                      program::Type asked) {
  SAYA_TRY(const attach::OpenObject* open, pipeline.open(words.file));
  SAYA_CHECK(pipeline.objects().check_settings());
  auto index = choose(open->object, prog.program);
  if (!index) return std::unexpected(std::move(index).error().at(words.file));
  const object::Function& function = open->object.functions[*index];
  const program::Type type = asked != program::Type::unspec ? asked : attach::default_type(open->object, function);
  if (!can_test(type))
    return fail(Code::unsupported, fmt::format("{}: program '{}' is of type {}, which cannot be run on a packet",
                                               words.file, function.name, program::to_string(type)));
  if (is_for_map(function, type)) return refused(EINVAL);
  return pipeline.prepare(words.file, *index, type);
}

/// Runs; what the kernel would refuse is an error with its words, and so is a fault.
Result<run::TestOutput> run_program(const abi::Executable& program, const ProgWords& prog, const Netstate& netstate) {
  SAYA_TRY(const Bytes data, read_input(prog.data_in));
  SAYA_TRY(const Bytes ctx, read_input(prog.ctx_in));
  // A place without bytes, or room without a place: the kernel refuses both.
  if ((prog.ctx_in && ctx.empty()) || (!prog.ctx_in && prog.ctx_size_out)) return refused(EINVAL);
  run::TestInput input{.data = data, .ctx = ctx, .repeat = prog.repeat};
  input.data_room = prog.data_size_out ? prog.data_size_out : kRoom;
  if (prog.ctx_in) input.ctx_room = prog.ctx_size_out ? prog.ctx_size_out : kRoom;

  const RealClock clock;
  abi::Random random(0);
  abi::MapTimers timers;
  Voice voice;
  run::TestOutput output =
      run::test_run(program, input,
                    {.clock = &clock, .random = &random, .timers = &timers, .netstate = &netstate, .listener = &voice});
  if (output.faulted) return fail(Code::not_permitted, voice.fault());
  if (output.error) return refused(-output.error);
  return output;
}

/// The text and the JSON of one run; files are written on the way.
class Printer {
 public:
  explicit Printer(bool json) : json_(json) {}

  void add(std::string_view name, const std::optional<std::string>& file, const Bytes& bytes) {
    if (!file) return;
    if (*file != "-") {
      if (auto written = write_file(*file, bytes); !written) failures_.push_back(written.error().message);
    } else if (json_) {
      root_[std::string(name)] = byte_list(bytes);
    } else {
      text_ += hex_dump(bytes);
    }
  }
  void add(const run::TestOutput& output, uint32_t repeat) {
    root_["retval"] = output.retval;
    root_["duration"] = output.duration;
    text_ += fmt::format("Return value: {}, duration{}: {}ns\n", output.retval, repeat > 1 ? " (average)" : "",
                         output.duration);
  }
  void add(const std::vector<run::TypedMap>& maps) {
    if (maps.empty()) return;
    for (const run::TypedMap& map : maps) {
      if (json_)
        root_["maps"].push_back(run::dump_json(map));
      else
        text_ += run::dump_text(map);
    }
  }

  int print(bool pretty_json) const {
    for (const std::string& failure : failures_) complain(failure);
    if (!json_)
      print_text(text_);
    else
      cli::print(pretty_json ? pretty(root_) : root_.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
    return failures_.empty() ? kOk : kFailed;
  }

 private:
  bool json_;
  Json root_ = Json::object();
  std::string text_;
  std::vector<std::string> failures_;
};

/// What elements of maps may name.
run::ElementNames names_of(attach::Pipeline& pipeline, const Netstate& netstate) {
  return {.set_program =
              [&](const MapPtr& map, uint32_t key, uint32_t number, std::string_view program) {
                return attach::set_program(pipeline, {map, key, number, program});
              },
          .ifindex =
              [&](std::string_view name) {
                const Interface* const found = netstate.find_interface(name);
                return found ? found->ifindex : 0;
              }};
}

Result<int> run_and_print(const RunWords& words, const ProgWords& prog, program::Type type, bool json) {
  SAYA_TRY(const Netstate netstate, run::read_netstate(words.netstate));
  SAYA_TRY(program::Target target, attach::choose_target(words.btf));
  const MapWorld world{.nr_cpus = 1, .hash_key = 0};
  attach::Pipeline pipeline(world, std::move(target), words.settings);
  SAYA_TRY(const abi::ExecutablePtr program, make_ready(pipeline, words, prog, type));
  const std::vector<run::TypedMap> maps = run::typed_maps(pipeline.objects());
  SAYA_TRY(const std::vector<run::TypedMap> dumped, run::choose_maps(words.dump, maps));
  SAYA_CHECK(run::load_maps(words.preloads, maps, world, names_of(pipeline, netstate)));
  SAYA_TRY(const run::TestOutput output, run_program(*program, prog, netstate));

  Printer printer(json);
  if (prog.data_in) printer.add("data_out", prog.data_out, output.data);
  if (prog.ctx_in) printer.add("ctx_out", prog.ctx_out, output.ctx);
  printer.add(output, prog.repeat);
  printer.add(dumped);
  return printer.print(words.pretty);
}

void declare(CLI::App& app, RunWords& words) {
  app.add_option("FILE", words.file, "object, or .c file to compile first")->required();
  app.add_option("WORDS", words.prog,
                 "[PROG] data_in FILE [data_out FILE [data_size_out L]] [ctx_in FILE [ctx_out FILE [ctx_size_out M]]]\n"
                 "[repeat N]: as `bpftool prog run` has them; '-' is standard input or output");
  app.add_option("--type", words.type, "run it as a program of this type, whatever its section says");
  app.add_flag("-p,--pretty", words.pretty, "JSON, laid out for people");
  declare_settings(app, words.settings);
  declare_btf(app, words.btf);
  declare_maps(app, words);
  app.add_option("--netstate", words.netstate, "interfaces, addresses, routes and neighbours (JSON)");
}

/// Whether the object has a program of that name: to tell it from a keyword.
bool has_program(const std::string& file, const std::string& word) {
  const auto object = attach::read_object(file);
  return object && object::find_program(*object, word);
}

}  // namespace

int cmd_obj_run(const Invocation& as_typed) {
  Invocation invocation = spell_out(as_typed);
  RunWords words;
  CLI::App app;
  declare(app, words);
  if (const auto ended = parse_options(app, invocation)) return *ended;
  invocation.json |= words.pretty;
  const auto type = parse_type(words.type);
  if (!type) return usage_error(invocation, type.error().message);
  if (auto parsed = words.parse(); !parsed) return usage_error(invocation, parsed.error().message);
  const auto prog =
      parse_prog_words(words.prog, [&](const std::string& word) { return has_program(words.file, word); });
  if (!prog) return usage_error(invocation, prog.error().message);
  const auto code = run_and_print(words, *prog, *type, invocation.json);
  return code ? *code : report_error(invocation, code.error());
}

}  // namespace saya::cli
