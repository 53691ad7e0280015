#include "peer.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/tls1.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace sluice::bench {

namespace {

constexpr int kWriteTimeoutMs = 30'000;

}  // namespace

void Die(const std::string& why) {
  std::fprintf(stderr, "bench_load: %s\n", why.c_str());
  std::exit(2);
}

Url Url::Parse(std::string_view text) {
  Url url;
  url.tls = text.starts_with("https://");
  if (!url.tls && !text.starts_with("http://")) Die("an endpoint begins with http:// or https://");
  text.remove_prefix(url.tls ? 8 : 7);
  const size_t slash = std::min(text.find('/'), text.size());
  url.path = text.substr(slash);
  while (url.path.ends_with('/')) url.path.pop_back();
  const std::string_view authority = text.substr(0, slash);
  const size_t colon = authority.rfind(':');
  url.host = authority.substr(0, colon);
  url.port = url.tls ? 443 : 80;
  if (colon != std::string_view::npos) {
    const std::string_view port = authority.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc() || end != port.data() + port.size()) Die("the port is not a number");
  }
  if (url.host.empty()) Die("the endpoint names no host");
  return url;
}

Peer::Peer(const Url& url, Verify verify) : url_(url) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(url.port);
  const int error = getaddrinfo(url.host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) Die(url.host + ": " + gai_strerror(error));
  std::memcpy(&address_, found->ai_addr, found->ai_addrlen);
  address_size_ = found->ai_addrlen;
  freeaddrinfo(found);
  if (!url.tls) return;
  context_.reset(SSL_CTX_new(TLS_client_method()));
  if (context_ == nullptr) Die("TLS cannot be used");
  SSL_CTX_set_mode(context_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE);
  if (verify == Verify::kYes) {
    SSL_CTX_set_default_verify_paths(context_.get());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  }
}

Link::Link(const Peer& peer) : fd_(socket(peer.address_.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const auto* address = reinterpret_cast<const sockaddr*>(&peer.address_);
  if (fd_ < 0 || connect(fd_, address, peer.address_size_) != 0) {
    Die("cannot connect with " + peer.url_.host + ": " + std::strerror(errno));
  }
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (peer.context_ != nullptr) {
    tls_.reset(SSL_new(peer.context_.get()));
    SSL_set_fd(tls_.get(), fd_);
    std::string name = peer.url_.host;  // SSL_set_tlsext_host_name, which has a cast of C
    SSL_ctrl(tls_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
    SSL_set1_host(tls_.get(), peer.url_.host.c_str());
    if (SSL_connect(tls_.get()) != 1) {
      Die("no TLS with " + peer.url_.host + " (--insecure takes any certificate)");
    }
  }
  fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);
}

Link::~Link() {
  tls_.reset();
  if (fd_ >= 0) close(fd_);
}

Link::Bytes Link::Read(char* into, size_t size) {
  if (tls_ == nullptr) {
    const ssize_t n = recv(fd_, into, size, 0);
    if (n > 0) return {State::kOpen, static_cast<size_t>(n)};
    const bool later = n < 0 && (errno == EAGAIN || errno == EINTR);
    return {later ? State::kNothingNow : State::kClosed, 0};
  }
  size_t n = 0;
  const int done = SSL_read_ex(tls_.get(), into, size, &n);
  if (done == 1) return {State::kOpen, n};
  const bool later = SSL_get_error(tls_.get(), done) == SSL_ERROR_WANT_READ;
  return {later ? State::kNothingNow : State::kClosed, 0};
}

// How many bytes were taken; 0: none now; -1: the connection is gone.
long Link::WriteSome(std::string_view bytes) {
  if (tls_ == nullptr) {
    const ssize_t n = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
    return n;
  }
  size_t n = 0;
  const int done = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &n);
  if (done == 1) return static_cast<long>(n);
  return SSL_get_error(tls_.get(), done) == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

bool Link::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const long n = WriteSome(bytes);
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
    pollfd room{fd_, POLLOUT, 0};
    if (n == 0 && poll(&room, 1, kWriteTimeoutMs) <= 0) return false;
  }
  return true;
}

}  // namespace sluice::bench
