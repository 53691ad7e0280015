#include "delta/snapshot_loading.h"

#include "base/testing/matchers.h"
#include "delta/testing/line_checkpoint_reader.h"
#include "delta/testing/test_table.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using testing::AddLine;
using testing::ChecksumName;
using testing::ChecksumText;
using ::testing::ElementsAre;
using testing::kMetadataLine;
using testing::kProtocolLine;
using testing::MetadataLine;
using testing::ProtocolLine;
using testing::RemoveLine;
using testing::TestTable;

class SnapshotLoadingTest : public ::testing::Test {
 protected:
  Result<TableSnapshotPtr> Load(std::optional<Version> version = std::nullopt) {
    const auto store = table_.Store();
    const LogListing listing = ListLog(*store).value();
    const LogSegment segment = TRY(ChooseSegment(listing, version));
    return LoadSnapshot({*store, reader_, limits_}, listing, segment, kFileTime);
  }
  std::vector<std::string> Paths(std::optional<Version> version = std::nullopt) {
    const auto snapshot = Load(version);
    EXPECT_THAT(snapshot, IsOk());
    std::vector<std::string> paths;
    if (!snapshot.has_value()) return paths;
    FileCursor cursor = (*snapshot)->Files();
    while (const FileEntry* entry = cursor.Next().value()) paths.emplace_back(entry->path);
    return paths;
  }
  // A checkpoint's name, and lines that stand for its Parquet.
  void WritePart(Version version, int part, int parts, const std::vector<std::string>& lines) {
    table_.Write(fmt::format("{:020}.checkpoint.{:010}.{:010}.parquet", version, part, parts),
                 TestTable::Join(lines));
  }

  static constexpr TimePoint kFileTime{Millis(12345)};
  TestTable table_;
  testing::LineCheckpointReader reader_;
  SnapshotLimits limits_;
};

TEST_F(SnapshotLoadingTest, ReplaysCommits) {
  table_.Start({AddLine("a"), AddLine("b")});
  table_.Commit(1, {RemoveLine("a"), AddLine("c")});
  EXPECT_THAT(Paths(), ElementsAre("b", "c"));
  EXPECT_THAT(Paths(0), ElementsAre("a", "b"));
  EXPECT_EQ(Load().value()->commit_time(), kFileTime);
}

TEST_F(SnapshotLoadingTest, TheLogMustNotContradictItsChecksum) {
  table_.Start({AddLine("a", 10)});
  table_.Commit(1, {AddLine("b", 5)});
  table_.Checkpoint(1, {AddLine("a", 10), AddLine("b", 5)});
  table_.Commit(2, {RemoveLine("a")});
  table_.Write(ChecksumName(0), ChecksumText(9, 9));
  table_.Write(ChecksumName(1), ChecksumText(2, 15));
  table_.Write(ChecksumName(2), ChecksumText(1, 5));
  EXPECT_THAT(Paths(2), ElementsAre("b"));
  EXPECT_THAT(Paths(1), ElementsAre("a", "b"));
  EXPECT_THAT(Load(0), IsError(Code::kCorrupt, "at version 0: 1 files, the checksum says 9"));
  table_.Write(ChecksumName(2), ChecksumText(1, 6));
  EXPECT_THAT(Load(2), IsError(Code::kCorrupt, "at version 2: 5 bytes, the checksum says 6"));
  for (const std::string& broken :
       {std::string(), std::string("{"), std::string("{\"numFiles\":8}")}) {
    table_.Write(ChecksumName(2), broken);
    EXPECT_THAT(Paths(2), ElementsAre("b"));
  }
}

TEST_F(SnapshotLoadingTest, StartsFromACheckpoint) {
  table_.Checkpoint(4, {AddLine("z"), AddLine("a"), AddLine("m")});
  table_.Commit(5, {RemoveLine("a"), AddLine("b")});
  EXPECT_THAT(Paths(), ElementsAre("b", "m", "z"));
  EXPECT_THAT(Paths(4), ElementsAre("a", "m", "z"));
}

TEST_F(SnapshotLoadingTest, ReadsAllPartsOfACheckpoint) {
  WritePart(4, 1, 2, {std::string(kProtocolLine), AddLine("z")});
  WritePart(4, 2, 2, {std::string(kMetadataLine), AddLine("a")});
  EXPECT_THAT(Paths(), ElementsAre("a", "z"));
}

// Their byte order as written is not that of the files they mean.
TEST_F(SnapshotLoadingTest, PutsOddlyWrittenPathsInOrder) {
  table_.Checkpoint(4, {AddLine("a b"), AddLine("a!c"), AddLine("%62"), AddLine("az")});
  EXPECT_THAT(Paths(), ElementsAre("a!c", "a b", "az", "%62"));
  table_.Commit(5, {RemoveLine("a%20b"), RemoveLine("b")});
  EXPECT_THAT(Paths(), ElementsAre("a!c", "az"));
}

TEST_F(SnapshotLoadingTest, ACheckpointHoldsAFileOnce) {
  table_.Checkpoint(4, {AddLine("a"), AddLine("a")});
  EXPECT_THAT(Load(), IsError(Code::kCorrupt, "twice"));
  table_.Checkpoint(4, {AddLine("a!"), AddLine("%61!"), AddLine("b")});
  EXPECT_THAT(Load(), IsError(Code::kCorrupt, "twice"));
  table_.Checkpoint(4, {AddLine("a", 1, "x"), AddLine("a", 1, "y")});
  EXPECT_THAT(Load(), IsOk());
}

