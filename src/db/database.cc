#include "db/database.h"

#include <fmt/format.h>

#include "db/postgres_database.h"
#include "db/sqlite_database.h"

namespace sluice::db {
namespace {

std::unexpected<Error> WrongType(size_t column, std::string_view wanted) {
  return Fail(Code::kCorrupt, "the database holds a row that cannot be read",
              fmt::format("column {} is no {}", column, wanted));
}

}  // namespace

Result<int64_t> Int(const Row& row, size_t column) {
  if (column < row.size()) {
    if (const auto* value = std::get_if<int64_t>(&row[column])) return *value;
  }
  return WrongType(column, "integer");
}

Result<std::string> Text(const Row& row, size_t column) {
  if (column < row.size()) {
    if (const auto* value = std::get_if<std::string>(&row[column])) return *value;
  }
  return WrongType(column, "text");
}

Result<int64_t> Generation(Session& session) {
  int64_t number = 0;
  TRY(session.Query("SELECT number FROM sluice_generation", {}, [&](const Row& row) -> Status {
    number = TRY(Int(row, 0));
    return {};
  }));
  return number;
}

// The one place that chooses a driver.
Result<std::unique_ptr<Database>> Database::Open(const std::string& path) {
  return IsUrl(path) ? PostgresDatabase::Open(path) : SqliteDatabase::Open(path);
}

bool IsUrl(std::string_view place) {
  return place.starts_with("postgresql://") || place.starts_with("postgres://");
}

Status CheckBackup(const std::string& path) { return SqliteDatabase::Check(path); }

Status Restore(const std::string& backup, const std::string& path) {
  return SqliteDatabase::Restore(backup, path);
}

}  // namespace sluice::db
