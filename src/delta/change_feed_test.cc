#include "delta/change_feed.h"

#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"
#include "delta/snapshots.h"
#include "delta/testing/line_checkpoint_reader.h"
#include "delta/testing/test_table.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using sluice::testing::IsOkAnd;
using testing::AddLine;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::MetadataLine;
using ::testing::Pair;
using testing::ProtocolLine;
using testing::RemoveLine;
using testing::TestTable;

constexpr std::string_view kOn = R"({"delta.enableChangeDataFeed":"true"})";

std::string CdcLine(std::string_view path) {
  return fmt::format(R"({{"cdc":{{"path":"_change_data/{}","partitionValues":{{}},"size":7,)"
                     R"("dataChange":false}}}})",
                     path);
}

// A removal that tells what it removed.
std::string FullRemoveLine(std::string_view path, std::string_view extra = "") {
  return fmt::format(R"({{"remove":{{"path":"{}","deletionTimestamp":9,"dataChange":true,)"
                     R"("extendedFileMetadata":true,"partitionValues":{{"p":"x"}},"size":3{}}}}})",
                     path, extra);
}

std::string MetadataWithSchema(std::string_view type) {
  std::string line = MetadataLine(kOn);
  const size_t place = line.find("long");
  return line.replace(place, 4, type);
}

class ChangeFeedTest : public ::testing::Test {
 protected:
  void Start(std::vector<std::string> lines = {}) {
    lines.insert(lines.begin(), {std::string(testing::kProtocolLine), MetadataLine(kOn)});
    table_.Commit(0, lines);
  }

  Result<std::unique_ptr<ChangeFeed>> Open(Version first, std::optional<Version> last = {},
                                           Changes what = Changes::kRows) {
    return snapshots_.OpenChanges(table_.location(), first, last, what, [&](std::string_view path) {
      outside_.emplace_back(path);
      return path.starts_with("/forbidden") ? Status(Fail(Code::kUnsupported, "not covered"))
                                            : Status();
    });
  }

  // "version: +added -removed ~cdc", one a commit.
  static std::vector<std::string> Walk(ChangeFeed& feed) {
    std::vector<std::string> commits;
    while (true) {
      const auto changes = feed.Next();
      EXPECT_THAT(changes, IsOk());
      if (!changes.has_value() || *changes == nullptr) return commits;
      std::string text = fmt::format("{}:", (*changes)->version);
      if ((*changes)->protocol.has_value()) text += " P";
      if ((*changes)->metadata.has_value()) text += " M";
      for (const ChangedFile& changed : (*changes)->files) {
        constexpr std::string_view kSigns = "+-~";
        text += fmt::format(" {}{}", kSigns[static_cast<size_t>(changed.kind)],
                            changed.file.Row().entry.path);
      }
      commits.push_back(text);
    }
  }
  std::vector<std::string> Changed(Version first, std::optional<Version> last = {},
                                   Changes what = Changes::kRows) {
    const auto feed = Open(first, last, what);
    EXPECT_THAT(feed, IsOk());
    return feed.has_value() ? Walk(**feed) : std::vector<std::string>{"none"};
  }

  std::vector<std::string> outside_;  // paths that were asked about
  TestTable table_;
  testing::LineCheckpointReader reader_;
  sluice::testing::ManualClock clock_{FromUnixMillis(0)};
  Metrics metrics_;
  SnapshotLimits limits_{MiB(64), 4, MiB(16), 1000};
  SecureRandom random_;
  storage::Stores stores_{{clock_, random_, metrics_}};
  Snapshots snapshots_{stores_, reader_, clock_, metrics_, limits_};
};

TEST_F(ChangeFeedTest, ChangeDataFilesStandForTheFilesOfTheirCommit) {
  Start({AddLine("a")});
  table_.Commit(1, {FullRemoveLine("a"), AddLine("b"), CdcLine("c")});
  table_.Commit(2, {FullRemoveLine("b")});
  EXPECT_THAT(Changed(0), ElementsAre("0: P M +a", "1: ~_change_data/c", "2: -b"));
  EXPECT_THAT(Changed(0, {}, Changes::kFiles), ElementsAre("0: P M +a", "1: +b -a", "2: -b"));
  EXPECT_THAT(Changed(1, 1), ElementsAre("1: ~_change_data/c"));
  EXPECT_THAT(Changed(2, 99), ElementsAre("2: -b")) << "what is yet to come is not waited for";
}

