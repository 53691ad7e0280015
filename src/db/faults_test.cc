// What the disk and other people's files do to a database.
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/testing/matchers.h"
#include "db/testing/child.h"
#include "db/testing/statements.h"
#include "db/testing/temp_database.h"

namespace sluice::db {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using testing::Child;
using testing::Execute;
using testing::Number;
using testing::TempDatabase;

constexpr std::string_view kTable = "CREATE TABLE t (text TEXT)";

Status Insert(Database& database) {
  return Execute(database, "INSERT INTO t VALUES (?)", {std::string(2000, 'x')});
}

// Inserts until that fails, which it must within a few hundred; the code, and how many went well.
std::pair<Code, int64_t> InsertUntilFailure(Database& database) {
  for (int64_t done = 0; done < 1000; ++done) {
    const Status inserted = Insert(database);
    if (!inserted) return {inserted.error().code, done};
  }
  return {Code::kInternal, -1};
}

int Mode(const std::string& path) {
  struct stat info = {};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<int>(info.st_mode & 0777) : -1;
}

TEST(Files, AreForTheirOwnerAlone) {
  const mode_t mask = ::umask(0);
  const TempDatabase place;
  const auto database = place.Open();
  ASSERT_THAT(Execute(*database, kTable), IsOk());
  EXPECT_EQ(Mode(place.path()), 0600);
  EXPECT_EQ(Mode(place.path() + "-wal"), 0600);
  EXPECT_EQ(Mode(place.path() + "-shm"), 0600);
  ::umask(mask);
}

TEST(Files, AreClosedToOthersWhenOpened) {
  const TempDatabase place;
  ASSERT_NE(place.Open(), nullptr);
  ASSERT_EQ(::chmod(place.path().c_str(), 0644), 0);
  const auto database = place.Open();
  EXPECT_EQ(Mode(place.path()), 0600);
}

TEST(Files, WhatIsNoDatabaseIsRefusedAndNotChanged) {
  const TempDatabase place;
  for (const std::string& bytes :
       {std::string("short"), std::string(10'000, 'x'),
        "SQLite format 3" + std::string(1, '\0') + std::string(4080, 'x')}) {
    std::ofstream(place.path(), std::ios::binary) << bytes;
    EXPECT_THAT(Database::Open(place.path()), IsError(Code::kInvalidArgument));
    EXPECT_EQ(std::filesystem::file_size(place.path()), bytes.size());
  }
  EXPECT_THAT(Database::Open(place.folder()), IsError(Code::kInvalidArgument));
  EXPECT_THAT(Database::Open(place.folder() / "missing" / "x.db"), IsError(Code::kInvalidArgument));
  EXPECT_THAT(Database::Open(""), IsError(Code::kInvalidArgument));
  EXPECT_THAT(Database::Open("quote\".db"), IsError(Code::kInvalidArgument));
}

TEST(Files, AnotherProgramsDatabaseIsRefused) {
  const TempDatabase place;
  const auto database = place.Open();
  ASSERT_THAT(Execute(*database, "PRAGMA application_id = 7"), IsOk());
  EXPECT_THAT(Database::Open(place.path()),
              IsError(Code::kInvalidArgument, "no database of Sluice"));
}

TEST(Files, AnEmptyFileBecomesADatabase) {
  const TempDatabase place;
  std::ofstream(place.path()) << "";
  EXPECT_THAT(Database::Open(place.path()), IsOk());
}

TEST(Files, StrangeNamesAreNames) {
  const TempDatabase place;
  for (const std::string_view name :
       {"a b  c.db", "db=x timeout=0", "?mode=memory", ":memory:", "ü'%20.db"}) {
    const std::string path = place.folder() / name;
    ASSERT_THAT(Database::Open(path), IsOk());
    EXPECT_TRUE(std::filesystem::is_regular_file(path)) << name;
  }
}

TEST(Faults, AFailingDiskLosesNothingAndWorksAgain) {
  const TempDatabase place;
  Child child([&](Child& parent) {
    ::signal(SIGXFSZ, SIG_IGN);
    const auto database = place.Open();
    if (!Execute(*database, kTable)) return 1;
    rlimit limit = {};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = 300'000;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto [code, done] = InsertUntilFailure(*database);
    parent.Send(done);
    if (code != Code::kUnavailable) return 2;
    if (Number(*database, "SELECT count(*) FROM t") != done) return 3;
    limit.rlim_cur = before;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    return Insert(*database) ? 0 : 4;
  });
  const int64_t done = child.Receive().value_or(-1);
  EXPECT_EQ(child.Wait(), 0);
  EXPECT_GT(done, 0);
  EXPECT_EQ(Number(*place.Open(), "SELECT count(*) FROM t"), done + 1);
  EXPECT_THAT(CheckBackup(place.path()), IsOk());
}

TEST(Faults, AFullDatabaseIsUnavailable) {
  const TempDatabase place;
  const auto database = place.Open();
  ASSERT_THAT(Execute(*database, kTable), IsOk());
  ASSERT_THAT(Execute(*database, "PRAGMA max_page_count = 20"), IsOk());
  const auto [code, done] = InsertUntilFailure(*database);
  EXPECT_EQ(code, Code::kUnavailable);
  EXPECT_GT(done, 0);
  EXPECT_EQ(Number(*database, "SELECT count(*) FROM t"), done);
}

// A file system of 400 KiB, in a name space of its own. False where this user may have none.
bool MountSmallDisk(const std::string& folder) {
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/gid_map") << "0 " << group << " 1";
  return ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=400k") == 0;
}

TEST(Faults, AFullDiskLosesNothing) {
  constexpr int kNoDisk = 77;
  const TempDatabase place;
  Child child([&](Child&) {
    if (!MountSmallDisk(place.folder())) return kNoDisk;
    int64_t done = 0;
    {
      const auto database = place.Open();
      if (!Execute(*database, kTable)) return 1;
      const auto [code, inserted] = InsertUntilFailure(*database);
      done = inserted;
      if (code != Code::kUnavailable || done <= 0) return 2;
      const Status backup = database->Backup(place.folder() / "backup.db");
      if (backup || backup.error().code != Code::kUnavailable) return 3;
    }
    const auto files = std::distance(std::filesystem::directory_iterator(place.folder()), {});
    if (files > 3) return 4;
    return Number(*place.Open(), "SELECT count(*) FROM t") == done ? 0 : 5;
  });
  const int code = child.Wait();
  if (code == kNoDisk) GTEST_SKIP() << "no name spaces for this user";
  EXPECT_EQ(code, 0);
}

TEST(Faults, AFolderThatCannotBeWrittenIsUnavailable) {
  const TempDatabase place;
  ASSERT_EQ(::chmod(place.folder().c_str(), 0555), 0);
  Child child([&](Child&) {
    constexpr uid_t kNobody = 65534;
    if (::geteuid() == 0 && ::setresuid(kNobody, kNobody, kNobody) != 0) return 1;
    const auto database = Database::Open(place.path());
    return !database && database.error().code == Code::kUnavailable ? 0 : 2;
  });
  EXPECT_EQ(child.Wait(), 0);
  ::chmod(place.folder().c_str(), 0755);
}

TEST(Faults, AFileThatCannotBeWrittenIsUnavailable) {
  const TempDatabase place;
  ASSERT_NE(place.Open(), nullptr);
  ASSERT_EQ(::chmod(place.path().c_str(), 0400), 0);
  ASSERT_EQ(::chmod(place.folder().c_str(), 0755), 0);
  Child child([&](Child&) {
    constexpr uid_t kNobody = 65534;
    if (::geteuid() == 0 && ::setresuid(kNobody, kNobody, kNobody) != 0) return 1;
    const auto database = Database::Open(place.path());
    return !database && database.error().code == Code::kUnavailable ? 0 : 2;
  });
  EXPECT_EQ(child.Wait(), 0);
}

TEST(Faults, ADamagedFileIsCorrupt) {
  const TempDatabase place;
  {
    const auto database = place.Open();
    ASSERT_THAT(Execute(*database, kTable), IsOk());
    for (int i = 0; i < 30; ++i) ASSERT_THAT(Insert(*database), IsOk());
  }
  std::fstream file(place.path(), std::ios::in | std::ios::out | std::ios::binary);
  for (std::streamoff page = 4; page < 12; ++page) {
    file.seekp(page * 4096);
    file << std::string(4096, '\xff');
  }
  file.close();
  const auto database = place.Open();
  EXPECT_THAT(testing::All(*database, "SELECT * FROM t"), IsError(Code::kCorrupt));
}

}  // namespace
}  // namespace sluice::db
