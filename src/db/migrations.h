// db/migrations.h -- which steps a database has taken, and the next one.
//
// Each step leaves its number, name, SHA-256 and time in a table, in its own transaction.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "db/database.h"

namespace sluice::db {

inline constexpr std::string_view kMigrationsTable =
    "CREATE TABLE sluice_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL,"
    " sha256 TEXT NOT NULL, applied_at TEXT NOT NULL)";

// How many steps were taken. Errors: kUnsupported  they are not the first ones of `steps`
Result<size_t> StepsTaken(Session& session, std::span<const Migration> steps);

enum class Driver { kSqlite, kPostgres };

// Takes steps[taken] and records it.
Status TakeStep(Session& session, std::span<const Migration> steps, size_t taken, Driver driver,
                TimePoint now);

}  // namespace sluice::db
