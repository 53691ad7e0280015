// db/database.h -- rows that change together or not at all.
//
// SQLite or PostgreSQL through SOCI: one writer, every commit is on the disk before it is
// acknowledged. Rooms that own rows speak SQL to a Session; what a row means is not known here.
// Their SQL is one that both take (README.md).
//
//   Status RenameShare(db::Database& database, const std::string& id, const std::string& name) {
//     return database.Write([&](db::Session& session) -> Status {
//       TRY(session.Run("UPDATE securables SET name = :name WHERE id = :id", {name, id}));
//       return {};
//     });
//   }
//
// All errors: `message` names nothing of the database, `detail` has the driver's words but never
// the values of a statement, which may be secret.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace sluice::db {

// NULL, an integer, or text. Bytes go as text in base64.
using Value = std::variant<std::monostate, int64_t, std::string>;
using Row = std::vector<Value>;

// The value of a column that is never NULL. Errors: kCorrupt  it is something else
Result<int64_t> Int(const Row& row, size_t column);
Result<std::string> Text(const Row& row, size_t column);

// A table as it is now.
struct TableShape {
  std::string name;
  std::vector<std::string> columns;
  std::vector<std::string> refers_to;  // tables, by foreign keys
};

// A connection within a transaction; lives as long as the function that it was given to.
class Session {
 public:
  virtual ~Session() = default;
  // One statement with `:name` or `?` places, which are filled in the order in which they first
  // stand there. Returns how many rows it changed. A statement that fails changes nothing, and the
  // transaction may go on.
  // Errors: kAlreadyExists  a unique key
  //         kInvalidArgument  a text that PostgreSQL cannot keep: with U+0000, or not UTF-8
  //         kConflict       another process wrote first: run the transaction again
  //         kInternal       the statement is wrong, or writes within a Read
  //         kUnavailable    the disk is full, the file cannot be written, the connection is lost
  //         kCorrupt        the file is damaged
  virtual Result<int64_t> Run(std::string_view sql, const Row& values = {}) = 0;
  // Calls `row` for each row of a query, as they come; a failure of it ends the query and is
  // returned. `row` does not use the session: PostgreSQL sends one answer at a time.
  virtual Status Query(std::string_view sql, const Row& values,
                       const std::function<Status(const Row&)>& row) = 0;
  // All tables but those of this room, in no order.
  virtual Result<std::vector<TableShape>> Tables() = 0;
};

// The generation of the state that `session` sees; within a Write, the one that it makes. So who
// wrote can tell whether anybody else wrote since.
Result<int64_t> Generation(Session& session);

// A step from one form of the database to the next. Never changed once released; numbered by its
// place in the list, from 1. Foreign keys are not followed while a step runs but checked at its
// end, so that a step may rebuild a table that others refer to.
struct Migration {
  std::string_view name;  // "catalog"
  std::vector<std::string_view> statements;
  // What PostgreSQL does instead, where SQLite must rebuild a table; none: the same. There
  // references are always followed, and ALTER TABLE can do all.
  std::vector<std::string_view> on_postgres{};
};

// Thread-safe. Neither Write nor Read is called from within a Write or a Read of the same thread.
class Database {
 public:
  // Opens the file, and makes it where there is none. It is for its owner alone (mode 0600).
  // Any number of processes may have it open. A `postgresql://` URL is a database of PostgreSQL,
  // which is there already; our tables are made where there are none.
  // Errors: kInvalidArgument  not a database of ours, or its folder is missing, or the URL is wrong
  //         kUnavailable      another program holds it locked, or it cannot be written or reached
  //         kCorrupt          damaged
  static Result<std::unique_ptr<Database>> Open(const std::string& path);
  virtual ~Database() = default;

  // From now on no other server may do the same, as long as this lives; others may still open it.
  // A file's servers keep each other away by its folder, so there it does nothing.
  // Errors: kConflict  another server has it
  virtual Status ServeAlone() { return {}; }

  // Brings the database to the newest form, each step in a transaction of its own. A database from
  // a newer program is refused, and one whose steps were other ones. Errors: kUnsupported  refused;
  // the message is for whoever runs the server
  //         kInternal     a step fails; the steps before it stay
  virtual Status Migrate(std::span<const Migration> migrations) = 0;

  // Runs `change` in a transaction that is on the disk when this returns. If `change` fails nothing
  // is changed. One at a time; waits for other processes for at most five seconds (kUnavailable).
  virtual Status Write(const std::function<Status(Session&)>& change) = 0;
  // Reads one consistent state. Any number may be asked for at a time, a few run at a time.
  virtual Status Read(const std::function<Status(Session&)>& read) = 0;

  // A number that grows by one with each Write, of other processes too; cheap enough to ask four
  // times a second.
  virtual Result<int64_t> Generation() = 0;

  // A whole copy of what is committed now, into a file that does not exist yet (mode 0600); writers
  // go on. The file has its name only once it is whole and on the disk.
  // Errors: kAlreadyExists, kUnavailable; kUnsupported  PostgreSQL: that is what pg_dump is for
  virtual Status Backup(const std::string& path) = 0;
};

// Whether `place` is the URL of a database rather than a file.
bool IsUrl(std::string_view place);

// Whether the file is a database of ours, whole and undamaged; it is not changed.
// Errors: kNotFound, kInvalidArgument  not a database of ours; kCorrupt  damaged
Status CheckBackup(const std::string& path);

// Makes the database `path` from a backup that passes CheckBackup. `path` does not exist yet, nor
// what a database leaves beside it: an old log would be replayed into the new file.
// Errors: as CheckBackup; kAlreadyExists, kUnavailable
Status Restore(const std::string& backup, const std::string& path);

}  // namespace sluice::db
