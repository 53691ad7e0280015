#include "db/postgres_session.h"

#include <fmt/format.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <array>
#include <charconv>
#include <cstring>
#include <memory>
#include <vector>

#include "db/messages.h"
#include "db/postgres_dialect.h"
#include "db/postgres_errors.h"
#include "db/table_shapes.h"

namespace sluice::db {
namespace {

// Types as pg_type.dat numbers them; they never change.
constexpr Oid kBool = 16;
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;
constexpr Oid kText = 25;
constexpr std::array<Oid, 5> kTexts = {18, 19, 25, 1042, 1043};

using Answer = PostgresAnswer;

PGconn* Handle(soci::session& connection) {
  auto* backend = static_cast<soci::postgresql_session_backend*>(connection.get_backend());
  return backend == nullptr ? nullptr : backend->conn_;
}

std::unexpected<Error> Mistake(std::string detail) {
  return Fail(Code::kInternal, std::string(Message(Code::kInternal)), std::move(detail));
}

Result<Answer> Checked(PGconn* handle, PGresult* result, Access access) {
  Answer answer(result);
  switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK: return answer;
    case PGRES_EMPTY_QUERY: return Mistake("no statement");
    default: break;
  }
  // Only the first line: the others show values.
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* words = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (words == nullptr) words = PQerrorMessage(handle);
  return std::unexpected(FromPostgres(state == nullptr ? "" : state, words, access));
}

// Values as libpq takes them; `row` must outlive it.
class Parameters {
 public:
  static Result<Parameters> Of(const Row& row) {
    Parameters made;
    made.numbers_.reserve(row.size());  // texts_ points into it
    for (const Value& value : row) {
      if (const auto* number = std::get_if<int64_t>(&value)) {
        made.Add(kInt8, made.numbers_.emplace_back(std::to_string(*number)).c_str());
      } else if (const auto* text = std::get_if<std::string>(&value)) {
        if (text->find('\0') != std::string::npos) {
          return Fail(Code::kInvalidArgument, "a text must not hold the character U+0000");
        }
        made.Add(kText, text->c_str());
      } else {
        made.Add(0, nullptr);
      }
    }
    return made;
  }
  int size() const { return static_cast<int>(types_.size()); }
  const Oid* types() const { return types_.data(); }
  const char* const* texts() const { return texts_.data(); }

 private:
  void Add(Oid type, const char* text) {
    types_.push_back(type);
    texts_.push_back(text);
  }
  std::vector<std::string> numbers_{};
  std::vector<Oid> types_{};
  std::vector<const char*> texts_{};
};

Result<Value> ColumnOf(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column) != 0) return Value(std::monostate());
  const std::string_view text(PQgetvalue(result, row, column),
                              static_cast<size_t>(PQgetlength(result, row, column)));
  const Oid type = PQftype(result, column);
  if (type == kBool) return Value(int64_t{text == "t"});
  if (type == kInt8 || type == kInt4 || type == kInt2) {
    int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return Value(number);
  }
  for (const Oid one : kTexts) {
    if (type == one) return Value(std::string(text));
  }
  return Mistake(fmt::format("column {} is no integer and no text", column));
}

// A failed statement ends a transaction of PostgreSQL, but not one of ours: each is within a
// savepoint, which takes the place of the one before.
constexpr const char* kFirstGuard = "SAVEPOINT statement";
constexpr const char* kNextGuard = "RELEASE SAVEPOINT statement; SAVEPOINT statement";
constexpr const char* kGoBack = "ROLLBACK TO SAVEPOINT statement";

// What a URL leaves to us. A connection that hangs is given up; of several hosts the one is taken
// that can be written to.
struct Default {
  std::string_view keyword;
  std::string_view value;
};
constexpr std::array kDefaults = {
    Default{"connect_timeout", "5"},
    Default{"tcp_user_timeout", "10000"},
    Default{"target_session_attrs", "read-write"},
    Default{"application_name", "sluice"},
    Default{"client_encoding", "UTF8"},
};

