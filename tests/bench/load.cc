// load.cc -- puts an HTTP/1.1 endpoint under load and says what each answer cost.
//
// One thread, epoll, keep-alive. Closed loop: N connections, each asks again when its answer is
// whole. Open loop (--rate): requests are due at fixed times whatever the answers do, and latency
// counts from the time a request was due. Bounded by --seconds and --count. Prints one JSON object.
//
//   load --endpoint http://127.0.0.1:8080/delta-sharing --token T --connections 32 --seconds 5
//        --request "GET /shares" [--request "3 POST /shares/s/.../query {}"] [--pid PID]
//
// A request is "[weight ]METHOD path[ body]"; the path goes behind the endpoint's. With --pid the
// CPU time and memory of that process are reported, from /proc. Any sharing server will do.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "answer_reader.h"

namespace {

using sluice::bench::AnswerReader;

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "load: %s\n", why.c_str());
  std::exit(2);
}

struct RequestKind {
  double weight = 1;
  std::string bytes;  // as sent
};

struct Options {
  std::string host, prefix, token;
  uint16_t port = 80;
  size_t connections = 1;
  double seconds = 5, warmup = 1, rate = 0;
  uint64_t count = UINT64_MAX;
  int pid = 0;
  std::vector<std::string> headers;
  std::vector<RequestKind> requests;
};

// CPU time and memory of the server.
struct ProcessFigures {
  double cpu_seconds = 0;
  uint64_t rss_kib = 0, peak_kib = 0;
};

uint64_t StatusField(int pid, std::string_view name) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with(name)) return std::strtoull(line.c_str() + name.size(), nullptr, 10);
  }
  return 0;
}

ProcessFigures Measure(int pid) {
  ProcessFigures figures;
  if (pid == 0) return figures;
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(stat)), {});
  const size_t end = text.rfind(')');  // the name may hold spaces
  if (end == std::string::npos) Die("no process " + std::to_string(pid));
  std::istringstream fields(text.substr(end + 1));
  std::string skip;
  for (int i = 0; i < 11; ++i) fields >> skip;
  double user = 0, system = 0;
  fields >> user >> system;
  figures.cpu_seconds = (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  figures.rss_kib = StatusField(pid, "VmRSS:");
  figures.peak_kib = StatusField(pid, "VmHWM:");
  return figures;
}

struct Connection {
  int fd = -1;
  bool busy = false, first_byte_seen = false;
  Clock::time_point asked{};
  std::string out;  // what is still to be sent
  AnswerReader reader;
};

struct Totals {
  std::vector<float> latency_ms, first_byte_ms;
  uint64_t answers = 0, not_ok = 0, broken = 0, body_bytes = 0, newlines = 0;
};

class Driver {
 public:
  explicit Driver(Options options)
      : options_(std::move(options)), connections_(options_.connections) {
    epoll_ = epoll_create1(0);
    for (const RequestKind& kind : options_.requests) weights_.push_back(kind.weight);
    pick_ = std::discrete_distribution<size_t>(weights_.begin(), weights_.end());
    for (size_t i = 0; i < connections_.size(); ++i) Connect(i);
  }

  void Run() {
    RunFor(options_.warmup, UINT64_MAX);
    totals_ = {};
    const ProcessFigures before = Measure(options_.pid);
    const auto start = Clock::now();
    RunFor(options_.seconds, options_.count);
    const double wall = Seconds(Clock::now() - start).count();
    Print(before, Measure(options_.pid), wall);
  }

 private:
  void Connect(size_t index) {
    Connection& c = connections_[index];
    if (c.fd >= 0) close(c.fd);
    c = Connection();
    c.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    if (inet_pton(AF_INET, options_.host.c_str(), &address.sin_addr) != 1) {
      Die("the host must be an IPv4 address");
    }
    if (connect(c.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      Die("cannot connect: " + std::string(std::strerror(errno)));
    }
    const int on = 1;
    setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = index;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &event);
  }

  void RunFor(double seconds, uint64_t count) {
    if (seconds <= 0) return;
    const auto start = Clock::now();
    const auto end = start + std::chrono::duration_cast<Clock::duration>(Seconds(seconds));
    count_left_ = count;
    next_due_ = start;
    stopping_ = false;
    if (options_.rate <= 0) {
      for (size_t i = 0; i < connections_.size(); ++i) Ask(i, start);
    }
    // Answers that are under way at the end are waited for, but not without limit.
    const auto patience = end + std::chrono::seconds(120);
    while (true) {
      const auto now = Clock::now();
      stopping_ = now >= end || count_left_ == 0;
      if (!stopping_ && options_.rate > 0) AskWhatIsDue(now);
      if (stopping_ && busy_ == 0) break;
      if (now > patience) Die("answers did not end");
      Poll();
    }
  }

