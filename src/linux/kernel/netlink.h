// One rtnetlink conversation: requests out, the kernel's answer (with its own words of refusal) back.
#pragma once

#include <linux/netlink.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace saya::kernel {

/// A request under construction: header, the family's fixed part, attributes. Grows as needed.
class NetlinkRequest {
 public:
  template <class Fixed>
  NetlinkRequest(uint16_t type, uint16_t flags, const Fixed& fixed) : NetlinkRequest(type, flags) {
    append(&fixed, sizeof fixed);
  }
  void add(uint16_t attribute, const void* data, size_t size);
  template <class T>
  void add(uint16_t attribute, const T& value) {
    add(attribute, &value, sizeof value);
  }
  /// NUL-terminated.
  void add_text(uint16_t attribute, std::string_view text);
  /// Attributes added until end_nest(begin_nest()) lie inside `attribute`.
  size_t begin_nest(uint16_t attribute);
  void end_nest(size_t begun);
  /// Bytes that are not an attribute: the fixed part of a nested message.
  void append(const void* data, size_t size);

 private:
  friend class RouteSocket;
  NetlinkRequest(uint16_t type, uint16_t flags);
  std::vector<std::byte> bytes_;
};

/// A NETLINK_ROUTE socket in the caller's network namespace. One thread at a time.
class RouteSocket {
 public:
  static Result<RouteSocket> open();
  /// Sends and waits for the acknowledgement. An error is the kernel's extended text if it gave one, else errno's.
  Result<> ask(NetlinkRequest request, std::string_view what);
  /// Sends a dump or get request and calls `on_answer` with each message's payload behind the netlink header.
  Result<> query(NetlinkRequest request, std::string_view what,
                 const std::function<void(uint16_t type, std::span<const std::byte> payload)>& on_answer);

 private:
  explicit RouteSocket(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
  uint32_t sequence_ = 0;
};

/// Calls `visit(type, payload)` for each attribute in `bytes`; stops at the first one that does not fit.
void for_each_attribute(std::span<const std::byte> bytes,
                        const std::function<void(uint16_t type, std::span<const std::byte> payload)>& visit);

}  // namespace saya::kernel