TEST_F(SnapshotLoadingTest, NeedsProtocolAndMetadata) {
  table_.Commit(0, {std::string(kMetadataLine), AddLine("a")});
  EXPECT_THAT(Load(), IsError(Code::kCorrupt, "protocol"));
  table_.Commit(0, {std::string(kProtocolLine), AddLine("a")});
  EXPECT_THAT(Load(), IsError(Code::kCorrupt, "metaData"));
  table_.Write("00000000000000000004.checkpoint.parquet",
               TestTable::Join({std::string(kProtocolLine)}));
  EXPECT_THAT(Load(), IsError(Code::kCorrupt, "metaData"));
}

TEST_F(SnapshotLoadingTest, RefusesByTheNewestProtocolBeforeReadingOn) {
  table_.Write("00000000000000000004.checkpoint.parquet", "broken");
  table_.Commit(5, {ProtocolLine(3, 7, R"(["futureFeature"])")});
  EXPECT_THAT(Load(), IsError(Code::kUnsupported, "'futureFeature'"));
  EXPECT_EQ(reader_.reads, 0);
}

TEST_F(SnapshotLoadingTest, ABrokenCheckpointIsCorrupt) {
  table_.Start({AddLine("a")});
  table_.Write("00000000000000000000.checkpoint.parquet", "broken");
  EXPECT_THAT(Load(), IsError(Code::kCorrupt));
}

TEST_F(SnapshotLoadingTest, FilesOutsideCountOnlyWhereTheyLive) {
  table_.Start({AddLine("/abs/a"), AddLine("b")});
  table_.Commit(1, {RemoveLine("file:/abs/a")});
  EXPECT_THAT(Load(0), IsError(Code::kUnsupported, "outside"));
  EXPECT_THAT(Paths(1), ElementsAre("b"));
}

TEST_F(SnapshotLoadingTest, TooManyCommitsAreRefused) {
  table_.Start();
  for (Version version = 1; version <= 5; ++version) table_.Commit(version, {"{}"});
  limits_.max_log_files = 5;
  EXPECT_THAT(Load(), IsError(Code::kUnsupported, "more than 5 commits"));
}

TEST_F(SnapshotLoadingTest, InCommitTimestampsAreTheTime) {
  const std::string info = R"({"commitInfo":{"inCommitTimestamp":777}})";
  table_.Commit(0, {info, std::string(kProtocolLine),
                    MetadataLine(R"({"delta.enableInCommitTimestamps":"true"})"), AddLine("a")});
  EXPECT_EQ(Load().value()->commit_time(), FromUnixMillis(777));
  // From a checkpoint the commit has to be asked for, while it is there.
  table_.Write("00000000000000000000.checkpoint.parquet",
               TestTable::Join({std::string(kProtocolLine),
                                MetadataLine(R"({"delta.enableInCommitTimestamps":"true"})")}));
  EXPECT_EQ(Load().value()->commit_time(), FromUnixMillis(777));
  table_.RemoveCommit(0);
  EXPECT_EQ(Load().value()->commit_time(), kFileTime);
}

TEST_F(SnapshotLoadingTest, ExtendsByNewCommitsOnly) {
  table_.Checkpoint(4, {AddLine("a"), AddLine("b")});
  const TableSnapshotPtr before = Load().value();
  table_.Commit(5, {RemoveLine("a")});
  table_.Commit(6, {AddLine("c"), MetadataLine(R"({"k":"v"})")});
  const auto store = table_.Store();
  const auto commits = ListLog(*store, 5)->commits;
  ASSERT_EQ(commits.size(), 2U);
  const auto after = ExtendSnapshot({*store, reader_, limits_}, *before, commits, kFileTime);
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ((*after)->version(), 6);
  EXPECT_EQ((*after)->num_files(), 2U);
  EXPECT_EQ((*after)->metadata().configuration.at("k"), "v");
  EXPECT_EQ((*after)->files().base(), before->files().base());
  EXPECT_EQ(before->num_files(), 2U);
  EXPECT_EQ(reader_.reads, 1);
  // Gone, or not what was listed.
  table_.Commit(6, {AddLine("d"), AddLine("e")});
  EXPECT_THAT(ExtendSnapshot({*store, reader_, limits_}, *before, commits, kFileTime),
              IsError(Code::kNotFound));
  table_.RemoveCommit(6);
  EXPECT_THAT(ExtendSnapshot({*store, reader_, limits_}, *before, commits, kFileTime),
              IsError(Code::kNotFound));
}

TEST(HasInCommitTimestamp, FollowsTheProperties) {
  Metadata metadata;
  EXPECT_FALSE(HasInCommitTimestamp(metadata, 5));
  metadata.configuration["delta.enableInCommitTimestamps"] = "false";
  EXPECT_FALSE(HasInCommitTimestamp(metadata, 5));
  metadata.configuration["delta.enableInCommitTimestamps"] = "true";
  EXPECT_TRUE(HasInCommitTimestamp(metadata, 0));
  metadata.configuration["delta.inCommitTimestampEnablementVersion"] = "5";
  EXPECT_TRUE(HasInCommitTimestamp(metadata, 5));
  EXPECT_FALSE(HasInCommitTimestamp(metadata, 4));
}

}  // namespace
}  // namespace sluice::delta
