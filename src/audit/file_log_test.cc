#include "audit/file_log.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sys/syscall.h>
#include <atomic>
#include <condition_variable>
#include <set>

#include "audit/event_json.h"
#include "audit/testing/events.h"
#include "audit/testing/fake_database.h"
#include "audit/testing/temp_folder.h"
#include "audit/verify.h"
#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"

namespace {

// Stands in for the system's fdatasync in this program: it can be told to fail, or to wait.
struct Disk {
  std::mutex mutex;
  std::condition_variable changed;
  int calls = 0;
  int failures = 0;  // of the next calls
  bool held = false;

  int Sync(int fd) {
    std::unique_lock lock(mutex);
    ++calls;
    changed.notify_all();
    changed.wait(lock, [this] { return !held; });
    if (failures > 0) {
      --failures;
      errno = EIO;
      return -1;
    }
    return static_cast<int>(::syscall(SYS_fdatasync, fd));
  }
  void AwaitCalls(int count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return calls >= count; });
  }
  void Hold(bool hold) {
    const std::lock_guard lock(mutex);
    held = hold;
    changed.notify_all();
  }
  int Calls() {
    const std::lock_guard lock(mutex);
    return calls;
  }
  void Fail(int count) {
    const std::lock_guard lock(mutex);
    failures = count;
  }
};

Disk& TheDisk() {
  static Disk disk;
  return disk;
}

}  // namespace

extern "C" int fdatasync(int fd) { return TheDisk().Sync(fd); }

namespace sluice::audit {
namespace {

using namespace std::chrono_literals;
using ::sluice::testing::IsError;
using ::sluice::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const TimePoint kTime = FromUnixMillis(1'735'787'045'123);  // 2025-01-02T03:04:05.123Z

class FileLogTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<FileLog>> Open(FileLog::Options options = {}) {
    options.folder = folder_.log();
    return FileLog::Open(std::move(options), clock_, &anchors_);
  }
  std::unique_ptr<FileLog> MustOpen(FileLog::Options options = {}) {
    auto log = Open(std::move(options));
    EXPECT_THAT(log, IsOk());
    return std::move(log).value();
  }
  Event Change(const std::string& name) { return testing::ChangeEvent(name, "ada", {}); }
  void Append(FileLog& log, int count, Sync sync = Sync::kSoon) {
    for (int i = 0; i < count; ++i) ASSERT_THAT(log.Append(Change("createShare"), sync), IsOk());
  }
  Verification Check(bool anchored = true) {
    return Verify(folder_.log(), anchored ? *anchors_.Load() : std::nullopt).value();
  }
  std::vector<Event> Events() {
    std::vector<Event> events;
    for (const auto& segment : folder_.Segments()) {
      for (const std::string& line : folder_.Lines(segment)) {
        if (auto event = ParseEvent(line)) events.push_back(*event);
      }
    }
    return events;
  }
  void ExpectWhole(uint64_t events) {
    const Verification found = Check();
    EXPECT_FALSE(found.broken) << found.broken->file << ":" << found.broken->line << " "
                               << found.broken->what;
    EXPECT_EQ(found.events, events);
    EXPECT_EQ(found.unfinished, 0U);
  }

