// db/testing/child.h -- another process, for tests of what processes do to each other.
#pragma once

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>

namespace sluice::db::testing {

// Both sides hold one of these and speak in numbers.
class Child {
 public:
  // Runs `body` in a process that ends with the code it returns. No database may be open in this
  // process now: SQLite's locks do not survive a fork.
  explicit Child(const std::function<int(Child&)>& body) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
      throw std::runtime_error("no socket pair");
    }
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("no process");
    socket_ = ends[pid_ == 0 ? 1 : 0];
    ::close(ends[pid_ == 0 ? 0 : 1]);
    if (pid_ == 0) Finish(body);
  }
  ~Child() {
    if (pid_ > 0) {
      Kill();
      Wait();
    }
    ::close(socket_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void Send(int64_t number) {
    if (::send(socket_, &number, sizeof(number), MSG_NOSIGNAL) != sizeof(number)) {
      throw std::runtime_error("the other process is gone");
    }
  }
  // Nothing when the other process has ended.
  std::optional<int64_t> Receive() {
    int64_t number = 0;
    const ssize_t got = ::recv(socket_, &number, sizeof(number), MSG_WAITALL);
    if (got != sizeof(number)) return std::nullopt;
    return number;
  }

  void Kill() { ::kill(pid_, SIGKILL); }
  // The code it ended with, or -1 if it was killed.
  int Wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  // Whatever happens, the other tests are not run here too.
  [[noreturn]] void Finish(const std::function<int(Child&)>& body) {
    try {
      ::_exit(body(*this));
    } catch (const std::exception& error) {
      std::fprintf(stderr, "in a child process: %s\n", error.what());
      ::_exit(kThrew);
    }
  }

  static constexpr int kThrew = 99;
  pid_t pid_ = 0;
  int socket_ = -1;
};

}  // namespace sluice::db::testing
