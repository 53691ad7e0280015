#include "storage/patience.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "net/http_date.h"

namespace sluice::storage {
namespace {

// Longer than anybody waits, and short enough to be reckoned with.
constexpr Millis kForever = std::chrono::hours(24 * 365);

Millis Capped(double ms) {
  return ms < static_cast<double>(kForever.count()) ? Millis(static_cast<int64_t>(ms)) : kForever;
}

}  // namespace

Millis AttemptTime(const StoreLimits& limits, ByteCount size, Millis left) {
  const double pieces = static_cast<double>(size.value) / static_cast<double>(MiB(8).value);
  const Millis time = Capped(static_cast<double>(limits.attempt_timeout.count()) * (1 + pieces));
  return std::max(std::min(time, left), Millis(1));
}

Millis Backoff(const StoreLimits& limits, int repetition, Random& random) {
  const int doublings = std::clamp(repetition, 0, 30);
  const Millis doubled = Capped(static_cast<double>(limits.first_backoff.count()) *
                                static_cast<double>(1U << doublings));
  const Millis longest = std::max(std::min(doubled, limits.longest_backoff), Millis(0));
  std::array<unsigned char, sizeof(uint64_t)> bytes{};
  random.Fill(bytes);
  uint64_t number = 0;
  std::memcpy(&number, bytes.data(), bytes.size());
  return Millis(static_cast<int64_t>(number % (static_cast<uint64_t>(longest.count()) + 1)));
}

std::optional<Millis> RetryAfter(const net::Headers& headers, TimePoint now) {
  const auto text = headers.Find("Retry-After");
  if (!text || text->empty()) return std::nullopt;
  uint64_t seconds = 0;
  const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (end == text->data() + text->size()) {
    const bool countable = failure == std::errc() && seconds < 365ULL * 24 * 3600;
    return countable ? Millis(static_cast<int64_t>(seconds) * 1000) : kForever;
  }
  const auto date = net::ParseHttpDate(*text);
  if (!date) return std::nullopt;
  const auto answered = net::ParseHttpDate(headers.Find("Date").value_or(std::string_view()));
  return std::max(*date - answered.value_or(now), Millis(0));
}

}  // namespace sluice::storage
