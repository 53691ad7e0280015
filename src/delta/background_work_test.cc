#include "delta/background_work.h"

#include <gtest/gtest.h>

#include <latch>
#include <memory>
#include <vector>

namespace sluice::delta {
namespace {

TEST(BackgroundThread, RunsOneAfterTheOther) {
  std::vector<int> seen;
  std::latch done(3);
  BackgroundThread thread(3);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(thread.Start([&seen, &done, i](const auto& go_on) {
      EXPECT_TRUE(go_on());
      seen.push_back(i);
      done.count_down();
    }));
  }
  done.wait();
  EXPECT_EQ(seen, std::vector({0, 1, 2}));
}

TEST(BackgroundThread, RefusesWhatIsTooMuchAndDropsWhatWaitsAtTheEnd) {
  std::latch running(1);
  bool ended = false;
  const auto held = std::make_shared<int>();
  {
    BackgroundThread thread(2);
    ASSERT_TRUE(thread.Start([&](const auto& go_on) {
      running.count_down();
      while (go_on()) std::this_thread::yield();
      ended = true;
    }));
    running.wait();
    const auto never = [held](const auto& /*go_on*/) { ADD_FAILURE(); };
    EXPECT_TRUE(thread.Start(never));
    EXPECT_TRUE(thread.Start(never));
    EXPECT_FALSE(thread.Start(never));
  }
  EXPECT_TRUE(ended);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(BackgroundThread, ATaskMayStartAnother) {
  std::latch done(1);
  BackgroundThread thread(1);
  ASSERT_TRUE(thread.Start([&](const auto& /*go_on*/) {
    EXPECT_TRUE(thread.Start([&](const auto& /*next*/) { done.count_down(); }));
  }));
  done.wait();
}

TEST(BackgroundThread, AnIdleOneCostsNothing) { BackgroundThread thread(1); }

}  // namespace
}  // namespace sluice::delta
