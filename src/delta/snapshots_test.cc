#include "delta/snapshots.h"

#include <latch>
#include <random>
#include <thread>

#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"
#include "delta/testing/line_checkpoint_reader.h"
#include "delta/testing/test_table.h"

namespace sluice::delta {
namespace {

namespace fs = std::filesystem;
using sluice::testing::IsError;
using sluice::testing::IsOk;
using sluice::testing::IsOkAnd;
using testing::AddLine;
using ::testing::ElementsAre;
using testing::kMetadataLine;
using testing::kProtocolLine;
using testing::MetadataLine;
using ::testing::Pair;
using testing::RemoveLine;
using testing::TestTable;

std::vector<std::string> Paths(const Snapshot& snapshot) {
  std::vector<std::string> paths;
  FileCursor cursor = snapshot.Files();
  while (const FileEntry* entry = cursor.Next().value()) paths.emplace_back(entry->path);
  return paths;
}

class SnapshotsTest : public ::testing::Test {
 protected:
  Result<std::shared_ptr<const Snapshot>> Latest() { return snapshots_.Latest(table_.location()); }
  Result<std::shared_ptr<const Snapshot>> At(Version version) {
    return snapshots_.At(table_.location(), version);
  }
  // How often the store was asked, by kind of request.
  int Requests(std::string_view operation) {
    const std::string text = metrics_.Render();
    const std::string label = fmt::format("operation=\"{}\"}} ", operation);
    const size_t place = text.find(label);
    return place == std::string::npos ? 0 : std::stoi(text.substr(place + label.size()));
  }
  int AllRequests() {
    int all = 0;
    for (const std::string_view kind : {"list", "head", "read", "put", "open"}) {
      all += Requests(kind);
    }
    return all;
  }

