// server/serving.h -- what the commands that run a server have in common: signals and failures.
#pragma once

#include <csignal>
#include <optional>

#include "base/clock.h"
#include "base/result.h"

namespace sluice::server {

// Signals to this process as something to wait for. Made before the first thread starts, so that no
// thread is interrupted by them.
class Signals {
 public:
  // SIGINT and SIGTERM; kWait: SIGHUP too, which otherwise ends the process.
  enum class Hangup { kEnds, kWait };
  explicit Signals(Hangup hangup);
  // Blocks until one arrives; returns its number.
  int Wait() const;
  // The same, for at most so long. Nothing: none arrived.
  std::optional<int> WaitFor(Millis limit) const;

 private:
  sigset_t set_;
};

inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;  // the command line or the configuration is wrong

// Prints the error for the person at the terminal; returns `exit_code`.
int ReportFailure(const Error& error, int exit_code = kExitFailure);

}  // namespace sluice::server
