// db/sqlite_database.h -- the database in one file of SQLite.
#pragma once

#include <soci/connection-pool.h>
#include <soci/session.h>

#include <memory>
#include <mutex>
#include <string>

#include "db/database.h"

namespace sluice::db {

class SqliteDatabase final : public Database {
 public:
  static Result<std::unique_ptr<Database>> Open(const std::string& path);
  static Status Check(const std::string& path);
  static Status Restore(const std::string& backup, const std::string& path);

  Status Migrate(std::span<const Migration> migrations) override;
  Status Write(const std::function<Status(Session&)>& change) override;
  Status Read(const std::function<Status(Session&)>& read) override;
  Result<int64_t> Generation() override;
  Status Backup(const std::string& path) override;

 private:
  // Reads are for starting and for looking after: what answers requests lies in memory.
  static constexpr size_t kReaders = 4;

  explicit SqliteDatabase(std::string path) : path_(std::move(path)) {}
  Status Connect();
  Status WriteLocked(const std::function<Status(Session&)>& change);

  std::string path_;
  std::mutex write_mutex_;  // the writer's transaction
  soci::session writer_;
  soci::connection_pool readers_{kReaders};
};

}  // namespace sluice::db
