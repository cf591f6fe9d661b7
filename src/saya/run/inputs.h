// The captures of a run on their ports, as often as they are played.
#pragma once

#include <limits>
#include <vector>

#include "run/recorder.h"
#include "run/world.h"

namespace saya::run {

/// Puts replays into the ports of the world and follows them. The world and the options outlive it, and the world's
/// ports are used no more once it is gone.
class Inputs {
 public:
  Inputs(World& world, const Options& options);
  Inputs(const Inputs&) = delete;
  Inputs& operator=(const Inputs&) = delete;

  /// Opens the captures for the first round.
  Result<> open();
  /// Who is told about each packet from now on.
  void tell(Recorder& recorder) { recorder_ = &recorder; }

  /// Where captures play; the others are only redirected to.
  const std::vector<nic::Port*>& ports() const { return ports_; }
  /// When the next packet arrives; nothing once the captures are at their end.
  std::optional<Nanoseconds> next_arrival() const;
  /// Opens the captures once more, later than all that came so far; false after the last round, and when one was
  /// damaged.
  Result<bool> next_round();

  /// How much of the captures has been played, 0..1; less than 0 when that is not known.
  double played() const;
  /// Frames so far of which the captures hold only the beginning.
  uint64_t cut_frames() const;
  /// What ended a capture early, if anything did: what came before it has been played all the same.
  std::string early_end() const;

 private:
  Result<port::QueuePtr> open_side(const nic::Port& port, const std::vector<Input>& inputs, Direction direction);
  template <class Visit>
  void for_each_queue(Visit visit) const;

  static constexpr Nanoseconds kNever = std::numeric_limits<Nanoseconds>::max();

  World& world_;
  const Options& options_;
  std::vector<nic::Port*> ports_;
  Recorder* recorder_ = nullptr;
  uint32_t rounds_ = 0;
  Nanoseconds shift_ = 0;       ///< Of this round.
  Nanoseconds first_ = kNever;  ///< Arrival in this round.
  Nanoseconds last_ = std::numeric_limits<Nanoseconds>::min();
  uint64_t bytes_ = 0;       ///< Played so far.
  double size_ = 0;          ///< Bytes of all files in all rounds; 0 when that is not known.
  uint64_t cut_frames_ = 0;  ///< Of the rounds before.
};

}  // namespace saya::run
