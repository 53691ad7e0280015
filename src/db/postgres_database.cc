#include "db/postgres_database.h"

#include <fmt/format.h>

#include <utility>

#include "base/clock.h"
#include "db/migrations.h"
#include "db/postgres_session.h"

namespace sluice::db {
namespace {

// Of the advisory locks, which PostgreSQL numbers for a whole database: "Slui", and the schema.
constexpr const char* kLockToFound =
    "SELECT pg_advisory_xact_lock(1399616873, hashtext('found ' || current_schema()))";
constexpr const char* kLockToServe =
    "SELECT pg_advisory_lock(1399616873, hashtext('serve ' || current_schema()))";

// Whoever lost the lock with his connection does not wait: a client does, meanwhile.
constexpr const char* kWaitNotAtAll = "SET lock_timeout = '1ms'";
constexpr const char* kWaitAgain = "SET lock_timeout = '5s'";

constexpr const char* kBeginWrite = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
constexpr const char* kBeginRead = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

enum class Owner { kUs, kNobody };

std::unexpected<Error> NotOurs(std::string message) {
  return Fail(Code::kInvalidArgument, std::move(message));
}

Result<Owner> OwnerOf(Session& session) {
  bool has_schema = false;
  int64_t ours = 0;
  int64_t tables = 0;
  TRY(
      session.Query("SELECT current_schema() IS NOT NULL,"
                    " count(*) FILTER (WHERE tablename IN ('sluice_migrations',"
                    " 'sluice_generation')), count(*)"
                    " FROM pg_tables WHERE schemaname = current_schema()",
                    {}, [&](const Row& row) -> Status {
                      has_schema = TRY(Int(row, 0)) != 0;
                      ours = TRY(Int(row, 1));
                      tables = TRY(Int(row, 2));
                      return {};
                    }));
  if (!has_schema) return NotOurs("the database has no schema for Sluice's tables: make one");
  if (ours == 2) return Owner::kUs;
  if (tables == 0) return Owner::kNobody;
  return NotOurs(
      "the database has another program's tables: give Sluice a database or a schema "
      "(?options=-csearch_path%3Dsluice) of its own");
}

// The first tables, unless they are there or another process was faster.
Status Found(soci::session& connection) {
  PostgresTransaction transaction(connection);
  TRY(Execute(connection, kBeginWrite));
  TRY(Execute(connection, kLockToFound));
  PostgresSession session(connection, Access::kWrite);
  if (TRY(OwnerOf(session)) == Owner::kUs) return {};
  TRY(session.Run(kMigrationsTable));
  TRY(session.Run("CREATE TABLE sluice_generation (number INTEGER NOT NULL)"));
  TRY(session.Run("INSERT INTO sluice_generation (number) VALUES (0)"));
  return transaction.Commit();
}

Status LockToServe(soci::session& connection) {
  Status locked = Execute(connection, kLockToServe);  // waits for five seconds
  if (locked || locked.error().code != Code::kUnavailable || !IsConnected(connection)) {
    return locked;
  }
  return Fail(Code::kConflict, "another server runs on this database",
              std::move(locked.error().detail));
}

// One of the pool's connections, for as long as it lives; waits for one.
class Lease {
 public:
  explicit Lease(soci::connection_pool& pool) : pool_(pool), place_(pool.lease()) {}
  ~Lease() { pool_.give_back(place_); }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  soci::session& connection() { return pool_.at(place_); }

 private:
  soci::connection_pool& pool_;
  size_t place_;
};

}  // namespace

Result<std::unique_ptr<Database>> PostgresDatabase::Open(const std::string& url) {
  std::string settings = TRY(PostgresSettings(url));
  std::unique_ptr<PostgresDatabase> database(new PostgresDatabase(std::move(settings)));
  TRY(Connect(database->writer_, database->settings_));
  TRY(Found(database->writer_));
  return database;  // readers connect when they are asked for
}

Status PostgresDatabase::ServeAlone() {
  const std::lock_guard lock(write_mutex_);
  TRY(LockToServe(writer_));
  is_alone_ = true;
  return {};
}

Status PostgresDatabase::Migrate(std::span<const Migration> migrations) {
  const std::lock_guard lock(write_mutex_);
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
      return TakeStep(session, migrations, taken, Driver::kPostgres, SystemClock().Now());
    }));
  }
}

Status PostgresDatabase::Write(const std::function<Status(Session&)>& change) {
  const std::lock_guard lock(write_mutex_);
  return WriteLocked(change);
}

// That a connection was lost shows when it is used: then nothing has been done on it yet.
Status PostgresDatabase::BeginWrite() {
  if (IsConnected(writer_)) {
    Status begun = Execute(writer_, kBeginWrite);
    if (begun || IsConnected(writer_)) return begun;
  }
  TRY(Connect(writer_, settings_));
  if (is_alone_) {
    TRY(Execute(writer_, kWaitNotAtAll));
    Status locked = LockToServe(writer_);
    if (!locked) {
      writer_.close();  // so that the next one asks again
      return locked;
    }
    TRY(Execute(writer_, kWaitAgain));
  }
  return Execute(writer_, kBeginWrite);
}

Status PostgresDatabase::WriteLocked(const std::function<Status(Session&)>& change) {
  PostgresTransaction transaction(writer_);
  TRY(BeginWrite());
  PostgresSession session(writer_, Access::kWrite);
  TRY(session.Run("UPDATE sluice_generation SET number = number + 1"));
  TRY(change(session));
  return transaction.Commit();
}

Status PostgresDatabase::Read(const std::function<Status(Session&)>& read) {
  Lease lease(readers_);
  soci::session& connection = lease.connection();
  PostgresTransaction transaction(connection);
  Status begun = IsConnected(connection) ? Execute(connection, kBeginRead) : Status();
  if (!IsConnected(connection)) {
    TRY(Connect(connection, settings_));
    begun = Execute(connection, kBeginRead);
  }
  TRY(std::move(begun));
  PostgresSession session(connection, Access::kRead);
  return read(session);
}

Result<int64_t> PostgresDatabase::Generation() {
  int64_t number = 0;
  TRY(Read([&](Session& session) -> Status {
    number = TRY(db::Generation(session));
    return {};
  }));
  return number;
}

Status PostgresDatabase::Backup(const std::string& /*path*/) {
  return Fail(Code::kUnsupported, "the database is PostgreSQL's: copy it with pg_dump");
}

}  // namespace sluice::db
