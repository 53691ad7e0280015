// base/log.h -- the server's own log: human-readable lines on standard error.
//
//   log::Info("listening on {}", address);
//
// Access log lines are JSON and go through AccessLog. Neither may ever hold a token, a signature or
// a key: callers pass what was asked for, never credentials.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::log {

enum class Level { kDebug, kInfo, kWarn, kError, kOff };

// Errors: kInvalidArgument  not one of debug, info, warn, error, off
Result<Level> ParseLevel(std::string_view text);
void SetLevel(Level level);

void Write(Level level, std::string_view text);

template <class... Args>
void Debug(fmt::format_string<Args...> format, Args&&... args) {
  Write(Level::kDebug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void Info(fmt::format_string<Args...> format, Args&&... args) {
  Write(Level::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void Warn(fmt::format_string<Args...> format, Args&&... args) {
  Write(Level::kWarn, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void Failure(fmt::format_string<Args...> format, Args&&... args) {
  Write(Level::kError, fmt::format(format, std::forward<Args>(args)...));
}

// A sink for one JSON object a line. Thread-safe.
class LineSink {
 public:
  virtual ~LineSink() = default;
  // `line` has no newline at its end.
  virtual void WriteLine(std::string_view line) = 0;
};

// "-" is standard output, "off" nothing, anything else a file that is appended to.
// Errors: kInvalidArgument  the file cannot be opened
Result<std::unique_ptr<LineSink>> OpenLineSink(const std::string& target);

}  // namespace sluice::log
