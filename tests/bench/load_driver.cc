#include "load_driver.h"

#include <sys/epoll.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace sluice::bench {

namespace {

using Seconds = std::chrono::duration<double>;

std::chrono::steady_clock::duration Steady(double seconds) {
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(Seconds(seconds));
}

float MillisecondsSince(std::chrono::steady_clock::time_point start) {
  return static_cast<float>(Seconds(std::chrono::steady_clock::now() - start).count() * 1000);
}

// The token in {"endStreamAction":{..."nextPageToken":"..."}}; empty: there is no next page.
std::string NextPageToken(std::string_view line) {
  constexpr std::string_view kField = "\"nextPageToken\":\"";
  const size_t at = line.find(kField);
  if (at == std::string_view::npos) return {};
  line.remove_prefix(at + kField.size());
  return std::string(line.substr(0, line.find('"')));
}

}  // namespace

Driver::Driver(Options options)
    : options_(std::move(options)),
      peer_(options_.endpoint, options_.verify),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      connections_(options_.connections) {
  std::vector<double> weights;
  for (const RequestKind& kind : options_.requests) weights.push_back(kind.weight);
  pick_ = std::discrete_distribution<size_t>(weights.begin(), weights.end());
  for (size_t i = 0; i < connections_.size(); ++i) Connect(i);
}

Figures Driver::Run() {
  RunFor(options_.warmup, UINT64_MAX);
  figures_ = {};
  Counters before;
  if (options_.metrics) before = ReadCounters(*options_.metrics, options_.verify, options_.counter);
  const ProcessFigures server = MeasureProcess(options_.pid);
  const double own = OwnCpuSeconds();
  const auto start = Clock::now();
  RunFor(options_.seconds, options_.count);
  figures_.seconds = Seconds(Clock::now() - start).count();
  figures_.driver_cpu_seconds = OwnCpuSeconds() - own;
  const ProcessFigures after = MeasureProcess(options_.pid);
  figures_.server_cpu_seconds = after.cpu_seconds - server.cpu_seconds;
  figures_.rss_kib = after.rss_kib;
  figures_.peak_kib = after.peak_kib;
  if (options_.metrics) {
    for (const auto& [series, value] :
         ReadCounters(*options_.metrics, options_.verify, options_.counter)) {
      if (value != before[series]) figures_.counters[series] = value - before[series];
    }
  }
  for (const RequestKind& kind : options_.requests) {
    if (!kind.group.empty()) figures_.groups[kind.group];
  }
  for (auto& [group, samples] : figures_.groups) {
    for (const auto& [name, kind] : figures_.kinds) {
      if (name.starts_with(group + "/")) samples.Add(kind);
    }
  }
  return std::move(figures_);
}

void Driver::Connect(size_t index) {
  Connection& c = connections_[index];
  c.link = std::make_unique<Link>(peer_);  // closing the old one takes it from epoll
  c.asked.reset();
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = index;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, c.link->fd(), &event);
}

void Driver::RunFor(double seconds, uint64_t count) {
  if (seconds <= 0) return;
  start_ = Clock::now();
  made_ = 0;
  count_left_ = count;
  over_ = false;
  waiting_.clear();
  idle_.clear();
  for (size_t i = 0; i < connections_.size(); ++i) idle_.push_back(i);
  const auto end = start_ + Steady(seconds), patience = end + Steady(options_.patience);
  while (true) {
    const auto now = Clock::now();
    if (options_.rate > 0) {
      AskWhatIsDue(std::min(now, end - Clock::duration(1)));
    } else {
      while (now < end && count_left_ > 0 && !idle_.empty()) {
        const size_t index = idle_.front();
        idle_.pop_front();
        AskNew(index, New(Clock::now()));
      }
    }
    over_ = now >= end || count_left_ == 0;
    if (over_ && waiting_.empty() && idle_.size() == connections_.size()) return;
    if (now >= patience) return GiveUp();
    const auto next = start_ + Steady(static_cast<double>(made_) / std::max(options_.rate, 1e-9));
    Poll(over_ ? patience : options_.rate > 0 ? std::min(next, end) : end);
  }
}

