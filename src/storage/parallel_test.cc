#include "storage/parallel.h"

#include <array>
#include <atomic>
#include <barrier>

#include "base/testing/matchers.h"

namespace sluice::storage {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;

TEST(InParallel, DoesEachOnce) {
  std::array<std::atomic<int>, 1000> done{};
  EXPECT_THAT(InParallel(done.size(), 8,
                         [&](size_t i) -> Status {
                           ++done.at(i);
                           return {};
                         }),
              IsOk());
  for (const auto& times : done) EXPECT_EQ(times, 1);
  EXPECT_THAT(InParallel(0, 8, [](size_t) -> Status { return {}; }), IsOk());
}

TEST(InParallel, RunsSoManyAtATime) {
  std::barrier meeting(4);
  EXPECT_THAT(InParallel(4, 4,
                         [&](size_t) -> Status {
                           meeting.arrive_and_wait();  // hangs unless all four are under way
                           return {};
                         }),
              IsOk());
}

TEST(InParallel, TheFirstFailureEndsIt) {
  std::atomic<int> begun = 0;
  EXPECT_THAT(InParallel(1000, 1,
                         [&](size_t i) -> Status {
                           ++begun;
                           if (i < 10) return {};
                           return Fail(Code::kCorrupt, "ten");
                         }),
              IsError(Code::kCorrupt, "ten"));
  EXPECT_EQ(begun, 11);
}

TEST(InParallel, TheLowestFailureCounts) {
  std::barrier meeting(2);
  EXPECT_THAT(InParallel(2, 2,
                         [&](size_t i) -> Status {
                           meeting.arrive_and_wait();
                           return Fail(Code::kCorrupt, i == 0 ? "zero" : "one");
                         }),
              IsError(Code::kCorrupt, "zero"));
}

}  // namespace
}  // namespace sluice::storage