void AddSetting(std::string& settings, std::string_view keyword, std::string_view value) {
  settings += fmt::format("{}{}='", settings.empty() ? "" : " ", keyword);
  for (const char c : value) {
    if (c == '\'' || c == '\\') settings += '\\';
    settings += c;
  }
  settings += '\'';
}

}  // namespace

Result<std::string> PostgresSettings(const std::string& url) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree);
  if (options == nullptr) {
    return Fail(Code::kInvalidArgument,
                "the database's URL is not one of PostgreSQL, as in "
                "postgresql://sluice@db.example.com/sluice");
  }
  std::string settings;
  const auto wanted = [&](std::string_view keyword) -> const char* {
    for (const PQconninfoOption* one = options.get(); one->keyword != nullptr; ++one) {
      if (keyword == one->keyword) return one->val;
    }
    return nullptr;
  };
  for (const std::string_view secret : {"password", "sslpassword"}) {
    if (wanted(secret) == nullptr) continue;
    return Fail(
        Code::kInvalidArgument,
        "the database's URL must not hold a password: put it into a file and name that with "
        "?passfile=/path, or use PGPASSFILE, PGPASSWORD or a client certificate");
  }
  for (const PQconninfoOption* one = options.get(); one->keyword != nullptr; ++one) {
    if (one->val != nullptr) AddSetting(settings, one->keyword, one->val);
  }
  for (const Default& one : kDefaults) {
    if (wanted(one.keyword) == nullptr) AddSetting(settings, one.keyword, one.value);
  }
  return settings;
}

bool IsConnected(soci::session& connection) {
  PGconn* const handle = Handle(connection);
  return handle != nullptr && PQstatus(handle) == CONNECTION_OK;
}

Status Execute(soci::session& connection, const char* sql) {
  PGconn* const handle = Handle(connection);
  if (handle == nullptr) return std::unexpected(FromPostgres("", "not connected", Access::kWrite));
  TRY(Checked(handle, PQexec(handle, sql), Access::kWrite));
  return {};
}

Status Connect(soci::session& connection, const std::string& settings) {
  try {
    connection.close();
    connection.open(soci::postgresql, settings);
  } catch (const std::exception& error) {
    // No statement and no value is in it.
    return std::unexpected(FromPostgres("", error.what(), Access::kWrite));
  }
  PQsetNoticeProcessor(Handle(connection), [](void*, const char*) {}, nullptr);
  // Whoever loses the network is forgotten within half a minute, and his locks with him. A commit
  // is on the disk before it is told, whatever the server's settings say.
  return Execute(connection,
                 "SET lock_timeout = '5s';"
                 "SET idle_in_transaction_session_timeout = '60s';"
                 "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5;"
                 "SET tcp_keepalives_count = 3;"
                 "SELECT set_config('synchronous_commit', 'on', false)"
                 " WHERE current_setting('synchronous_commit') = 'off'");
}

PostgresTransaction::~PostgresTransaction() {
  PGconn* const handle = Handle(connection_);
  if (handle == nullptr || PQtransactionStatus(handle) == PQTRANS_IDLE) return;
  IgnoreError(Execute(connection_, "ROLLBACK"), "what failed before it is told");
}

Status PostgresTransaction::Commit() {
  PGconn* const handle = Handle(connection_);
  if (handle == nullptr) return std::unexpected(FromPostgres("", "not connected", Access::kWrite));
  const bool is_open = PQtransactionStatus(handle) != PQTRANS_IDLE;
  const Answer answer = TRY(Checked(handle, PQexec(handle, "COMMIT"), Access::kWrite));
  // The COMMIT of a failed transaction is a ROLLBACK, and no error; that of none is a COMMIT.
  if (is_open && std::strcmp(PQcmdStatus(answer.get()), "COMMIT") == 0) return {};
  return Mistake("the transaction has ended before");
}

