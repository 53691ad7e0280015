// db/copy.h -- all rows of a database into another one, of any driver.
//
// For whoever moves a catalog: messages name tables and columns, never what is in them.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "db/database.h"

namespace sluice::db {

struct CopyCount {
  int64_t tables = 0;
  int64_t rows = 0;
};

// The table that is being copied, and how many rows of all tables have been.
using CopyProgress = std::function<void(std::string_view table, int64_t rows)>;

// Puts the rows of all tables of `from` into `to`, in one transaction. `to` has taken the same
// steps, and nothing was ever written to it but by them. At the end all is read back and compared;
// a `to` that has exactly these rows already is left as it is, so that a copy whose outcome was
// lost can be asked for again. Nobody else writes to either meanwhile.
// Errors, after which `to` is as it was: those of Database::Write, and
//   kAlreadyExists    `to` has other rows
//   kInvalidArgument  they have not taken the same steps; a text that PostgreSQL cannot keep: with
//                     U+0000, or not UTF-8
//   kUnsupported      tables that refer to each other
//   kInternal         what was read back is not what was copied
Result<CopyCount> CopyRows(Database& from, Database& to, const CopyProgress& progress = {});

}  // namespace sluice::db
