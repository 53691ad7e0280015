#include "delta/log_listing.h"

#include <fmt/format.h>

#include "base/testing/matchers.h"
#include "delta/log_path.h"
#include "delta/testing/test_table.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using sluice::testing::IsOkAnd;
using ::testing::ElementsAre;
using ::testing::Pair;
using testing::TestTable;

LogListing Listing(const std::vector<std::string>& names) {
  std::vector<storage::ObjectInfo> objects;
  for (const std::string& name : names) {
    objects.push_back({std::string(kLogFolder) + name, {1}, FromUnixMillis(5), "tag-" + name});
  }
  return ReadListing(objects);
}

std::vector<std::string> Keys(const CheckpointFiles& files) {
  std::vector<std::string> keys;
  for (const auto& part : files.parts) keys.push_back(part.key);
  return keys;
}

std::string Commit(Version version) { return fmt::format("{:020}.json", version); }
std::string Checkpoint(Version version) {
  return fmt::format("{:020}.checkpoint.parquet", version);
}
std::string Part(Version version, int part, int parts) {
  return fmt::format("{:020}.checkpoint.{:010}.{:010}.parquet", version, part, parts);
}
std::string V2(Version version) {
  return fmt::format("{:020}.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json", version);
}

TEST(ReadListing, SortsFilesOut) {
  const LogListing listing = Listing(
      {Commit(9), Commit(10), Checkpoint(10), V2(11), "00000000000000000010.crc",
       "00000000000000000009.00000000000000000010.compacted.json", "_last_checkpoint", "junk"});
  ASSERT_EQ(listing.commits.size(), 2U);
  EXPECT_EQ(listing.commits[0].version, 9);
  EXPECT_EQ(listing.commits[1].version, 10);
  EXPECT_EQ(listing.commits[1].object.tag, "tag-" + Commit(10));
  ASSERT_EQ(listing.checkpoints.size(), 2U);
  EXPECT_EQ(listing.checkpoints[0].version, 10);
  EXPECT_THAT(Keys(listing.checkpoints[0]), ElementsAre("_delta_log/" + Checkpoint(10)));
  EXPECT_FALSE(listing.checkpoints[0].is_json);
  EXPECT_EQ(listing.checkpoints[1].version, 11);
  EXPECT_TRUE(listing.checkpoints[1].is_json);
  EXPECT_EQ(NewestIn(listing), 11);
  ASSERT_EQ(listing.compacted.size(), 1U);
  EXPECT_EQ(listing.compacted[0].first, 9);
  EXPECT_EQ(listing.compacted[0].version, 10);
  ASSERT_EQ(listing.checksums.size(), 1U);
  EXPECT_EQ(listing.checksums[0].version, 10);
}

TEST(ReadListing, PutsTheBestOfSeveralCheckpointsLast) {
  const LogListing listing =
      Listing({Part(5, 1, 2), Part(5, 2, 2), V2(5), Checkpoint(5), Checkpoint(4)});
  ASSERT_EQ(listing.checkpoints.size(), 4U);
  EXPECT_EQ(listing.checkpoints[0].version, 4);
  EXPECT_EQ(listing.checkpoints[1].parts.size(), 2U);
  EXPECT_TRUE(listing.checkpoints[2].is_json);
  EXPECT_THAT(Keys(listing.checkpoints[3]), ElementsAre("_delta_log/" + Checkpoint(5)));
}

TEST(ReadListing, LeavesOutIncompleteCheckpoints) {
  const LogListing listing = Listing({Part(5, 1, 3), Part(5, 3, 3), Part(7, 1, 2), Part(7, 2, 2)});
  ASSERT_EQ(listing.checkpoints.size(), 1U);
  EXPECT_EQ(listing.checkpoints[0].version, 7);
  EXPECT_THAT(Keys(listing.checkpoints[0]),
              ElementsAre("_delta_log/" + Part(7, 1, 2), "_delta_log/" + Part(7, 2, 2)));
}

