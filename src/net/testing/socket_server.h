// net/testing/socket_server.h -- plain sockets on 127.0.0.1, a thread a connection, that never
// hang.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace sluice::net::testing {

// A connected socket; reads and writes give up after `patience`.
class Socket {
 public:
  explicit Socket(int fd, std::chrono::seconds patience = std::chrono::seconds(10)) : fd_(fd) {
    const timeval wait{static_cast<time_t>(patience.count()), 0};
    const int one = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  }
  ~Socket() { Close(); }
  Socket(Socket&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), input_(std::move(other.input_)) {}
  Socket& operator=(Socket&&) = delete;

  static std::optional<Socket> Connect(uint16_t port) {
    Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      return std::nullopt;
    }
    return socket;
  }

  int fd() const { return fd_; }

  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }

  // Up to and with `mark`; nothing: the connection ended first.
  std::optional<std::string> TakeUntil(std::string_view mark) {
    size_t from = 0;
    size_t at = 0;
    while ((at = input_.find(mark, from)) == std::string::npos) {
      from = input_.size() - std::min(input_.size(), mark.size());
      if (input_.size() > (size_t{1} << 20) || !Receive()) return std::nullopt;
    }
    return TakeFront(at + mark.size());
  }
  std::optional<std::string> TakeBytes(size_t count) {
    while (input_.size() < count) {
      if (!Receive()) return std::nullopt;
    }
    return TakeFront(count);
  }
  std::string TakeToEnd() {
    while (Receive()) continue;
    return std::exchange(input_, {});
  }

  // Nothing waits to be read, not even the end: a kept connection that is in good order.
  bool Quiet() const {
    pollfd one{fd_, POLLIN, 0};
    return input_.empty() && ::poll(&one, 1, 0) == 0;
  }

  // Ends the connection with a reset, as a process that dies does.
  void Reset() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    Close();
  }
  void Close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  bool Receive() {
    char buffer[65536];
    const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    input_.append(buffer, static_cast<size_t>(n));
    return true;
  }
  std::string TakeFront(size_t count) {
    std::string front = input_.substr(0, count);
    input_.erase(0, count);
    return front;
  }

  int fd_;
  std::string input_;
};

class SocketServer {
 public:
  // Called on a thread of its own for each connection.
  using Serve = std::function<void(Socket&)>;

  explicit SocketServer(Serve serve) : serve_(std::move(serve)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, raw, size) == 0 && ::listen(listener_, 512) == 0 &&
        ::getsockname(listener_, raw, &size) == 0) {
      port_ = ntohs(address.sin_port);
      acceptor_ = std::thread([this] { AcceptAll(); });
    }
  }
  ~SocketServer() { Stop(); }
  SocketServer(const SocketServer&) = delete;
  SocketServer& operator=(const SocketServer&) = delete;

  // 0: there was no port to be had.
  uint16_t port() const { return port_; }
  uint64_t connections() const { return accepted_; }

  // Ends all connections, and waits for their threads. Called before anything that `serve` uses
  // goes.
  void Stop() {
    if (stopping_.exchange(true)) return;
    ::shutdown(listener_, SHUT_RDWR);
    if (acceptor_.joinable()) acceptor_.join();
    ::close(listener_);
    {
      const std::lock_guard lock(mutex_);
      for (Connection& connection : connections_) {
        if (connection.fd >= 0) ::shutdown(connection.fd, SHUT_RDWR);
      }
    }
    for (Connection& connection : connections_) connection.thread.join();
  }

 private:
  struct Connection {
    std::thread thread;
    int fd = -1;  // -1: served to its end
  };

  void AcceptAll() {
    while (!stopping_) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) {
        // Out of descriptors: others close theirs.
        if (!stopping_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        continue;
      }
      ++accepted_;
      const std::lock_guard lock(mutex_);
      ReapEnded();
      Connection& connection = connections_.emplace_back();
      connection.fd = fd;
      connection.thread = std::thread([this, &connection, fd] { ServeOne(connection, fd); });
    }
  }

  void ServeOne(Connection& connection, int fd) {
    // A second descriptor, so that Stop never shuts down a number that was given away again.
    Socket socket(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (socket.fd() >= 0) serve_(socket);
    socket.Close();
    const std::lock_guard lock(mutex_);
    ::close(fd);
    connection.fd = -1;
  }

  void ReapEnded() {
    connections_.remove_if([](Connection& connection) {
      if (connection.fd >= 0 || !connection.thread.joinable()) return false;
      connection.thread.join();
      return true;
    });
  }

  const Serve serve_;
  const int listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> accepted_{0};
  std::mutex mutex_;
  std::list<Connection> connections_;
  std::thread acceptor_;  // last: it uses all others
};

}  // namespace sluice::net::testing
