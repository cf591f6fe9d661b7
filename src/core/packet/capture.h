// Capture files: pcap and pcapng in (libpcap), pcapng out (ours: libpcap does not write it).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace saya {

/// The longest frame that is read or written: a GSO packet of 64 KiB has ample room.
inline constexpr size_t kMaxCapturedFrame = 256 * 1024;

/// One packet of a capture. `bytes` borrow from the reader until its next call.
struct CapturedFrame {
  Nanoseconds timestamp = 0;  ///< Since 1970, as the file has it.
  std::span<const std::byte> bytes;
  uint32_t original_length = 0;  ///< On the wire; larger than bytes.size() when the capture was cut.
};

/// Streams a capture: memory does not grow with the file.
class CaptureReader {
 public:
  /// Opens pcap or pcapng of link type Ethernet; "-" is standard input. Errors name the file and what is wrong with it.
  static Result<CaptureReader> open(const std::string& path);
  CaptureReader(CaptureReader&&) noexcept;
  CaptureReader& operator=(CaptureReader&&) noexcept;
  ~CaptureReader();
  /// The next frame, nothing at the end, or an error that names the file and the frame's number (from 1). A damaged
  /// file gives all frames before the damage first; do not call again after an error.
  Result<std::optional<CapturedFrame>> next();

 private:
  struct Impl;
  explicit CaptureReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

enum class Direction : uint8_t { unknown = 0, inbound = 1, outbound = 2 };

/// Writes pcapng (draft-ietf-opsawg-pcapng) with nanosecond stamps, one interface per port, and a comment per packet.
class CaptureWriter {
 public:
  /// Creates or truncates `path` ("-" is standard output) and writes the section and one interface block per name;
  /// there must be one at least.
  static Result<CaptureWriter> create(const std::string& path, std::span<const std::string> interfaces);
  CaptureWriter(CaptureWriter&&) noexcept;
  CaptureWriter& operator=(CaptureWriter&&) noexcept;
  ~CaptureWriter();
  /// Appends one packet. `interface` indexes the names; `timestamp` is not negative; `comment` may be empty and has
  /// less than 64 KiB.
  Result<> write(uint32_t interface, Nanoseconds timestamp, std::span<const std::byte> bytes, Direction direction,
                 std::string_view comment);
  /// Flushes and reports what the disk refused; the destructor flushes too but cannot report.
  Result<> close();

 private:
  struct Impl;
  explicit CaptureWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace saya
