#include "server/audit_stream.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <deque>
#include <memory>
#include <system_error>

#include "audit/cursor.h"
#include "audit/syslog_line.h"
#include "server/serving.h"

namespace sluice::server {
namespace {

using Steady = std::chrono::steady_clock;

constexpr Millis kPoll{200};            // how often the log is looked at
constexpr Millis kLongestWait{10'000};  // between two tries to reach a collector
// What a collector's machine acknowledged may still be lost with its process; it comes again after
// a lost connection if it was sent within this time.
constexpr Millis kGrace{10'000};
constexpr size_t kMostInFlight = 100'000;
constexpr Millis kFarewell{10'000};  // for the last messages to arrive

class Stop {
 public:
  bool operator()() { return Within(Millis(0)); }
  // Waits for as long, or until a signal came.
  bool Within(Millis limit) {
    if (!stopped_) stopped_ = signals_.WaitFor(limit).has_value();
    return stopped_;
  }

 private:
  Signals signals_{Signals::Hangup::kEnds};
  bool stopped_ = false;
};

std::string HostName() {
  char host[256] = {};
  return ::gethostname(host, sizeof host - 1) == 0 ? host : "-";
}

// Where events go.
class Outlet {
 public:
  virtual ~Outlet() = default;
  virtual Status Put(const audit::Cursor::Match& match) = 0;
  // There is nothing more to put for now.
  virtual Status Idle() = 0;
  // There never will be.
  virtual Status Finish() = 0;
  // After a failure: the event behind which to begin again. Nothing: it is of no use.
  virtual std::optional<uint64_t> Retry() { return std::nullopt; }
};

class StandardOutput final : public Outlet {
 public:
  StandardOutput(bool syslog, Stop& stop) : syslog_(syslog), stop_(stop) {}

  Status Put(const audit::Cursor::Match& match) override {
    if (syslog_) {
      buffer_ += audit::SyslogLine(match.keys, match.line, host_);
    } else {
      buffer_ += match.line;
    }
    buffer_ += '\n';
    return buffer_.size() < kBuffer ? Status() : Idle();
  }
  // In pieces that a pipe takes at once when it takes anything, so that a signal ends the wait for
  // a reader that does not read.
  Status Idle() override {
    size_t done = 0;
    while (done < buffer_.size()) {
      pollfd wait{STDOUT_FILENO, POLLOUT, 0};
      if (::poll(&wait, 1, kPollMs) <= 0) {
        if (stop_()) break;
        continue;
      }
      const ssize_t wrote =
          ::write(STDOUT_FILENO, buffer_.data() + done, std::min(kPiece, buffer_.size() - done));
      if (wrote < 0 && errno != EINTR) {
        return Fail(Code::kUnavailable, "the output cannot be written",
                    std::generic_category().message(errno));
      }
      done += static_cast<size_t>(std::max<ssize_t>(wrote, 0));
    }
    buffer_.clear();
    return {};
  }
  Status Finish() override { return Idle(); }

 private:
  static constexpr size_t kBuffer = 64 << 10;
  static constexpr size_t kPiece = 4096;
  static constexpr int kPollMs = 100;
  const bool syslog_;
  Stop& stop_;
  const std::string host_ = HostName();
  std::string buffer_;
};

class Collector final : public Outlet {
 public:
  Collector(const AuditStream& stream, Stop& stop)
      : target_(*stream.collector),
        options_{.ca_file = stream.ca_file, .stopped = [&stop] { return stop(); }},
        arrived_(stream.after) {}

  Status Put(const audit::Cursor::Match& match) override {
    if (socket_ == nullptr) TRY(Connect());
    TRY(socket_->Send(audit::SyslogLine(match.keys, match.line, host_)));
    in_flight_.push_back({match.sequence, socket_->sent(), Steady::now()});
    Settle();
    return {};
  }

  Status Idle() override {
    if (socket_ == nullptr) return Connect();
    TRY(socket_->Check());
    Settle();
    return {};
  }

  Status Finish() override {
    const auto until = Steady::now() + kFarewell;
    while (socket_ != nullptr && socket_->pending() > 0 && Steady::now() < until) {
      TRY(socket_->Check());
      ::poll(nullptr, 0, 10);
    }
    if (socket_ != nullptr && socket_->pending() > 0) {
      return Fail(Code::kUnavailable, "the collector does not take the last messages");
    }
    if (!in_flight_.empty()) arrived_ = in_flight_.back().sequence;
    return {};
  }

  std::optional<uint64_t> Retry() override {
    socket_.reset();
    in_flight_.clear();
    return arrived_;
  }

  // Everything up to this event is at the collector's.
  uint64_t arrived() const { return arrived_; }

 private:
  struct Sent {
    uint64_t sequence;
    uint64_t end;  // of all bytes that were sent
    Steady::time_point time;
  };

  Status Connect() {
    socket_ = TRY(net::MessageSocket::Connect(target_, options_));
    return {};
  }
  void Settle() {
    const uint64_t there = socket_->sent() - std::min(socket_->sent(), socket_->pending());
    const auto before = Steady::now() - kGrace;
    while (!in_flight_.empty() && in_flight_.front().end <= there &&
           (in_flight_.front().time <= before || in_flight_.size() > kMostInFlight)) {
      arrived_ = in_flight_.front().sequence;
      in_flight_.pop_front();
    }
  }

  const net::MessageTarget target_;
  const net::MessageOptions options_;
  const std::string host_ = HostName();
  std::unique_ptr<net::MessageSocket> socket_;
  std::deque<Sent> in_flight_;
  uint64_t arrived_;
};

class Streaming {
 public:
  Streaming(const audit::Reader& reader, const AuditStream& stream, Outlet& outlet, Stop& stop)
      : reader_(reader), stream_(stream), outlet_(outlet), stop_(stop) {}

  Status Run() {
    audit::Cursor cursor = TRY(audit::Cursor::Open(reader_, stream_.filter, stream_.after));
    if (stream_.after > cursor.newest()) {
      return Fail(Code::kInvalidArgument,
                  fmt::format("--after: the log ends with event {}", cursor.newest()));
    }
    while (true) {
      const auto match = TRY(cursor.Next());
      TellGaps(cursor);
      const Status done = match ? outlet_.Put(*match) : outlet_.Idle();
      if (stop_() || (done && !match && !stream_.follow)) return done ? outlet_.Finish() : Status();
      if (!done) {
        const uint64_t after = TRY(GoOn(done.error()));
        cursor = TRY(audit::Cursor::Open(reader_, stream_.filter, after));
      } else if (!match) {
        if (std::exchange(failing_, false)) fmt::print(stderr, "sluice: the collector is back\n");
        wait_ = kPoll;
        stop_.Within(kPoll);
        TRY(cursor.Renew());
      }
    }
  }

 private:
  static void TellGaps(audit::Cursor& cursor) {
    for (const audit::Gap& gap : cursor.TakeGaps()) {
      fmt::print(stderr,
                 "sluice: events {} to {} are no longer in the log: retention deleted them\n",
                 gap.first, gap.last);
    }
  }

  // Waits before the next try, longer each time. Errors: there is none
  Result<uint64_t> GoOn(const Error& error) {
    const auto after = outlet_.Retry();
    if (!stream_.follow || !after || error.code != Code::kUnavailable)
      return std::unexpected(error);
    if (!std::exchange(failing_, true)) {
      fmt::print(stderr, "sluice: {} ({}); trying again behind event {}\n", error.message,
                 error.detail, *after);
    }
    stop_.Within(wait_);
    wait_ = std::min(wait_ * 2, kLongestWait);
    return *after;
  }

  const audit::Reader& reader_;
  const AuditStream& stream_;
  Outlet& outlet_;
  Stop& stop_;
  Millis wait_ = kPoll;
  bool failing_ = false;
};

}  // namespace

Status StreamAudit(const audit::Reader& reader, const AuditStream& stream) {
  Stop stop;
  if (!stream.collector) {
    StandardOutput output(stream.syslog, stop);
    return Streaming(reader, stream, output, stop).Run();
  }
  Collector collector(stream, stop);
  Status done = Streaming(reader, stream, collector, stop).Run();
  fmt::print(stderr, "sluice: the collector has the events up to {}; to go on: --after {}\n",
             collector.arrived(), collector.arrived());
  return done;
}

}  // namespace sluice::server
