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
  LogListing listing = WithoutCheckpoint(Listing(), Listing().checkpoints.back());
  EXPECT_EQ(ChooseSegment(listing, 6)->checkpoint->version, 2);
  EXPECT_EQ(ChooseSegment(listing, 6)->commits.size(), 4U);
  listing = WithoutCheckpoint(listing, listing.checkpoints.back());
  EXPECT_FALSE(ChooseSegment(listing, 6)->checkpoint.has_value());
  listing.commits.erase(listing.commits.begin());
  EXPECT_FALSE(ChooseSegment(listing, 6).has_value());
}

TEST_F(LogSegmentTest, TakesCompactedCommitsWhereTheySaveReads) {
  const auto compact = [&](Version first, Version last) {
    table_.Write(fmt::format("{:020}.{:020}.compacted.json", first, last), "{}");
  };
  const auto runs = [&](Version version) {
    std::vector<std::pair<Version, Version>> found;
    const LogSegment segment = ChooseSegment(Listing(), version).value();
    for (const CommitFile& file : segment.commits) {
      found.emplace_back(file.first, file.version);
    }
    return found;
  };
  using Runs = std::vector<std::pair<Version, Version>>;
  compact(0, 1);
  compact(5, 6);
  compact(3, 3);
  EXPECT_EQ(runs(1), (Runs{{0, 0}, {1, 1}})) << "the last commit stands alone: it has the time";
  EXPECT_EQ(runs(6), (Runs{{5, 5}, {6, 6}}));
  for (Version version = 7; version <= 12; ++version) table_.Commit(version, {"{}"});
  EXPECT_EQ(runs(8), (Runs{{5, 6}, {7, 7}, {8, 8}}));
  compact(7, 9);
  compact(7, 8);
  compact(4, 9);  // reaches over the checkpoint
  EXPECT_EQ(runs(9), (Runs{{5, 6}, {7, 8}, {9, 9}}));
  EXPECT_EQ(runs(12), (Runs{{5, 6}, {7, 9}, {10, 10}, {11, 11}, {12, 12}}));
  // Names that lie: backwards, past the end, of versions that are not there.
  compact(11, 10);
  compact(10, 99);
  compact(13, 14);
  table_.Write(fmt::format("{:020}.{:020}.compacted.json", 10, 11), "");
  EXPECT_EQ(runs(12), (Runs{{5, 6}, {7, 9}, {10, 10}, {11, 11}, {12, 12}}));
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
       {R"({"version":3})", R"({"version":99})", R"({"version":5})", R"({"version":-1})",
        R"({"version":9223372036854775807})", R"({"version":1e99})", R"({"version":"4"})",
        R"({"checkpointMetadata":{"version":4}})", "[4]", "{", ""}) {
    table_.Write("_last_checkpoint", hint);
    ASSERT_THAT(newest(), IsOk()) << hint;
    EXPECT_EQ(newest()->segment.version, 6) << hint;
    EXPECT_EQ(newest()->segment.checkpoint->version, 4) << hint;
  }
}

// Sizes, checksum and what it tells of a V2 checkpoint may be of another table.
TEST_F(LogSegmentTest, OfAHintOnlyTheVersionCounts) {
  table_.Write("_last_checkpoint",
               R"({"version":4,"size":-1,"sizeInBytes":9,"numOfAddFiles":99,"parts":12,)"
               R"("checksum":"0123456789abcdef0123456789abcdef","v2Checkpoint":{"path":)"
               R"("00000000000000000009.checkpoint.0e42c15b-17cc-4918-990d-2ff76e918e4d.json",)"
               R"("sizeInBytes":1,"modificationTime":1,"nonFileActions":[{"protocol":)"
               R"({"minReaderVersion":99,"minWriterVersion":99}}],"sidecarFiles":[{"path":)"
               R"("../../x","sizeInBytes":1,"modificationTime":1}]}})");
  const FoundSegment found = FindNewestSegment(*table_.Store()).value();
  EXPECT_FALSE(found.listing.whole);
  EXPECT_EQ(found.segment.checkpoint->parts.front().key,
            "_delta_log/00000000000000000004.checkpoint.parquet");
  EXPECT_EQ(found.segment.version, 6);
}

TEST_F(LogSegmentTest, AHugeHintIsNone) {
  table_.Write("_last_checkpoint", R"({"version":4})" + std::string(17 << 20, ' '));
  const FoundSegment found = FindNewestSegment(*table_.Store()).value();
  EXPECT_TRUE(found.listing.whole);
  EXPECT_EQ(found.segment.version, 6);
}

TEST_F(LogSegmentTest, AHintAtAnIncompleteCheckpointLeadsToAnother) {
  table_.Remove("00000000000000000004.checkpoint.parquet");
  table_.Write("00000000000000000004.checkpoint.0000000001.0000000002.parquet", "");
  table_.Write("_last_checkpoint", R"({"version":4,"parts":2})");
  const FoundSegment found = FindNewestSegment(*table_.Store()).value();
  EXPECT_EQ(found.segment.checkpoint->version, 2);
  EXPECT_EQ(found.segment.commits.size(), 4U);
}

TEST_F(LogSegmentTest, AGapBehindTheCheckpointIsCorrupt) {
  table_.RemoveCommit(5);
  table_.Write("_last_checkpoint", R"({"version":4})");
  EXPECT_THAT(FindNewestSegment(*table_.Store()), IsError(Code::kCorrupt, "version 5 is missing"));
}

}  // namespace
}  // namespace sluice::delta
