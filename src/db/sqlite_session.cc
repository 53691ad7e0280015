#include "db/sqlite_session.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <cstring>
#include <new>
#include <optional>

#include "db/sqlite_errors.h"
#include "db/table_shapes.h"

namespace sluice::db {
namespace {

using sqlite_api::sqlite3_stmt;

// One statement with its values, which must outlive it. Its functions throw, as SOCI's do.
//
// SOCI prepares, binds, steps and words the failures. Two things it cannot do and are SQLite's:
// - Rows of any shape. SOCI's dynamic row goes by the *declared* type of a column: it reads INTEGER
//   into 32 bits, and runs a statement once more to guess the type of an expression. Here a value
//   is what the row holds.
// - Checks of the statement. SOCI drops what follows the first statement, and fills the places that
//   were given no value with NULL.
class Statement {
 public:
  Statement(soci::session& connection, std::string_view sql, const Row& values, Access access)
      : statement_(connection) {
    statement_.alloc();
    statement_.prepare(std::string(sql));
    Check(sql, values.size(), access);
    for (const Value& value : values) Bind(value);
    statement_.define_and_bind();
  }

  // Both: whether there is a row.
  bool Start() { return statement_.execute(/*withDataExchange=*/true); }
  // Not statement::fetch, which gives no row to who told it of no variables.
  bool Next() { return Backend().fetch(1) == soci::details::statement_backend::ef_success; }

  Row Current() {
    Row row(static_cast<size_t>(sqlite_api::sqlite3_column_count(Backend().stmt_)));
    for (size_t i = 0; i < row.size(); ++i) row[i] = Column(static_cast<int>(i));
    return row;
  }

 private:
  soci::sqlite3_statement_backend& Backend() {
    return static_cast<soci::sqlite3_statement_backend&>(*statement_.get_backend());
  }

  void Check(std::string_view sql, size_t values, Access access) {
    sqlite3_stmt* const statement = Backend().stmt_;
    if (statement == nullptr) throw soci::soci_error("no statement");
    const std::string_view rest = sql.substr(std::strlen(sqlite_api::sqlite3_sql(statement)));
    if (rest.find_first_not_of(" \t\r\n;") != std::string_view::npos) {
      throw soci::soci_error("more than one statement");
    }
    const int places = sqlite_api::sqlite3_bind_parameter_count(statement);
    if (static_cast<size_t>(places) != values) {
      throw soci::soci_error(fmt::format("{} values for {} places", values, places));
    }
    if (access == Access::kRead && sqlite_api::sqlite3_stmt_readonly(statement) == 0) {
      throw soci::soci_error("a statement that writes, within a read");
    }
  }

  void Bind(const Value& value) {
    static const std::string empty;
    static soci::indicator null = soci::i_null;
    if (const auto* number = std::get_if<int64_t>(&value)) {
      statement_.exchange(soci::use(*number));
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      statement_.exchange(soci::use(*text));
    } else {
      statement_.exchange(soci::use(empty, null));
    }
  }

  Value Column(int i) {
    sqlite3_stmt* const statement = Backend().stmt_;
    switch (sqlite_api::sqlite3_column_type(statement, i)) {
      case SQLITE_NULL: return std::monostate();
      case SQLITE_INTEGER: return int64_t{sqlite_api::sqlite3_column_int64(statement, i)};
      case SQLITE_TEXT: break;
      default: throw soci::soci_error(fmt::format("column {} is no integer and no text", i));
    }
    const unsigned char* text = sqlite_api::sqlite3_column_text(statement, i);
    if (text == nullptr) throw std::bad_alloc();
    const int size = sqlite_api::sqlite3_column_bytes(statement, i);
    return std::string(reinterpret_cast<const char*>(text), static_cast<size_t>(size));
  }

  soci::statement statement_;
};

bool InTransaction(soci::session& connection) {
  return sqlite_api::sqlite3_get_autocommit(Handle(connection)) == 0;
}

Status Execute(soci::session& connection, const char* sql) {
  return Caught([&] { connection << sql; });
}

}  // namespace

sqlite_api::sqlite3* Handle(soci::session& connection) {
  return static_cast<soci::sqlite3_session_backend*>(connection.get_backend())->conn_;
}

SqliteTransaction::~SqliteTransaction() {
  if (!InTransaction(connection_)) return;
  IgnoreError(Execute(connection_, "ROLLBACK"), "what failed before it is told");
}

Status SqliteTransaction::BeginRead() { return Execute(connection_, "BEGIN"); }

// Not session::begin, which is a plain BEGIN.
Status SqliteTransaction::BeginWrite() { return Execute(connection_, "BEGIN IMMEDIATE"); }

Status SqliteTransaction::Commit() { return Execute(connection_, "COMMIT"); }

// Some failures (a full disk) end the whole transaction. Whoever goes on would change the database
// statement by statement.
Status SqliteSession::CheckTransaction() const {
  if (InTransaction(connection_)) return {};
  return Fail(Code::kInternal, "the database failed", "the transaction has ended before");
}

Result<int64_t> SqliteSession::Run(std::string_view sql, const Row& values) {
  TRY(CheckTransaction());
  return Caught([&]() -> int64_t {
    // SQLite's count of changed rows is that of the last statement that could change any; SOCI's is
    // taken at the first row that a statement returns, which is too early.
    sqlite_api::sqlite3* const handle = Handle(connection_);
    const int before = sqlite_api::sqlite3_total_changes(handle);
    Statement statement(connection_, sql, values, access_);
    for (bool more = statement.Start(); more;) more = statement.Next();
    return sqlite_api::sqlite3_total_changes(handle) == before
               ? 0
               : sqlite_api::sqlite3_changes(handle);
  });
}

Status SqliteSession::Query(std::string_view sql, const Row& values,
                            const std::function<Status(const Row&)>& row) {
  TRY(CheckTransaction());
  std::optional<Statement> statement;
  bool more = TRY(Caught([&] {
    statement.emplace(connection_, sql, values, access_);
    return statement->Start();
  }));
  while (more) {
    const Row current = TRY(Caught([&] { return statement->Current(); }));
    TRY(row(current));
    more = TRY(Caught([&] { return statement->Next(); }));
  }
  return {};
}

Result<std::vector<TableShape>> SqliteSession::Tables() {
  return ReadShapes(*this,
                    "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c"
                    " WHERE t.type = 'table' AND t.name NOT GLOB 'sqlite_*' ORDER BY t.name, c.cid",
                    "SELECT t.name, f.\"table\" FROM sqlite_master t,"
                    " pragma_foreign_key_list(t.name) f WHERE t.type = 'table'");
}

}  // namespace sluice::db
