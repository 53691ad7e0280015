#include "db/sqlite_database.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <filesystem>
#include <utility>

#include "base/clock.h"
#include "db/migrations.h"
#include "db/sqlite_errors.h"
#include "db/sqlite_file.h"
#include "db/sqlite_session.h"

namespace sluice::db {
namespace {

// PRAGMA application_id of our files: "Slui".
constexpr int64_t kApplicationId = 0x536c7569;

enum class Opening { kReadWrite, kReadOnly };

// Not SOCI's setting `synchronous`: it asks the file before the time to wait is set, and leaks the
// connection when that fails.
Status Open(soci::session& connection, const std::string& path, Opening opening) {
  const std::string settings = fmt::format("db=\"{}\" timeout=5{}", path,
                                           opening == Opening::kReadOnly ? " readonly=1" : "");
  return Caught([&] {
    connection.open(soci::sqlite3, settings);
    // What SOCI throws carries the code that SQLite returned: let it be the one that tells a unique
    // key from other constraints.
    sqlite_api::sqlite3_extended_result_codes(Handle(connection), 1);
  });
}

Status Prepare(soci::session& connection) {
  return Caught([&] {
    connection << "PRAGMA synchronous = FULL";
    connection << "PRAGMA foreign_keys = ON";
  });
}

// The single value of a query. Session::Query, but outside of a transaction.
template <class T>
Result<T> Ask(soci::session& connection, const std::string& sql) {
  return Caught([&] {
    T value{};
    connection << sql, soci::into(value);
    return value;
  });
}

enum class Owner { kUs, kNobody, kOthers };

Result<Owner> OwnerOf(soci::session& connection) {
  const int64_t id = TRY(Ask<int64_t>(connection, "PRAGMA application_id"));
  if (id == kApplicationId) return Owner::kUs;
  const int64_t things = TRY(Ask<int64_t>(connection, "SELECT count(*) FROM sqlite_master"));
  return id == 0 && things == 0 ? Owner::kNobody : Owner::kOthers;
}

std::unexpected<Error> NotOurs(std::string detail) {
  return Fail(Code::kInvalidArgument, "the file is no database of Sluice", std::move(detail));
}

// As OwnerOf; what is not ours, or no database at all, is an error.
Result<Owner> OwnerOfFile(soci::session& connection) {
  Result<Owner> owner = OwnerOf(connection);
  const bool other_format = sqlite_api::sqlite3_errcode(Handle(connection)) == SQLITE_NOTADB;
  if (!owner && other_format) return NotOurs(owner.error().detail);
  if (owner && *owner == Owner::kOthers) return NotOurs("it has another program's tables");
  return owner;
}

// The first tables of a new file, unless another process was faster.
Status Found(soci::session& connection) {
  SqliteTransaction transaction(connection);
  TRY(transaction.BeginWrite());
  if (TRY(OwnerOf(connection)) == Owner::kUs) return {};
  SqliteSession session(connection, Access::kWrite);
  TRY(session.Run(kMigrationsTable));
  TRY(session.Run("CREATE TABLE sluice_generation (number INTEGER NOT NULL)"));
  TRY(session.Run("INSERT INTO sluice_generation (number) VALUES (0)"));
  TRY(session.Run(fmt::format("PRAGMA application_id = {}", kApplicationId)));
  return transaction.Commit();
}

Status UseWriteAheadLog(soci::session& connection) {
  const auto mode = Ask<std::string>(connection, "PRAGMA journal_mode = WAL");
  if (!mode) return std::unexpected(mode.error());
  if (*mode == "wal") return {};
  return Fail(Code::kUnavailable, "the database cannot be written there",
              "no write-ahead log on this file system; the journal is " + *mode);
}

// While it lives foreign keys are not followed. SQLite knows no other way to rebuild a table:
// dropping the old one would delete the rows that refer to it.
class ForeignKeysOff {
 public:
  explicit ForeignKeysOff(soci::session& connection) : connection_(connection) {}
  ~ForeignKeysOff() { IgnoreError(Set("ON"), "a PRAGMA without a transaction cannot fail"); }
  ForeignKeysOff(const ForeignKeysOff&) = delete;
  ForeignKeysOff& operator=(const ForeignKeysOff&) = delete;

  Status Set(std::string_view value) {
    return Caught([&] { connection_ << fmt::format("PRAGMA foreign_keys = {}", value); });
  }

