// net/transport.h -- the bytes of one connection, plain or TLS, never waiting.
//
// Every operation does what the socket allows at once and says what to wait for otherwise. That is
// what lets an idle connection hold no buffer, and lets plain and TLS connections share all code
// above. OpenSSL is driven on the socket directly for the same reason. One thread at a time.
#pragma once

#include <sys/uio.h>

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <memory>
#include <span>

struct ssl_st;      // OpenSSL's SSL
struct ssl_ctx_st;  // and SSL_CTX

namespace sluice::net {

// What an operation came to. `bytes` counts only for kDone.
enum class IoState { kDone, kWaitRead, kWaitWrite, kClosed };
struct IoResult {
  IoState state = IoState::kDone;
  size_t bytes = 0;
};

class Transport {
 public:
  // `socket` is non-blocking. `tls` is null for a plain connection.
  Transport(boost::asio::ip::tcp::socket socket, ssl_ctx_st* tls);

  bool tls() const { return ssl_ != nullptr; }
  // For a plain connection; sendfile writes to it.
  int fd() { return socket_.native_handle(); }

  // kDone at once on a plain connection.
  IoResult Handshake();
  IoResult Read(std::span<char> out);
  // True: Read would give bytes without a look at the socket.
  bool has_buffered_input() const;
  // Writes from the front of `parts`. `more`: bytes follow soon, so that the kernel may keep a
  // short packet back. A write that was not kDone must be repeated with at least the same bytes.
  IoResult Write(std::span<const iovec> parts, bool more);

  // Calls `handler(error_code)` once the socket can be read or written.
  template <class Handler>
  void Wait(IoState what, Handler handler) {
    using Socket = boost::asio::ip::tcp::socket;
    socket_.async_wait(what == IoState::kWaitRead ? Socket::wait_read : Socket::wait_write,
                       std::move(handler));
  }

  // Tells the peer that no more comes; reading stays possible, below TLS.
  void ShutdownWrite();
  // For when another thread may be writing to fd(): ends the connection, but keeps the descriptor.
  void Break();
  // Reads and drops what the peer still sends, below TLS. `scratch` is overwritten.
  IoResult Discard(std::span<char> scratch);
  void Close();

 private:
  struct FreeSsl {
    void operator()(ssl_st* ssl) const;
  };

  IoResult TlsResult(int returned);
  IoResult WriteTls(std::span<const iovec> parts);

  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<ssl_st, FreeSsl> ssl_;
  bool handshaken_ = false;
};

}  // namespace sluice::net
