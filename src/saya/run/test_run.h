// One program over bytes that somebody gives it: what bpf(2) does for BPF_PROG_TEST_RUN, here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "abi/executable.h"

namespace saya::run {

/// What a run starts with.
struct TestInput {
  std::span<const std::byte> data;  ///< The frame; in front of it the metadata that an XDP context announces.
  /// A struct xdp_md or __sk_buff, or the beginning of one (the rest is zero); none when empty.
  std::span<const std::byte> ctx = {};
  size_t data_room = std::numeric_limits<size_t>::max();  ///< Bytes of the frame that the caller has room for.
  std::optional<size_t> ctx_room = {};                    ///< The same of the context; nothing: it is not asked for.
  uint32_t repeat = 1;  ///< Runs over the same packet, one after the other; 0 means 1.
  uint32_t flags = 0;   ///< BPF_F_TEST_SKB_CHECKSUM_COMPLETE, for skbs; others are refused.
};

/// What a run ends with.
struct TestOutput {
  /// 0 or a negative errno. With -ENOSPC `data`, or else `ctx`, has what there was room for, as the kernel cuts it;
  /// with any other error nothing else means anything.
  int error = 0;
  bool faulted = false;   ///< The program broke a rule, and the listener was told which. Nothing else means anything.
  uint32_t retval = 0;    ///< The low 32 bits of r0, of the last run.
  uint32_t duration = 0;  ///< Nanoseconds per run, measured.
  std::vector<std::byte> data;
  uint32_t data_size = 0;  ///< Bytes that there are, also when there was less room.
  std::vector<std::byte> ctx;
  uint32_t ctx_size = 0;
};

/// Runs `program` as net/bpf/test_run.c does: an XDP program on the first queue of the loopback device or of the
/// interface that the context names; a tc program over an skb there, a socket filter over the same from its network
/// header on. `services.netstate` has the other interfaces. Errors and limits are the kernel's, except that memory for
/// one packet more may be missing (-ENOMEM).
TestOutput test_run(const abi::Executable& program, const TestInput& input, const abi::Services& services);

}  // namespace saya::run
