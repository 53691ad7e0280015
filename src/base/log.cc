#include "base/log.h"

#include <fcntl.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>

namespace sluice::log {
namespace {

spdlog::level::level_enum ToSpdlog(Level level) {
  switch (level) {
    case Level::kDebug: return spdlog::level::debug;
    case Level::kInfo: return spdlog::level::info;
    case Level::kWarn: return spdlog::level::warn;
    case Level::kError: return spdlog::level::err;
    case Level::kOff: return spdlog::level::off;
  }
  return spdlog::level::info;
}

spdlog::logger& Logger() {
  static const std::shared_ptr<spdlog::logger> logger = [] {
    auto made = spdlog::stderr_color_mt("sluice");
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
    return made;
  }();
  return *logger;
}

class NoLines final : public LineSink {
 public:
  void WriteLine(std::string_view /*line*/) override {}
};

// One write(2) a line, so that lines of several processes in one file never mix and none is lost
// when the process is killed.
class DescriptorLines final : public LineSink {
 public:
  DescriptorLines(int fd, bool owned) : fd_(fd), owned_(owned) {}
  ~DescriptorLines() override {
    if (owned_) ::close(fd_);
  }
  DescriptorLines(const DescriptorLines&) = delete;
  DescriptorLines& operator=(const DescriptorLines&) = delete;

  void WriteLine(std::string_view line) override {
    const std::scoped_lock lock(mutex_);
    buffer_.assign(line);
    buffer_ += '\n';
    std::string_view rest = buffer_;
    while (!rest.empty()) {
      const ssize_t written = ::write(fd_, rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return;  // a full disk or a closed pipe must not stop the server
      rest.remove_prefix(static_cast<size_t>(written));
    }
  }

 private:
  const int fd_;
  const bool owned_;
  std::mutex mutex_;
  std::string buffer_;
};

}  // namespace

Result<Level> ParseLevel(std::string_view text) {
  if (text == "debug") return Level::kDebug;
  if (text == "info") return Level::kInfo;
  if (text == "warn") return Level::kWarn;
  if (text == "error") return Level::kError;
  if (text == "off") return Level::kOff;
  return Fail(Code::kInvalidArgument, "a log level is one of debug, info, warn, error, off");
}

void SetLevel(Level level) { Logger().set_level(ToSpdlog(level)); }

void Write(Level level, std::string_view text) { Logger().log(ToSpdlog(level), text); }

Result<std::unique_ptr<LineSink>> OpenLineSink(const std::string& target) {
  if (target == "off") return std::make_unique<NoLines>();
  if (target == "-") return std::make_unique<DescriptorLines>(STDOUT_FILENO, false);
  const int fd = ::open(target.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (fd < 0) {
    return Fail(Code::kInvalidArgument,
                fmt::format("cannot write to '{}': {}", target, std::strerror(errno)));
  }
  return std::make_unique<DescriptorLines>(fd, true);
}

}  // namespace sluice::log