  testing::TempFolder folder_;
  sluice::testing::ManualClock clock_{kTime};
  testing::FakeDatabase database_;
  DatabaseAnchors anchors_{database_};
};

TEST_F(FileLogTest, WritesOneLineAnEvent) {
  {
    const auto log = MustOpen({.account_id = "metastore"});
    ASSERT_THAT(log->Append(Change("createShare"), Sync::kNow), IsOk());
    Event later = Change("deleteShare");
    later.id = "my id";
    later.time = kTime + 1h;
    ASSERT_THAT(log->Append(later, Sync::kSoon), IsOk());
    EXPECT_EQ(log->head().sequence, 2U);
  }
  ASSERT_THAT(folder_.Segments(), SizeIs(1));
  EXPECT_EQ(folder_.Segments()[0].filename(), "audit-00000000000000000001.jsonl");
  const auto lines = folder_.Lines(folder_.Segments()[0]);
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_THAT(lines[1], HasSubstr("\"account_id\":\"metastore\""));
  EXPECT_THAT(lines[1], HasSubstr("\"sequence\":1,\"hash\":\""));
  const auto events = Events();
  EXPECT_EQ(events[0].time, kTime);
  EXPECT_EQ(events[0].id.size(), 36U);
  EXPECT_EQ(events[1].id, "my id");
  EXPECT_EQ(events[1].time, kTime + 1h);
  ExpectWhole(2);
  EXPECT_TRUE(Check().anchor_met);
}

TEST_F(FileLogTest, IsForItsOwnerAlone) {
  const auto log = MustOpen();
  Append(*log, 1);
  struct stat status = {};
  ASSERT_EQ(::stat(folder_.log().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  ASSERT_EQ(::stat(folder_.Segments()[0].c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(FileLogTest, RefusesAFolderThatOthersWriteTo) {
  std::filesystem::create_directories(folder_.log());
  ASSERT_EQ(::chmod(folder_.log().c_str(), 0770), 0);
  EXPECT_THAT(Open(), IsError(Code::kInvalidArgument, "nobody else may write"));
}

TEST_F(FileLogTest, IsOpenOnce) {
  auto log = MustOpen();
  EXPECT_THAT(Open(), IsError(Code::kConflict, "another process has the audit log open"));
  log.reset();
  EXPECT_THAT(Open(), IsOk());
}

TEST_F(FileLogTest, GivesEachEventAnIdOfItsOwn) {
  {
    const auto log = MustOpen();
    Append(*log, 200);
  }
  std::set<std::string> ids;
  for (const Event& event : Events()) {
    EXPECT_EQ(event.id[14], '7') << event.id;
    ids.insert(event.id);
  }
  EXPECT_THAT(ids, SizeIs(200));
}

TEST_F(FileLogTest, GoesOnWhereItEnded) {
  for (int i = 0; i < 4; ++i) Append(*MustOpen(), 3);
  EXPECT_THAT(folder_.Segments(), SizeIs(1));
  ExpectWhole(12);
}

TEST_F(FileLogTest, BeginsAFileWhenOneIsFull) {
  const auto log = MustOpen({.segment_size = KiB(4)});
  Append(*log, 50);
  ASSERT_THAT(log->Append(Change("x"), Sync::kNow), IsOk());
  EXPECT_GT(folder_.Segments().size(), 5U);
  for (const auto& segment : folder_.Segments()) {
    EXPECT_LT(std::filesystem::file_size(segment), 6000U);
  }
  ExpectWhole(51);
}

TEST_F(FileLogTest, BeginsAFileEachDay) {
  const auto log = MustOpen();
  Append(*log, 1);
  clock_.Advance(20h);
  Append(*log, 1);
  EXPECT_THAT(folder_.Segments(), SizeIs(1));
  clock_.Advance(1h);  // 00:04:05
  Append(*log, 1);
  EXPECT_THAT(folder_.Segments(), SizeIs(2));
  clock_.Advance(-2h);
  Append(*log, 1);
  EXPECT_THAT(folder_.Segments(), SizeIs(2));
  ExpectWhole(4);
}

TEST_F(FileLogTest, TakesManyThreads) {
  {
    const auto log = MustOpen({.segment_size = KiB(16)});
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] { Append(*log, 200, t == 0 ? Sync::kNow : Sync::kSoon); });
    }
    for (std::thread& thread : threads) thread.join();
  }
  ExpectWhole(800);
}

TEST_F(FileLogTest, RefusesAnEntryLongerThanALine) {
  const auto log = MustOpen();
  Event event = Change("createShare");
  for (int i = 0; i < 300; ++i)
    event.params.emplace_back(std::to_string(i), std::string(4096, 'x'));
  EXPECT_THAT(log->Append(event, Sync::kSoon), IsError(Code::kInvalidArgument));
  Append(*log, 1);
  ExpectWhole(1);
}

// ---- the disk

TEST_F(FileLogTest, BringsWhatIsSoonToTheDiskByItself) {
  const auto log = MustOpen();
  Append(*log, 1);  // begins the file, which syncs it
  const int before = TheDisk().Calls();
  TheDisk().AwaitCalls(before + 1);
  EXPECT_THAT(log->Anchor(), IsOk());
}

TEST_F(FileLogTest, OneSyncIsForAllWhoWait) {
  const auto log = MustOpen();
  Append(*log, 1, Sync::kNow);
  TheDisk().Hold(true);
  const int before = TheDisk().Calls();
  std::atomic<int> done = 0;
  std::vector<std::thread> threads;
  const auto start = [&] {
    threads.emplace_back([&] {
      Append(*log, 1, Sync::kNow);
      ++done;
    });
  };
  start();
  TheDisk().AwaitCalls(before + 1);
  for (int i = 0; i < 8; ++i) start();
  while (log->head().sequence < 10) std::this_thread::yield();
  EXPECT_EQ(done, 0);
  TheDisk().Hold(false);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(TheDisk().Calls(), before + 2);
  ExpectWhole(10);
}

TEST_F(FileLogTest, WritesAgainWhatTheDiskMayHaveLost) {
  const auto log = MustOpen();
  Append(*log, 3, Sync::kNow);
  TheDisk().Fail(2);  // the second: when it is repaired
  EXPECT_THAT(log->Append(Change("lost"), Sync::kNow), IsError(Code::kUnavailable));
  EXPECT_THAT(log->Append(Change("refused"), Sync::kSoon), IsError(Code::kUnavailable));
  Append(*log, 1, Sync::kNow);
  // Its line was whole: it may be there.
  ExpectWhole(5);
  EXPECT_EQ(Events()[3].action, "lost");
}

TEST_F(FileLogTest, AnchorsOnlyWhatIsOnTheDisk) {
  const auto log = MustOpen();
  Append(*log, 3, Sync::kNow);
  ASSERT_THAT(log->Anchor(), IsOk());
  TheDisk().Hold(true);
  const int before = TheDisk().Calls();
  Append(*log, 1);
  TheDisk().AwaitCalls(before + 1);
  ASSERT_THAT(log->Anchor(), IsOk());
  EXPECT_EQ((*anchors_.Load())->sequence, 3U);
  TheDisk().Hold(false);
}

TEST_F(FileLogTest, AnchorsWhatIsNewAndAtTheEnd) {
  int before = 0;
  {
    const auto log = MustOpen();
    Append(*log, 3, Sync::kNow);
    ASSERT_THAT(log->Anchor(), IsOk());
    before = database_.writes;
    ASSERT_THAT(log->Anchor(), IsOk());
    EXPECT_EQ(database_.writes, before);
    Append(*log, 1);
  }
  EXPECT_EQ(database_.writes, before + 1);
  EXPECT_EQ((*anchors_.Load())->sequence, 4U);
}

// A file may grow no further while one of these lives: writes are cut short, then fail.
class FullDisk {
 public:
  explicit FullDisk(uint64_t size) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = size;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_ = {};
};

TEST_F(FileLogTest, HasNoGapWhenTheDiskWasFull) {
  const auto log = MustOpen();
  Append(*log, 3);
  const auto segment = folder_.Segments()[0];
  const uint64_t size = std::filesystem::file_size(segment);
  {
    const FullDisk full(size + 100);
    EXPECT_THAT(log->Append(Change("cut short"), Sync::kSoon), IsError(Code::kUnavailable));
    EXPECT_EQ(std::filesystem::file_size(segment), size + 100);
    EXPECT_THAT(log->Append(Change("refused"), Sync::kNow), IsError(Code::kUnavailable));
    EXPECT_EQ(log->head().sequence, 3U);
  }
  Append(*log, 1, Sync::kNow);
  ExpectWhole(4);
  for (const Event& event : Events()) EXPECT_EQ(event.action, "createShare");
}

TEST_F(FileLogTest, FailsWhenNoFileCanBeBegun) {
  const auto log = MustOpen();
  {
    const FullDisk full(10);
    EXPECT_THAT(log->Append(Change("refused"), Sync::kSoon), IsError(Code::kUnavailable));
    EXPECT_THAT(folder_.Segments(), SizeIs(0));
  }
  Append(*log, 1);
  ExpectWhole(1);
}

// ---- after a crash

TEST_F(FileLogTest, CutsOffALineThatWasNotFinished) {
  Append(*MustOpen(), 3);
  const auto segment = folder_.Segments()[0];
  const std::string whole = folder_.Read(segment);
  const std::string line = folder_.Lines(segment)[3] + '\n';
  const Head before = [&] {
    const auto third = ReadLine(folder_.Lines(segment)[2]);
    return Head{third->sequence, third->hash};
  }();
  for (size_t kept = 1; kept < line.size(); kept += 7) {
    folder_.Write(segment, whole.substr(0, whole.size() - line.size() + kept));
    ASSERT_THAT(anchors_.Save(before, kTime), IsOk());
    ASSERT_THAT(Open(), IsOk()) << kept;
    const auto events = Events();
    ASSERT_THAT(events, SizeIs(3));
    EXPECT_EQ(events[2].action, "repairAuditLog");
    EXPECT_EQ(events[2].params[1].second, std::to_string(kept));
    ExpectWhole(3);
  }
}

TEST_F(FileLogTest, NeverCutsOffWhatWasAnchored) {
  Append(*MustOpen(), 3);
  const auto segment = folder_.Segments()[0];
  const std::string whole = folder_.Read(segment);
  folder_.Write(segment, whole.substr(0, whole.size() - 1));
  EXPECT_THAT(Open(), IsError(Code::kCorrupt, "verify it"));
  EXPECT_EQ(folder_.Read(segment).size(), whole.size() - 1);
}

TEST_F(FileLogTest, PassesOverAFileThatWasOnlyBegun) {
  Append(*MustOpen(), 3);
  for (const char* begun : {"", "{\"segment\":1,"}) {
    folder_.Write(folder_.log() + "/" + SegmentName(4), begun);
    MustOpen();
    EXPECT_THAT(folder_.Segments(), SizeIs(1));
  }
  clock_.Advance(24h);
  Append(*MustOpen(), 1);
  EXPECT_THAT(folder_.Segments(), SizeIs(2));
  ExpectWhole(4);
}

TEST_F(FileLogTest, UsesAFileThatHasNoEventYet) {
  Append(*MustOpen(), 3);
  const auto segment = folder_.Segments()[0];
  Chain chain;
  const auto last = ReadLine(folder_.Lines(segment)[3]);
  chain.head = {last->sequence, last->hash};
  chain.tip = last->hash;
  folder_.Write(folder_.log() + "/" + SegmentName(4), chain.OpenSegment(kTime));
  clock_.Advance(24h);
  Append(*MustOpen(), 1);
  EXPECT_THAT(folder_.Segments(), SizeIs(2));
  ExpectWhole(4);
}

TEST_F(FileLogTest, DoesNotGoOnAfterAnAlteredLine) {
  Append(*MustOpen(), 5);
  const auto segment = folder_.Segments()[0];
  std::string text = folder_.Read(segment);
  text.replace(text.find("ada"), 3, "eve");
  folder_.Write(segment, text);
  const auto refused = Open();
  ASSERT_THAT(refused, IsError(Code::kCorrupt, "accept the break"));
  EXPECT_THAT(refused.error().detail, HasSubstr("audit-00000000000000000001.jsonl line 2"));
}

TEST_F(FileLogTest, GoesOnAfterABreakThatIsAccepted) {
  Append(*MustOpen(), 5);
  const auto segment = folder_.Segments()[0];
  auto lines = folder_.Lines(segment);
  lines.erase(lines.begin() + 3);
  folder_.WriteLines(segment, lines);
  const std::string damaged = folder_.Read(segment);
  Append(*MustOpen({.accept_break = true}), 1);
  const auto events = Events();
  ASSERT_THAT(events, SizeIs(4));
  EXPECT_EQ(events[2].action, "acceptAuditLogBreak");
  EXPECT_THAT(events[2].params[0].second, HasSubstr("line 4: event 3 must stand here"));
  ExpectWhole(4);
  EXPECT_EQ(Check().accepted_breaks, 1U);
  EXPECT_EQ(folder_.Read(segment.string() + ".damaged-" + std::to_string(ToUnixMillis(kTime))),
            damaged);
}

TEST_F(FileLogTest, GoesOnWithoutItsFilesOnlyWhenThatIsAccepted) {
  Append(*MustOpen(), 5);
  std::filesystem::remove_all(folder_.log());
  EXPECT_THAT(Open(), IsError(Code::kCorrupt));
  MustOpen({.accept_break = true});
  EXPECT_THAT(Events()[0].params[0].second, HasSubstr("ends with event 0, but 5 was anchored"));
  ExpectWhole(1);
}

// ---- retention

TEST_F(FileLogTest, DeletesWholeFilesThatAreOldEnough) {
  const auto log = MustOpen();
  for (int day = 0; day < 5; ++day) {
    Append(*log, 2);
    clock_.Advance(24h);
  }
  Append(*log, 1, Sync::kNow);  // the sixth day
  ASSERT_THAT(folder_.Segments(), SizeIs(6));
  std::ofstream(folder_.Segments()[0].string() + ".index") << "x";
  const auto none = log->Purge(std::chrono::days(5));
  ASSERT_THAT(none, IsOk());
  EXPECT_EQ(none->segments, 0U);  // the second file was begun less than five days ago
  clock_.Advance(1h);
  const auto purged = log->Purge(std::chrono::days(3));
  ASSERT_THAT(purged, IsOk());
  EXPECT_EQ(purged->segments, 2U);
  EXPECT_EQ(purged->through_sequence, 4U);
  EXPECT_THAT(folder_.Segments(), SizeIs(4));
  EXPECT_EQ(Events().back().action, "purgeAuditLog");
  ExpectWhole(8);
  EXPECT_EQ(Check().first_sequence, 5U);
  EXPECT_EQ(Check().purged_through, 4U);

  clock_.Advance(24h * 100);
  // Never the newest, which takes no more events: its own event begins a file.
  EXPECT_EQ(log->Purge(std::chrono::days(0))->segments, 3U);
  EXPECT_THAT(folder_.Segments(), SizeIs(2));
  EXPECT_EQ(log->Purge(std::chrono::days(0))->segments, 1U);
  ExpectWhole(2);
}

}  // namespace
}  // namespace sluice::audit
