// A capture as a port: frames arrive when the clock reaches their timestamps.
#include <array>
#include <utility>
#include <vector>

#include "port/pcap.h"

#include "packet/capture.h"

namespace saya::port {
namespace {

/// One capture, read one frame ahead, so that its next timestamp is known.
struct Source {
  CaptureReader reader;
  std::optional<CapturedFrame> ahead;

  Result<> advance() {
    ahead.reset();
    SAYA_TRY(ahead, reader.next());
    return {};
  }
};

/// Several captures merged by time; frames with equal timestamps come in the order of the files.
class PcapQueue final : public Queue {
 public:
  PcapQueue(std::vector<Source> sources, const World& world) : sources_(std::move(sources)), world_(world) {
    for (Source& source : sources_) advance(source);
  }

  size_t receive(std::span<PacketPtr> slots) noexcept override {
    size_t count = 0;
    while (count < slots.size()) {
      Source* source = earliest();
      if (!source || source->ahead->timestamp > world_.clock.now()) break;
      PacketPtr packet = world_.pool.allocate(source->ahead->bytes);
      if (!packet) break;  // The pool is empty: the frame waits, nothing is lost.
      packet->arrival = source->ahead->timestamp;
      if (source->ahead->original_length > source->ahead->bytes.size()) ++cut_frames_;
      slots[count++] = std::move(packet);
      advance(*source);
    }
    return count;
  }

  size_t transmit(std::span<PacketPtr> frames) noexcept override {
    for (PacketPtr& frame : frames) frame.reset();
    return frames.size();
  }

  std::optional<Nanoseconds> next_arrival() const noexcept override {
    const Source* source = earliest();
    return source ? std::optional(source->ahead->timestamp) : std::nullopt;
  }

  uint64_t cut_frames() const noexcept override { return cut_frames_; }

  Result<> status() const override { return status_; }

 private:
  void advance(Source& source) {
    auto advanced = source.advance();
    if (!advanced && status_) status_ = std::move(advanced);
  }

  const Source* earliest() const noexcept {
    const Source* first = nullptr;
    for (const Source& source : sources_)
      if (source.ahead && (!first || source.ahead->timestamp < first->ahead->timestamp)) first = &source;
    return first;
  }
  Source* earliest() noexcept { return const_cast<Source*>(std::as_const(*this).earliest()); }

  std::vector<Source> sources_;
  World world_;
  uint64_t cut_frames_ = 0;
  Result<> status_;
};

}  // namespace

Result<QueuePtr> replay(std::span<const std::string> files, const World& world) {
  std::vector<Source> sources;
  for (const std::string& file : files) {
    SAYA_TRY(CaptureReader reader, CaptureReader::open(file));
    sources.push_back({std::move(reader), std::nullopt});
  }
  return std::make_unique<PcapQueue>(std::move(sources), world);
}

Result<QueuePtr> open_pcap(std::string_view words, const World& world) {
  return replay(std::array{std::string(words)}, world);
}

}  // namespace saya::port
