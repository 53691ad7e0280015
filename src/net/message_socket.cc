#include "net/message_socket.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <system_error>

namespace sluice::net {
namespace {

constexpr long kConnectMs = 5000;
constexpr int kPollMs = 100;  // how often `stopped` is asked

std::string Errno() { return std::generic_category().message(errno); }

std::unexpected<Error> NoConnection(std::string detail) {
  return Fail(Code::kUnavailable, "the collector cannot be reached", std::move(detail));
}

std::unexpected<Error> Broken(std::string detail) {
  return Fail(Code::kUnavailable, "the connection to the collector broke", std::move(detail));
}

std::unexpected<Error> BadTarget(std::string_view url, std::string_view why) {
  return Fail(Code::kInvalidArgument,
              fmt::format("'{}' is no place to send messages to: {}; as in udp://HOST:PORT, "
                          "tcp://HOST:PORT, tls://HOST:PORT or unix:/dev/log",
                          url, why));
}

bool IsHost(std::string_view host) {
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  const std::string_view marks = bracketed ? ":." : "-._";
  return !host.empty() && host.size() <= 255 && std::ranges::all_of(host, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != std::string_view::npos;
  });
}

// False: `stopped` said so.
bool WaitUntilReady(int fd, short events, const std::function<bool()>& stopped) {
  while (!stopped()) {
    pollfd wait{fd, events, 0};
    if (::poll(&wait, 1, kPollMs) > 0) return true;
  }
  return false;
}

class DatagramSocket final : public MessageSocket {
 public:
  DatagramSocket(int fd, std::function<bool()> stopped) : fd_(fd), stopped_(std::move(stopped)) {}
  ~DatagramSocket() override { ::close(fd_); }

  Status Send(std::string_view message) override {
    message = message.substr(0, kMaxDatagram);
    while (::send(fd_, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != ENOBUFS) return Broken(Errno());
      if (!WaitUntilReady(fd_, POLLOUT, stopped_)) return Broken("stopped");
    }
    sent_ += message.size();
    return {};
  }
  // That nobody listens is told by the answer to an earlier message.
  Status Check() override {
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0) return {};
    return Broken(std::generic_category().message(error));
  }
  uint64_t pending() const override { return 0; }

 private:
  int fd_;
  std::function<bool()> stopped_;
};

Result<std::unique_ptr<MessageSocket>> ConnectUdp(const MessageTarget& target,
                                                  const MessageOptions& options) {
  std::string host = target.host;
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const int failed =
      ::getaddrinfo(host.c_str(), std::to_string(target.port).c_str(), &hints, &found);
  if (failed != 0) return NoConnection(fmt::format("{}: {}", host, ::gai_strerror(failed)));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    const int fd = ::socket(at->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;
    auto socket = std::make_unique<DatagramSocket>(fd, options.stopped);
    if (::connect(fd, at->ai_addr, at->ai_addrlen) == 0) return socket;
  }
  return NoConnection(Errno());
}

Result<std::unique_ptr<MessageSocket>> ConnectUnix(const MessageTarget& target,
                                                   const MessageOptions& options) {
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return NoConnection(Errno());
  auto socket = std::make_unique<DatagramSocket>(fd, options.stopped);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, target.host.data(), target.host.size());
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return socket;
  return NoConnection(
      fmt::format("{}: {}", target.host, errno == EPROTOTYPE ? "it takes no datagrams" : Errno()));
}

class StreamSocket final : public MessageSocket {
 public:
  explicit StreamSocket(std::function<bool()> stopped)
      : curl_(curl_easy_init()), stopped_(std::move(stopped)) {}
  ~StreamSocket() override { curl_easy_cleanup(curl_); }

  Status Connect(const MessageTarget& target, const MessageOptions& options);

  Status Send(std::string_view message) override {
    std::string framed = fmt::format("{} {}", message.size(), message);
    sent_ += framed.size();
    for (std::string_view rest = framed; !rest.empty();) {
      size_t taken = 0;
      const CURLcode code = curl_easy_send(curl_, rest.data(), rest.size(), &taken);
      if (code == CURLE_OK) {
        rest.remove_prefix(taken);
      } else if (code != CURLE_AGAIN) {
        return Broken(Words(code));
      } else if (!WaitUntilReady(fd_, POLLOUT, stopped_)) {
        return Broken("stopped");
      }
    }
    return {};
  }
  Status Check() override {
    std::array<char, 4096> said{};
    size_t got = 1;
    CURLcode code = CURLE_OK;
    while (code == CURLE_OK && got > 0) {
      code = curl_easy_recv(curl_, said.data(), said.size(), &got);
    }
    if (code == CURLE_AGAIN) return {};
    return Broken(code == CURLE_OK ? "the collector closed it" : Words(code));
  }
  uint64_t pending() const override {
    int bytes = 0;
    if (::ioctl(fd_, SIOCOUTQ, &bytes) != 0) return sent_;
    return static_cast<uint64_t>(std::max(bytes, 0));
  }

