#include "delta/table_log.h"

#include <latch>
#include <thread>
#include <utility>

#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"
#include "delta/log_path.h"
#include "delta/testing/line_checkpoint_reader.h"
#include "delta/testing/manual_work.h"
#include "delta/testing/test_table.h"
#include "storage/cached_store.h"
#include "storage/testing/memory_store.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using sluice::testing::IsOkAnd;
using storage::testing::MemoryStore;
using testing::AddLine;
using testing::ChecksumText;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kMetadataLine;
using testing::kProtocolLine;
using ::testing::Pair;
using testing::RemoveLine;
using testing::TestTable;
using ::testing::UnorderedElementsAre;

// A table in a store that lists from any key. How a local one is asked: snapshots_test.cc
class TableLogTest : public ::testing::Test {
 protected:
  static std::string Commit(Version version) { return CommitKey(version); }
  static std::string CheckpointKey(Version version) {
    return fmt::format("_delta_log/{:020}.checkpoint.parquet", version);
  }
  static std::vector<std::string> Started(std::vector<std::string> lines) {
    lines.insert(lines.begin(), {std::string(kProtocolLine), std::string(kMetadataLine)});
    return lines;
  }
  // Version v is of second v of the epoch's day 1, as those of TestTable.
  void Write(Version version, std::vector<std::string> lines) {
    if (version == 0) lines = Started(std::move(lines));
    store_->Put(Commit(version), TestTable::Join(lines), TestTable::TimeOf(version));
  }
  void WriteCheckpoint(Version version, const std::vector<std::string>& adds) {
    store_->Put(CheckpointKey(version), TestTable::Join(Started(adds)));
  }
  void WriteHint(Version version) {
    store_->Put("_delta_log/_last_checkpoint", fmt::format(R"({{"version":{}}})", version));
  }
  // Commits 0 to `newest`, each of which adds a file.
  void WriteLog(Version newest, std::string_view name = "p") {
    for (Version version = 0; version <= newest; ++version) {
      Write(version, {AddLine(fmt::format("{}{}", name, version))});
    }
  }
  static std::string ChecksumKey(Version version) {
    return "_delta_log/" + testing::ChecksumName(version);
  }
  static std::string ListFrom(Version version) { return "list _delta_log/ " + CommitKey(version); }
  std::vector<std::string> Paths() {
    const auto snapshot = log_.Latest();
    EXPECT_THAT(snapshot, IsOk());
    return snapshot.has_value() ? PathsOf(**snapshot) : std::vector<std::string>();
  }
  static std::vector<std::string> PathsOf(const Snapshot& snapshot) {
    std::vector<std::string> paths;
    FileCursor cursor = snapshot.Files();
    while (const FileEntry* entry = cursor.Next().value()) paths.emplace_back(entry->path);
    return paths;
  }
  std::vector<std::string> Requests() { return store_->TakeRequests(); }

  testing::LineCheckpointReader reader_;
  sluice::testing::ManualClock clock_{FromUnixMillis(0)};
  Metrics metrics_;
  SnapshotLimits limits_{MiB(64), 32, MiB(16), 1000};
  SnapshotCache cache_{limits_.cache, metrics_};
  testing::ManualWork work_;
  std::shared_ptr<MemoryStore> store_ = std::make_shared<MemoryStore>();
  TableLog log_{{reader_, clock_, metrics_, limits_, cache_, work_}, "s3://bucket/table", store_};
};

TEST_F(TableLogTest, AWarmCallIsOneList) {
  WriteLog(2);
  const auto first = log_.Latest().value();
  Requests();
  EXPECT_EQ(log_.Latest().value(), first);
  EXPECT_THAT(Requests(), ElementsAre(ListFrom(2)));
}

TEST_F(TableLogTest, NewCommitsComeWithTheSameList) {
  WriteLog(2);
  ASSERT_THAT(log_.Latest(), IsOk());
  Write(3, {AddLine("p3")});
  Write(4, {RemoveLine("p0")});
  store_->Put("_delta_log/00000000000000000003.crc", "{}");
  Requests();
  EXPECT_THAT(Paths(), ElementsAre("p1", "p2", "p3"));
  auto asked = Requests();
  EXPECT_EQ(asked.at(0), ListFrom(2));
  EXPECT_THAT(asked, UnorderedElementsAre(ListFrom(2), "read " + Commit(3), "read " + Commit(4)));
  EXPECT_EQ(log_.Latest().value()->commit_time(), TestTable::TimeOf(4));
  EXPECT_THAT(Requests(), ElementsAre(ListFrom(4)));
}

