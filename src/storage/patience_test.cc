#include "storage/patience.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sluice::storage {
namespace {

TEST(AttemptTime, GrowsWithTheAnswerAndEndsWithTheCall) {
  StoreLimits limits;
  limits.attempt_timeout = Millis(10'000);
  const Millis left(1'000'000);
  EXPECT_EQ(AttemptTime(limits, {0}, left), Millis(10'000));
  EXPECT_EQ(AttemptTime(limits, MiB(4), left), Millis(15'000));
  EXPECT_EQ(AttemptTime(limits, MiB(8), left), Millis(20'000));
  EXPECT_EQ(AttemptTime(limits, MiB(64), left), Millis(90'000));
  EXPECT_EQ(AttemptTime(limits, MiB(64), Millis(7)), Millis(7));
  EXPECT_EQ(AttemptTime(limits, {~uint64_t{0}}, left), left);
  EXPECT_EQ(AttemptTime(limits, {0}, Millis(0)), Millis(1));
  EXPECT_EQ(AttemptTime(limits, {0}, Millis(-5)), Millis(1));
}

TEST(Backoff, IsSpreadOverADoublingSpan) {
  SecureRandom random;
  StoreLimits limits;
  limits.first_backoff = Millis(50);
  limits.longest_backoff = Millis(300);
  const std::pair<int, int64_t> expected[] = {{0, 50},  {1, 100}, {2, 200},
                                              {3, 300}, {9, 300}, {1000, 300}};
  for (const auto& [repetition, most] : expected) {
    int64_t least = most;
    int64_t largest = 0;
    for (int i = 0; i < 2000; ++i) {
      const int64_t wait = Backoff(limits, repetition, random).count();
      least = std::min(least, wait);
      largest = std::max(largest, wait);
    }
    EXPECT_GE(least, 0);
    EXPECT_LE(largest, most);
    EXPECT_LT(least, most / 10) << repetition;  // fails once in 10^90 runs
    EXPECT_GT(largest, most - most / 10) << repetition;
  }
}

TEST(Backoff, MayBeNone) {
  SecureRandom random;
  StoreLimits limits;
  limits.first_backoff = Millis(0);
  EXPECT_EQ(Backoff(limits, 5, random), Millis(0));
}

std::optional<Millis> After(std::string text, std::string date = {}) {
  net::Headers headers;
  headers.Add("retry-after", std::move(text));
  if (!date.empty()) headers.Add("date", std::move(date));
  return RetryAfter(headers, FromUnixMillis(784'111'777'000));  // Sun, 06 Nov 1994 08:49:37 GMT
}

TEST(RetryAfter, InSecondsOrAsADate) {
  EXPECT_EQ(RetryAfter({}, {}), std::nullopt);
  EXPECT_EQ(After("0"), Millis(0));
  EXPECT_EQ(After("120"), Millis(120'000));
  EXPECT_EQ(After("Sun, 06 Nov 1994 08:49:40 GMT"), Millis(3000));
  EXPECT_EQ(After("Sun, 06 Nov 1994 08:49:30 GMT"), Millis(0));
  // The store's clock is ahead of ours by a day.
  EXPECT_EQ(After("Mon, 07 Nov 1994 08:49:40 GMT", "Mon, 07 Nov 1994 08:49:38 GMT"), Millis(2000));
}

TEST(RetryAfter, NonsenseIsNoWish) {
  for (const char* text : {"", "-1", "soon", "1.5", "1 2", "0x10", "Sun, 06 Nov"}) {
    EXPECT_EQ(After(text), std::nullopt) << text;
  }
  // So long is a wish, if one that nobody grants.
  EXPECT_GT(After("99999999999999999999").value(), std::chrono::hours(8000));
  EXPECT_GT(After("4000000000").value(), std::chrono::hours(8000));
}

}  // namespace
}  // namespace sluice::storage
