// Netlink framing as Documentation/userspace-api/netlink/intro.rst has it. Lengths in answers are checked, not trusted.
#include "kernel/netlink.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "base/bytes.h"

namespace saya::kernel {
namespace {

constexpr size_t kAnswerRoom = 64 << 10;

size_t aligned(size_t size) { return NLMSG_ALIGN(size); }

std::unexpected<Error> system_error(std::string_view what) { return fail_errno(what, errno); }

/// The text of NLMSGERR_ATTR_MSG, or empty. `payload` starts with nlmsgerr; capped answers carry only the header of the
/// request, then the attributes.
std::string extended_text(const nlmsghdr& header, std::span<const std::byte> payload) {
  std::string text;
  if (!(header.nlmsg_flags & NLM_F_ACK_TLVS)) return text;
  size_t skip = sizeof(nlmsgerr);
  if (!(header.nlmsg_flags & NLM_F_CAPPED)) {
    const uint32_t echoed = load<nlmsgerr>(payload.data()).msg.nlmsg_len;
    if (echoed < sizeof(nlmsghdr)) return text;
    skip += aligned(echoed - sizeof(nlmsghdr));
  }
  if (skip > payload.size()) return text;
  for_each_attribute(payload.subspan(skip), [&](uint16_t type, std::span<const std::byte> value) {
    if (type != NLMSGERR_ATTR_MSG) return;
    const char* chars = reinterpret_cast<const char*>(value.data());
    text.assign(chars, ::strnlen(chars, value.size()));
  });
  return text;
}

/// What an NLMSG_ERROR says: success for error 0.
Result<> verdict(const nlmsghdr& header, std::span<const std::byte> payload, std::string_view what) {
  if (payload.size() < sizeof(nlmsgerr)) return fail(Code::malformed, fmt::format("{}: truncated answer", what));
  const int error = -load<nlmsgerr>(payload.data()).error;
  if (error == 0) return {};
  auto failure = fail_errno(what, error).error();
  if (error == EPERM) failure.message = fmt::format("{}: needs CAP_NET_ADMIN", what);
  if (const std::string text = extended_text(header, payload); !text.empty()) failure.message += ": " + text;
  return std::unexpected(std::move(failure));
}

}  // namespace

void for_each_attribute(std::span<const std::byte> bytes,
                        const std::function<void(uint16_t, std::span<const std::byte>)>& visit) {
  while (bytes.size() >= sizeof(nlattr)) {
    const auto attribute = load<nlattr>(bytes.data());
    if (attribute.nla_len < sizeof(nlattr) || attribute.nla_len > bytes.size()) return;
    visit(attribute.nla_type & NLA_TYPE_MASK, bytes.subspan(sizeof(nlattr), attribute.nla_len - sizeof(nlattr)));
    bytes = bytes.subspan(std::min(aligned(attribute.nla_len), bytes.size()));
  }
}

NetlinkRequest::NetlinkRequest(uint16_t type, uint16_t flags) {
  const nlmsghdr header{.nlmsg_len = 0, .nlmsg_type = type, .nlmsg_flags = flags, .nlmsg_seq = 0, .nlmsg_pid = 0};
  append(&header, sizeof header);
}

void NetlinkRequest::append(const void* data, size_t size) {
  const auto* bytes = static_cast<const std::byte*>(data);
  bytes_.insert(bytes_.end(), bytes, bytes + size);
  bytes_.resize(aligned(bytes_.size()));
}

void NetlinkRequest::add(uint16_t attribute, const void* data, size_t size) {
  const nlattr header{.nla_len = static_cast<uint16_t>(sizeof(nlattr) + size), .nla_type = attribute};
  append(&header, sizeof header);
  append(data, size);
}

void NetlinkRequest::add_text(uint16_t attribute, std::string_view text) {
  const std::string terminated(text);
  add(attribute, terminated.c_str(), terminated.size() + 1);
}

size_t NetlinkRequest::begin_nest(uint16_t attribute) {
  const size_t at = bytes_.size();
  add(static_cast<uint16_t>(attribute | NLA_F_NESTED), nullptr, 0);
  return at;
}

void NetlinkRequest::end_nest(size_t begun) {
  auto header = load<nlattr>(bytes_.data() + begun);
  header.nla_len = static_cast<uint16_t>(bytes_.size() - begun);
  store(bytes_.data() + begun, header);
}

Result<RouteSocket> RouteSocket::open() {
  Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!fd) return system_error("open rtnetlink socket");
  const int on = 1;
  for (const int option : {NETLINK_EXT_ACK, NETLINK_CAP_ACK})  // Older kernels know neither: then errno must do.
    static_cast<void>(::setsockopt(fd.get(), SOL_NETLINK, option, &on, sizeof on));
  return RouteSocket(std::move(fd));
}

Result<> RouteSocket::ask(NetlinkRequest request, std::string_view what) {
  return query(std::move(request), what, [](uint16_t, std::span<const std::byte>) {});
}

Result<> RouteSocket::query(NetlinkRequest request, std::string_view what,
                            const std::function<void(uint16_t, std::span<const std::byte>)>& on_answer) {
  auto header = load<nlmsghdr>(request.bytes_.data());
  header.nlmsg_len = static_cast<uint32_t>(request.bytes_.size());
  header.nlmsg_flags = static_cast<uint16_t>(header.nlmsg_flags | NLM_F_REQUEST | NLM_F_ACK);
  header.nlmsg_seq = ++sequence_;
  store(request.bytes_.data(), header);
  if (::send(fd_.get(), request.bytes_.data(), request.bytes_.size(), 0) < 0) return system_error(what);

  std::vector<std::byte> room(kAnswerRoom);
  for (;;) {
    const ssize_t got = ::recv(fd_.get(), room.data(), room.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(what);
    std::span<const std::byte> bytes(room.data(), static_cast<size_t>(got));
    while (bytes.size() >= sizeof(nlmsghdr)) {
      const auto answer = load<nlmsghdr>(bytes.data());
      if (answer.nlmsg_len < sizeof(nlmsghdr) || answer.nlmsg_len > bytes.size())
        return fail(Code::malformed, fmt::format("{}: answer with length {}", what, answer.nlmsg_len));
      const auto payload = bytes.subspan(sizeof(nlmsghdr), answer.nlmsg_len - sizeof(nlmsghdr));
      bytes = bytes.subspan(std::min(aligned(answer.nlmsg_len), bytes.size()));
      if (answer.nlmsg_seq != sequence_) continue;
      if (answer.nlmsg_type == NLMSG_ERROR) return verdict(answer, payload, what);
      if (answer.nlmsg_type == NLMSG_DONE) return {};
      on_answer(answer.nlmsg_type, payload);
    }
  }
}

}  // namespace saya::kernel