TEST_F(ChangeFeedTest, WhatChangesNoRowIsLeftOut) {
  Start({AddLine("a")});
  std::string moved = AddLine("b");
  moved.replace(moved.find("\"dataChange\":true"), 17, "\"dataChange\":false");
  std::string gone = FullRemoveLine("a");
  gone.replace(gone.find("\"dataChange\":true"), 17, "\"dataChange\":false");
  table_.Commit(1, {gone, moved});
  const auto merge = [](std::string_view updated) {
    return fmt::format(R"({{"commitInfo":{{"operation":"MERGE","operationMetrics":{{)"
                       R"("numTargetRowsInserted":"0","numTargetRowsUpdated":"{}",)"
                       R"("numTargetRowsDeleted":"0"}}}}}})",
                       updated);
  };
  table_.Commit(2, {merge("0"), AddLine("c"), FullRemoveLine("b")});
  table_.Commit(3, {merge("1"), AddLine("d"), FullRemoveLine("c")});
  EXPECT_THAT(Changed(1), ElementsAre("1:", "2:", "3: +d -c"));
  EXPECT_THAT(Changed(2, 2, Changes::kFiles), ElementsAre("2: +c -b"));
}

TEST_F(ChangeFeedTest, ARemovalThatTellsLittleIsLookedUp) {
  Start({AddLine("a", 11), AddLine("b", 12)});
  table_.Commit(1, {RemoveLine("a"), RemoveLine("never-there")});
  const auto feed = Open(1);
  ASSERT_THAT(feed, IsOk());
  const CommitChanges* changes = (*feed)->Next().value();
  ASSERT_EQ(changes->files.size(), 1U);
  EXPECT_EQ(changes->files[0].file.size, 11);
  EXPECT_EQ(changes->files[0].file.partition_values, "{}");
}

TEST_F(ChangeFeedTest, ARemovalThatTellsLittleNeedsTheVersionBefore) {
  table_.Checkpoint(1, {AddLine("b", 12)});
  table_.Commit(1, {RemoveLine("a")});
  table_.Commit(2, {MetadataLine(kOn)});
  EXPECT_THAT(Open(1), IsError(Code::kUnsupported, "version 1"));
  EXPECT_THAT(Changed(2), ElementsAre("2: M"));
}

// What is not there now may be there in a moment: no answer that a client takes for final.
TEST_F(ChangeFeedTest, AFaultThatPassesIsNoRefusal) {
  Start({AddLine("a")});
  table_.Commit(1, {MetadataWithSchema("string"), FullRemoveLine("a")});
  table_.Commit(2, {RemoveLine("b")});
  const auto store = std::shared_ptr<const storage::ObjectStore>(table_.Store());
  const auto open = [&](Version version, Code code) {
    ChangeFeed::Source source;
    source.store = store;
    source.first = snapshots_.HeadAt(table_.location(), version).value();
    source.latest = snapshots_.Latest(table_.location()).value();
    source.history =
        std::make_shared<const LogHistory>(LogHistory::Make(ListLog(*store).value()).value());
    source.last = version;
    source.max_commit = MiB(1);
    source.snapshot_at = [code](Version) -> Result<std::shared_ptr<const TableSnapshot>> {
      return Fail(code, "not now");
    };
    return ChangeFeed::Open(std::move(source), Changes::kRows,
                            [](std::string_view) { return Status(); });
  };
  EXPECT_THAT(open(1, Code::kUnavailable), IsError(Code::kUnavailable));
  EXPECT_THAT(open(1, Code::kInvalidArgument), IsOk()) << "nobody knows the schema of before";
  EXPECT_THAT(open(2, Code::kUnavailable), IsError(Code::kUnavailable));
  EXPECT_THAT(open(2, Code::kPermissionDenied), IsError(Code::kPermissionDenied));
  EXPECT_THAT(open(2, Code::kInvalidArgument), IsError(Code::kUnsupported));
}