TEST(ReadListing, DoesNotMixPartsOfTwoWriters) {
  const LogListing listing = Listing({Part(5, 1, 2), Part(5, 1, 3), Part(5, 2, 3), Part(5, 3, 3)});
  ASSERT_EQ(listing.checkpoints.size(), 1U);
  EXPECT_EQ(listing.checkpoints[0].parts.size(), 3U);
  EXPECT_EQ(Listing({Checkpoint(5), Part(5, 1, 1)}).checkpoints.back().parts.front().key,
            "_delta_log/" + Checkpoint(5));
  EXPECT_TRUE(Listing({Part(5, 1, 2), Part(5, 2, 3)}).checkpoints.empty());
}

TEST(NewestIn, LooksAtAllKinds) {
  EXPECT_EQ(NewestIn(Listing({})), -1);
  EXPECT_EQ(NewestIn(Listing({Commit(3)})), 3);
  EXPECT_EQ(NewestIn(Listing({Commit(3), Checkpoint(4)})), 4);
  EXPECT_EQ(NewestIn(Listing({Part(5, 1, 2)})), -1);
}

TEST(ReadableRange, IsWhatCanBeRebuilt) {
  EXPECT_THAT(ReadableRange(Listing({Commit(0), Commit(1)})), IsOkAnd(Pair(0, 1)));
  EXPECT_THAT(ReadableRange(Listing({Commit(3), Commit(4), Checkpoint(4), Commit(5)})),
              IsOkAnd(Pair(4, 5)));
  // Commits before the checkpoint were cleaned up; it stands for itself.
  EXPECT_THAT(ReadableRange(Listing({Checkpoint(4), Commit(5)})), IsOkAnd(Pair(4, 5)));
  EXPECT_THAT(ReadableRange(Listing({Checkpoint(4)})), IsOkAnd(Pair(4, 4)));
  EXPECT_THAT(ReadableRange(Listing({Commit(0), Commit(1), Checkpoint(3)})), IsOkAnd(Pair(3, 3)));
  // A gap below a checkpoint that is enough.
  EXPECT_THAT(ReadableRange(Listing({Commit(0), Commit(2), Checkpoint(2), Commit(3)})),
              IsOkAnd(Pair(2, 3)));
  EXPECT_THAT(ReadableRange(Listing({Commit(0), V2(0), Commit(1)})), IsOkAnd(Pair(0, 1)));
}

TEST(ReadableRange, NeverGuesses) {
  EXPECT_THAT(ReadableRange(Listing({})), IsError(Code::kNotFound));
  EXPECT_THAT(ReadableRange(Listing({Commit(0), Commit(2)})),
              IsError(Code::kCorrupt, "version 1 "));
  EXPECT_THAT(ReadableRange(Listing({Commit(3)})), IsError(Code::kCorrupt, "version 2 "));
  EXPECT_THAT(ReadableRange(Listing({Checkpoint(2), Commit(4)})),
              IsError(Code::kCorrupt, "version 3 "));
}

TEST(ReadableRange, V2CheckpointsFillGapsToo) {
  EXPECT_EQ(ReadableRange(Listing({V2(4)})), std::pair(Version{4}, Version{4}));
  EXPECT_EQ(ReadableRange(Listing({V2(4), Commit(5)})), std::pair(Version{4}, Version{5}));
  EXPECT_EQ(ReadableRange(Listing({Commit(0), V2(3), Commit(3)})),
            std::pair(Version{3}, Version{3}));
}

TEST(LastCheckpointHint, IsNothingWhenAnythingIsWrong) {
  const TestTable table;
  const auto store = table.Store();
  EXPECT_FALSE(LastCheckpointHint(*store).has_value());
  table.Write("_last_checkpoint", R"({"version":3})");
  EXPECT_EQ(LastCheckpointHint(*store), 3);
  table.Write("_last_checkpoint", "");
  EXPECT_FALSE(LastCheckpointHint(*store).has_value());
}

TEST(ListLog, StartsWhereAsked) {
  const TestTable table;
  table.Start();
  table.Commit(1, {"{}"});
  table.Commit(2, {"{}"});
  const auto store = table.Store();
  EXPECT_EQ(ListLog(*store)->commits.size(), 3U);
  EXPECT_TRUE(ListLog(*store)->whole);
  EXPECT_EQ(ListLog(*store, 1)->commits.size(), 2U);
  EXPECT_FALSE(ListLog(*store, 1)->whole);
  EXPECT_EQ(ListLog(*store)->commits[2].object.modified, TestTable::TimeOf(2));
}

}  // namespace
}  // namespace sluice::delta
