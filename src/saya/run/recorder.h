// Watches a run: counts verdicts, follows each packet's trail, writes the capture and the lines of -v.
#pragma once

#include <functional>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

#include "nic/datapath.h"
#include "packet/capture.h"
#include "run/report.h"

namespace saya::run {

/// Lives on the worker's thread for the length of a run.
class Recorder final : public nic::Observer, public abi::Listener {
 public:
  struct Sinks {
    std::function<void(const PacketReport& packet)> packet;  ///< Each packet at its end; may be empty.
    std::function<void(const std::string& line)> trace;      ///< "#7 trace: ...", of bpf_trace_printk(); may be empty.
    CaptureWriter* capture = nullptr;                        ///< -w; null for none.
  };

  Recorder(const nic::Nic& nic, Sinks sinks) : nic_(nic), sinks_(std::move(sinks)) {}

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
    const abi::Executable* program;
    uint32_t ifindex;
    hook::Point point;
    uint32_t pref;
    uint32_t handle;
    bool operator==(const Place&) const = default;
  };

  HookReport& hook_of(const Packet& packet, const hook::Verdict& verdict);
  bool follows_packets() const { return sinks_.packet || sinks_.capture; }
  void write_capture(const Packet& packet, const nic::Port& port, const PacketReport& report);

  const nic::Nic& nic_;
  Sinks sinks_;
  std::vector<HookReport> hooks_;
  std::vector<Place> places_;                                             ///< places_[i] is where hooks_[i] counts.
  std::unordered_map<const Packet*, std::vector<VerdictReport>> trails_;  ///< Of the packets under way.
  std::vector<FaultReport> faults_;
  Nanoseconds first_ = std::numeric_limits<Nanoseconds>::max();
  Nanoseconds last_ = std::numeric_limits<Nanoseconds>::min();
  Result<> status_;
};

}  // namespace saya::run
