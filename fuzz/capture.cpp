// Any bytes as a capture: frames and an end, or frames and an error. What was read is written again and must be read
// back the same.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "base/fd.h"
#include "packet/capture.h"
#include "packet/pool.h"

namespace {

std::string path_of(const saya::Fd& fd) { return "/proc/self/fd/" + std::to_string(fd.get()); }

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const saya::Fd input(::memfd_create("capture", MFD_CLOEXEC));
  const saya::Fd output(::memfd_create("copy", MFD_CLOEXEC));
  if (!input || !output || ::write(input.get(), data, size) != static_cast<ssize_t>(size)) return 0;
  auto reader = saya::CaptureReader::open(path_of(input));
  if (!reader) return 0;

  const std::string names[] = {"p0"};
  auto writer = saya::CaptureWriter::create(path_of(output), names);
  require(writer.has_value());
  const auto pool = saya::Pool::create(4);
  std::vector<std::vector<std::byte>> frames;
  for (auto frame = reader->next(); frame && *frame; frame = reader->next()) {
    const auto& [timestamp, bytes, original_length] = **frame;
    require(original_length >= bytes.size());
    require((*pool)->allocate(bytes) != nullptr);
    if (timestamp < 0) continue;
    require(writer->write(0, timestamp, bytes, saya::Direction::inbound, "fuzz").has_value());
    frames.emplace_back(bytes.begin(), bytes.end());
  }
  require(writer->close().has_value());

  auto copy = saya::CaptureReader::open(path_of(output));
  require(copy.has_value());
  for (const auto& expected : frames) {
    const auto frame = copy->next();
    require(frame && *frame && std::vector((*frame)->bytes.begin(), (*frame)->bytes.end()) == expected);
  }
  return 0;
}
