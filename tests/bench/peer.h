// bench/peer.h -- a server that is put under load, and one connection with it, plain or TLS.
#pragma once

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sluice::bench {

// Says why and ends the process: a driver that cannot drive has no figures.
[[noreturn]] void Die(const std::string& why);

struct Url {
  bool tls = false;
  std::string host;
  uint16_t port = 80;
  std::string path;  // without a '/' at its end

  // http://HOST[:PORT][/PATH] or https://
  static Url Parse(std::string_view text);
};

enum class Verify { kYes, kNo };

// A name, looked up once.
class Peer {
 public:
  Peer(const Url& url, Verify verify);
  const Url& url() const { return url_; }

 private:
  friend class Link;
  struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  Url url_;
  sockaddr_storage address_{};
  socklen_t address_size_ = 0;
  std::unique_ptr<SSL_CTX, FreeContext> context_;  // null: plain
};

// A connection. Opening it waits until it stands; reading never waits.
class Link {
 public:
  enum class State { kOpen, kNothingNow, kClosed };
  struct Bytes {
    State state = State::kClosed;
    size_t count = 0;
  };

  explicit Link(const Peer& peer);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  int fd() const { return fd_; }
  Bytes Read(char* into, size_t size);
  // Waits until all is handed over; false when the connection is gone.
  bool Write(std::string_view bytes);
  // Bytes have been received that epoll does not know of.
  bool HasMore() const { return tls_ != nullptr && SSL_pending(tls_.get()) > 0; }

 private:
  struct FreeTls {
    void operator()(SSL* tls) const { SSL_free(tls); }
  };
  long WriteSome(std::string_view bytes);

  int fd_ = -1;
  std::unique_ptr<SSL, FreeTls> tls_;
};

}  // namespace sluice::bench
