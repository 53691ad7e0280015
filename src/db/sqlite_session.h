// db/sqlite_session.h -- statements and transactions on one connection to SQLite.
#pragma once

#include <soci/session.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <string>

#include "db/access.h"
#include "db/database.h"

namespace sluice::db {

// SQLite's own handle of a connection.
sqlite_api::sqlite3* Handle(soci::session& connection);

// One transaction; what is not committed is rolled back.
class SqliteTransaction {
 public:
  explicit SqliteTransaction(soci::session& connection) : connection_(connection) {}
  ~SqliteTransaction();
  SqliteTransaction(const SqliteTransaction&) = delete;
  SqliteTransaction& operator=(const SqliteTransaction&) = delete;

  Status BeginRead();
  // Takes the right to write at once: a transaction that read first could not get it any more once
  // another process wrote.
  Status BeginWrite();
  Status Commit();

 private:
  soci::session& connection_;
};

class SqliteSession final : public Session {
 public:
  SqliteSession(soci::session& connection, Access access)
      : connection_(connection), access_(access) {}

  Result<int64_t> Run(std::string_view sql, const Row& values = {}) override;
  Status Query(std::string_view sql, const Row& values,
               const std::function<Status(const Row&)>& row) override;
  Result<std::vector<TableShape>> Tables() override;

 private:
  Status CheckTransaction() const;

  soci::session& connection_;
  Access access_;
};

}  // namespace sluice::db
