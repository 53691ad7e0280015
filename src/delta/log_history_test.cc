#include "delta/log_history.h"

#include "base/testing/matchers.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOkAnd;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::Optional;

CommitFile At(Version version, int64_t ms) {
  return {version, {"key", {1}, FromUnixMillis(ms), "tag"}};
}

CheckpointFiles CheckpointAt(Version version, int64_t ms) {
  return {version, {{"key", {1}, FromUnixMillis(ms), "tag"}}};
}

std::vector<int64_t> Times(const std::vector<CommitFile>& commits) {
  std::vector<int64_t> times;
  for (const TimePoint time : AscendingTimes(commits)) times.push_back(ToUnixMillis(time));
  return times;
}

TEST(AscendingTimes, GrowByAtLeastAMillisecond) {
  EXPECT_THAT(Times({At(0, 10), At(1, 20), At(2, 30)}), ElementsAre(10, 20, 30));
  EXPECT_THAT(Times({At(0, 10), At(1, 10), At(2, 10)}), ElementsAre(10, 11, 12));
  EXPECT_THAT(Times({At(0, 100), At(1, 50), At(2, 101), At(3, 200)}),
              ElementsAre(100, 101, 102, 200));
  EXPECT_THAT(Times({}), ElementsAre());
}

TEST(LastTimeStands, WhereNothingCanReachIt) {
  EXPECT_TRUE(LastTimeStands({At(7, 10)}));
  EXPECT_TRUE(LastTimeStands({At(7, 10), At(8, 11)}));
  EXPECT_FALSE(LastTimeStands({At(7, 10), At(8, 10)}));
  EXPECT_FALSE(LastTimeStands({At(7, 12), At(8, 10)}));
  // Seven commits of one moment may lie before the two that are seen.
  EXPECT_FALSE(LastTimeStands({At(7, 10), At(8, 10), At(9, 18)}));
  EXPECT_TRUE(LastTimeStands({At(7, 10), At(8, 10), At(9, 19)}));
  EXPECT_FALSE(LastTimeStands({At(7, 30), At(8, 10), At(9, 19)}));
}

TEST(LogHistory, KnowsRangeAndTimes) {
  LogListing listing;
  listing.commits = {At(3, 500), At(4, 20), At(5, 600)};
  listing.checkpoints = {CheckpointAt(4, 900)};
  const LogHistory history = LogHistory::Make(listing).value();
  EXPECT_EQ(history.oldest(), 4);
  EXPECT_EQ(history.newest(), 5);
  // Corrected by the commit before the oldest readable version.
  EXPECT_EQ(history.FileTime(4), FromUnixMillis(501));
  EXPECT_EQ(history.FileTime(5), FromUnixMillis(600));
}

TEST(LogHistory, AVersionWithoutItsCommitHasTheCheckpointsTime) {
  LogListing listing;
  listing.commits = {At(5, 600)};
  listing.checkpoints = {CheckpointAt(4, 550)};
  EXPECT_EQ(LogHistory::Make(listing)->FileTime(4), FromUnixMillis(550));
  EXPECT_THAT(LogHistory::Make(LogListing()), IsError(Code::kNotFound));
}

TEST(NewestNotAfter, SearchesTheVersions) {
  size_t asked = 0;
  const TimeOfVersion time_of = [&](Version version) -> Result<TimePoint> {
    ++asked;
    return FromUnixMillis(version * 10);
  };
  const auto find = [&](int64_t ms) {
    return NewestNotAfter(5, 1000, FromUnixMillis(ms), time_of);
  };
  EXPECT_THAT(find(49), IsOkAnd(Eq(std::nullopt)));
  EXPECT_THAT(find(50), IsOkAnd(Optional(5)));
  EXPECT_THAT(find(59), IsOkAnd(Optional(5)));
  EXPECT_THAT(find(60), IsOkAnd(Optional(6)));
  EXPECT_THAT(find(9999), IsOkAnd(Optional(999)));
  EXPECT_THAT(find(20000), IsOkAnd(Optional(1000)));
  EXPECT_LT(asked, 80U);
  const TimeOfVersion fails = [](Version) -> Result<TimePoint> {
    return Fail(Code::kUnavailable, "no");
  };
  EXPECT_THAT(NewestNotAfter(0, 9, FromUnixMillis(5), fails), IsError(Code::kUnavailable));
}

}  // namespace
}  // namespace sluice::delta
