// Reading captures with libpcap, which knows both formats and all byte orders; errors are worded here.
#include <fmt/format.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "packet/capture.h"

namespace saya {
namespace {

constexpr Nanoseconds kSecond = 1'000'000'000;
constexpr size_t kErrorText = PCAP_ERRBUF_SIZE;

struct ClosePcap {
  void operator()(pcap_t* pcap) const noexcept { pcap_close(pcap); }
};
using Pcap = std::unique_ptr<pcap_t, ClosePcap>;

std::string link_type_name(int type) {
  const char* name = pcap_datalink_val_to_name(type);
  return name ? name : fmt::format("{}", type);
}

/// Half of what Nanoseconds holds, 146 years either way, so that the distance of two times fits too.
constexpr Nanoseconds kLastSecond = std::numeric_limits<Nanoseconds>::max() / kSecond / 2 - 5;  // Of 2^32 ns at most.

bool fits(const pcap_pkthdr& header) {
  return header.ts.tv_sec >= -kLastSecond && header.ts.tv_sec <= kLastSecond &&
         header.ts.tv_usec >= -(Nanoseconds{1} << 32) && header.ts.tv_usec <= Nanoseconds{1} << 32;
}

}  // namespace

struct CaptureReader::Impl {
  std::string path;
  Pcap pcap;
  uint64_t frames = 0;

  std::unexpected<Error> broken(std::string_view why) const {
    return fail(Code::malformed, fmt::format("capture '{}': frame {}: {}", path, frames, why));
  }
};

CaptureReader::CaptureReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CaptureReader::CaptureReader(CaptureReader&&) noexcept = default;
CaptureReader& CaptureReader::operator=(CaptureReader&&) noexcept = default;
CaptureReader::~CaptureReader() = default;

Result<CaptureReader> CaptureReader::open(const std::string& path) {
  char why[kErrorText] = "";
  Pcap pcap(pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, why));
  if (!pcap) {
    const std::string_view words = why;  // Some of libpcap's begin with the path.
    const bool named = words.starts_with(path + ": ");
    return fail(Code::malformed, fmt::format("capture '{}': {}", path, words.substr(named ? path.size() + 2 : 0)));
  }
  if (const int type = pcap_datalink(pcap.get()); type != DLT_EN10MB)
    return fail(Code::unsupported,
                fmt::format("capture '{}': link type is {}, must be EN10MB (Ethernet)", path, link_type_name(type)));
  return CaptureReader(std::make_unique<Impl>(Impl{path, std::move(pcap)}));
}

Result<std::optional<CapturedFrame>> CaptureReader::next() {
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  const int got = pcap_next_ex(impl_->pcap.get(), &header, &data);
  if (got == PCAP_ERROR_BREAK) return std::optional<CapturedFrame>();
  ++impl_->frames;
  if (got != 1) return impl_->broken(pcap_geterr(impl_->pcap.get()));
  if (header->caplen > kMaxCapturedFrame)
    return impl_->broken(fmt::format("it has {} bytes, at most {} are read", header->caplen, kMaxCapturedFrame));
  if (!fits(*header))
    return impl_->broken(
        fmt::format("its time is {} seconds from 1970, at most {} are read", header->ts.tv_sec, kLastSecond));
  return CapturedFrame{
      header->ts.tv_sec * kSecond + header->ts.tv_usec,
      {reinterpret_cast<const std::byte*>(data), header->caplen},
      std::max(header->len, header->caplen)
  };
}

}  // namespace saya
