// net/testing/test_client.h -- a blocking HTTP client that may be as rude as a test needs it to be.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "net/http.h"

namespace sluice::net::testing {

struct Answer {
  int status = 0;
  Headers headers;
  std::string body;
  bool whole = false;  // the framing says that nothing is missing
  bool chunked = false;
};

class Client {
 public:
  explicit Client(uint16_t port, int receive_buffer = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{60, 0};  // a test that hangs fails instead
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (receive_buffer > 0) {
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    if (port != 0) Connect(port);
  }
  ~Client() { Close(); }
  Client(Client&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), ssl_(std::exchange(other.ssl_, nullptr)) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Client& operator=(Client&&) = delete;

  bool Connect(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }

  bool StartTls(SSL_CTX* context) {
    ssl_ = SSL_new(context);
    SSL_set_fd(ssl_, fd_);
    SSL_ctrl(ssl_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>("localhost"));  // the macro hides an old-style cast
    return SSL_connect(ssl_) == 1;
  }
  SSL* ssl() { return ssl_; }
  int fd() const { return fd_; }

  // False: the server has closed.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ssl_ != nullptr
                            ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                            : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }

  void FinishSending() { ::shutdown(fd_, SHUT_WR); }
  bool Readable(int wait_ms) {
    pollfd one{fd_, POLLIN, 0};
    return !input_.empty() || ::poll(&one, 1, wait_ms) == 1;
  }

  // False at the end of the connection.
  bool Receive() {
    char buffer[65536];
    const ssize_t n = ssl_ != nullptr ? SSL_read(ssl_, buffer, sizeof buffer)
                                      : ::recv(fd_, buffer, sizeof buffer, 0);
    if (n < 0 && errno == EAGAIN) ADD_FAILURE() << "the server neither answered nor closed";
    if (n <= 0) return false;
    input_.append(buffer, static_cast<size_t>(n));
    return true;
  }

  std::string ReadToEnd() {
    while (Receive()) continue;
    return std::exchange(input_, {});
  }
  // True when the server closes without another byte.
  bool AtEnd() { return ReadToEnd().empty(); }

  // Interim answers (1xx) are answers too. status 0: the connection ended first.
  Answer ReadAnswer(Method asked = Method::kGet) {
    Answer answer;
    const std::optional<std::string> head = TakeUntil("\r\n\r\n");
    if (!head) return answer;
    ParseHead(*head, answer);
    const auto length = answer.headers.Find("Content-Length");
    answer.chunked = answer.headers.Find("Transfer-Encoding") == "chunked";
    if (asked == Method::kHead || answer.status < 200 || answer.status == 204 ||
        answer.status == 304) {
      answer.whole = true;
    } else if (answer.chunked) {
      ReadChunks(answer);
    } else if (length) {
      size_t size = 0;
      std::from_chars(length->data(), length->data() + length->size(), size);
      answer.whole = TakeBytes(size, answer.body);
    } else {
      answer.body = ReadToEnd();
      answer.whole = true;
    }
    return answer;
  }

  Answer Get(std::string_view target) {
    Send("GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return ReadAnswer();
  }

  // Ends the connection with a reset, as a process that dies does.
  void Reset() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    Close();
  }
  void Close() {
    SSL_free(std::exchange(ssl_, nullptr));
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  std::optional<std::string> TakeUntil(std::string_view mark) {
    size_t at = 0;
    while ((at = input_.find(mark)) == std::string::npos) {
      if (!Receive()) return std::nullopt;
    }
    std::string taken = input_.substr(0, at);
    input_.erase(0, at + mark.size());
    return taken;
  }

  bool TakeBytes(size_t count, std::string& out) {
    while (input_.size() < count && Receive()) continue;
    const size_t n = std::min(count, input_.size());
    out.append(input_, 0, n);
    input_.erase(0, n);
    return n == count;
  }

  void ReadChunks(Answer& answer) {
    while (const std::optional<std::string> line = TakeUntil("\r\n")) {
      size_t size = 0;
      std::from_chars(line->data(), line->data() + line->size(), size, 16);
      std::string end;
      if (!TakeBytes(size, answer.body) || !TakeBytes(2, end) || end != "\r\n") return;
      if (size == 0) {
        answer.whole = true;
        return;
      }
    }
  }

  static void ParseHead(std::string_view head, Answer& answer) {
    size_t at = head.find("\r\n");
    std::from_chars(head.data() + 9, head.data() + 12, answer.status);
    while (at != std::string_view::npos) {
      head.remove_prefix(at + 2);
      at = head.find("\r\n");
      const std::string_view line = head.substr(0, at);
      const size_t colon = line.find(": ");
      answer.headers.Add(std::string(line.substr(0, colon)), std::string(line.substr(colon + 2)));
    }
  }

  int fd_;
  SSL* ssl_ = nullptr;
  std::string input_;
};

}  // namespace sluice::net::testing