TEST_F(TableLogTest, AColdLoadIsAHintAListAndReads) {
  WriteLog(6);
  WriteCheckpoint(4, {AddLine("p")});
  WriteHint(4);
  EXPECT_THAT(Paths(), ElementsAre("p", "p5", "p6"));
  EXPECT_THAT(
      Requests(),
      UnorderedElementsAre("read _delta_log/_last_checkpoint", "list _delta_log/ " + FirstKeyOf(4),
                           "read " + Commit(5), "read " + Commit(6), "fetch " + CheckpointKey(4)));
}

TEST_F(TableLogTest, AChecksumIsOneReadOfAColdLoad) {
  WriteLog(3);
  store_->Put(ChecksumKey(2), ChecksumText(7, 7));
  store_->Put(ChecksumKey(3), ChecksumText(4, 4));
  EXPECT_THAT(Paths(), ElementsAre("p0", "p1", "p2", "p3"));
  EXPECT_THAT(Requests(),
              UnorderedElementsAre("read _delta_log/_last_checkpoint", "list _delta_log/",
                                   "read " + ChecksumKey(3), "read " + Commit(0),
                                   "read " + Commit(1), "read " + Commit(2), "read " + Commit(3)));
  // None of what new commits come to.
  Write(4, {AddLine("p4")});
  store_->Put(ChecksumKey(4), ChecksumText(9, 9));
  EXPECT_EQ(Paths().size(), 5U);
  EXPECT_THAT(Requests(), ElementsAre(ListFrom(3), "read " + Commit(4)));
  EXPECT_THAT(log_.At(2), IsError(Code::kCorrupt, "version 2"));
  store_->before = [](const std::string& request) -> Status {
    if (request.ends_with(".crc")) return Fail(Code::kUnavailable, "no");
    return {};
  };
  EXPECT_THAT(log_.At(2), IsOk());
}

TEST_F(TableLogTest, AHeadIsOneReadOfTheChecksum) {
  WriteLog(9);
  WriteCheckpoint(6, {AddLine("c")});
  store_->Put(ChecksumKey(3), ChecksumText(4, 4));
  ASSERT_THAT(log_.At(8), IsOk());  // lists the log
  Requests();
  const auto head = log_.HeadAt(3).value();
  EXPECT_EQ(head->version, 3);
  EXPECT_EQ(head->commit_time, TestTable::TimeOf(3));
  EXPECT_EQ(head->metadata.id, "t");
  EXPECT_THAT(Requests(), ElementsAre(ListFrom(9), "read " + ChecksumKey(3)));
  // What is in memory needs none, what has none is loaded, and then is in memory.
  EXPECT_EQ(log_.HeadAt(8).value()->version, 8);
  EXPECT_EQ(log_.HeadAt(9).value()->commit_time, TestTable::TimeOf(9));
  EXPECT_THAT(Requests(), ElementsAre(ListFrom(9), ListFrom(9)));
  EXPECT_EQ(log_.HeadAt(0).value()->commit_time, TestTable::TimeOf(0));
  EXPECT_THAT(Requests(), ElementsAre(ListFrom(9), "read " + Commit(0)));
  EXPECT_EQ(log_.HeadAt(0).value()->version, 0);
  EXPECT_THAT(Requests(), ElementsAre(ListFrom(9)));
  // One that went away.
  store_->Erase(ChecksumKey(3));
  EXPECT_EQ(log_.HeadAt(3).value()->metadata.id, "t");
}

TEST_F(TableLogTest, AHeadIsRefusedAsItsVersionIs) {
  EXPECT_THAT(log_.HeadAt(0), IsError(Code::kNotFound));
  WriteLog(1);
  Write(2, {testing::ProtocolLine(3, 7, R"(["futureFeature"])")});
  Write(3, {AddLine("p3")});
  Write(4, {std::string(kProtocolLine)});
  EXPECT_THAT(log_.HeadAt(5), IsError(Code::kInvalidArgument, "0 to 4"));
  EXPECT_THAT(log_.HeadAt(-1), IsError(Code::kInvalidArgument, "0 to 4"));
  EXPECT_THAT(log_.HeadAt(3), IsError(Code::kUnsupported, "'futureFeature'"));
  std::string checksum = ChecksumText(1, 1);
  checksum.replace(checksum.find("\"minReaderVersion\":1"), 20, "\"minReaderVersion\":9");
  store_->Put(ChecksumKey(2), checksum);
  EXPECT_THAT(log_.HeadAt(2), IsError(Code::kUnsupported, "'futureFeature'"));
}