 private:
  std::string Words(CURLcode code) const {
    return text_[0] != '\0' ? text_.data() : curl_easy_strerror(code);
  }

  CURL* curl_;
  std::function<bool()> stopped_;
  curl_socket_t fd_ = CURL_SOCKET_BAD;
  std::array<char, CURL_ERROR_SIZE> text_{};
};

Status StreamSocket::Connect(const MessageTarget& target, const MessageOptions& options) {
  const bool tls = target.kind == MessageTarget::Kind::kTls;
  const std::string url =
      fmt::format("{}://{}:{}", tls ? "https" : "http", target.host, target.port);
  curl_easy_setopt(curl_, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl_, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(curl_, CURLOPT_ERRORBUFFER, text_.data());
  curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl_, CURLOPT_PROXY, "");
  curl_easy_setopt(curl_, CURLOPT_SSL_ENABLE_ALPN, 0L);  // it is not HTTP that follows
  curl_easy_setopt(curl_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(curl_, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(curl_, CURLOPT_CONNECTTIMEOUT_MS, kConnectMs);
  if (!options.ca_file.empty()) {
    curl_easy_setopt(curl_, CURLOPT_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(curl_, CURLOPT_CAPATH, nullptr);
  }
  const CURLcode code = curl_easy_perform(curl_);
  if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) {
    return Fail(Code::kPermissionDenied,
                "the collector's certificate is not trusted: name the certificate of its issuer "
                "with --ca-file, and the collector by a name that its certificate holds",
                Words(code));
  }
  if (code != CURLE_OK) return NoConnection(Words(code));
  curl_easy_getinfo(curl_, CURLINFO_ACTIVESOCKET, &fd_);
  text_ = {};
  return {};
}

}  // namespace

Result<MessageTarget> ParseMessageTarget(std::string_view url) {
  using Kind = MessageTarget::Kind;
  if (url.starts_with("unix:")) {
    const std::string_view path = url.substr(url.starts_with("unix://") ? 7 : 5);
    if (!path.starts_with('/')) return BadTarget(url, "the path of the socket is missing");
    if (path.size() >= sizeof(sockaddr_un::sun_path)) return BadTarget(url, "its path is too long");
    return MessageTarget{Kind::kUnix, std::string(path), 0};
  }
  MessageTarget target;
  const size_t scheme = url.find("://");
  const std::string_view name = url.substr(0, scheme);
  if (scheme == std::string_view::npos || (name != "udp" && name != "tcp" && name != "tls")) {
    return BadTarget(url, "its kind is not known");
  }
  target.kind = name == "udp" ? Kind::kUdp : name == "tcp" ? Kind::kTcp : Kind::kTls;
  std::string_view place = url.substr(scheme + 3);
  if (place.ends_with('/')) place.remove_suffix(1);
  const size_t colon = place.rfind(':');
  if (colon == std::string_view::npos || place.ends_with(']')) {
    return BadTarget(url, "the port is missing");
  }
  target.host = place.substr(0, colon);
  if (!IsHost(target.host)) return BadTarget(url, "its host is no name or address");
  const std::string_view port = place.substr(colon + 1);
  const auto read = std::from_chars(port.data(), port.data() + port.size(), target.port);
  if (read.ec != std::errc() || read.ptr != port.data() + port.size() || target.port == 0) {
    return BadTarget(url, "its port is no number from 1 to 65535");
  }
  return target;
}

Result<std::unique_ptr<MessageSocket>> MessageSocket::Connect(const MessageTarget& target,
                                                              const MessageOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);  // TLS writes without MSG_NOSIGNAL
  switch (target.kind) {
    case MessageTarget::Kind::kUdp: return ConnectUdp(target, options);
    case MessageTarget::Kind::kUnix: return ConnectUnix(target, options);
    case MessageTarget::Kind::kTcp:
    case MessageTarget::Kind::kTls: break;
  }
  auto socket = std::make_unique<StreamSocket>(options.stopped);
  TRY(socket->Connect(target, options));
  return socket;
}

}  // namespace sluice::net