  void AskWhatIsDue(Clock::time_point now) {
    const auto step = std::chrono::duration_cast<Clock::duration>(Seconds(1 / options_.rate));
    for (; next_due_ <= now; next_due_ += step) waiting_.push_back(next_due_);
    for (size_t i = 0; i < connections_.size() && !waiting_.empty(); ++i) {
      if (connections_[i].busy) continue;
      Ask(i, waiting_.front());
      waiting_.pop_front();
    }
  }

  void Ask(size_t index, Clock::time_point due) {
    if (count_left_ == 0) return;
    --count_left_;
    Connection& c = connections_[index];
    c.busy = true;
    ++busy_;
    c.first_byte_seen = false;
    c.asked = options_.rate > 0 ? due : Clock::now();
    c.reader.Reset();
    const std::string& bytes = options_.requests[pick_(random_)].bytes;
    size_t sent = 0;
    while (sent < bytes.size()) {  // requests are small: the socket takes them
      const ssize_t n = send(c.fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return Broken(index);
      sent += static_cast<size_t>(n);
    }
  }

  void Broken(size_t index) {
    ++totals_.broken;
    --busy_;
    Connect(index);
    if (!stopping_ && options_.rate <= 0) Ask(index, Clock::now());
  }

  void Poll() {
    epoll_event events[256];
    const int n = epoll_wait(epoll_, events, 256, options_.rate > 0 ? 1 : 20);
    for (int i = 0; i < n; ++i) Receive(static_cast<size_t>(events[i].data.u64));
  }

  void Receive(size_t index) {
    Connection& c = connections_[index];
    const ssize_t n = recv(c.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
      if (c.busy) return Broken(index);
      return Connect(index);
    }
    if (!c.busy) Die("bytes without a request");
    if (!c.first_byte_seen) {
      c.first_byte_seen = true;
      totals_.first_byte_ms.push_back(Since(c.asked));
    }
    c.reader.Feed({buffer_.data(), static_cast<size_t>(n)});
    if (!c.reader.done()) return;
    if (c.reader.broken()) return Broken(index);
    totals_.latency_ms.push_back(Since(c.asked));
    ++totals_.answers;
    if (c.reader.status() / 100 != 2) ++totals_.not_ok;
    totals_.body_bytes += c.reader.body_bytes();
    totals_.newlines += c.reader.newlines();
    c.busy = false;
    --busy_;
    if (!stopping_ && options_.rate <= 0) Ask(index, Clock::now());
  }

  static float Since(Clock::time_point start) {
    return static_cast<float>(Seconds(Clock::now() - start).count() * 1000);
  }

  static double Percentile(std::vector<float>& values, double share) {
    if (values.empty()) return 0;
    const size_t at = std::min(values.size() - 1,
                               static_cast<size_t>(share * static_cast<double>(values.size())));
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at),
                     values.end());
    return static_cast<double>(values[at]);
  }

  void Print(const ProcessFigures& before, const ProcessFigures& after, double wall) {
    const double answers = static_cast<double>(std::max<uint64_t>(1, totals_.answers));
    const double cpu = after.cpu_seconds - before.cpu_seconds;
    std::printf("{\"answers\":%llu,\"not_ok\":%llu,\"broken\":%llu,\"seconds\":%.3f,",
                static_cast<unsigned long long>(totals_.answers),
                static_cast<unsigned long long>(totals_.not_ok),
                static_cast<unsigned long long>(totals_.broken), wall);
    std::printf("\"per_second\":%.1f,\"lines_per_second\":%.0f,\"bytes_per_second\":%.0f,",
                static_cast<double>(totals_.answers) / wall,
                static_cast<double>(totals_.newlines) / wall,
                static_cast<double>(totals_.body_bytes) / wall);
    std::printf("\"p50_ms\":%.3f,\"p95_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,",
                Percentile(totals_.latency_ms, .5), Percentile(totals_.latency_ms, .95),
                Percentile(totals_.latency_ms, .99), Percentile(totals_.latency_ms, 1));
    std::printf("\"first_byte_p50_ms\":%.3f,\"first_byte_p99_ms\":%.3f,",
                Percentile(totals_.first_byte_ms, .5), Percentile(totals_.first_byte_ms, .99));
    std::printf("\"lines_per_answer\":%.1f,\"bytes\":%llu,",
                static_cast<double>(totals_.newlines) / answers,
                static_cast<unsigned long long>(totals_.body_bytes));
    std::printf("\"server_cpu_seconds\":%.3f,\"server_cpu_us_per_answer\":%.1f,", cpu,
                cpu * 1e6 / answers);
    std::printf(
        "\"server_cpu_us_per_line\":%.3f,\"server_rss_kib\":%llu,\"server_peak_kib\":%llu}\n",
        cpu * 1e6 / static_cast<double>(std::max<uint64_t>(1, totals_.newlines)),
        static_cast<unsigned long long>(after.rss_kib),
        static_cast<unsigned long long>(after.peak_kib));
  }

  Options options_;
  std::vector<Connection> connections_;
  std::vector<double> weights_;
  std::discrete_distribution<size_t> pick_;
  std::mt19937_64 random_{42};
  std::vector<char> buffer_ = std::vector<char>(256 << 10);
  std::deque<Clock::time_point> waiting_;
  Clock::time_point next_due_{};
  Totals totals_;
  uint64_t count_left_ = 0;
  size_t busy_ = 0;
  bool stopping_ = false;
  int epoll_ = -1;
};

