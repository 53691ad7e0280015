#include "db/sqlite_errors.h"

#include <fmt/format.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <exception>

#include "db/messages.h"

namespace sluice::db {
namespace {

constexpr int Primary(int extended) { return extended & 0xff; }

Code ToCode(int extended) {
  switch (extended) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID: return Code::kAlreadyExists;
    // Somebody wrote since this transaction read; waiting would not have helped.
    case SQLITE_BUSY_SNAPSHOT: return Code::kConflict;
    case SQLITE_IOERR_DATA:
    case SQLITE_IOERR_CORRUPTFS: return Code::kCorrupt;
    case SQLITE_IOERR_NOMEM: return Code::kInternal;
    default: break;
  }
  switch (Primary(extended)) {
    case SQLITE_BUSY:  // for five seconds
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM: return Code::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Code::kCorrupt;
    default: return Code::kInternal;
  }
}

}  // namespace

Error FromSqlite(int code, std::string_view words) {
  const Code ours = ToCode(code);
  return {ours, std::string(Message(ours)), fmt::format("SQLite error {}: {}", code, words), {}};
}

Error FromException() {
  // Not what(): it shows the values of the statement, and they may be secret.
  try {
    throw;
  } catch (const soci::sqlite3_soci_error& error) {
    return FromSqlite(error.result(), error.get_error_message());
  } catch (const soci::soci_error& error) {
    return {Code::kInternal, std::string(Message(Code::kInternal)), error.get_error_message(), {}};
  } catch (const std::exception& error) {
    return {Code::kInternal, std::string(Message(Code::kInternal)), error.what(), {}};
  }
}

}  // namespace sluice::db
