#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "base/testing/matchers.h"
#include "db/testing/statements.h"
#include "db/testing/temp_database.h"

namespace sluice::db {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using testing::Execute;
using testing::Number;
using testing::TempDatabase;

std::vector<Migration> Steps() {
  return {{"pair", {"CREATE TABLE pair (a INTEGER, b INTEGER)", "INSERT INTO pair VALUES (0, 0)"}}};
}

int Mode(const std::filesystem::path& path) {
  struct stat info = {};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<int>(info.st_mode & 0777) : -1;
}

size_t Files(const std::filesystem::path& folder) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

class BackupTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_THAT(database_->Migrate(Steps()), IsOk()); }

  TempDatabase place_;
  std::unique_ptr<Database> database_ = place_.Open();
  TempDatabase other_;
  std::string backup_ = other_.folder() / "of today = 1 % more.db";
};

TEST_F(BackupTest, IsAWholeDatabase) {
  ASSERT_THAT(Execute(*database_, "UPDATE pair SET a = 5"), IsOk());
  ASSERT_THAT(database_->Backup(backup_), IsOk());
  EXPECT_EQ(Mode(backup_), 0600);
  EXPECT_EQ(Files(other_.folder()), 1U) << "nothing else stays behind";
  EXPECT_THAT(CheckBackup(backup_), IsOk());
  EXPECT_EQ(Files(other_.folder()), 1U) << "checking leaves nothing";
  const auto copy = Database::Open(backup_).value();
  ASSERT_THAT(copy->Migrate(Steps()), IsOk());
  EXPECT_EQ(Number(*copy, "SELECT a FROM pair"), 5);
  EXPECT_EQ(copy->Generation().value(), database_->Generation().value());
}

TEST_F(BackupTest, IsOneStateWhileWritersGoOn) {
  std::atomic<bool> done = false;
  std::atomic<int> written = 0;
  std::jthread writer([&] {
    while (!done) {
      EXPECT_THAT(database_->Write([](Session& session) -> Status {
        TRY(session.Run("UPDATE pair SET a = a + 1"));
        TRY(session.Run("UPDATE pair SET b = b + 1"));
        return {};
      }),
                  IsOk());
      ++written;
      written.notify_all();
    }
  });
  for (int i = 0; i < 5; ++i) {
    written.wait(written);
    const std::string path = backup_ + std::to_string(i);
    EXPECT_THAT(database_->Backup(path), IsOk());
    EXPECT_THAT(CheckBackup(path), IsOk());
    EXPECT_EQ(Number(*Database::Open(path).value(), "SELECT a = b FROM pair"), 1);
  }
  done = true;
}

TEST_F(BackupTest, WorksWhileAWriteIsUnderWay) {
  ASSERT_THAT(database_->Write([&](Session& session) -> Status {
    TRY(session.Run("UPDATE pair SET a = 99"));
    return database_->Backup(backup_);
  }),
              IsOk());
  EXPECT_EQ(Number(*Database::Open(backup_).value(), "SELECT a FROM pair"), 0);
}

TEST_F(BackupTest, OverwritesNothing) {
  std::ofstream(backup_) << "precious";
  EXPECT_THAT(database_->Backup(backup_), IsError(Code::kAlreadyExists));
  EXPECT_EQ(std::filesystem::file_size(backup_), 8U);
  EXPECT_THAT(database_->Backup(place_.path()), IsError(Code::kAlreadyExists));
  EXPECT_THAT(database_->Backup(other_.folder() / "missing" / "x.db"),
              IsError(Code::kInvalidArgument));
  EXPECT_THAT(database_->Backup(other_.folder() / "quo\"te.db"), IsError(Code::kInvalidArgument));
  EXPECT_EQ(Files(other_.folder()), 1U);
}

TEST_F(BackupTest, CheckFindsWhatIsNoBackup) {
  EXPECT_THAT(CheckBackup(backup_), IsError(Code::kNotFound));
  EXPECT_THAT(CheckBackup(other_.folder()), IsError(Code::kInvalidArgument));
  std::ofstream(backup_) << "";
  EXPECT_THAT(CheckBackup(backup_), IsError(Code::kInvalidArgument));
  std::ofstream(backup_) << std::string(5000, 'x');
  EXPECT_THAT(CheckBackup(backup_), IsError(Code::kInvalidArgument));
}

TEST_F(BackupTest, CheckFindsDamage) {
  ASSERT_THAT(Execute(*database_, "CREATE TABLE big (a TEXT)"), IsOk());
  for (int i = 0; i < 40; ++i) {
    ASSERT_THAT(Execute(*database_, "INSERT INTO big VALUES (?)", {std::string(1000, 'x')}),
                IsOk());
  }
  ASSERT_THAT(database_->Backup(backup_), IsOk());
  const auto size = std::filesystem::file_size(backup_);
  {
    std::fstream file(backup_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(size - 4096));
    file << std::string(200, '\xff');
  }
  EXPECT_THAT(CheckBackup(backup_), IsError(Code::kCorrupt));
  std::filesystem::resize_file(backup_, size / 2);
  EXPECT_THAT(CheckBackup(backup_), IsError(Code::kCorrupt));
  EXPECT_THAT(Restore(backup_, other_.path()), IsError(Code::kCorrupt));
  EXPECT_FALSE(std::filesystem::exists(other_.path()));
}

TEST_F(BackupTest, RestoreMakesTheDatabaseOfThen) {
  ASSERT_THAT(Execute(*database_, "UPDATE pair SET a = 1"), IsOk());
  ASSERT_THAT(database_->Backup(backup_), IsOk());
  ASSERT_THAT(Execute(*database_, "UPDATE pair SET a = 2"), IsOk());
  EXPECT_THAT(Restore(backup_, place_.path()), IsError(Code::kAlreadyExists));
  ASSERT_THAT(Restore(backup_, other_.path()), IsOk());
  EXPECT_EQ(Mode(other_.path()), 0600);
  EXPECT_EQ(Number(*other_.Open(), "SELECT a FROM pair"), 1);
}

TEST_F(BackupTest, RestoreRefusesTheLogOfAnotherDatabase) {
  ASSERT_THAT(database_->Backup(backup_), IsOk());
  std::ofstream(other_.path() + "-wal") << "";
  EXPECT_THAT(Restore(backup_, other_.path()), IsError(Code::kAlreadyExists));
  EXPECT_FALSE(std::filesystem::exists(other_.path()));
}

}  // namespace
}  // namespace sluice::db
