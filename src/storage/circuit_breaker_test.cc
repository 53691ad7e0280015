#include "storage/circuit_breaker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace sluice::storage {
namespace {

class CircuitBreakerTest : public ::testing::Test {
 protected:
  void Fail(int times) {
    for (int i = 0; i < times; ++i) breaker_.Admit().value().Failed();
  }
  void Pass(int ms) { now_ += Millis(ms); }

  std::chrono::steady_clock::time_point now_{};
  std::vector<bool> changes_;
  CircuitBreaker breaker_{3, Millis(1000), [this] { return now_; },
                          [this](bool open) { changes_.push_back(open); }};
};

TEST_F(CircuitBreakerTest, OpensAfterFailuresInARow) {
  Fail(2);
  EXPECT_FALSE(breaker_.Refuses());
  breaker_.Admit().value().Succeeded();
  Fail(2);
  EXPECT_FALSE(breaker_.Refuses());
  EXPECT_TRUE(changes_.empty());
  Fail(1);
  EXPECT_TRUE(breaker_.Refuses());
  EXPECT_FALSE(breaker_.Admit().has_value());
  EXPECT_EQ(changes_, std::vector<bool>({true}));
}

TEST_F(CircuitBreakerTest, AfterThePauseOneMayTry) {
  Fail(3);
  Pass(999);
  EXPECT_FALSE(breaker_.Admit().has_value());
  Pass(1);
  EXPECT_FALSE(breaker_.Refuses());
  auto trial = breaker_.Admit();
  ASSERT_TRUE(trial.has_value());
  EXPECT_TRUE(breaker_.Refuses());
  EXPECT_FALSE(breaker_.Admit().has_value());
  Pass(100'000);  // however long that takes
  EXPECT_FALSE(breaker_.Admit().has_value());
  trial->Succeeded();
  EXPECT_EQ(changes_, std::vector<bool>({true, false}));
  const auto one = breaker_.Admit();
  const auto two = breaker_.Admit();
  EXPECT_TRUE(one && two);
}

TEST_F(CircuitBreakerTest, ATrialThatFailsBeginsThePauseAnew) {
  Fail(3);
  Pass(1500);
  Fail(1);
  Pass(999);
  EXPECT_FALSE(breaker_.Admit().has_value());
  Pass(1);
  breaker_.Admit().value().Succeeded();
  EXPECT_EQ(changes_, std::vector<bool>({true, false}));  // it did not open twice
  Fail(2);
  EXPECT_FALSE(breaker_.Refuses());  // and counts from nothing
}

TEST_F(CircuitBreakerTest, ATrialWithoutAnOutcomeLeavesItsPlace) {
  Fail(3);
  Pass(1000);
  {
    const auto unsent = breaker_.Admit();
  }
  auto trial = breaker_.Admit();
  ASSERT_TRUE(trial.has_value());
  CircuitBreaker::Permit moved = *std::move(trial);
  trial.reset();  // what was moved from says nothing
  EXPECT_TRUE(breaker_.Refuses());
  moved.Succeeded();
  EXPECT_EQ(changes_.size(), 2U);
}

TEST_F(CircuitBreakerTest, OutcomesOfAnEarlierTimeDecideNothing) {
  auto slow_success = breaker_.Admit();
  auto slow_failure = breaker_.Admit();
  auto slower_failure = breaker_.Admit();
  auto unsent = breaker_.Admit();
  Fail(3);
  slow_success->Succeeded();
  EXPECT_TRUE(breaker_.Refuses());
  Pass(900);
  slow_failure->Failed();
  Pass(100);
  auto trial = breaker_.Admit();
  ASSERT_TRUE(trial.has_value());  // the pause did not begin anew
  unsent.reset();
  EXPECT_TRUE(breaker_.Refuses());  // the trial still runs
  trial->Succeeded();
  Fail(2);
  slower_failure->Failed();
  EXPECT_FALSE(breaker_.Refuses());
}

TEST_F(CircuitBreakerTest, AnOutcomeCountsOnce) {
  auto permit = breaker_.Admit();
  for (int i = 0; i < 5; ++i) permit->Failed();
  EXPECT_FALSE(breaker_.Refuses());
}

TEST(CircuitBreaker, ManyThreadsOneTrial) {
  std::atomic<int64_t> now{0};
  std::atomic<int> opened{0};
  CircuitBreaker breaker(
      1, Millis(10), [&] { return std::chrono::steady_clock::time_point(Millis(now.load())); },
      [&](bool open) { opened += open ? 1 : -1; });
  for (int round = 0; round < 50; ++round) {
    breaker.Admit().value().Failed();
    now += 10;
    std::atomic<int> trials{0};
    std::optional<CircuitBreaker::Permit> kept;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
          auto permit = breaker.Admit();
          if (permit && ++trials == 1) kept.emplace(*std::move(permit));
        });
      }
    }
    EXPECT_EQ(trials, 1);
    kept->Succeeded();
    EXPECT_EQ(opened, 0);
  }
}

}  // namespace
}  // namespace sluice::storage