TEST_F(ChangeFeedTest, TellsWhereTheFeedWasOff) {
  table_.Start({AddLine("a")});
  table_.Commit(1, {MetadataLine(kOn)});
  table_.Commit(2, {AddLine("b")});
  table_.Commit(3, {std::string(testing::kMetadataLine)});
  EXPECT_THAT((*Open(1, 2))->survey().not_recorded, std::nullopt);
  EXPECT_EQ((*Open(0, 2))->survey().not_recorded, 0);
  EXPECT_EQ((*Open(1))->survey().not_recorded, 3);
  table_.Commit(4, {MetadataLine(R"({"delta.enableChangeDataFeed":"True"})")});
  EXPECT_EQ((*Open(4))->survey().not_recorded, std::nullopt);
  EXPECT_EQ((*Open(1, {}, Changes::kFiles))->survey().not_recorded, std::nullopt);
}

TEST_F(ChangeFeedTest, SurveysSchemasAndFeatures) {
  Start({AddLine("z")});
  table_.Commit(1, {MetadataWithSchema("string"), AddLine("y")});
  table_.Commit(2, {ProtocolLine(3, 7, R"(["deletionVectors"])")});
  table_.Commit(3, {AddLine("a", 1, "vector")});
  table_.Commit(4, {MetadataWithSchema("timestamp_ntz")});
  const auto survey = [&](Version first, Version last) { return (*Open(first, last))->survey(); };
  EXPECT_EQ(survey(0, 0).unreadable_schema, std::nullopt);
  EXPECT_EQ(survey(0, 3).unreadable_schema, 0);
  EXPECT_EQ(survey(1, 4).unreadable_schema, 1);
  EXPECT_EQ(survey(1, 3).unreadable_schema, std::nullopt);
  EXPECT_FALSE(survey(0, 2).advanced.any());
  EXPECT_TRUE(survey(0, 3).advanced.deletion_vectors);
  EXPECT_TRUE(survey(3, 4).advanced.timestamp_ntz);
  EXPECT_EQ(survey(0, 1).protocol.min_reader_version, 1);
  EXPECT_EQ(survey(0, 2).protocol.min_reader_version, 3);
  EXPECT_THAT(*survey(0, 2).protocol.reader_features, ElementsAre("deletionVectors"));
  EXPECT_EQ(survey(1, 3).first->version, 1);
  EXPECT_EQ(survey(1, 3).first->protocol.min_reader_version, 1);
  EXPECT_EQ(survey(1, 3).last, 3);
}

TEST_F(ChangeFeedTest, OnlySchemasOfFilesThatAreAnsweredCount) {
  Start();
  table_.Commit(1, {MetadataWithSchema("string")});
  table_.Commit(2, {AddLine("a")});
  table_.Commit(3, {MetadataWithSchema("binary"), AddLine("b"), FullRemoveLine("a")});
  table_.Commit(4, {MetadataWithSchema("date"), AddLine("c"), CdcLine("d")});
  const auto unreadable = [&](Version first, Version last) {
    return (*Open(first, last))->survey().unreadable_schema;
  };
  EXPECT_EQ(unreadable(0, 1), std::nullopt) << "no files";
  EXPECT_EQ(unreadable(0, 2), std::nullopt) << "none under the first schema";
  EXPECT_EQ(unreadable(0, 3), 1);
  EXPECT_EQ(unreadable(3, 3), 2) << "it removes a file of before";
  EXPECT_EQ(unreadable(4, 4), std::nullopt) << "the change data file is of its own schema";
}

TEST_F(ChangeFeedTest, KnowsTheRangeThatIsLeft) {
  Start({AddLine("a")});
  for (Version version = 1; version <= 5; ++version) {
    table_.Commit(version, {AddLine(fmt::format("f{}", version))});
  }
  table_.Checkpoint(3, {AddLine("a")});
  EXPECT_THAT(snapshots_.ChangeRange(table_.location()), IsOkAnd(Pair(0, 5)));
  EXPECT_THAT(Open(6), IsError(Code::kInvalidArgument, "0 to 5"));
  for (Version version = 0; version <= 2; ++version) table_.RemoveCommit(version);
  EXPECT_THAT(snapshots_.ChangeRange(table_.location()), IsOkAnd(Pair(3, 5)));
  EXPECT_THAT(Open(2), IsError(Code::kInvalidArgument, "3 to 5"));
  EXPECT_THAT(Changed(3), ElementsAre("3: +f3", "4: +f4", "5: +f5"));
  // A checkpoint does not tell what its own version changed.
  table_.RemoveCommit(3);
  EXPECT_THAT(snapshots_.ChangeRange(table_.location()), IsOkAnd(Pair(4, 5)));
  EXPECT_THAT(Changed(4), ElementsAre("4: +f4", "5: +f5"));
}