void ParseEndpoint(std::string_view text, Options& options) {
  if (!text.starts_with("http://")) Die("the endpoint must begin with http://");
  text.remove_prefix(7);
  const size_t slash = std::min(text.find('/'), text.size());
  options.prefix = text.substr(slash);
  const std::string_view authority = text.substr(0, slash);
  const size_t colon = authority.find(':');
  options.host = authority.substr(0, colon);
  if (colon != std::string_view::npos) {
    options.port =
        static_cast<uint16_t>(std::atoi(std::string(authority.substr(colon + 1)).c_str()));
  }
}

RequestKind MakeRequest(const Options& options, std::string_view text) {
  RequestKind kind;
  if (!text.empty() && std::isdigit(static_cast<unsigned char>(text[0]))) {
    const size_t space = text.find(' ');
    kind.weight = std::atof(std::string(text.substr(0, space)).c_str());
    text.remove_prefix(space + 1);
  }
  const size_t method_end = text.find(' ');
  if (method_end == std::string_view::npos) Die("a request is \"METHOD path[ body]\"");
  const std::string_view method = text.substr(0, method_end);
  text.remove_prefix(method_end + 1);
  const size_t path_end = std::min(text.find(' '), text.size());
  const std::string_view path = text.substr(0, path_end);
  const std::string body(path_end < text.size() ? text.substr(path_end + 1) : std::string_view());
  kind.bytes = std::string(method) + " " + (path.starts_with("//") ? "" : options.prefix) +
               std::string(path.starts_with("//") ? path.substr(1) : path) +
               " HTTP/1.1\r\nHost: " + options.host + ":" + std::to_string(options.port) + "\r\n";
  if (!options.token.empty()) kind.bytes += "Authorization: Bearer " + options.token + "\r\n";
  for (const std::string& header : options.headers) kind.bytes += header + "\r\n";
  if (!body.empty()) kind.bytes += "Content-Type: application/json\r\n";
  if (method != "GET") kind.bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  kind.bytes += "\r\n" + body;
  return kind;
}

Options Parse(int argc, char** argv) {
  Options options;
  std::vector<std::string> requests;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--endpoint") {
      ParseEndpoint(value, options);
    } else if (name == "--token") {
      options.token = value;
    } else if (name == "--connections") {
      options.connections = static_cast<size_t>(std::max(1, std::atoi(value)));
    } else if (name == "--seconds") {
      options.seconds = std::atof(value);
    } else if (name == "--warmup") {
      options.warmup = std::atof(value);
    } else if (name == "--rate") {
      options.rate = std::atof(value);
    } else if (name == "--count") {
      options.count = std::strtoull(value, nullptr, 10);
    } else if (name == "--pid") {
      options.pid = std::atoi(value);
    } else if (name == "--header") {
      options.headers.emplace_back(value);
    } else if (name == "--request") {
      requests.emplace_back(value);
    } else {
      Die("unknown option " + std::string(name));
    }
  }
  if (options.host.empty() || requests.empty()) {
    Die("needs --endpoint http://HOST:PORT/PREFIX and --request \"GET /shares\"");
  }
  for (const std::string& text : requests) options.requests.push_back(MakeRequest(options, text));
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  Driver driver(Parse(argc, argv));
  driver.Run();
  return 0;
}
