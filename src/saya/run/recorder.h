// Watches a run: counts verdicts, follows each packet's trail, writes captures and the lines of -v. Memory does not
// grow with the packets.
#pragma once

#include <array>
#include <functional>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

#include "nic/datapath.h"
#include "packet/capture.h"
#include "run/events.h"
#include "run/options.h"
#include "run/report.h"

namespace saya::run {

/// Lives on the worker's thread for the length of a run.
class Recorder final : public nic::Observer, public abi::Listener {
 public:
  struct Sinks {
    std::function<void(const PacketReport& packet)> packet;  ///< Each packet at its end; may be empty.
    /// A line of bpf_trace_printk(), and the packet that it is about; 0 for none. May be empty.
    std::function<void(uint64_t packet, std::string_view line)> trace;
    EventReader::Sink event;  ///< Each record of a ring; may be empty.
    /// Now and then: packets so far, and how much of the captures has been played, 0..1; less than 0 when that is not
    /// known. May be empty.
    std::function<void(uint64_t packets, double played)> progress;
  };

  /// `captures` by Selection, null for those that are not written; they outlive the recorder.
  using Captures = std::array<CaptureWriter*, kSelections>;
  Recorder(const nic::Nic& nic, const Sinks& sinks, const Captures& captures)
      : nic_(nic), sinks_(sinks), captures_(captures) {}

  /// What has just arrived at a port; nobody else sees it as it was.
  void on_arrival(const Packet& packet, const nic::Port& port, Direction direction);

  void on_verdict(const Packet& packet, const hook::Verdict& verdict) noexcept override;
  void on_copy(const Packet& packet, const Packet& copy) noexcept override;
  void on_end(const Packet& packet, const nic::Port& port, nic::Fate fate, abi::Drop reason) noexcept override;
  void on_trace(const abi::Run& run, std::string_view line) override;
  void on_fault(const abi::Run& run, const abi::Fault& fault) override;

  /// What was counted, hooks in walking order. The rest of the report is the caller's.
  void fill(Report& report) const;
  /// The first failure to write the capture, if any.
  Result<> status() const { return status_; }

 private:
  /// A program at a hook: what one HookReport is about.
  struct Place {
    const abi::Executable* program;  ///< Alive as long as the run.
    uint32_t ifindex;
    hook::Point point;
    uint32_t pref;
    uint32_t handle;
    bool operator==(const Place&) const = default;
  };

  HookReport& hook_of(const Packet& packet, const hook::Verdict& verdict);
  CaptureWriter* capture(Selection selection) const { return captures_[static_cast<size_t>(selection)]; }
  bool follows_packets() const { return sinks_.packet || capture(Selection::after) || capture(Selection::dropped); }
  void write(Selection selection, const Packet& packet, const nic::Port& port, Direction direction,
             std::string_view comment);

  const nic::Nic& nic_;
  const Sinks& sinks_;
  const Captures captures_;
  std::vector<HookReport> hooks_;
  std::vector<Place> places_;                                             ///< places_[i] is where hooks_[i] counts.
  std::unordered_map<const Packet*, std::vector<VerdictReport>> trails_;  ///< Of the packets under way.
  std::vector<FaultReport> faults_;
  Nanoseconds first_ = std::numeric_limits<Nanoseconds>::max();
  Nanoseconds last_ = std::numeric_limits<Nanoseconds>::min();
  Result<> status_;
};

}  // namespace saya::run
