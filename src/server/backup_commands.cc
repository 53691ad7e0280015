// sluice backup, sluice restore: a whole data directory at one moment.
#include <fmt/format.h>

#include <filesystem>

#include "server/catalog_parts.h"
#include "server/commands.h"
#include "server/serving.h"

namespace sluice::server {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPreparing = ".part";

std::unexpected<Error> Refused(std::string message) {
  return Fail(Code::kInvalidArgument, std::move(message));
}

Status CopyFile(const fs::path& from, const fs::path& to) {
  std::error_code failure;
  fs::copy_file(from, to, failure);
  if (failure) {
    return Fail(Code::kUnavailable,
                fmt::format("{} cannot be written: {}", to.string(), failure.message()));
  }
  fs::permissions(to, fs::perms::owner_read | fs::perms::owner_write, failure);
  return {};
}

// The log's files only grow: what is copied ends with a line that may not be whole, which the next
// start cuts off. Taken before the database, whose anchor must not be ahead of the files.
Status CopyAudit(const DataDirectory& directory, const fs::path& to) {
  std::error_code failure;
  fs::create_directory(to, failure);
  fs::permissions(to, fs::perms::owner_all, failure);
  for (const auto& entry : fs::directory_iterator(directory.audit(), failure)) {
    if (entry.is_regular_file() && entry.path().filename() != "lock") {
      TRY(CopyFile(entry.path(), to / entry.path().filename()));
    }
  }
  if (!failure) return {};
  return Fail(Code::kUnavailable,
              fmt::format("the audit log cannot be copied: {}", failure.message()));
}

Result<DataDirectory> ExistingDirectory(const std::string& path) {
  if (DataDirectory::Exists(path)) return DataDirectory::Open(path);
  return Fail(Code::kNotFound,
              fmt::format("{} is not a data directory: it has no sluice.db", path));
}

Status Fill(const BackupCommand& command, const DataDirectory& directory, const fs::path& draft) {
  if (directory.has_own_database()) {
    const auto database = TRY(db::Database::Open(directory.database()));
    TRY(database->Backup((draft / "sluice.db").string()));
  } else {
    TRY(CopyFile(directory.database_note(), draft / "database"));
  }
  TRY(CopyAudit(directory, draft / "audit"));
  const fs::path key = fs::path(directory.path()) / "master-key";
  if (!command.without_key && fs::exists(key)) TRY(CopyFile(key, draft / "master-key"));
  return {};
}

Status Backup(const BackupCommand& command) {
  const DataDirectory directory = TRY(ExistingDirectory(command.data));
  if (fs::exists(command.to)) {
    return Refused(fmt::format("{} is there already; a backup goes into a new folder", command.to));
  }
  // It has its name only once it is whole.
  const fs::path draft = command.to + std::string(kPreparing);
  std::error_code failure;
  fs::remove_all(draft, failure);
  fs::create_directories(draft, failure);
  if (failure) return Refused(fmt::format("{}: {}", draft.string(), failure.message()));
  fs::permissions(draft, fs::perms::owner_all, failure);
  const Status filled = Fill(command, directory, draft);
  if (!filled) {
    fs::remove_all(draft, failure);
    return filled;
  }
  fs::rename(draft, command.to, failure);
  if (failure) return Refused(fmt::format("{}: {}", command.to, failure.message()));
  const bool has_key = fs::exists(fs::path(command.to) / "master-key");
  fmt::print("A copy of {} is in {}{}\n", command.data, command.to,
             has_key ? ", with the master key: keep it as you keep the key"
                     : ", without a master key: it is of no use without it");
  if (!directory.has_own_database()) {
    fmt::print(
        "The database is not in it: its copies are pg_dump's, and must be older than this\n");
  }
  return {};
}

Status Restore(const RestoreCommand& command) {
  const fs::path from = command.from;
  if (fs::exists(command.data) && !fs::is_empty(command.data)) {
    return Refused(fmt::format("{} is not empty; a backup goes into a new folder", command.data));
  }
  const bool has_database = !fs::exists(from / "database");
  if (has_database) TRY(db::CheckBackup((from / "sluice.db").string()));
  const DataDirectory directory = TRY(DataDirectory::Open(command.data));
  if (fs::exists(from / "audit")) {
    std::error_code failure;
    fs::create_directory(directory.audit(), failure);
    fs::permissions(directory.audit(), fs::perms::owner_all, failure);
    for (const auto& entry : fs::directory_iterator(from / "audit", failure)) {
      TRY(CopyFile(entry.path(), fs::path(directory.audit()) / entry.path().filename()));
    }
  }
  if (fs::exists(from / "master-key")) {
    TRY(CopyFile(from / "master-key", fs::path(directory.path()) / "master-key"));
  }
  // Last: without it the folder is not a data directory.
  if (has_database) {
    TRY(db::Restore((from / "sluice.db").string(), directory.database()));
  } else {
    TRY(CopyFile(from / "database", directory.database_note()));
  }
  fmt::print("{} is restored. Next: sluice serve --data {}\n", command.data, command.data);
  return {};
}

}  // namespace

int RunBackup(const BackupCommand& command) {
  const Status done = Backup(command);
  return done ? 0 : ReportFailure(done.error(), kExitFailure);
}

int RunRestore(const RestoreCommand& command) {
  const Status done = Restore(command);
  return done ? 0 : ReportFailure(done.error(), kExitFailure);
}

}  // namespace sluice::server
