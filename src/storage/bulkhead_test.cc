#include "storage/bulkhead.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <mutex>
#include <thread>
#include <vector>

namespace sluice::storage {
namespace {

constexpr Millis kLong{60'000};

TEST(Bulkhead, HasSoManyPlaces) {
  std::vector<size_t> seen;
  Bulkhead bulkhead(2, 10, [&](size_t inside) { seen.push_back(inside); });
  auto one = bulkhead.Enter(Millis(0));
  auto two = bulkhead.Enter(Millis(0));
  EXPECT_TRUE(one && two);
  EXPECT_FALSE(bulkhead.Enter(Millis(0)).has_value());
  EXPECT_FALSE(bulkhead.Enter(Millis(-5)).has_value());
  EXPECT_FALSE(bulkhead.Enter(Millis(2)).has_value());  // waits, in vain
  one.reset();
  EXPECT_TRUE(bulkhead.Enter(Millis(0)).has_value());
  two.reset();
  EXPECT_EQ(seen, std::vector<size_t>({1, 2, 1, 2, 1, 0}));
}

TEST(Bulkhead, APlaceThatIsMovedIsLeftOnce) {
  Bulkhead bulkhead(1, 0, [](size_t) {});
  {
    auto place = bulkhead.Enter(Millis(0));
    const Bulkhead::Place moved = *std::move(place);
    place.reset();
    EXPECT_FALSE(bulkhead.Enter(Millis(0)).has_value());
  }
  EXPECT_TRUE(bulkhead.Enter(Millis(0)).has_value());
}

TEST(Bulkhead, NoMoreThanSoManyWait) {
  Bulkhead bulkhead(1, 2, [](size_t) {});
  auto place = bulkhead.Enter(Millis(0));
  // Four ask for long: two are refused at once, and only when they are back does the place go.
  std::latch refused(2);
  std::atomic<int> admitted{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      if (bulkhead.Enter(kLong)) {
        ++admitted;
      } else {
        refused.count_down();
      }
    });
  }
  refused.wait();
  place.reset();
  threads.clear();
  EXPECT_EQ(admitted, 2);
}

TEST(Bulkhead, WhoWaitsLongestGoesFirstAndNobodyOvertakes) {
  Bulkhead bulkhead(1, 100, [](size_t) {});
  auto place = bulkhead.Enter(Millis(0));
  std::mutex mutex;
  std::vector<int> order;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 5; ++i) {
    threads.emplace_back([&, i] {
      const auto mine = bulkhead.Enter(kLong);
      const std::lock_guard lock(mutex);
      order.push_back(i);
    });
    while (bulkhead.waiting() != static_cast<size_t>(i) + 1) std::this_thread::yield();
  }
  place.reset();
  threads.clear();
  EXPECT_EQ(order, std::vector<int>({0, 1, 2, 3, 4}));
}

TEST(Bulkhead, WhoGivesUpIsForgotten) {
  Bulkhead bulkhead(1, 1, [](size_t) {});
  auto place = bulkhead.Enter(Millis(0));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(bulkhead.Enter(Millis(1)).has_value());
  EXPECT_EQ(bulkhead.waiting(), 0U);
  place.reset();
  EXPECT_TRUE(bulkhead.Enter(Millis(0)).has_value());
}

TEST(Bulkhead, ManyThreadsNeverTooManyInside) {
  std::atomic<size_t> most{0};
  size_t last = 0;
  Bulkhead bulkhead(3, 1000, [&](size_t inside) {
    last = inside;
    if (inside > most) most = inside;
  });
  std::atomic<int> inside{0};
  std::atomic<int> passed{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 200; ++n) {
          const auto place = bulkhead.Enter(n % 7 == 0 ? Millis(0) : kLong);
          if (!place) continue;
          EXPECT_LE(++inside, 3);
          std::this_thread::yield();
          --inside;
          ++passed;
        }
      });
    }
  }
  EXPECT_GE(passed, 8 * 170);
  EXPECT_LE(most, 3U);
  EXPECT_EQ(last, 0U);
}

}  // namespace
}  // namespace sluice::storage
