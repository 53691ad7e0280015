// sluice move-catalog: the rows of a catalog from the folder's file into PostgreSQL, and back.
//
// The file DIR/database decides where the catalog is. Until it is written, or removed, the folder
// works with what it had, and from then on with what it has now; the rows are whole in both at that
// moment. What a move that was broken off leaves behind, the next one takes up or clears away.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <vector>

#include "catalog/row_store.h"
#include "db/copy.h"
#include "server/catalog_parts.h"
#include "server/commands.h"
#include "server/serving.h"

namespace sluice::server {
namespace {

namespace fs = std::filesystem;

// A line on standard error that is written over; nothing where nobody looks.
class Progress {
 public:
  Progress() = default;
  ~Progress() {
    if (shown_) std::fputs("\r\x1b[K", stderr);
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void Tell(std::string_view table, int64_t rows) const {
    if (!shown_ || rows % 1000 != 0) return;
    fmt::print(stderr, "\r\x1b[K{} rows, now those of {}", rows, table);
    std::fflush(stderr);
  }

 private:
  const bool shown_ = ::isatty(STDERR_FILENO) == 1;
};

// A place for a new file of the catalog that goes with it, with all that one which was broken off
// has left.
class Draft {
 public:
  explicit Draft(std::string file) : file_(std::move(file)) { Remove(); }
  ~Draft() { Remove(); }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  std::string path() const { return file_ + ".part"; }

 private:
  void Remove() const {
    std::vector<fs::path> found;
    std::error_code ignored;
    for (const auto& one : fs::directory_iterator(fs::path(file_).parent_path(), ignored)) {
      const std::string& name = one.path().native();
      // The second: of Database::Backup.
      if (name.starts_with(path()) || name.starts_with(file_ + ".tmp-")) found.push_back(name);
    }
    for (const fs::path& one : found) fs::remove(one, ignored);
  }
  std::string file_;
};

std::string_view Name(const std::string& place) {
  return db::IsUrl(place) ? "PostgreSQL" : "sluice.db";
}

Result<std::unique_ptr<db::Database>> OpenAlone(const std::string& place) {
  auto database = TRY(db::Database::Open(place));
  TRY(database->ServeAlone());
  TRY(database->Migrate(DatabaseMigrations()));
  return database;
}

// Keeps servers away for as long as it is open. Its end is not noted: the note is a row that moves.
Result<std::unique_ptr<audit::FileLog>> OpenLog(const DataDirectory& directory,
                                                db::Database& database, const Clock& clock) {
  const catalog::Picture picture = TRY(catalog::RowStore(database).Load());
  const std::string account = picture.has_metastore() ? picture.metastore().id : std::string();
  auto log = audit::FileLog::Open({.folder = directory.audit(), .account_id = account}, clock,
                                  /*anchors=*/nullptr);
  if (log || log.error().code != Code::kConflict) return log;
  return Fail(Code::kConflict, fmt::format("a server runs on {}: stop it first", directory.path()));
}

class Move {
 public:
  Move(DataDirectory directory, std::string to)
      : directory_(std::move(directory)), from_(directory_.database()), to_(std::move(to)) {}

  Status Run() {
    source_ = TRY(OpenAlone(from_));
    log_ = TRY(OpenLog(directory_, *source_, clock_));
    const bool is_there = from_ == to_;
    if (!is_there) {
      TRY(db::IsUrl(to_) ? IntoPostgres() : IntoFile());
      TRY(directory_.MoveTo(to_));
    }
    source_ = nullptr;
    if (db::IsUrl(to_)) TRY(SetFileAside());
    Print(is_there);
    return {};
  }

 private:
  Status IntoPostgres() {
    target_ = TRY(OpenAlone(to_));
    return Fill(*target_);
  }

  // The file has its name when it is whole, but counts only once the note is gone.
  Status IntoFile() {
    const Draft draft(to_);
    const auto target = TRY(OpenAlone(draft.path()));
    TRY(Fill(*target));
    TRY(SetFileAside());
    return target->Backup(to_);
  }

  Status Fill(db::Database& target) {
    const Progress progress;
    auto copied = db::CopyRows(*source_, target, [&](std::string_view table, int64_t rows) {
      progress.Tell(table, rows);
    });
    if (!copied && copied.error().code == Code::kAlreadyExists) {
      return Fail(Code::kAlreadyExists,
                  fmt::format("the database has rows already, and they are not those of {}: give "
                              "an empty one, or a new schema (?options=-csearch_path%3Dsluice)",
                              directory_.path()),
                  copied.error().detail);
    }
    count_ = TRY(std::move(copied));
    audit::Event event;
    event.time = clock_.Now();
    event.action = "moveCatalog";
    event.principal = "sluice move-catalog";
    event.params = {{"from", std::string(Name(from_))},
                    {"to", std::string(Name(to_))},
                    {"rows", fmt::format("{}", count_.rows)}};
    return log_->Append(event, audit::Sync::kNow);
  }

  // A file that is not the catalog any more, or never was.
  Status SetFileAside() {
    const std::string file = directory_.file();
    if (!fs::exists(file)) return {};
    TRY(db::Database::Open(file));  // whoever closes it last folds its log in
    if (fs::exists(file + "-wal")) {
      return Fail(Code::kUnavailable,
                  fmt::format("another program has {} open: end it, and run this again", file));
    }
    std::error_code failure;
    fs::rename(file, kept(), failure);
    if (!failure) return {};
    return Fail(Code::kUnavailable,
                fmt::format("{} cannot be renamed: {}", file, failure.message()));
  }

  void Print(bool is_there) const {
    fmt::print("The catalog is in {} {}", Name(to_), is_there ? "already\n" : "now");
    if (!is_there) fmt::print(": {} tables, {} rows\n", count_.tables, count_.rows);
    if (fs::exists(kept())) {
      fmt::print("The file that it was in is kept as {}; it may be deleted\n", kept());
    }
    if (db::IsUrl(from_) && !is_there) {
      fmt::print("The rows in PostgreSQL are still there; they may be deleted\n");
    }
    fmt::print("Next: sluice serve --data {}\n", directory_.path());
  }

  std::string kept() const { return directory_.file() + ".moved"; }

  SystemClock clock_;
  DataDirectory directory_;
  const std::string from_;
  const std::string to_;
  std::unique_ptr<db::Database> source_;
  std::unique_ptr<db::Database> target_;  // no server has it before the folder does
  std::unique_ptr<audit::FileLog> log_;
  db::CopyCount count_{};
};

Status MoveCatalog(const MoveCatalogCommand& command) {
  if (!DataDirectory::Exists(command.data)) {
    return Fail(Code::kNotFound,
                fmt::format("{} is not a data directory: it has no sluice.db", command.data));
  }
  DataDirectory directory = TRY(DataDirectory::Open(command.data));
  std::string to = command.to == "file" ? directory.file() : command.to;
  return Move(std::move(directory), std::move(to)).Run();
}

}  // namespace

int RunMoveCatalog(const MoveCatalogCommand& command) {
  const Status done = MoveCatalog(command);
  return done ? 0 : ReportFailure(done.error(), kExitFailure);
}

}  // namespace sluice::server
