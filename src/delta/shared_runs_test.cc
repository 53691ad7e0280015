#include "delta/shared_runs.h"

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include "base/testing/matchers.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOkAnd;

TEST(SharedRuns, ACallerAloneRuns) {
  SharedRuns<int> runs;
  int count = 0;
  const auto run = [&]() -> Result<int> { return ++count; };
  EXPECT_THAT(runs.Run(0, run), IsOkAnd(1));
  EXPECT_THAT(runs.Run(0, run), IsOkAnd(2));
  EXPECT_THAT(runs.Run(0, [] { return Result<int>(Fail(Code::kCorrupt, "x")); }),
              IsError(Code::kCorrupt));
}

// One run is held up until as many wait as may; one more is refused. All who wait share one run.
TEST(SharedRuns, ThoseWhoWaitShareARunThatBeganAfterThem) {
  constexpr size_t kWaiters = 6;
  SharedRuns<int> runs;
  std::atomic<int> count = 0;
  std::atomic<int> refused = 0;
  std::latch begun(1);
  std::latch release(1);
  std::thread first([&] {
    const auto result = runs.Run(kWaiters, [&]() -> Result<int> {
      begun.count_down();
      release.wait();
      return ++count;
    });
    EXPECT_THAT(result, IsOkAnd(1));
  });
  begun.wait();
  std::vector<std::thread> others;
  for (size_t i = 0; i < kWaiters + 1; ++i) {
    others.emplace_back([&] {
      const auto result = runs.Run(kWaiters, [&]() -> Result<int> { return ++count; });
      if (result.has_value()) {
        EXPECT_EQ(*result, 2);
      } else {
        EXPECT_THAT(result, IsError(Code::kUnavailable));
        ++refused;
        release.count_down();
      }
    });
  }
  first.join();
  for (std::thread& other : others) other.join();
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(count, 2);
}

TEST(SharedRuns, AFailureIsSharedButNotKept) {
  SharedRuns<int> runs;
  std::latch begun(1);
  std::latch release(1);
  std::thread first([&] {
    EXPECT_THAT(runs.Run(1,
                         [&]() -> Result<int> {
                           begun.count_down();
                           release.wait();
                           return Fail(Code::kCorrupt, "x");
                         }),
                IsError(Code::kCorrupt));
  });
  begun.wait();
  std::thread second([&] { EXPECT_THAT(runs.Run(1, [] { return Result<int>(7); }), IsOkAnd(7)); });
  release.count_down();
  first.join();
  second.join();
  EXPECT_THAT(runs.Run(0, [] { return Result<int>(8); }), IsOkAnd(8));
}

}  // namespace
}  // namespace sluice::delta
