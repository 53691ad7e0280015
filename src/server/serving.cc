#include "server/serving.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>

namespace sluice::server {

TerminationSignals::TerminationSignals() {
  sigemptyset(&set_);
  sigaddset(&set_, SIGINT);
  sigaddset(&set_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
}

int TerminationSignals::Wait() const {
  int signal = 0;
  while (sigwait(&set_, &signal) != 0) {
  }
  return signal;
}

int ReportFailure(const Error& error, int exit_code) {
  fmt::print(stderr, "sluice: {}\n", error.message);
  if (!error.detail.empty()) fmt::print(stderr, "  ({})\n", error.detail);
  return exit_code;
}

}  // namespace sluice::server
