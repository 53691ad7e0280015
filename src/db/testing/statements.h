// db/testing/statements.h -- single statements in a transaction of their own, for tests.
#pragma once

#include <string_view>
#include <vector>

#include "db/database.h"

namespace sluice::db::testing {

inline Status Execute(Database& database, std::string_view sql, const Row& values = {}) {
  return database.Write([&](Session& session) -> Status {
    TRY(session.Run(sql, values));
    return {};
  });
}

inline Result<std::vector<Row>> All(Session& session, std::string_view sql,
                                    const Row& values = {}) {
  std::vector<Row> rows;
  TRY(session.Query(sql, values, [&](const Row& row) -> Status {
    rows.push_back(row);
    return {};
  }));
  return rows;
}

inline Result<std::vector<Row>> All(Database& database, std::string_view sql,
                                    const Row& values = {}) {
  std::vector<Row> rows;
  TRY(database.Read([&](Session& session) -> Status {
    rows = TRY(All(session, sql, values));
    return {};
  }));
  return rows;
}

// The integer that a query ends in, or -1 if it fails.
inline int64_t Number(Database& database, std::string_view sql) {
  const auto rows = All(database, sql);
  return rows && !rows->empty() ? Int(rows->front(), 0).value_or(-1) : -1;
}

}  // namespace sluice::db::testing
