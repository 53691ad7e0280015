// db/postgres_database.h -- the database in a schema of PostgreSQL.
//
// Writers of all processes wait for each other at the row of sluice_generation, which each Write
// changes first: what it reads after that nobody else can change (READ COMMITTED is enough then).
// Reads see one state (REPEATABLE READ). A connection that was lost is opened again when the next
// transaction begins; one within a transaction fails it, and is not repeated.
#pragma once

#include <soci/connection-pool.h>
#include <soci/session.h>

#include <memory>
#include <mutex>
#include <string>

#include "db/database.h"

namespace sluice::db {

class PostgresDatabase final : public Database {
 public:
  static Result<std::unique_ptr<Database>> Open(const std::string& url);

  // A lock of the writer's session: a server that lost its connection, and its place to another
  // one, cannot write any more.
  Status ServeAlone() override;
  Status Migrate(std::span<const Migration> migrations) override;
  Status Write(const std::function<Status(Session&)>& change) override;
  Status Read(const std::function<Status(Session&)>& read) override;
  Result<int64_t> Generation() override;
  Status Backup(const std::string& path) override;

 private:
  static constexpr size_t kReaders = 4;

  explicit PostgresDatabase(std::string settings) : settings_(std::move(settings)) {}
  Status BeginWrite();
  Status WriteLocked(const std::function<Status(Session&)>& change);

  std::string settings_;
  std::mutex write_mutex_;  // the writer's transaction
  soci::session writer_;
  bool is_alone_ = false;
  soci::connection_pool readers_{kReaders};
};

}  // namespace sluice::db