 private:
  soci::session& connection_;
};

Status CheckForeignKeys(Session& session) {
  return session.Query("PRAGMA foreign_key_check", {}, [](const Row& row) -> Status {
    return Fail(Code::kInternal, "the database failed",
                fmt::format("a row of {} refers to none", Text(row, 0).value_or("a table")));
  });
}

// Copies what is committed, as of one moment.
Status CopyTo(soci::session& source, const std::string& path) {
  TemporaryFile file = TRY(TemporaryFile::Beside(path));
  TRY(Caught([&] { source << "VACUUM INTO :file", soci::use(file.name()); }));
  return file.Publish();
}

}  // namespace

Result<std::unique_ptr<Database>> SqliteDatabase::Open(const std::string& path) {
  std::string absolute = TRY(CheckPath(path));
  std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(std::move(absolute)));
  // SQLite does not wait for others when it turns a new file to the write-ahead log.
  const FolderLock lock = TRY(FolderLock::Of(database->path_));
  TRY(MakePrivate(database->path_));
  TRY(database->Connect());
  return database;
}

Status SqliteDatabase::Connect() {
  TRY(db::Open(writer_, path_, Opening::kReadWrite));
  const Owner owner = TRY(OwnerOfFile(writer_));
  TRY(Prepare(writer_));
  TRY(UseWriteAheadLog(writer_));
  if (owner == Owner::kNobody) TRY(Found(writer_));
  for (size_t i = 0; i < kReaders; ++i) {
    TRY(db::Open(readers_.at(i), path_, Opening::kReadWrite));
    TRY(Prepare(readers_.at(i)));
  }
  return {};
}

Status SqliteDatabase::Migrate(std::span<const Migration> migrations) {
  const std::lock_guard lock(write_mutex_);
  ForeignKeysOff foreign_keys(writer_);
  TRY(foreign_keys.Set("OFF"));
  while (true) {
    size_t taken = 0;
    TRY(Read([&](Session& session) -> Status {
      taken = TRY(StepsTaken(session, migrations));
      return {};
    }));
    if (taken == migrations.size()) return {};
    TRY(WriteLocked([&](Session& session) -> Status {
      // Another process may have been faster: then look again.
      if (TRY(StepsTaken(session, migrations)) != taken) return {};
      TRY(TakeStep(session, migrations, taken, Driver::kSqlite, SystemClock().Now()));
      return CheckForeignKeys(session);
    }));
  }
}

Status SqliteDatabase::Write(const std::function<Status(Session&)>& change) {
  const std::lock_guard lock(write_mutex_);
  return WriteLocked(change);
}

Status SqliteDatabase::WriteLocked(const std::function<Status(Session&)>& change) {
  SqliteTransaction transaction(writer_);
  TRY(transaction.BeginWrite());
  SqliteSession session(writer_, Access::kWrite);
  TRY(session.Run("UPDATE sluice_generation SET number = number + 1"));
  TRY(change(session));
  return transaction.Commit();
}

Status SqliteDatabase::Read(const std::function<Status(Session&)>& read) {
  soci::session connection(readers_);  // waits for one
  SqliteTransaction transaction(connection);
  TRY(transaction.BeginRead());
  SqliteSession session(connection, Access::kRead);
  return read(session);
}

Result<int64_t> SqliteDatabase::Generation() {
  int64_t number = 0;
  TRY(Read([&](Session& session) -> Status {
    number = TRY(db::Generation(session));
    return {};
  }));
  return number;
}

// On a connection of its own, so that it keeps neither the writer nor a reader from working.
Status SqliteDatabase::Backup(const std::string& path) {
  const std::string target = TRY(CheckPath(path));
  soci::session source;
  TRY(db::Open(source, path_, Opening::kReadWrite));
  return CopyTo(source, target);
}

Status SqliteDatabase::Check(const std::string& path) {
  const std::string file = TRY(CheckPath(path));
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    return Fail(Code::kNotFound, "there is no such file", file);
  }
  if (!std::filesystem::is_regular_file(file, error)) return NotOurs("it is no regular file");
  soci::session connection;
  TRY(db::Open(connection, file, Opening::kReadOnly));
  if (TRY(OwnerOfFile(connection)) == Owner::kNobody) return NotOurs("it is empty");
  const auto found = Ask<std::string>(connection, "PRAGMA integrity_check(1)");
  if (!found) return std::unexpected(found.error());
  if (*found != "ok") return Fail(Code::kCorrupt, "the database is damaged", *found);
  TRY(Ask<int64_t>(connection, "SELECT count(*) FROM sluice_migrations"));
  return {};
}

Status SqliteDatabase::Restore(const std::string& backup, const std::string& path) {
  TRY(Check(backup));
  const std::string target = TRY(CheckPath(path));
  for (const std::string_view suffix : {"-wal", "-shm", "-journal"}) {
    std::error_code error;
    if (!std::filesystem::exists(target + std::string(suffix), error)) continue;
    return Fail(Code::kAlreadyExists, "there are remains of another database", target);
  }
  soci::session source;
  TRY(db::Open(source, TRY(CheckPath(backup)), Opening::kReadOnly));
  return CopyTo(source, target);
}

}  // namespace sluice::db
