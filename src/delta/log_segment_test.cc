#include "delta/log_segment.h"

#include "base/testing/matchers.h"
#include "delta/testing/test_table.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using testing::TestTable;

// Commits 0 to 6 and checkpoints at 2 and 4.
class LogSegmentTest : public ::testing::Test {
 protected:
  LogSegmentTest() {
    for (Version version = 0; version <= 6; ++version) table_.Commit(version, {"{}"});
    table_.Checkpoint(2, {});
    table_.Checkpoint(4, {});
  }
  LogListing Listing() const { return ListLog(*table_.Store()).value(); }

  TestTable table_;
};

TEST_F(LogSegmentTest, TakesTheNewestCheckpointThatIsNotTooNew) {
  const LogSegment latest = ChooseSegment(Listing()).value();
  EXPECT_EQ(latest.version, 6);
  EXPECT_EQ(latest.checkpoint->version, 4);
  ASSERT_EQ(latest.commits.size(), 2U);
  EXPECT_EQ(latest.commits.front().version, 5);
  EXPECT_EQ(latest.last.key, "_delta_log/00000000000000000006.json");
  EXPECT_EQ(latest.last.tag, table_.Store()->Head(latest.last.key)->tag);

  const LogSegment third = ChooseSegment(Listing(), 3).value();
  EXPECT_EQ(third.checkpoint->version, 2);
  EXPECT_EQ(third.commits.size(), 1U);
  const LogSegment fourth = ChooseSegment(Listing(), 4).value();
  EXPECT_EQ(fourth.checkpoint->version, 4);
  EXPECT_TRUE(fourth.commits.empty());
  const LogSegment first = ChooseSegment(Listing(), 1).value();
  EXPECT_FALSE(first.checkpoint.has_value());
  EXPECT_EQ(first.commits.size(), 2U);
}

TEST_F(LogSegmentTest, CanDoWithAnOlderCheckpoint) {
  EXPECT_EQ(ChooseSegment(Listing(), 6, 4)->checkpoint->version, 2);
  EXPECT_EQ(ChooseSegment(Listing(), 6, 4)->commits.size(), 4U);
  EXPECT_FALSE(ChooseSegment(Listing(), 6, 2)->checkpoint.has_value());
  table_.RemoveCommit(0);
  EXPECT_FALSE(ChooseSegment(Listing(), 6, 2).has_value());
}

TEST_F(LogSegmentTest, NamesTheRangeOfVersions) {
  EXPECT_THAT(ChooseSegment(Listing(), 7), IsError(Code::kInvalidArgument, "0 to 6"));
  EXPECT_THAT(ChooseSegment(Listing(), -1), IsError(Code::kInvalidArgument, "0 to 6"));
  table_.RemoveCommit(0);
  table_.RemoveCommit(1);
  EXPECT_THAT(ChooseSegment(Listing(), 1), IsError(Code::kInvalidArgument, "2 to 6"));
}

TEST_F(LogSegmentTest, ACheckpointAloneIsAVersion) {
  for (Version version = 0; version <= 6; ++version) table_.RemoveCommit(version);
  const LogSegment segment = ChooseSegment(Listing()).value();
  EXPECT_EQ(segment.version, 4);
  EXPECT_EQ(segment.last.key, "_delta_log/00000000000000000004.checkpoint.parquet");
  EXPECT_FALSE(segment.last.tag.empty());
}

TEST_F(LogSegmentTest, TheHintOnlySaysWhereToBegin) {
  const auto newest = [&] { return FindNewestSegment(*table_.Store()); };
  table_.Write("_last_checkpoint", R"({"version":4})");
  EXPECT_FALSE(newest()->listing.whole);
  EXPECT_EQ(newest()->segment.checkpoint->version, 4);
  // Stale: a newer checkpoint is found all the same.
  table_.Write("_last_checkpoint", R"({"version":2})");
  EXPECT_EQ(newest()->segment.checkpoint->version, 4);
  // It points to nothing, behind the end, lies, is broken.
  for (const std::string_view hint :
       {R"({"version":3})", R"({"version":99})", R"({"version":5})", "{", ""}) {
    table_.Write("_last_checkpoint", hint);
    ASSERT_THAT(newest(), IsOk()) << hint;
    EXPECT_EQ(newest()->segment.version, 6) << hint;
    EXPECT_EQ(newest()->segment.checkpoint->version, 4) << hint;
  }
}

TEST_F(LogSegmentTest, AGapBehindTheCheckpointIsCorrupt) {
  table_.RemoveCommit(5);
  table_.Write("_last_checkpoint", R"({"version":4})");
  EXPECT_THAT(FindNewestSegment(*table_.Store()), IsError(Code::kCorrupt, "version 5 is missing"));
}

}  // namespace
}  // namespace sluice::delta