  TestTable table_;
  testing::LineCheckpointReader reader_;
  sluice::testing::ManualClock clock_{FromUnixMillis(0)};
  Metrics metrics_;
  SnapshotLimits limits_{MiB(64), 4, MiB(16), 1000};
  SecureRandom random_;
  storage::Stores stores_{{clock_, random_, metrics_}};
  Snapshots snapshots_{stores_, reader_, clock_, metrics_, limits_};
};

TEST_F(SnapshotsTest, AWarmCallLooksAtTwoFilesAndNothingElse) {
  table_.Start({AddLine("a")});
  const auto first = Latest().value();
  const int before = AllRequests();
  EXPECT_EQ(Latest().value(), first);
  EXPECT_EQ(AllRequests() - before, 2);
  EXPECT_EQ(first->commit_time(), TestTable::TimeOf(0));
}

TEST_F(SnapshotsTest, TheNewestVersionOfWhatIsNotInMemoryTakesAListingAndNoRead) {
  EXPECT_THAT(snapshots_.NewestVersion(table_.location()), IsError(Code::kNotFound));
  table_.Checkpoint(0, {AddLine("a")});
  table_.Start({AddLine("a")});
  table_.Commit(1, {"not read"});
  const int reads = Requests("read");
  const int lists = Requests("list");
  EXPECT_THAT(snapshots_.NewestVersion(table_.location()), IsOkAnd(Version{1}));
  EXPECT_LE(Requests("read") - reads, 1);  // _last_checkpoint
  EXPECT_EQ(Requests("list") - lists, 1);
}

TEST_F(SnapshotsTest, TheNewestVersionOfWhatIsInMemoryIsAsFreshAsTheLatest) {
  table_.Start({AddLine("a")});
  ASSERT_THAT(Latest(), IsOk());
  EXPECT_THAT(snapshots_.NewestVersion(table_.location()), IsOkAnd(Version{0}));
  table_.Commit(1, {AddLine("b")});
  EXPECT_THAT(snapshots_.NewestVersion(table_.location()), IsOkAnd(Version{1}));
}

TEST_F(SnapshotsTest, SeesNewCommitsAtOnceAndReadsThemAlone) {
  table_.Checkpoint(0, {AddLine("a")});
  table_.Start({AddLine("a")});
  EXPECT_EQ(Latest().value()->version(), 0);
  table_.Commit(1, {AddLine("b")});
  table_.Commit(2, {RemoveLine("a")});
  const int before = Requests("read");
  const auto latest = Latest().value();
  EXPECT_EQ(latest->version(), 2);
  EXPECT_THAT(Paths(*latest), ElementsAre("b"));
  EXPECT_EQ(latest->commit_time(), TestTable::TimeOf(2));
  EXPECT_EQ(Requests("read") - before, 2);
  EXPECT_EQ(reader_.reads, 1);
}

TEST_F(SnapshotsTest, AReplacedTableIsLoadedAnew) {
  table_.Start({AddLine("old")});
  table_.Commit(1, {AddLine("old2")});
  ASSERT_THAT(Latest(), IsOk());
  ASSERT_THAT(At(0), IsOk());
  fs::remove_all(table_.LogFile(""));
  table_.Start({AddLine("new")});
  table_.Commit(1, {AddLine("new2")});
  EXPECT_THAT(Paths(*Latest().value()), ElementsAre("new", "new2"));
  EXPECT_THAT(Paths(*At(0).value()), ElementsAre("new"));
  // A shorter log than before.
  fs::remove_all(table_.LogFile(""));
  table_.Start({AddLine("short")});
  EXPECT_THAT(Paths(*Latest().value()), ElementsAre("short"));
}

TEST_F(SnapshotsTest, ATableThatIsGoneIsNotFound) {
  EXPECT_THAT(Latest(), IsError(Code::kNotFound));
  table_.Start({AddLine("a")});
  EXPECT_THAT(Latest(), IsOk());
  fs::remove_all(table_.LogFile(""));
  EXPECT_THAT(Latest(), IsError(Code::kNotFound));
  EXPECT_THAT(At(0), IsError(Code::kNotFound));
  table_.Start({AddLine("b")});
  EXPECT_THAT(Paths(*Latest().value()), ElementsAre("b"));
}

TEST_F(SnapshotsTest, AFailureIsNotKept) {
  table_.Start({AddLine("a")});
  table_.Commit(1, {"broken"});
  EXPECT_THAT(Latest(), IsError(Code::kCorrupt, "version 1"));
  table_.Commit(1, {AddLine("b")});
  EXPECT_THAT(Paths(*Latest().value()), ElementsAre("a", "b"));
  // Nor does a broken commit spoil what was there before it.
  table_.Commit(2, {"broken"});
  EXPECT_THAT(Latest(), IsError(Code::kCorrupt, "version 2"));
  table_.RemoveCommit(2);
  EXPECT_THAT(Paths(*Latest().value()), ElementsAre("a", "b"));
}

TEST_F(SnapshotsTest, AGapBehindTheKnownVersionIsCorrupt) {
  table_.Start();
  ASSERT_THAT(Latest(), IsOk());
  table_.Commit(1, {AddLine("a")});
  table_.Commit(3, {AddLine("b")});
  EXPECT_THAT(Latest(), IsError(Code::kCorrupt, "version 2 is missing"));
}

TEST_F(SnapshotsTest, LocationsThatAreNone) {
  EXPECT_THAT(snapshots_.Latest("gs://bucket/t"), IsError(Code::kUnsupported, "'gs'"));
  EXPECT_THAT(snapshots_.Latest(""), IsError(Code::kInvalidArgument));
  EXPECT_THAT(snapshots_.Latest("/no/such/folder"), IsError(Code::kNotFound));
  EXPECT_EQ(snapshots_.Store(table_.location()).value()->location(), table_.location());
}

TEST_F(SnapshotsTest, OlderVersionsAreReadAndKept) {
  table_.Start({AddLine("a")});
  for (Version version = 1; version <= 6; ++version) {
    table_.Commit(version, {AddLine(fmt::format("p{}", version))});
  }
  table_.Checkpoint(3, {AddLine("a"), AddLine("p1"), AddLine("p2"), AddLine("p3")});
  EXPECT_EQ(Paths(*At(2).value()).size(), 3U);
  EXPECT_EQ(At(2).value()->commit_time(), TestTable::TimeOf(2));
  EXPECT_EQ(Paths(*At(4).value()).size(), 5U);
  EXPECT_EQ(At(6).value(), Latest().value());
  const auto fourth = At(4).value();
  const int before = Requests("read");
  EXPECT_EQ(At(4).value(), fourth);
  EXPECT_EQ(Requests("read"), before);
  // From version 4, which is in memory: one commit more.
  EXPECT_EQ(Paths(*At(5).value()).size(), 6U);
  EXPECT_EQ(Requests("read"), before + 1);
}

TEST_F(SnapshotsTest, VersionsOutOfRangeAreNamed) {
  for (Version version = 0; version <= 4; ++version) table_.Commit(version, {"{}"});
  table_.Start();
  table_.Checkpoint(2, {});
  EXPECT_THAT(snapshots_.Range(table_.location()), IsOkAnd(Pair(0, 4)));
  EXPECT_THAT(At(5), IsError(Code::kInvalidArgument, "0 to 4"));
  EXPECT_THAT(At(-1), IsError(Code::kInvalidArgument, "0 to 4"));
  // Cleaned up while the server runs.
  table_.RemoveCommit(0);
  table_.RemoveCommit(1);
  EXPECT_THAT(snapshots_.Range(table_.location()), IsOkAnd(Pair(2, 4)));
  EXPECT_THAT(At(1), IsError(Code::kInvalidArgument, "2 to 4"));
}

TEST_F(SnapshotsTest, FindsVersionsByTime) {
  table_.Start();
  for (Version version = 1; version <= 9; ++version) table_.Commit(version, {"{}"});
  const std::string location = table_.location();
  for (Version version = 0; version <= 9; ++version) {
    const TimePoint time = TestTable::TimeOf(version);
    EXPECT_THAT(snapshots_.VersionAt(location, time), IsOkAnd(version));
    EXPECT_THAT(snapshots_.FirstVersionSince(location, time), IsOkAnd(version));
    if (version == 9) break;
    EXPECT_THAT(snapshots_.VersionAt(location, time + Millis(1)), IsOkAnd(version));
    EXPECT_THAT(snapshots_.FirstVersionSince(location, time + Millis(1)), IsOkAnd(version + 1));
  }
  const TimePoint early = TestTable::TimeOf(0) - Millis(1);
  const TimePoint late = TestTable::TimeOf(9) + Millis(1);
  EXPECT_THAT(snapshots_.VersionAt(location, early), IsError(Code::kInvalidArgument, "before"));
  EXPECT_THAT(snapshots_.VersionAt(location, late), IsError(Code::kInvalidArgument, "after"));
  EXPECT_THAT(snapshots_.FirstVersionSince(location, early), IsOkAnd(0));
  EXPECT_THAT(snapshots_.FirstVersionSince(location, late),
              IsError(Code::kInvalidArgument, "1970-01-02T00:00:09.000Z"));
}

TEST_F(SnapshotsTest, TimesAscendWhateverTheFilesSay) {
  table_.Start();
  for (Version version = 1; version <= 3; ++version) table_.Commit(version, {"{}"});
  table_.Checkpoint(2, {});
  table_.Write("_last_checkpoint", R"({"version":2})");
  for (const Version version : {0, 1, 2, 3}) {
    TestTable::SetTime(table_.CommitFile(version), FromUnixMillis(5000));
  }
  EXPECT_EQ(Latest().value()->commit_time(), FromUnixMillis(5003));
  EXPECT_EQ(At(1).value()->commit_time(), FromUnixMillis(5001));
  EXPECT_THAT(snapshots_.VersionAt(table_.location(), FromUnixMillis(5002)), IsOkAnd(2));
  table_.Commit(4, {"{}"});
  TestTable::SetTime(table_.CommitFile(4), FromUnixMillis(10));
  EXPECT_EQ(Latest().value()->commit_time(), FromUnixMillis(5004));
}

TEST_F(SnapshotsTest, InCommitTimestampsCountFromWhereTheyBegan) {
  const auto info = [](int64_t ms) {
    return fmt::format(R"({{"commitInfo":{{"inCommitTimestamp":{}}}}})", ms);
  };
  table_.Start();
  table_.Commit(1, {info(1), AddLine("a")});  // of no meaning yet
  const int64_t begin = ToUnixMillis(TestTable::TimeOf(2)) + 500;
  table_.Commit(2,
                {info(begin), MetadataLine(R"({"delta.enableInCommitTimestamps":"true",)"
                                           R"("delta.inCommitTimestampEnablementVersion":"2"})")});
  table_.Commit(3, {info(begin + 10'000), AddLine("b")});
  const std::string location = table_.location();
  EXPECT_EQ(Latest().value()->commit_time(), FromUnixMillis(begin + 10'000));
  EXPECT_EQ(At(2).value()->commit_time(), FromUnixMillis(begin));
  EXPECT_EQ(At(1).value()->commit_time(), TestTable::TimeOf(1));
  EXPECT_THAT(snapshots_.VersionAt(location, FromUnixMillis(begin + 9'999)), IsOkAnd(2));
  EXPECT_THAT(snapshots_.VersionAt(location, FromUnixMillis(begin - 1)), IsOkAnd(1));
  EXPECT_THAT(snapshots_.FirstVersionSince(location, FromUnixMillis(begin + 1)), IsOkAnd(3));
}

// The files of a log that was copied are all of one day, long after its commits.
TEST_F(SnapshotsTest, InCommitTimestampsCountInACopiedLog) {
  const auto info = [](int64_t ms) {
    return fmt::format(R"({{"commitInfo":{{"inCommitTimestamp":{}}}}})", ms);
  };
  table_.Start();
  table_.Commit(1, {AddLine("a")});
  table_.Commit(2, {info(5000), MetadataLine(R"({"delta.enableInCommitTimestamps":"true",)"
                                             R"("delta.inCommitTimestampEnablementVersion":"2",)"
                                             R"("delta.inCommitTimestampEnablementTimestamp":)"
                                             R"("5000"})")});
  table_.Commit(3, {info(6000), AddLine("b")});
  table_.Commit(4, {info(7000), AddLine("c")});
  const auto at = [&](int64_t ms) {
    return snapshots_.VersionAt(table_.location(), FromUnixMillis(ms));
  };
  const auto since = [&](int64_t ms) {
    return snapshots_.FirstVersionSince(table_.location(), FromUnixMillis(ms));
  };
  EXPECT_THAT(at(5000), IsOkAnd(2));
  EXPECT_THAT(at(6500), IsOkAnd(3));
  EXPECT_THAT(at(7000), IsOkAnd(4));
  EXPECT_THAT(at(4999), IsError(Code::kInvalidArgument, "before the earliest"));
  EXPECT_THAT(since(5001), IsOkAnd(3));
  EXPECT_THAT(since(6001), IsOkAnd(4));
  EXPECT_THAT(since(1), IsOkAnd(0));
}

TEST_F(SnapshotsTest, TheCacheStaysWithinItsLimit) {
  Snapshots tight(stores_, reader_, clock_, metrics_, {{1}, 4, MiB(16), 1000});
  TestTable other;
  table_.Start({AddLine("a")});
  other.Start({AddLine("b")});
  EXPECT_THAT(Paths(*tight.Latest(table_.location()).value()), ElementsAre("a"));
  EXPECT_THAT(Paths(*tight.Latest(other.location()).value()), ElementsAre("b"));
  EXPECT_THAT(Paths(*tight.Latest(table_.location()).value()), ElementsAre("a"));
}

TEST_F(SnapshotsTest, OlderVersionsOfATableWhoseNewestCannotBeRead) {
  table_.Start({AddLine("a")});
  table_.Commit(1, {AddLine("b")});
  table_.Commit(2, {testing::ProtocolLine(3, 7, R"(["futureFeature"])")});
  EXPECT_THAT(Latest(), IsError(Code::kUnsupported, "'futureFeature'"));
  EXPECT_THAT(At(2), IsError(Code::kUnsupported, "'futureFeature'"));
  EXPECT_THAT(Paths(*At(1).value()), ElementsAre("a", "b"));
  EXPECT_THAT(Paths(*At(0).value()), ElementsAre("a"));
  EXPECT_THAT(At(3), IsError(Code::kInvalidArgument, "0 to 2"));
}

// The first load is held up until the house is full: one caller loads, as many wait as may, one is
// refused; those who waited share what comes after.
TEST_F(SnapshotsTest, ThoseWhoWaitShareOneLoad) {
  table_.Checkpoint(0, {AddLine("a")});
  std::latch full(1);
  reader_.before_read = [&] { full.wait(); };
  std::atomic<int> served = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> callers;
  for (size_t i = 0; i < limits_.waiters_per_table + 2; ++i) {
    callers.emplace_back([&] {
      const auto snapshot = Latest();
      if (snapshot.has_value()) {
        ++served;
      } else {
        EXPECT_THAT(snapshot, IsError(Code::kUnavailable));
        ++refused;
        full.count_down();
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(served, static_cast<int>(limits_.waiters_per_table) + 1);
  EXPECT_EQ(reader_.reads, 1);
}

// Readers of all kinds beside a writer: each answer is a version as it was written.
TEST_F(SnapshotsTest, ReadersBesideAWriter) {
  constexpr Version kVersions = 40;
  Snapshots snapshots(stores_, reader_, clock_, metrics_, {KiB(64), 64, MiB(16), 1000});
  table_.Start({AddLine("p0")});
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&, i] {
      std::mt19937_64 random(static_cast<uint64_t>(i));
      Version seen = 0;
      while (!done) {
        const auto latest = snapshots.Latest(table_.location());
        ASSERT_THAT(latest, IsOk());
        ASSERT_GE((*latest)->version(), seen);
        seen = (*latest)->version();
        ASSERT_EQ(Paths(**latest).size(), static_cast<size_t>(seen) + 1);
        const Version version = static_cast<Version>(random()) & 31;
        if (version > seen) continue;
        const auto older = snapshots.At(table_.location(), version);
        ASSERT_THAT(older, IsOk());
        ASSERT_EQ(Paths(**older).size(), static_cast<size_t>(version) + 1);
        ASSERT_THAT(snapshots.VersionAt(table_.location(), TestTable::TimeOf(version)),
                    IsOkAnd(version));
      }
    });
  }
  const auto store = table_.Store();
  for (Version version = 1; version <= kVersions; ++version) {
    // Appears whole, with its time set, as a writer's would.
    const std::string name = fmt::format("{:020}.json", version);
    table_.Write(name + ".tmp", AddLine(fmt::format("p{}", version)) + "\n");
    TestTable::SetTime(table_.LogFile(name + ".tmp"), TestTable::TimeOf(version));
    fs::rename(table_.LogFile(name + ".tmp"), table_.LogFile(name));
    EXPECT_EQ(snapshots.Latest(table_.location()).value()->version(), version);
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
}

// Random commits with checkpoints at random places, against a plain map.
class RandomLogs : public SnapshotsTest, public ::testing::WithParamInterface<int> {
 protected:
  using Model = std::map<std::pair<std::string, std::string>, int64_t>;  // (path, vector) to size

  std::vector<std::string> RandomCommit(Model& model) {
    std::map<std::string, std::string> lines;  // one add a path
    std::vector<std::string> removes;
    const size_t count = random_() % 6;
    for (size_t i = 0; i < count; ++i) {
      const std::string path = fmt::format("d={}/p{}", random_() % 3, random_() % 12);
      if (lines.contains(path)) continue;
      const auto live = model.lower_bound({path, ""});
      const bool exists = live != model.end() && live->first.first == path;
      const auto size = static_cast<int64_t>(random_() % 1000);
      const std::string vector =
          exists && random_() % 2 == 0 ? fmt::format("v{}", random_() % 1000) : std::string();
      if (exists && (random_() % 3 == 0 || live->first.second != vector)) {
        if (live->first.second == vector) {
          removes.push_back(RemoveLine(path, vector));
          model.erase(live);
          lines[path] = "{}";
          continue;
        }
        removes.push_back(RemoveLine(path, live->first.second));
        model.erase(live);
      }
      model[{path, vector}] = size;
      lines[path] = AddLine(path, size, vector);
    }
    for (const auto& [path, line] : lines) removes.push_back(line);
    if (removes.empty()) removes.emplace_back("{}");
    return removes;
  }

  static Model WalkFrom(const Snapshot& snapshot, const std::optional<FileKey>& after) {
    Model found;
    FileCursor cursor = snapshot.Files(after);
    while (const FileEntry* entry = cursor.Next().value()) {
      const DeletionVector* vector = entry->deletion_vector;
      found[{std::string(entry->path), vector ? vector->path_or_inline : ""}] = entry->size;
    }
    return found;
  }

  void Check(const Snapshot& snapshot, const Model& model) {
    ASSERT_EQ(WalkFrom(snapshot, std::nullopt), model);
    ASSERT_EQ(snapshot.num_files(), model.size());
    uint64_t bytes = 0;
    for (const auto& [key, size] : model) bytes += static_cast<uint64_t>(size);
    ASSERT_EQ(snapshot.size(), ByteCount{bytes});
    if (model.empty()) return;
    const auto place = std::next(model.begin(), static_cast<ptrdiff_t>(random_() % model.size()));
    const auto& [path, vector] = place->first;
    const FileKey after{path, vector.empty() ? "" : "i" + vector};
    ASSERT_EQ(WalkFrom(snapshot, after), Model(std::next(place), model.end()));
  }

  std::mt19937_64 random_{static_cast<uint64_t>(GetParam())};
};

TEST_P(RandomLogs, EveryVersionIsThatOfTheModel) {
  constexpr Version kVersions = 40;
  std::vector<Model> models(1);
  table_.Start();
  for (Version version = 1; version <= kVersions; ++version) {
    Model model = models.back();
    table_.Commit(version, RandomCommit(model));
    models.push_back(std::move(model));
    if (random_() % 8 == 0) {
      std::vector<std::string> adds;
      for (const auto& [key, size] : models.back()) {
        adds.push_back(AddLine(key.first, size, key.second));
      }
      table_.Checkpoint(version, adds);
      if (random_() % 2 == 0) {
        table_.Write("_last_checkpoint", fmt::format(R"({{"version":{}}})", version));
      }
    }
    if (random_() % 3 == 0) {
      const auto latest = Latest();
      ASSERT_THAT(latest, IsOk());
      ASSERT_NO_FATAL_FAILURE(Check(**latest, models.back())) << version;
    }
  }
  for (int i = 0; i < 60; ++i) {
    const auto version = static_cast<Version>(random_() % (kVersions + 1));
    const auto snapshot = At(version);
    ASSERT_THAT(snapshot, IsOk());
    ASSERT_NO_FATAL_FAILURE(Check(**snapshot, models[static_cast<size_t>(version)])) << version;
  }
  Snapshots fresh(stores_, reader_, clock_, metrics_, limits_);
  ASSERT_NO_FATAL_FAILURE(Check(*fresh.Latest(table_.location()).value(), models.back()));
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomLogs, ::testing::Range(0, 12));

}  // namespace
}  // namespace sluice::delta