Result<PostgresAnswer> PostgresSession::Ask(std::string_view sql, const Row& values,
                                            const TakeRow& take) {
  PGconn* const handle = Handle(connection_);
  if (handle == nullptr || PQtransactionStatus(handle) != PQTRANS_INTRANS) {
    if (!IsConnected(connection_)) {
      return std::unexpected(FromPostgres("", "lost within the transaction", access_));
    }
    return Mistake("the transaction has ended before, or a query is not at its end");
  }
  const PostgresText text = ToPostgres(sql);
  if (text.places != values.size()) {
    return Mistake(fmt::format("{} values for {} places", values.size(), text.places));
  }
  const Parameters parameters = TRY(Parameters::Of(values));
  TRY(Execute(connection_, is_guarded_ ? kNextGuard : kFirstGuard));
  is_guarded_ = true;
  if (PQsendQueryParams(handle, text.sql.c_str(), parameters.size(), parameters.types(),
                        parameters.texts(), nullptr, nullptr, /*resultFormat=*/0) == 0) {
    return std::unexpected(FromPostgres("", PQerrorMessage(handle), access_));
  }
  if (take) PQsetSingleRowMode(handle);
  Result<Answer> answer = TakeAnswer(handle, take);
  if (!answer && PQtransactionStatus(handle) != PQTRANS_IDLE) {  // idle: the statement ended it
    IgnoreError(Execute(connection_, kGoBack), "the transaction stays failed, and tells");
  }
  return answer;
}

// To its end, whatever comes: else the connection could not be asked anything more.
Result<PostgresAnswer> PostgresSession::TakeAnswer(PGconn* handle, const TakeRow& take) {
  Result<Answer> answer = Mistake("no answer");
  Status taken;
  while (PGresult* const next = PQgetResult(handle)) {
    if (PQresultStatus(next) != PGRES_SINGLE_TUPLE) {
      answer = Checked(handle, next, access_);
      continue;
    }
    const Answer row(next);
    if (taken) taken = take(*row);
  }
  if (answer && !taken) return std::unexpected(std::move(taken.error()));
  return answer;
}

Result<int64_t> PostgresSession::Run(std::string_view sql, const Row& values) {
  const Answer answer = TRY(Ask(sql, values, nullptr));
  if (std::string_view(PQcmdStatus(answer.get())).starts_with("SELECT")) return 0;
  const std::string_view count = PQcmdTuples(answer.get());
  int64_t changed = 0;
  std::from_chars(count.data(), count.data() + count.size(), changed);
  return changed;
}

Status PostgresSession::Query(std::string_view sql, const Row& values,
                              const std::function<Status(const Row&)>& row) {
  Row current;
  TRY(Ask(sql, values, [&](const PGresult& result) -> Status {
    current.resize(static_cast<size_t>(PQnfields(&result)));
    for (size_t k = 0; k < current.size(); ++k) {
      current[k] = TRY(ColumnOf(&result, /*row=*/0, static_cast<int>(k)));
    }
    return row(current);
  }));
  return {};
}

Result<std::vector<TableShape>> PostgresSession::Tables() {
  return ReadShapes(*this,
                    "SELECT t.relname, c.attname FROM pg_class t"
                    " JOIN pg_namespace n ON n.oid = t.relnamespace"
                    " JOIN pg_attribute c ON c.attrelid = t.oid"
                    " WHERE n.nspname = current_schema() AND t.relkind IN ('r', 'p')"
                    " AND c.attnum > 0 AND NOT c.attisdropped ORDER BY t.relname, c.attnum",
                    "SELECT t.relname, other.relname FROM pg_constraint f"
                    " JOIN pg_class t ON t.oid = f.conrelid"
                    " JOIN pg_class other ON other.oid = f.confrelid"
                    " JOIN pg_namespace n ON n.oid = t.relnamespace"
                    " WHERE n.nspname = current_schema() AND f.contype = 'f'");
}

}  // namespace sluice::db
