// Rounds of captures. In virtual time a round follows the one before it as if it were one long capture.
#include "run/inputs.h"

#include <algorithm>
#include <filesystem>

#include "run/replay.h"

namespace saya::run {
namespace {

constexpr Nanoseconds kPause = 1000;  ///< Between two rounds.
constexpr uint32_t kPerFrame = 16;    ///< A pcap record's header; pcapng has more.

bool plays_on(const Options& options, std::string_view port) {
  const auto is_it = [&](const Input& input) { return input.port == port; };
  return std::ranges::any_of(options.wire, is_it) || std::ranges::any_of(options.host, is_it);
}

std::vector<std::string> files_of(const std::vector<Input>& inputs, std::string_view port) {
  std::vector<std::string> files;
  for (const Input& input : inputs)
    if (input.port == port) files.push_back(input.file);
  return files;
}

/// 0 for what has no size.
double size_of(const std::string& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return 0;
  const auto size = std::filesystem::file_size(file, error);
  return error ? 0 : static_cast<double>(size);
}

/// The moment when a round begins: `shift` more than its captures say.
Nanoseconds next_shift(Nanoseconds shift, Nanoseconds first, Nanoseconds last) {
  Nanoseconds sum = 0;
  if (first > last || __builtin_sub_overflow(last, first, &sum)) return shift;
  if (__builtin_add_overflow(sum, shift, &sum) || __builtin_add_overflow(sum, kPause, &sum)) return shift;
  return sum;
}

}  // namespace

Inputs::Inputs(World& world, const Options& options) : world_(world), options_(options) {
  for (nic::Port& port : world.nic.ports())
    if (plays_on(options, port.name)) ports_.push_back(&port);
  bool known = true;
  for (const auto* inputs : {&options.wire, &options.host})
    for (const Input& input : *inputs) {
      const double size = size_of(input.file);
      known = known && size > 0;
      size_ += size * options.repeat;
    }
  if (!known) size_ = 0;
}

Result<> Inputs::open() {
  ++rounds_;
  first_ = kNever;
  for (nic::Port* const port : ports_) {
    SAYA_TRY(port->wire, open_side(*port, options_.wire, Direction::inbound));
    SAYA_TRY(port->host, open_side(*port, options_.host, Direction::outbound));
  }
  return {};
}

Result<port::QueuePtr> Inputs::open_side(const nic::Port& port, const std::vector<Input>& inputs, Direction direction) {
  const auto arrived = [this, &port, direction](const Packet& packet) {
    first_ = std::min(first_, packet.arrival);
    last_ = std::max(last_, packet.arrival);
    bytes_ += packet.len + kPerFrame;
    if (recorder_) recorder_->on_arrival(packet, port, direction);
  };
  return open_replay(files_of(inputs, port.name), {*world_.pool, world_.virtual_clock}, shift_, arrived);
}

template <class Visit>
void Inputs::for_each_queue(Visit visit) const {
  for (const nic::Port* const port : ports_)
    for (const port::Queue* queue : {port->wire.get(), port->host.get()}) visit(*queue);
}

std::optional<Nanoseconds> Inputs::next_arrival() const {
  std::optional<Nanoseconds> next;
  for_each_queue([&](const port::Queue& queue) {
    if (const auto arrival = queue.next_arrival(); arrival && (!next || *arrival < *next)) next = arrival;
  });
  return next;
}

Result<bool> Inputs::next_round() {
  if (rounds_ >= options_.repeat || !early_end().empty()) return false;
  cut_frames_ = cut_frames();
  shift_ = next_shift(shift_, first_, last_);
  SAYA_CHECK(open());
  return true;
}

double Inputs::played() const { return size_ > 0 ? std::min(static_cast<double>(bytes_) / size_, 1.0) : -1; }

uint64_t Inputs::cut_frames() const {
  uint64_t frames = cut_frames_;
  for_each_queue([&](const port::Queue& queue) { frames += queue.cut_frames(); });
  return frames;
}

std::string Inputs::early_end() const {
  std::string words;
  for_each_queue([&](const port::Queue& queue) {
    if (const auto status = queue.status(); !status && words.empty()) words = status.error().message;
  });
  return words;
}

}  // namespace saya::run
