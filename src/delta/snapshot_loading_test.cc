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

// A V2 checkpoint in JSON; its sidecar holds `adds`.
class SeveralCheckpoints : public SnapshotLoadingTest {
 protected:
  void WriteV2(Version version, char uuid, const std::vector<std::string>& adds) {
    const std::string sidecar = fmt::format("{}{}.parquet", version, uuid);
    const std::string text = TestTable::Join(adds);
    table_.Write("_sidecars/" + sidecar, text);
    table_.Write(
        fmt::format("{:020}.checkpoint.{}.json", version,
                    std::string(8, uuid) + "-4056-49b8-937b-95f9e3ee90e5"),
        TestTable::Join({std::string(kProtocolLine), std::string(kMetadataLine),
                         fmt::format(R"({{"checkpointMetadata":{{"version":{}}}}})", version),
                         fmt::format(R"({{"sidecar":{{"path":"{}","sizeInBytes":{},)"
                                     R"("modificationTime":1}}}})",
                                     sidecar, text.size())}));
  }
  void LoseSidecar(Version version, char uuid) {
    table_.Remove(fmt::format("_sidecars/{}{}.parquet", version, uuid));
  }
};

TEST_F(SeveralCheckpoints, OfOneVersionTheClassicOneIsReadFirst) {
  WriteV2(4, 'a', {AddLine("v2")});
  EXPECT_THAT(Paths(), ElementsAre("v2"));
  table_.Checkpoint(4, {AddLine("classic")});
  EXPECT_THAT(Paths(), ElementsAre("classic"));
}

TEST_F(SeveralCheckpoints, AnIncompleteOneIsReplacedByAnother) {
  WriteV2(4, 'a', {AddLine("of a")});
  WriteV2(4, 'b', {AddLine("of b")});
  LoseSidecar(4, 'a');
  EXPECT_THAT(Paths(), ElementsAre("of b"));
  WritePart(4, 1, 3, {std::string(kProtocolLine)});
  WritePart(4, 2, 3, {std::string(kMetadataLine)});
  LoseSidecar(4, 'b');
  EXPECT_THAT(Load(), IsError(Code::kCorrupt, "a file of the table's checkpoint is missing"));
  WritePart(4, 3, 3, {AddLine("of parts")});
  EXPECT_THAT(Paths(), ElementsAre("of parts"));
}

TEST_F(SeveralCheckpoints, AnIncompleteOneIsReplacedByAnOlderOneAndCommits) {
  WriteV2(2, 'a', {AddLine("a")});
  table_.Commit(3, {AddLine("b")});
  table_.Commit(4, {AddLine("c")});
  WriteV2(4, 'a', {AddLine("a"), AddLine("b"), AddLine("c")});
  table_.Commit(5, {RemoveLine("a")});
  LoseSidecar(4, 'a');
  EXPECT_THAT(Paths(), ElementsAre("b", "c"));
  EXPECT_THAT(Paths(4), ElementsAre("a", "b", "c"));
  LoseSidecar(2, 'a');
  EXPECT_THAT(Load(), IsError(Code::kCorrupt, "is missing"));
  table_.Start({AddLine("0")});
  table_.Commit(1, {AddLine("a")});
  table_.Commit(2, {RemoveLine("0")});
  EXPECT_THAT(Paths(), ElementsAre("b", "c"));
}

TEST_F(SeveralCheckpoints, WhatLiesBeforeAHintIsFoundWhenItIsNeeded) {
  table_.Checkpoint(2, {AddLine("a")});
  table_.Commit(3, {AddLine("b")});
  table_.Commit(4, {AddLine("c")});
  WriteV2(4, 'a', {});
  LoseSidecar(4, 'a');
  const auto store = table_.Store();
  const LogListing listing = ListLog(*store, 4).value();
  ASSERT_FALSE(listing.whole);
  const LogSegment segment = ChooseSegment(listing).value();
  const auto loaded = LoadSnapshot({*store, reader_, limits_}, listing, segment, kFileTime);
  ASSERT_THAT(loaded, IsOk());
  EXPECT_EQ((*loaded)->num_files(), 3U);
}