// A store that tells times in seconds gives several commits the same.
TEST_F(TableLogTest, EqualTimesInTheMiddleNeedNoListOfTheWholeLog) {
  WriteLog(6);
  WriteCheckpoint(3, {AddLine("p")});
  WriteHint(3);
  for (const Version version : {3, 4, 5}) {
    store_->Put(Commit(version), AddLine("x" + std::to_string(version)), TestTable::TimeOf(3));
  }
  EXPECT_EQ(log_.Latest().value()->commit_time(), TestTable::TimeOf(6));
  EXPECT_EQ(Requests().size(), 6U);  // hint, list, three commits, checkpoint
}

TEST_F(TableLogTest, AReplacedTableIsLoadedAnew) {
  WriteLog(2, "old");
  ASSERT_THAT(log_.Latest(), IsOk());
  // As long as before.
  store_->Clear();
  WriteLog(2, "same");
  EXPECT_THAT(Paths(), ElementsAre("same0", "same1", "same2"));
  // Shorter.
  store_->Clear();
  WriteLog(1, "short");
  EXPECT_THAT(Paths(), ElementsAre("short0", "short1"));
  // Longer.
  store_->Clear();
  WriteLog(3, "long");
  EXPECT_THAT(Paths(), ElementsAre("long0", "long1", "long2", "long3"));
  EXPECT_THAT(log_.At(1), IsOk());
  // Its last commit has the same bytes, and so the same tag, but another time.
  const std::string last = store_->Objects().at(Commit(3));
  store_->Clear();
  WriteLog(2, "time");
  store_->Put(Commit(3), last, TestTable::TimeOf(9));
  EXPECT_THAT(Paths(), ElementsAre("long3", "time0", "time1", "time2"));
  EXPECT_THAT(PathsOf(**log_.At(1)), ElementsAre("time0", "time1"));
  store_->Clear();
  EXPECT_THAT(log_.Latest(), IsError(Code::kNotFound));
  EXPECT_THAT(log_.At(1), IsError(Code::kNotFound));
}

// An older version is loaded while another call notices that the table was replaced.
TEST_F(TableLogTest, NothingIsKeptOfATableThatWasReplacedMeanwhile) {
  WriteLog(4, "old");
  WriteCheckpoint(2, {AddLine("c")});
  ASSERT_THAT(log_.Latest(), IsOk());
  bool replaced = false;
  // Behind the commits; both tables have the same checkpoint.
  reader_.before_read = [&] {
    if (std::exchange(replaced, true)) return;
    store_->Clear();
    WriteLog(4, "new");
    WriteCheckpoint(2, {AddLine("c")});
    EXPECT_THAT(Paths(), ElementsAre("c", "new3", "new4"));
  };
  EXPECT_THAT(PathsOf(**log_.At(3)), ElementsAre("c", "old3"));  // as it was when it was asked for
  EXPECT_THAT(PathsOf(**log_.At(3)), ElementsAre("c", "new3"));
}

// The same while the log is listed.
TEST_F(TableLogTest, NoListingIsKeptOfATableThatWasReplacedMeanwhile) {
  WriteLog(4, "old");
  ASSERT_THAT(log_.Latest(), IsOk());
  bool replaced = false;
  store_->before = [&](const std::string& request) -> Status {
    if (request != "list _delta_log/" || std::exchange(replaced, true)) return {};
    store_->Clear();
    WriteLog(6, "new");
    EXPECT_EQ(Paths().size(), 7U);
    store_->Clear();
    WriteLog(4, "old");  // what this listing shows
    return {};
  };
  ASSERT_THAT(log_.Range(), IsOkAnd(Pair(0, 4)));
  store_->before = nullptr;
  store_->Clear();
  WriteLog(6, "new");
  Requests();
  EXPECT_EQ(PathsOf(**log_.At(3)).size(), 4U);
  EXPECT_THAT(Requests()[1], "list _delta_log/");
}

