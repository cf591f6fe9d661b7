// -w.
#include "run/writers.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

namespace saya::run {
namespace {

/// Whether two words name one regular file, which writing would empty before it is read.
bool same_file(const std::string& one, const std::string& other) {
  std::error_code error;
  return std::filesystem::is_regular_file(one, error) && std::filesystem::equivalent(one, other, error);
}

/// All files that a run reads.
std::vector<std::string> files_read(const Options& options) {
  std::vector<std::string> read = {options.netstate};
  for (const auto* inputs : {&options.wire, &options.host})
    for (const Input& input : *inputs) read.push_back(input.file);
  for (const attach::Placement& placement : options.placements) read.push_back(placement.object);
  for (const Preload& preload : options.maps) read.push_back(preload.file);
  return read;
}

}  // namespace

Result<> check_writes(const Options& options) {
  std::vector<std::string> read = files_read(options);
  std::vector<std::string> written;
  std::array<bool, kSelections> selected{};
  for (const Output& output : options.write) {
    if (std::exchange(selected[static_cast<size_t>(output.selection)], true))
      return fail(Code::invalid_argument, fmt::format("-w {}=FILE is given twice", to_string(output.selection)));
    for (const std::string& file : read)
      if (same_file(file, output.file))
        return fail(Code::invalid_argument,
                    fmt::format("-w '{}' is the same file as '{}', which is read", output.file, file));
    for (const std::string& file : written)
      if (file == output.file || same_file(file, output.file))
        return fail(Code::invalid_argument, fmt::format("-w '{}' is given twice", output.file));
    written.push_back(output.file);
  }
  return {};
}

Result<> Writers::open(const World& world, const Options& options) {
  std::vector<std::string> names;
  for (const nic::Port& port : world.nic.ports()) names.push_back(port.name);
  for (const Output& output : options.write) {
    SAYA_TRY(writers_[static_cast<size_t>(output.selection)], CaptureWriter::create(output.file, names));
  }
  return {};
}

Recorder::Captures Writers::captures() {
  Recorder::Captures captures{};
  for (size_t i = 0; i < kSelections; ++i) captures[i] = writers_[i] ? &*writers_[i] : nullptr;
  return captures;
}

Result<> Writers::close() {
  for (auto& writer : writers_)
    if (writer) SAYA_CHECK(writer->close());
  return {};
}

}  // namespace saya::run
