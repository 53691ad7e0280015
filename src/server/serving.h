// server/serving.h -- what the commands that run a server have in common: signals and failures.
#pragma once

#include <csignal>

#include "base/result.h"

namespace sluice::server {

// SIGINT and SIGTERM as something to wait for. Made before the first thread starts, so that no
// thread is interrupted by them.
class TerminationSignals {
 public:
  TerminationSignals();
  // Blocks until one arrives; returns its number.
  int Wait() const;

 private:
  sigset_t set_;
};

inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;  // the command line or the configuration is wrong

// Prints the error for the person at the terminal; returns `exit_code`.
int ReportFailure(const Error& error, int exit_code = kExitFailure);

}  // namespace sluice::server