TEST_F(TableLogTest, AGapIsJudgedByTheWholeLog) {
  WriteLog(2);
  ASSERT_THAT(log_.Latest(), IsOk());
  Write(4, {AddLine("p4")});
  EXPECT_THAT(log_.Latest(), IsError(Code::kCorrupt, "version 3 is missing"));
  // A checkpoint makes up for it.
  WriteCheckpoint(3, {AddLine("c")});
  EXPECT_THAT(Paths(), ElementsAre("c", "p4"));
  // A checkpoint whose commit is not there is a version too.
  WriteCheckpoint(7, {AddLine("d")});
  EXPECT_THAT(Paths(), ElementsAre("d"));
  EXPECT_EQ(log_.Latest().value()->version(), 7);
  Requests();
  EXPECT_EQ(log_.Latest().value()->version(), 7);
  EXPECT_THAT(Requests(), ElementsAre("list _delta_log/ " + CheckpointKey(7)));
}

TEST_F(TableLogTest, AFailureOfTheStoreIsTheAnswerAndForgetsNothing) {
  WriteLog(2);
  const auto first = log_.Latest().value();
  for (const Code code : {Code::kUnavailable, Code::kPermissionDenied}) {
    store_->before = [code](const std::string&) -> Status { return Fail(code, "no"); };
    EXPECT_THAT(log_.Latest(), IsError(code));
  }
  store_->before = nullptr;
  Requests();
  EXPECT_EQ(log_.Latest().value(), first);
  EXPECT_THAT(Requests(), ElementsAre(ListFrom(2)));
}

TEST_F(TableLogTest, AnOlderCommitThatChangedMeanwhileIsReadAgain) {
  WriteLog(2);
  // Replaced between the listing and the reads, once.
  bool replaced = false;
  store_->before = [&](const std::string& request) -> Status {
    if (!replaced && request == "read " + Commit(0)) {
      replaced = true;
      Write(0, {AddLine("new0")});
    }
    return {};
  };
  store_->parallel = 1;
  EXPECT_THAT(Paths(), ElementsAre("new0", "p1", "p2"));
}

