// Writing pcapng: draft-ietf-opsawg-pcapng. A section header, one interface description per name, then packet blocks.
//
//   | type:4 | length:4 | body, padded to 4 | options | length:4 |
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
#include <utility>

#include "base/bytes.h"
#include "packet/capture.h"

namespace saya {
namespace {

enum class Block : uint32_t { section = 0x0a0d0d0a, interface = 1, packet = 6 };
enum class Option : uint16_t {
  end = 0,
  comment = 1,              // opt_comment, in any block.
  packet_flags = 2,         // epb_flags
  interface_name = 2,       // if_name
  section_application = 4,  // shb_userappl
  interface_resolution = 9  // if_tsresol
};
constexpr uint32_t kByteOrder = 0x1a2b3c4d;
constexpr uint16_t kEthernet = 1;
constexpr uint8_t kNanosecondResolution = 9;
constexpr size_t kLongestOption = std::numeric_limits<uint16_t>::max();

/// One block under construction: fields in host order, lengths and padding added.
class BlockBuilder {
 public:
  explicit BlockBuilder(std::vector<std::byte>& bytes, Block type) : bytes_(bytes) {
    bytes_.clear();
    put(static_cast<uint32_t>(type)).put(uint32_t{0});
  }
  template <std::integral T>
  BlockBuilder& put(T value) {
    return raw(std::as_bytes(std::span(&value, 1)));
  }
  BlockBuilder& padded(std::span<const std::byte> bytes) {
    raw(bytes);
    bytes_.resize((bytes_.size() + 3) & ~size_t{3});
    return *this;
  }
  BlockBuilder& option(Option code, std::span<const std::byte> value) {
    put(static_cast<uint16_t>(code)).put(static_cast<uint16_t>(value.size()));
    return padded(value);
  }
  std::span<const std::byte> finish() {
    option(Option::end, {});
    const auto length = static_cast<uint32_t>(bytes_.size() + sizeof(uint32_t));
    put(length);
    store(bytes_.data() + sizeof(uint32_t), length);
    return bytes_;
  }

 private:
  BlockBuilder& raw(std::span<const std::byte> bytes) {
    const size_t at = bytes_.size();
    bytes_.resize(at + bytes.size());
    if (!bytes.empty()) std::memcpy(bytes_.data() + at, bytes.data(), bytes.size());
    return *this;
  }
  std::vector<std::byte>& bytes_;
};

std::span<const std::byte> as_option(std::string_view text) { return std::as_bytes(std::span(text)); }

struct CloseFile {
  void operator()(std::FILE* file) const noexcept {
    if (file == stdout)
      std::fflush(file);
    else
      std::fclose(file);
  }
};

}  // namespace

struct CaptureWriter::Impl {
  std::string path;
  std::unique_ptr<std::FILE, CloseFile> file;
  size_t interfaces = 0;
  std::vector<std::byte> block;  ///< Kept between packets, so that writing one allocates nothing.

  Result<> append(std::span<const std::byte> bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file.get()) != bytes.size())
      return fail_errno(fmt::format("write capture '{}'", path), errno);
    return {};
  }
  Result<> begin_section();
  Result<> describe_interface(const std::string& name);
};

Result<> CaptureWriter::Impl::begin_section() {
  BlockBuilder builder(block, Block::section);
  builder.put(kByteOrder).put(uint16_t{1}).put(uint16_t{0}).put(int64_t{-1});  // Version 1.0, length unknown.
  builder.option(Option::section_application, as_option("saya"));
  return append(builder.finish());
}

Result<> CaptureWriter::Impl::describe_interface(const std::string& name) {
  if (name.size() > kLongestOption)
    return fail(Code::invalid_argument, fmt::format("capture '{}': an interface name has {} bytes, at most {} fit",
                                                    path, name.size(), kLongestOption));
  BlockBuilder builder(block, Block::interface);
  builder.put(kEthernet).put(uint16_t{0}).put(static_cast<uint32_t>(kMaxCapturedFrame));
  builder.option(Option::interface_name, as_option(name));
  builder.option(Option::interface_resolution, std::as_bytes(std::span(&kNanosecondResolution, 1)));
  return append(builder.finish());
}

CaptureWriter::CaptureWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CaptureWriter::CaptureWriter(CaptureWriter&&) noexcept = default;
CaptureWriter& CaptureWriter::operator=(CaptureWriter&&) noexcept = default;
CaptureWriter::~CaptureWriter() = default;

Result<CaptureWriter> CaptureWriter::create(const std::string& path, std::span<const std::string> interfaces) {
  if (interfaces.empty())
    return fail(Code::invalid_argument, fmt::format("capture '{}': has no interfaces, needs at least one", path));
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->file.reset(path == "-" ? stdout : std::fopen(path.c_str(), "wbe"));
  if (!impl->file) return fail_errno(fmt::format("create capture '{}'", path), errno);
  SAYA_CHECK(impl->begin_section());
  for (const std::string& name : interfaces) SAYA_CHECK(impl->describe_interface(name));
  impl->interfaces = interfaces.size();
  return CaptureWriter(std::move(impl));
}

Result<> CaptureWriter::write(uint32_t interface, Nanoseconds timestamp, std::span<const std::byte> bytes,
                              Direction direction, std::string_view comment) {
  const auto refuse = [this](std::string why) {
    return fail(Code::invalid_argument, fmt::format("capture '{}': {}", impl_->path, why));
  };
  if (!impl_->file) return refuse("it has been closed");
  if (interface >= impl_->interfaces)
    return refuse(fmt::format("interface is {}, must be below {}", interface, impl_->interfaces));
  if (timestamp < 0) return refuse(fmt::format("a time is {} ns, must not be negative", timestamp));
  if (bytes.size() > kMaxCapturedFrame)
    return refuse(fmt::format("a frame has {} bytes, at most {} fit", bytes.size(), kMaxCapturedFrame));
  if (comment.size() > kLongestOption)
    return refuse(fmt::format("a comment has {} bytes, at most {} fit", comment.size(), kLongestOption));

  const auto stamp = static_cast<uint64_t>(timestamp);
  const auto size = static_cast<uint32_t>(bytes.size());
  const auto flags = static_cast<uint32_t>(direction);
  BlockBuilder builder(impl_->block, Block::packet);
  builder.put(interface).put(static_cast<uint32_t>(stamp >> 32)).put(static_cast<uint32_t>(stamp));
  builder.put(size).put(size).padded(bytes);
  if (direction != Direction::unknown) builder.option(Option::packet_flags, std::as_bytes(std::span(&flags, 1)));
  if (!comment.empty()) builder.option(Option::comment, as_option(comment));
  return impl_->append(builder.finish());
}

Result<> CaptureWriter::close() {
  std::FILE* file = impl_->file.release();
  if (!file) return {};
  const int failed = file == stdout ? std::fflush(file) : std::fclose(file);
  if (failed != 0) return fail_errno(fmt::format("write capture '{}'", impl_->path), errno);
  return {};
}

}  // namespace saya
