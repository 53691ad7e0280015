// db/postgres_session.h -- statements and transactions on one connection to PostgreSQL.
//
// SOCI opens the connections and keeps them. The statements are libpq's: SOCI gives values no type
// (`SELECT ?` would answer text), cuts texts at a zero byte without a word, takes several
// statements in one, and needs three ways to the server and back for each.
#pragma once

#include <libpq-fe.h>
#include <soci/session.h>

#include <functional>
#include <memory>
#include <string>

#include "db/access.h"
#include "db/database.h"

namespace sluice::db {

// The settings of a connection for a URL: ours where it has none. Errors: kInvalidArgument  it is
// no URL of PostgreSQL, or has a password in it, where everybody sees it
Result<std::string> PostgresSettings(const std::string& url);

// Opens `connection`, or opens it again. Errors: kUnavailable
Status Connect(soci::session& connection, const std::string& settings);
bool IsConnected(soci::session& connection);
// One or more statements without values.
Status Execute(soci::session& connection, const char* sql);

// One transaction; what is not committed is rolled back.
class PostgresTransaction {
 public:
  explicit PostgresTransaction(soci::session& connection) : connection_(connection) {}
  ~PostgresTransaction();
  PostgresTransaction(const PostgresTransaction&) = delete;
  PostgresTransaction& operator=(const PostgresTransaction&) = delete;

  // Errors: kUnavailable  the connection is lost too, and whether the change is there unknown
  Status Commit();

 private:
  soci::session& connection_;
};

struct ClearAnswer {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PostgresAnswer = std::unique_ptr<PGresult, ClearAnswer>;

class PostgresSession final : public Session {
 public:
  PostgresSession(soci::session& connection, Access access)
      : connection_(connection), access_(access) {}

  Result<int64_t> Run(std::string_view sql, const Row& values = {}) override;
  Status Query(std::string_view sql, const Row& values,
               const std::function<Status(const Row&)>& row) override;
  Result<std::vector<TableShape>> Tables() override;

 private:
  using TakeRow = std::function<Status(const PGresult&)>;
  // Rows go to `take` one by one as they come; without it they are in the answer.
  Result<PostgresAnswer> Ask(std::string_view sql, const Row& values, const TakeRow& take);
  Result<PostgresAnswer> TakeAnswer(PGconn* handle, const TakeRow& take);

  soci::session& connection_;
  Access access_;
  bool is_guarded_ = false;  // by the savepoint of an earlier statement
};

}  // namespace sluice::db