// The log is damaged, whatever else could stand in.
TEST_F(SeveralCheckpoints, ABrokenOneIsNotReplaced) {
  table_.Start({AddLine("a")});
  WriteV2(0, 'a', {AddLine("a")});
  table_.Write("00000000000000000000.checkpoint.parquet", "broken");
  EXPECT_THAT(Load(), IsError(Code::kCorrupt));
  table_.Remove("00000000000000000000.checkpoint.parquet");
  EXPECT_THAT(Paths(), ElementsAre("a"));
  table_.Write("_sidecars/0a.parquet", "broken");
  EXPECT_THAT(Load(), IsError(Code::kCorrupt));
}

TEST_F(SeveralCheckpoints, PartsOfAnotherNumberAreNotMixedIn) {
  WritePart(4, 1, 3, {std::string(kProtocolLine), AddLine("x")});
  WritePart(4, 3, 3, {AddLine("y")});
  EXPECT_THAT(Load(), IsError(Code::kNotFound));
  WritePart(4, 1, 2, {std::string(kProtocolLine), std::string(kMetadataLine)});
  WritePart(4, 2, 2, {AddLine("a")});
  EXPECT_THAT(Paths(), ElementsAre("a"));
}

TEST_F(SnapshotLoadingTest, FilesOutsideCountOnlyWhereTheyLive) {
  table_.Start({AddLine("/abs/a"), AddLine("b")});
  table_.Commit(1, {RemoveLine("file:/abs/a")});
  const auto before = Load(0);
  ASSERT_THAT(before, IsOk());
  EXPECT_EQ((*before)->num_outside(), 1U);
  EXPECT_THAT(Paths(1), ElementsAre("b"));
  EXPECT_EQ((*Load(1))->num_outside(), 0U);
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

TEST_F(SnapshotLoadingTest, ACommitMustTellItsTimeWhereTheTableSaysSo) {
  const std::string metadata = MetadataLine(R"({"delta.enableInCommitTimestamps":"true",)"
                                            R"("delta.inCommitTimestampEnablementVersion":"1"})");
  const std::string protocol =
      R"({"protocol":{"minReaderVersion":1,"minWriterVersion":7,"writerFeatures":)"
      R"(["inCommitTimestamp"]}})";
  table_.Start();
  table_.Commit(1, {R"({"commitInfo":{"inCommitTimestamp":5}})", protocol, metadata});
  table_.Commit(2, {R"({"commitInfo":{"operation":"x"}})"});
  EXPECT_EQ(Load(0).value()->commit_time(), kFileTime);
  EXPECT_EQ(Load(1).value()->commit_time(), FromUnixMillis(5));
  EXPECT_THAT(Load(2), IsError(Code::kCorrupt, "version 2: the commit does not tell its time"));
  table_.Write("00000000000000000002.checkpoint.parquet", TestTable::Join({protocol, metadata}));
  EXPECT_THAT(Load(2), IsError(Code::kCorrupt, "version 2: the commit does not tell its time"));
  table_.RemoveCommit(2);
  EXPECT_EQ(Load(2).value()->commit_time(), kFileTime);
  // A property that nothing stands behind says nothing.
  table_.Remove("00000000000000000002.checkpoint.parquet");
  table_.Commit(1, {metadata});
  EXPECT_EQ(Load(1).value()->commit_time(), kFileTime);
}

// As a writer of compacted files makes them: what is left when the commits are reconciled.
TEST_F(SnapshotLoadingTest, CompactedCommitsComeToTheSame) {
  const std::string newer = MetadataLine(R"({"k":"v"})");
  table_.Start({AddLine("a"), AddLine("b"), AddLine("c")});
  table_.Commit(1, {RemoveLine("a"), AddLine("d"), R"({"commitInfo":{"operation":"x"}})"});
  table_.Commit(2, {RemoveLine("d"), AddLine("a", 7), newer});
  table_.Commit(3,
                {RemoveLine("b"), AddLine("b", 1, "v1"), R"({"txn":{"appId":"x","version":1}})"});
  table_.Commit(4, {RemoveLine("b", "v1"), AddLine("b", 1, "v2"),
                    ProtocolLine(3, 7, R"(["deletionVectors"])")});
  table_.Commit(5, {AddLine("e")});
  const auto described = [&] {
    const TableSnapshotPtr snapshot = Load().value();
    std::vector<std::string> files = {
        fmt::format("{} {} {}", snapshot->protocol().min_reader_version,
                    snapshot->metadata().configuration.size(), snapshot->size().value)};
    FileCursor cursor = snapshot->Files();
    while (const FileEntry* entry = cursor.Next().value()) {
      files.push_back(fmt::format(
          "{} {} {}", entry->path, entry->size,
          entry->deletion_vector == nullptr ? "-" : entry->deletion_vector->path_or_inline));
    }
    return files;
  };
  const auto compact = [&](Version first, Version last, const std::vector<std::string>& lines) {
    table_.Write(fmt::format("{:020}.{:020}.compacted.json", first, last), TestTable::Join(lines));
  };
  const std::vector<std::string> plain = described();
  EXPECT_THAT(plain, ElementsAre("3 1 10", "a 7 -", "b 1 v2", "c 1 -", "e 1 -"));
  compact(1, 2, {AddLine("a", 7), RemoveLine("d"), newer});
  EXPECT_EQ(described(), plain);
  compact(3, 4,
          {RemoveLine("b"), RemoveLine("b", "v1"), AddLine("b", 1, "v2"),
           R"({"txn":{"appId":"x","version":1}})", ProtocolLine(3, 7, R"(["deletionVectors"])")});
  EXPECT_EQ(described(), plain);
  // One that overlaps and reaches further is taken alone, and is what is read.
  compact(1, 4,
          {RemoveLine("d"), AddLine("a", 7), newer, RemoveLine("b"), RemoveLine("b", "v1"),
           AddLine("b", 1, "v2"), ProtocolLine(3, 7, R"(["deletionVectors"])")});
  EXPECT_EQ(described(), plain);
  compact(1, 4, {AddLine("other")});
  EXPECT_THAT(Paths(), ElementsAre("a", "b", "c", "e", "other"));
  EXPECT_THAT(Paths(3), ElementsAre("a", "b", "c")) << "ends within the compacted file";
  compact(1, 4, {"{"});
  EXPECT_THAT(Load(), IsError(Code::kCorrupt, "version 4"));
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

TEST_F(SnapshotLoadingTest, AHeadComesFromAChecksumThatIsWholeAndReadable) {
  table_.Start({AddLine("a")});
  const auto head = [&](const std::string& checksum) {
    table_.Write(ChecksumName(0), checksum);
    const auto store = table_.Store();
    return HeadFromChecksum({*store, reader_, limits_}, ListLog(*store).value(), 0, kFileTime);
  };
  const auto sound = head(ChecksumText(1, 1, R"(,"inCommitTimestampOpt":9)"));
  ASSERT_TRUE(sound.has_value());
  EXPECT_EQ(sound->version, 0);
  EXPECT_EQ(sound->commit_time, kFileTime);
  EXPECT_EQ(sound->protocol.min_writer_version, 2);
  EXPECT_EQ(sound->metadata.id, "t");
  EXPECT_FALSE(head("{}").has_value());
  // The time is not known, or is.
  const std::string timed = MetadataLine(R"({"delta.enableInCommitTimestamps":"true"})");
  EXPECT_FALSE(head(ChecksumText(1, 1, "", timed)).has_value());
  EXPECT_EQ(head(ChecksumText(1, 1, R"(,"inCommitTimestampOpt":9)", timed))->commit_time,
            FromUnixMillis(9));
  // It cannot be read: whoever loads it says why.
  std::string newer = ChecksumText(1, 1);
  newer.replace(newer.find("\"minReaderVersion\":1"), 20, "\"minReaderVersion\":9");
  EXPECT_FALSE(head(newer).has_value());
}

TEST(VersionsAround, DoNotMixTimesOfFilesWithOwnOnes) {
  const VersionRange all(2, 9);
  const auto at = [&](int64_t ms, const Metadata& metadata) {
    return VersionsAround(FromUnixMillis(ms), metadata, all);
  };
  Metadata metadata;
  metadata.configuration["delta.inCommitTimestampEnablementVersion"] = "5";
  metadata.configuration["delta.inCommitTimestampEnablementTimestamp"] = "100";
  EXPECT_EQ(at(99, metadata), all);
  metadata.configuration["delta.enableInCommitTimestamps"] = "True";
  EXPECT_EQ(at(99, metadata), VersionRange(2, 4));
  EXPECT_EQ(at(100, metadata), VersionRange(5, 9));
  metadata.configuration["delta.inCommitTimestampEnablementVersion"] = "1";
  EXPECT_EQ(at(100, metadata), all);
  metadata.configuration["delta.inCommitTimestampEnablementVersion"] = "12";
  EXPECT_EQ(at(100, metadata), all);
  metadata.configuration["delta.inCommitTimestampEnablementTimestamp"] = "soon";
  EXPECT_EQ(at(100, metadata), all);
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
