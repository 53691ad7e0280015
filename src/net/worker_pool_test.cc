#include "net/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

namespace sluice::net {
namespace {

TEST(WorkerPool, RunsJobsAtOnceUpToItsThreads) {
  WorkerPool pool(4, 100);
  std::latch all_run(4);  // is passed only if four jobs run at the same time
  std::latch done(4);
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(pool.Submit([&] {
      all_run.arrive_and_wait();
      done.count_down();
    }));
  }
  done.wait();
}

// Whether the threads sleep when work comes, or are about to: none of it waits behind work that
// runs.
TEST(WorkerPool, WakesAsManyAsThereIsWorkFor) {
  WorkerPool pool(4, 100);
  for (int round = 0; round < 300; ++round) {
    std::latch all_run(4);
    std::latch done(4);
    for (int i = 0; i < 4; ++i) {
      ASSERT_TRUE(pool.Submit([&] {
        all_run.arrive_and_wait();
        done.count_down();
      }));
    }
    done.wait();
  }
}

TEST(WorkerPool, NeverUsesMoreThreads) {
  WorkerPool pool(2, 1000);
  std::mutex mutex;
  std::set<std::thread::id> seen;
  std::latch done(500);
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(pool.Submit([&] {
      {
        const std::lock_guard lock(mutex);
        seen.insert(std::this_thread::get_id());
      }
      done.count_down();
    }));
  }
  done.wait();
  EXPECT_LE(seen.size(), 2U);
}

TEST(WorkerPool, RefusesBeyondTheQueueButGoesOnWithWhatItTook) {
  WorkerPool pool(1, 2);
  std::latch running(1);
  std::latch go(1);
  std::atomic<int> ran{0};
  ASSERT_TRUE(pool.Submit([&] {
    running.count_down();
    go.wait();
  }));
  running.wait();
  EXPECT_TRUE(pool.Submit([&] { ++ran; }));
  EXPECT_TRUE(pool.Submit([&] { ++ran; }));
  EXPECT_FALSE(pool.Submit([&] { ++ran; }));
  std::latch done(1);
  EXPECT_TRUE(pool.Continue([&] { done.count_down(); }));
  go.count_down();
  done.wait();
  EXPECT_EQ(ran, 2);
}

TEST(WorkerPool, StopWaitsForWhatRunsAndDropsWhatWaits) {
  WorkerPool pool(1, 10);
  std::latch running(1);
  std::atomic<bool> finished{false};
  bool second_ran = false;
  auto held = std::make_shared<int>(1);
  std::latch stopping(1);
  ASSERT_TRUE(pool.Submit([&] {
    running.count_down();
    stopping.wait();
    finished = true;
  }));
  running.wait();
  ASSERT_TRUE(pool.Submit([&second_ran, held] { second_ran = true; }));
  std::thread stopper([&] { pool.Stop(); });
  while (pool.Continue([] {})) std::this_thread::yield();  // until Stop has begun
  stopping.count_down();
  stopper.join();
  EXPECT_TRUE(finished);
  EXPECT_FALSE(second_ran);
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_FALSE(pool.Continue([] {}));
  pool.Stop();
}

}  // namespace
}  // namespace sluice::net
