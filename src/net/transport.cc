#include "net/transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace sluice::net {
namespace {

// The most that one TLS record carries (RFC 8446 §5.1).
constexpr size_t kMaxRecord = 16 * 1024;

IoResult SocketResult(ssize_t returned, IoState if_blocked) {
  if (returned > 0) return {IoState::kDone, static_cast<size_t>(returned)};
  if (returned < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {if_blocked, 0};
  return {IoState::kClosed, 0};
}

template <class Call>
ssize_t Uninterrupted(Call call) {
  ssize_t n = 0;
  do {
    n = call();
  } while (n < 0 && errno == EINTR);
  return n;
}

}  // namespace

void Transport::FreeSsl::operator()(ssl_st* ssl) const { SSL_free(ssl); }

Transport::Transport(boost::asio::ip::tcp::socket socket, ssl_ctx_st* tls)
    : socket_(std::move(socket)), ssl_(tls == nullptr ? nullptr : SSL_new(tls)) {
  if (ssl_) {
    SSL_set_fd(ssl_.get(), socket_.native_handle());
    SSL_set_accept_state(ssl_.get());
  }
}

IoResult Transport::Handshake() {
  if (!ssl_) return {};
  ERR_clear_error();
  const int returned = SSL_do_handshake(ssl_.get());
  handshaken_ = returned == 1;
  return TlsResult(returned);
}

IoResult Transport::TlsResult(int returned) {
  if (returned > 0) return {IoState::kDone, static_cast<size_t>(returned)};
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ: return {IoState::kWaitRead, 0};
    case SSL_ERROR_WANT_WRITE: return {IoState::kWaitWrite, 0};
    default: break;
  }
  handshaken_ = false;  // after a failure not even close_notify may be sent
  ERR_clear_error();
  return {IoState::kClosed, 0};
}

IoResult Transport::Read(std::span<char> out) {
  if (!ssl_) return Discard(out);
  ERR_clear_error();
  const auto size = static_cast<int>(std::min<size_t>(out.size(), INT32_MAX));
  return TlsResult(SSL_read(ssl_.get(), out.data(), size));
}

bool Transport::has_buffered_input() const { return ssl_ && SSL_has_pending(ssl_.get()) == 1; }

IoResult Transport::Write(std::span<const iovec> parts, bool more) {
  if (ssl_) return WriteTls(parts);
  msghdr message{};
  // sendmsg only reads them.
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  const int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0);
  return SocketResult(Uninterrupted([&] { return ::sendmsg(fd(), &message, flags); }),
                      IoState::kWaitWrite);
}

// One record after the other. Small parts at the front share one, so that a short answer is one
// packet.
IoResult Transport::WriteTls(std::span<const iovec> parts) {
  std::array<char, kMaxRecord> record;  // NOLINT: filled below
  const char* data = static_cast<const char*>(parts.front().iov_base);
  size_t size = std::min(parts.front().iov_len, kMaxRecord);
  if (parts.size() > 1 && size < kMaxRecord) {
    size = 0;
    for (const iovec& part : parts) {
      const size_t n = std::min(part.iov_len, kMaxRecord - size);
      std::memcpy(record.data() + size, part.iov_base, n);
      size += n;
    }
    data = record.data();
  }
  ERR_clear_error();
  return TlsResult(SSL_write(ssl_.get(), data, static_cast<int>(size)));
}

void Transport::ShutdownWrite() {
  if (ssl_ && handshaken_) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());  // sends close_notify as far as the socket takes it
    ERR_clear_error();
  }
  ::shutdown(fd(), SHUT_WR);
}

void Transport::Break() { ::shutdown(fd(), SHUT_RDWR); }

IoResult Transport::Discard(std::span<char> scratch) {
  return SocketResult(
      Uninterrupted([&] { return ::recv(fd(), scratch.data(), scratch.size(), MSG_DONTWAIT); }),
      IoState::kWaitRead);
}

void Transport::Close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace sluice::net