// `now` is before the end. The kind is chosen here, so that answers do not change the mix.
void Driver::AskWhatIsDue(Clock::time_point now) {
  while (count_left_ > 0) {
    const auto due = start_ + Steady(static_cast<double>(made_) / options_.rate);
    if (due > now) break;
    ++made_;
    --count_left_;
    waiting_.push_back(New(due));
  }
  while (!waiting_.empty() && !idle_.empty()) {
    const size_t index = idle_.front();
    idle_.pop_front();
    const Asked asked = waiting_.front();
    waiting_.pop_front();
    figures_.waited_ms.push_back(MillisecondsSince(asked.due));
    Ask(index, asked, options_.requests[asked.kind].Bytes());
  }
}

void Driver::AskNew(size_t index, const Asked& asked) {
  --count_left_;
  Ask(index, asked, options_.requests[asked.kind].Bytes());
}

void Driver::Ask(size_t index, const Asked& asked, const std::string& bytes) {
  Connection& c = connections_[index];
  c.asked = asked;
  c.first_byte_ms.reset();
  c.reader.Reset();
  if (!c.link->Write(bytes)) Broken(index);
}

void Driver::Poll(Clock::time_point until) {
  epoll_event events[256];
  const auto left = std::max(Clock::duration::zero(), until - Clock::now());
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(left);
  const timespec patience{whole.count(), (left - whole).count()};
  const int n = epoll_pwait2(epoll_, events, 256, &patience, nullptr);
  for (int i = 0; i < n; ++i) Receive(static_cast<size_t>(events[i].data.u64));
}

void Driver::Receive(size_t index) {
  Connection& c = connections_[index];
  do {
    const Link::Bytes read = c.link->Read(buffer_.data(), buffer_.size());
    if (read.state == Link::State::kNothingNow) return;
    if (!c.asked) return Connect(index);  // closed while idle, or bytes that nobody asked for
    if (read.state == Link::State::kClosed) {
      c.reader.End();
    } else {
      if (!c.first_byte_ms) c.first_byte_ms = MillisecondsSince(c.asked->due);
      c.reader.Feed({buffer_.data(), read.count});
    }
    if (c.reader.done() && !c.reader.broken()) return Answered(index);
    if (c.reader.broken() || read.state == Link::State::kClosed) return Broken(index);
  } while (c.link->HasMore());
}

void Driver::Answered(size_t index) {
  Connection& c = connections_[index];
  const Asked asked = *c.asked;
  const float latency = MillisecondsSince(asked.due);
  SamplesOf(asked).Add(c.reader, c.first_byte_ms.value_or(latency), latency);
  c.asked.reset();
  const std::string token =
      options_.follow_pages ? NextPageToken(c.reader.last_line()) : std::string();
  if (c.reader.closing()) Connect(index);
  if (token.empty() || !AskNextPage(index, asked, token)) Free(index);
}

bool Driver::AskNextPage(size_t index, const Asked& asked, const std::string& token) {
  const RequestKind& kind = options_.requests[asked.kind];
  if (!kind.is_post) return false;
  Ask(index, {Clock::now(), asked.kind, true}, kind.Bytes(token));
  return true;
}

void Driver::Broken(size_t index) {
  ++SamplesOf(*connections_[index].asked).broken;
  Connect(index);
  Free(index);
}

void Driver::Free(size_t index) { idle_.push_back(index); }

Samples& Driver::SamplesOf(const Asked& asked) {
  const std::string& name = options_.requests[asked.kind].name;
  return figures_.kinds[asked.next_page ? name + ", next page" : name];
}

// Answers that did not end in time are counted, and their connections opened anew.
void Driver::GiveUp() {
  figures_.unanswered += waiting_.size() + connections_.size() - idle_.size();
  for (size_t i = 0; i < connections_.size(); ++i) {
    if (connections_[i].asked) Connect(i);
  }
}

}  // namespace sluice::bench
