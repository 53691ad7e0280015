#include "server/rate_limiter.h"

#include <atomic>
#include <thread>
#include <vector>

#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"

namespace sluice::server {
namespace {

class RateLimiterTest : public ::testing::Test {
 protected:
  // How many of `tries` requests get through now.
  int Granted(int tries, RateLimit limit, std::string_view caller = "a") {
    int granted = 0;
    for (int i = 0; i < tries; ++i) granted += limiter_.Take(caller, limit) == Millis(0) ? 1 : 0;
    return granted;
  }

  sluice::testing::ManualClock clock_{FromUnixMillis(1'700'000'000'000)};
  RateLimiter limiter_{clock_};
};

TEST_F(RateLimiterTest, GrantsABurstThenTheRate) {
  const RateLimit limit{.per_second = 10, .burst = 5};
  EXPECT_EQ(Granted(100, limit), 5);
  clock_.Advance(Millis(99));
  EXPECT_EQ(Granted(100, limit), 0);
  clock_.Advance(Millis(1));
  EXPECT_EQ(Granted(100, limit), 1);
  clock_.Advance(Millis(1000));
  EXPECT_EQ(Granted(100, limit), 5) << "a bucket holds no more than its burst";
  int granted = 0;
  for (int i = 0; i < 1000; ++i) {
    clock_.Advance(Millis(10));
    granted += Granted(3, limit);
  }
  EXPECT_EQ(granted, 100);
}

TEST_F(RateLimiterTest, SaysHowLongToWaitAndThatIsTrue) {
  const RateLimit limit{.per_second = 3, .burst = 1};
  EXPECT_EQ(limiter_.Take("a", limit), Millis(0));
  EXPECT_EQ(limiter_.Take("a", limit), Millis(334));
  EXPECT_EQ(limiter_.Take("a", limit), Millis(334)) << "being refused costs nothing";
  clock_.Advance(Millis(333));
  EXPECT_EQ(limiter_.Take("a", limit), Millis(1));
  clock_.Advance(Millis(1));
  EXPECT_EQ(limiter_.Take("a", limit), Millis(0));
}

TEST_F(RateLimiterTest, CallersDoNotTakeFromEachOther) {
  const RateLimit limit{.per_second = 1, .burst = 2};
  EXPECT_EQ(Granted(10, limit, "a"), 2);
  EXPECT_EQ(Granted(10, limit, "b"), 2);
  EXPECT_EQ(Granted(10, limit, ""), 2);
}

TEST_F(RateLimiterTest, NoLimitKeepsNothing) {
  EXPECT_EQ(Granted(10'000, RateLimit{}), 10'000);
  EXPECT_EQ(limiter_.size(), 0U);
}

TEST_F(RateLimiterTest, AnotherLimitCountsFromTheNextRequest) {
  EXPECT_EQ(Granted(100, {.per_second = 1, .burst = 50}), 50);
  EXPECT_EQ(limiter_.Take("a", {.per_second = 10, .burst = 5}), Millis(100));
  clock_.Advance(Millis(500));
  EXPECT_EQ(Granted(100, {.per_second = 1000, .burst = 100}), 100);
}

TEST_F(RateLimiterTest, AClockSetBackCostsNoMoreThanAnEmptyBucket) {
  const RateLimit limit{.per_second = 1, .burst = 10};
  EXPECT_EQ(Granted(10, limit), 10);
  clock_.Advance(-std::chrono::hours(24));
  EXPECT_EQ(limiter_.Take("a", limit), Millis(1000));
  clock_.Advance(Millis(1000));
  EXPECT_EQ(limiter_.Take("a", limit), Millis(0));
}

TEST_F(RateLimiterTest, ExtremesDoNotOverflow) {
  const RateLimit slow{.per_second = 1, .burst = 1'000'000};
  const RateLimit fast{.per_second = 1'000'000, .burst = 1'000'000};
  EXPECT_EQ(limiter_.Take("a", slow), Millis(0));
  EXPECT_EQ(limiter_.Take("a", fast), Millis(1)) << "a second's debt empties the bucket";
  EXPECT_EQ(limiter_.Take("c", fast), Millis(0));
  EXPECT_EQ(limiter_.Take("b", {.per_second = 1'000'000, .burst = 1}), Millis(0));
  EXPECT_EQ(limiter_.Take("b", {.per_second = 1'000'000, .burst = 1}), Millis(1));
}

TEST_F(RateLimiterTest, FullBucketsAreDropped) {
  const RateLimit limit{.per_second = 1, .burst = 5};
  for (int i = 0; i < 100'000; ++i) {
    clock_.Advance(Millis(1));
    ASSERT_EQ(limiter_.Take("caller " + std::to_string(i), limit), Millis(0));
    // A thousand buckets at a time are not full.
    ASSERT_LE(limiter_.size(), 2100U);
  }
}

TEST_F(RateLimiterTest, ABucketInUseOutlivesASweep) {
  const RateLimit limit{.per_second = 1, .burst = 5};
  EXPECT_EQ(Granted(5, limit, "busy"), 5);
  clock_.Advance(Millis(2000));
  for (size_t i = 0; i < 3 * RateLimiter::kSweepAt; ++i) {
    limiter_.Take(std::to_string(i), {.per_second = 1000, .burst = 5});
    if (i % 100 == 0) clock_.Advance(Millis(1));
  }
  EXPECT_LE(Granted(5, limit, "busy"), 2);
}

TEST_F(RateLimiterTest, ManyThreadsGetNoMoreThanTheBurst) {
  std::atomic<int> granted = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        if (limiter_.Take("a", {.per_second = 1, .burst = 500}) == Millis(0)) ++granted;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(granted, 500);
}

}  // namespace
}  // namespace sluice::server
