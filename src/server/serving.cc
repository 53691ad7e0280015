#include "server/serving.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>

namespace sluice::server {

Signals::Signals(Hangup hangup) {
  sigemptyset(&set_);
  sigaddset(&set_, SIGINT);
  sigaddset(&set_, SIGTERM);
  if (hangup == Hangup::kWait) sigaddset(&set_, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
}

int Signals::Wait() const {
  int signal = 0;
  while (sigwait(&set_, &signal) != 0) {
  }
  return signal;
}

std::optional<int> Signals::WaitFor(Millis limit) const {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(limit);
  const std::chrono::nanoseconds rest = limit - seconds;
  const timespec wait{seconds.count(), rest.count()};
  const int signal = ::sigtimedwait(&set_, nullptr, &wait);
  return signal > 0 ? std::optional<int>(signal) : std::nullopt;
}

int ReportFailure(const Error& error, int exit_code) {
  fmt::print(stderr, "sluice: {}\n", error.message);
  if (!error.detail.empty()) fmt::print(stderr, "  ({})\n", error.detail);
  return exit_code;
}

}  // namespace sluice::server
