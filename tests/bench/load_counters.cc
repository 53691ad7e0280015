#include <poll.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "load_figures.h"

namespace sluice::bench {

namespace {

constexpr int kTimeoutMs = 10'000;
constexpr size_t kAnswerLimit = 16 << 20;

// The whole answer with its header; the server closes behind it, as it is asked to.
std::string Get(const Url& url, Verify verify) {
  Link link(Peer(url, verify));
  link.Write("GET " + (url.path.empty() ? "/" : url.path) + " HTTP/1.0\r\nHost: " + url.host +
             "\r\nConnection: close\r\n\r\n");
  std::string answer;
  char buffer[16384];
  while (answer.size() < kAnswerLimit) {
    const Link::Bytes read = link.Read(buffer, sizeof buffer);
    if (read.state == Link::State::kClosed) return answer;
    answer.append(buffer, read.count);
    pollfd more{link.fd(), POLLIN, 0};
    if (read.state == Link::State::kNothingNow && poll(&more, 1, kTimeoutMs) <= 0) break;
  }
  Die("no metrics at " + url.host + url.path);
}

}  // namespace

// Prometheus text: "name{labels} number" on each line. What a transfer coding puts between the
// lines is none.
Counters ReadCounters(const Url& metrics, Verify verify, const std::string& name) {
  const std::string answer = Get(metrics, verify);
  Counters counters;
  std::string_view rest = answer;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size() - 1);
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    const size_t space = line.rfind(' ');
    const bool counted = line.substr(0, line.find('{')).find(name) != std::string_view::npos;
    if (line.starts_with('#') || space == std::string_view::npos || !counted) continue;
    counters[std::string(line.substr(0, space))] =
        std::strtod(std::string(line.substr(space + 1)).c_str(), nullptr);
  }
  return counters;
}

}  // namespace sluice::bench