// One list is held up until the house is full: one caller more than may wait is refused, which
// tells that all others do. They share the next list.
TEST_F(TableLogTest, ThoseWhoWaitShareOneList) {
  limits_.waiters_per_table = 4;
  WriteLog(2);
  ASSERT_THAT(log_.Latest(), IsOk());
  std::latch begun(1);
  std::latch full(1);
  std::atomic<int> lists = 0;
  store_->before = [&](const std::string&) -> Status {
    if (++lists > 1) return {};
    begun.count_down();
    full.wait();
    return {};
  };
  std::atomic<int> refused = 0;
  std::vector<std::thread> callers;
  for (size_t i = 0; i < limits_.waiters_per_table + 2; ++i) {
    callers.emplace_back([&] {
      if (log_.Latest().has_value()) return;
      ++refused;
      full.count_down();
    });
    if (i == 0) begun.wait();
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(lists, 2);
}

TEST_F(TableLogTest, OlderVersionsComeFromAKeptListing) {
  WriteLog(9);
  ASSERT_THAT(log_.Latest(), IsOk());
  EXPECT_EQ(PathsOf(**log_.At(3)).size(), 4U);
  Requests();
  EXPECT_EQ(PathsOf(**log_.At(4)).size(), 5U);
  EXPECT_THAT(Requests(), ElementsAre(ListFrom(9), "read " + Commit(4)));
  // Though the table has grown.
  Write(10, {AddLine("p10")});
  EXPECT_EQ(PathsOf(**log_.At(5)).size(), 6U);
  EXPECT_THAT(Requests(), ElementsAre(ListFrom(9), "read " + Commit(10), "read " + Commit(5)));
}

TEST_F(TableLogTest, WhatWasCleanedUpIsNoticedByTheRead) {
  WriteLog(9);
  WriteCheckpoint(6, {AddLine("c")});
  ASSERT_THAT(log_.At(3), IsOk());
  for (Version version = 0; version < 6; ++version) store_->Erase(Commit(version));
  Requests();
  EXPECT_THAT(log_.At(1), IsError(Code::kInvalidArgument, "6 to 9"));
  EXPECT_THAT(PathsOf(**log_.At(7)), ElementsAre("c", "p7"));
  EXPECT_THAT(log_.At(0), IsError(Code::kInvalidArgument, "6 to 9"));
}

TEST_F(TableLogTest, ARefusalNamesTheRangeAsItIs) {
  WriteLog(9);
  WriteCheckpoint(6, {AddLine("c")});
  ASSERT_THAT(log_.At(3), IsOk());
  EXPECT_THAT(log_.At(10), IsError(Code::kInvalidArgument, "0 to 9"));
  for (Version version = 0; version < 6; ++version) store_->Erase(Commit(version));
  EXPECT_THAT(log_.At(10), IsError(Code::kInvalidArgument, "6 to 9"));
  // While nothing changes, refusals do not list the log.
  Requests();
  EXPECT_THAT(log_.At(10), IsError(Code::kInvalidArgument, "6 to 9"));
  EXPECT_THAT(Requests(), ElementsAre(ListFrom(9), "head " + Commit(6)));
}

TEST_F(TableLogTest, NoTimeLeadsToAVersionThatWasCleanedUp) {
  WriteLog(9);
  WriteCheckpoint(6, {AddLine("c")});
  const auto at = [&](Version version) { return log_.VersionAt(TestTable::TimeOf(version)); };
  EXPECT_THAT(at(2), IsOkAnd(2));
  Requests();
  // The newest version is there in any case, others are if the log is what it was.
  EXPECT_THAT(at(9), IsOkAnd(9));
  EXPECT_THAT(Requests(), ElementsAre(ListFrom(9)));
  EXPECT_THAT(at(3), IsOkAnd(3));
  EXPECT_THAT(Requests(), ElementsAre(ListFrom(9), "head " + Commit(0)));
  ASSERT_THAT(log_.At(4), IsOk());
  for (Version version = 0; version < 6; ++version) store_->Erase(Commit(version));
  EXPECT_THAT(at(4), IsOkAnd(4));  // in memory
  EXPECT_THAT(at(3), IsError(Code::kInvalidArgument, "before the earliest"));
  EXPECT_THAT(log_.FirstVersionSince(TestTable::TimeOf(2)), IsOkAnd(6));
  EXPECT_THAT(log_.Range(), IsOkAnd(Pair(6, 9)));
}

TEST_F(TableLogTest, EachKindOfAnswerNoticesACleanUp) {
  // A table as it was known before it was cleaned up.
  const auto known = [&](const std::string& name) {
    store_->Clear();
    WriteLog(9);
    WriteCheckpoint(6, {AddLine("c")});
    const SnapshotsContext context{reader_, clock_, metrics_, limits_, cache_, work_};
    auto log = std::make_unique<TableLog>(context, name, store_);
    EXPECT_THAT(log->Range(), IsOkAnd(Pair(0, 9)));
    for (Version version = 0; version < 6; ++version) store_->Erase(Commit(version));
    return log;
  };
  EXPECT_THAT(known("a")->Range(), IsOkAnd(Pair(6, 9)));
  EXPECT_THAT(known("b")->FirstVersionSince(TestTable::TimeOf(0)), IsOkAnd(6));
  EXPECT_THAT(known("c")->VersionAt(TestTable::TimeOf(5)),
              IsError(Code::kInvalidArgument, "1970-01-02T00:00:06"));
  EXPECT_THAT(known("d")->VersionAt(TestTable::TimeOf(0) - Millis(1)),
              IsError(Code::kInvalidArgument, "1970-01-02T00:00:06"));
}

TEST_F(TableLogTest, AfterARestartTheDiskHasWhatWasRead) {
  const storage::testing::TempFolder folder;
  const auto cache = *storage::DiskCache::Open((folder / "c").string(), MiB(8), metrics_);
  const auto cold_load = [&] {
    auto made = std::make_unique<MemoryStore>();
    MemoryStore& remote = *made;
    for (const auto& [key, bytes] : store_->Objects()) remote.Put(key, bytes);
    SnapshotCache snapshots(limits_.cache, metrics_);
    TableLog log({reader_, clock_, metrics_, limits_, snapshots, work_}, "t",
                 storage::CacheLogFiles(std::move(made), *cache));
    EXPECT_THAT(PathsOf(**log.Latest()), ElementsAre("c", "p3"));
    return remote.TakeRequests();
  };
  WriteLog(3);
  WriteCheckpoint(2, {AddLine("c")});
  EXPECT_EQ(cold_load().size(), 4U);
  EXPECT_THAT(cold_load(), ElementsAre("read _delta_log/_last_checkpoint", "list _delta_log/"));
}

TEST_F(TableLogTest, PartsOfACheckpointAreFetched) {
  WriteLog(4);
  for (int part = 1; part <= 3; ++part) {
    store_->Put(fmt::format("_delta_log/{:020}.checkpoint.{:010}.{:010}.parquet", 4, part, 3),
                TestTable::Join(part == 1 ? Started({AddLine("a")})
                                          : std::vector{AddLine(fmt::format("b{}", part))}));
  }
  EXPECT_THAT(Paths(), ElementsAre("a", "b2", "b3"));
}

// A V2 checkpoint of `version` in JSON, whose sidecars have a file each.
std::string WriteV2Checkpoint(MemoryStore& store, Version version,
                              const std::vector<std::string>& names) {
  std::vector<std::string> lines = {
      std::string(kProtocolLine), std::string(kMetadataLine),
      fmt::format(R"({{"checkpointMetadata":{{"version":{}}}}})", version)};
  for (const std::string& name : names) {
    const std::string text = AddLine(name);
    store.Put("_delta_log/_sidecars/" + name, text);
    lines.push_back(
        fmt::format(R"({{"sidecar":{{"path":"{}","sizeInBytes":{},"modificationTime":1}}}})", name,
                    text.size()));
  }
  const std::string key = fmt::format(
      "_delta_log/{:020}.checkpoint.3a0d65cd-4056-49b8-937b-95f9e3ee90e5.json", version);
  store.Put(key, TestTable::Join(lines));
  return key;
}

TEST_F(TableLogTest, AColdLoadFromAV2CheckpointReadsEachSidecarOnce) {
  WriteLog(6);
  const std::string top = WriteV2Checkpoint(*store_, 4, {"s1", "s2", "s3"});
  WriteHint(4);
  EXPECT_THAT(Paths(), ElementsAre("p5", "p6", "s1", "s2", "s3"));
  std::vector<std::string> expected = {"read _delta_log/_last_checkpoint",
                                       "list _delta_log/ " + FirstKeyOf(4), "read " + Commit(5),
                                       "read " + Commit(6), "read " + top};
  for (const std::string name : {"s1", "s2", "s3"}) {
    expected.push_back("head _delta_log/_sidecars/" + name);
    expected.push_back("fetch _delta_log/_sidecars/" + name);
  }
  EXPECT_THAT(Requests(), ::testing::UnorderedElementsAreArray(expected));
  EXPECT_THAT(Paths(), ElementsAre("p5", "p6", "s1", "s2", "s3"));
  EXPECT_THAT(Requests(), ElementsAre(ListFrom(6)));
}

TEST_F(TableLogTest, AMissingSidecarIsMadeUpForByWhatLiesBeforeTheHint) {
  WriteLog(5);
  WriteCheckpoint(2, {AddLine("p")});
  WriteV2Checkpoint(*store_, 4, {"s1", "s2"});
  WriteHint(4);
  store_->Erase("_delta_log/_sidecars/s2");
  EXPECT_THAT(Paths(), ElementsAre("p", "p3", "p4", "p5"));
  store_->Erase(CheckpointKey(2));
  store_->Erase(Commit(3));
  EXPECT_THAT(log_.Latest(), IsOk()) << "known";
  TableLog other({reader_, clock_, metrics_, limits_, cache_, work_}, "s3://bucket/other", store_);
  EXPECT_THAT(other.Latest(),
              IsError(Code::kCorrupt, "a file of the table's checkpoint is missing"));
}

// A new checkpoint takes the place of the one that was listed.
TEST_F(TableLogTest, ACheckpointThatIsCleanedUpMeanwhileIsListedAgain) {
  WriteLog(4);
  const std::string top = WriteV2Checkpoint(*store_, 4, {"s1"});
  bool cleaned = false;
  store_->before = [&](const std::string& request) -> Status {
    if (cleaned || request != "head _delta_log/_sidecars/s1") return {};
    cleaned = true;
    store_->Erase("_delta_log/_sidecars/s1");
    store_->Erase(top);
    WriteCheckpoint(4, {AddLine("new")});
    return {};
  };
  EXPECT_THAT(Paths(), ElementsAre("new"));
  EXPECT_TRUE(cleaned);
}

}  // namespace
}  // namespace sluice::delta
