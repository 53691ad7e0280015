// db/postgres_dialect.h -- our SQL as PostgreSQL takes it.
//
// Rooms write one SQL for all drivers: places as `?` or `:name`, columns of INTEGER and TEXT, ON
// CONFLICT. What PostgreSQL calls otherwise is changed here, so that no room knows of drivers and
// a migration has one text and one SHA-256 wherever it runs:
// - places are `$1`, `$2`
// - where tables are made, INTEGER is BIGINT (theirs has 32 bits), and TEXT is sorted by its bytes,
//   as SQLite does; an order by language also changes with the system's libraries, below indices
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::db {

struct PostgresText {
  std::string sql;
  size_t places = 0;  // how many values it takes
};

PostgresText ToPostgres(std::string_view sql);

}  // namespace sluice::db