TEST_F(ChangeFeedTest, StopsAtWhatCannotBeRead) {
  Start();
  table_.Commit(1, {ProtocolLine(3, 7, R"(["futureFeature"])")});
  table_.Commit(2, {ProtocolLine(3, 7, R"([])")});
  EXPECT_THAT(Open(0), IsError(Code::kUnsupported, "'futureFeature'"));
  table_.Commit(3, {"{broken"});
  EXPECT_THAT(Open(3), IsError(Code::kCorrupt, "version 3"));
  EXPECT_THAT(Open(2, 2), IsError(Code::kCorrupt, "version 3")) << "the table is broken now";
}

TEST_F(ChangeFeedTest, AsksAboutFilesOutsideThatItWillAnswer) {
  Start({AddLine("a")});
  table_.Commit(1, {AddLine("/elsewhere/b"), FullRemoveLine("../c")});
  table_.Commit(2, {AddLine("/forbidden/d")});
  table_.Commit(3, {AddLine("/forbidden/e"), CdcLine("f")});
  EXPECT_THAT(Open(1, 1), IsOk());
  EXPECT_THAT(outside_, ElementsAre("/elsewhere/b", "../c"));
  EXPECT_THAT(Open(0), IsError(Code::kUnsupported, "not covered"));
  EXPECT_THAT(Open(3), IsOk()) << "the change data file stands for it";
}

TEST_F(ChangeFeedTest, LargeRangesAreReadASecondTime) {
  Start();
  const std::string padding(1 << 20, 'x');
  for (Version version = 1; version <= 20; ++version) {
    table_.Commit(version, {AddLine(fmt::format("f{}", version)),
                            fmt::format(R"({{"txn":{{"appId":"{}"}}}})", padding)});
  }
  const auto feed = Open(1);
  ASSERT_THAT(feed, IsOk());
  std::vector<std::string> walked = Walk(**feed);
  ASSERT_EQ(walked.size(), 20U);
  EXPECT_EQ(walked.front(), "1: +f1");
  EXPECT_EQ(walked.back(), "20: +f20");
  (*feed)->SkipTo(19);
  EXPECT_THAT(Walk(**feed), ElementsAre("19: +f19", "20: +f20"));
}

TEST_F(ChangeFeedTest, CommitsBearTheirOwnTimesWhereTheyDo) {
  Start({AddLine("a")});
  const auto info = [](int64_t ms) {
    return fmt::format(R"({{"commitInfo":{{"inCommitTimestamp":{}}}}})", ms);
  };
  table_.Commit(1, {info(111), AddLine("b")});
  table_.Commit(2, {info(222), MetadataLine(R"({"delta.enableChangeDataFeed":"true",)"
                                            R"("delta.enableInCommitTimestamps":"true",)"
                                            R"("delta.inCommitTimestampEnablementVersion":"2"})")});
  table_.Commit(3, {info(333), AddLine("c")});
  const auto feed = Open(0);
  std::vector<int64_t> times;
  while (const CommitChanges* changes = (*feed)->Next().value()) {
    times.push_back(ToUnixMillis(changes->time));
  }
  EXPECT_THAT(times, ElementsAre(ToUnixMillis(TestTable::TimeOf(0)),
                                 ToUnixMillis(TestTable::TimeOf(1)), 222, 333));
}

// Who polls lists what is new, not the whole log over and over.
TEST_F(ChangeFeedTest, PollingSeesEachCommitOnce) {
  Start({AddLine("a")});
  std::vector<std::string> seen = Changed(0);
  for (Version version = 1; version <= 300; ++version) {
    table_.Commit(version, {AddLine(fmt::format("f{}", version))});
    if (version % 7 != 0) continue;
    const std::vector<std::string> more = Changed(static_cast<Version>(seen.size()));
    seen.insert(seen.end(), more.begin(), more.end());
  }
  ASSERT_EQ(seen.size(), 295U);
  for (size_t version = 1; version < seen.size(); ++version) {
    EXPECT_EQ(seen[version], fmt::format("{0}: +f{0}", version));
  }
}

}  // namespace
}  // namespace sluice::delta
