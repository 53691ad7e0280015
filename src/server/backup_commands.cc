// sluice backup, sluice restore: a whole data directory at one moment.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <vector>

#include "server/catalog_parts.h"
#include "server/commands.h"
#include "server/serving.h"

namespace sluice::server {
namespace {

namespace fs = std::filesystem;

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

// The regular files of a folder, by their names.
Result<std::vector<fs::path>> FilesOf(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code failure;
  for (fs::directory_iterator one(folder, failure); !failure && one != fs::directory_iterator();
       one.increment(failure)) {
    std::error_code gone;
    if (one->is_regular_file(gone)) files.push_back(one->path());
  }
  std::ranges::sort(files);
  if (!failure) return files;
  return Fail(Code::kUnavailable,
              fmt::format("{} cannot be read: {}", folder.string(), failure.message()));
}

Status CopyLog(const std::vector<fs::path>& files, const fs::path& to) {
  std::error_code failure;
  fs::create_directory(to, failure);
  if (failure) return Refused(fmt::format("{}: {}", to.string(), failure.message()));
  fs::permissions(to, fs::perms::owner_all, failure);
  for (const fs::path& file : files) {
    if (file.filename() == "lock") continue;
    Status copied = CopyFile(file, to / file.filename());
    // What retention has deleted meanwhile is on record in a later file.
    if (!copied && TRY(IsThere(file))) return copied;
  }
  return {};
}

// A folder beside the target, of its name and a random end, so that it is nobody else's; it goes
// with this unless it got the name of the target.
class Draft {
 public:
  static Result<std::unique_ptr<Draft>> Make(const std::string& target) {
    std::error_code failure;
    const fs::path parent = fs::path(target).parent_path();
    if (!parent.empty()) fs::create_directories(parent, failure);
    if (failure) return Refused(fmt::format("{}: {}", parent.string(), failure.message()));
    std::string folder = target + ".part-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) {
      return Refused(fmt::format("{}: {}", folder, std::strerror(errno)));
    }
    return std::unique_ptr<Draft>(new Draft(std::move(folder)));
  }
  ~Draft() {
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  const fs::path& folder() const { return folder_; }
  Status Name(const std::string& target) {
    std::error_code failure;
    fs::rename(folder_, target, failure);
    if (failure) return Refused(fmt::format("{}: {}", target, failure.message()));
    folder_.clear();
    return {};
  }

 private:
  explicit Draft(std::string folder) : folder_(std::move(folder)) {}
  fs::path folder_;
};

Result<DataDirectory> ExistingDirectory(const std::string& path) {
  if (DataDirectory::Exists(path)) return DataDirectory::Open(path);
  return Fail(Code::kNotFound,
              fmt::format("{} is not a data directory: it has no sluice.db", path));
}

// The log's files only grow: what is copied ends with a line that may not be whole, which the next
// start cuts off. Taken after the database, whose anchor must not be ahead of the files.
Status Fill(const BackupCommand& command, const DataDirectory& directory, const fs::path& draft) {
  if (directory.has_own_database()) {
    const auto database = TRY(db::Database::Open(directory.database()));
    TRY(database->Backup((draft / "sluice.db").string()));
  } else {
    TRY(CopyFile(directory.database_note(), draft / "database"));
  }
  TRY(CopyLog(TRY(FilesOf(directory.audit())), draft / "audit"));
  const std::string key = directory.path() + "/master-key";
  if (!command.without_key && TRY(IsThere(key))) TRY(CopyFile(key, draft / "master-key"));
  return {};
}

Status Backup(const BackupCommand& command) {
  const DataDirectory directory = TRY(ExistingDirectory(command.data));
  std::string to = command.to;
  while (to.size() > 1 && to.ends_with('/')) to.pop_back();
  if (TRY(IsThere(to))) {
    return Refused(fmt::format("{} is there already; a backup goes into a new folder", to));
  }
  // It has its name only once it is whole.
  const auto draft = TRY(Draft::Make(to));
  TRY(Fill(command, directory, draft->folder()));
  const bool has_key = TRY(IsThere(draft->folder() / "master-key"));
  TRY(draft->Name(to));
  fmt::print("A copy of {} is in {}{}\n", command.data, to,
             has_key ? ", with the master key: keep it as you keep the key"
                     : ", without a master key: it is of no use without it");
  if (!directory.has_own_database()) {
    fmt::print(
        "The database is not in it: its copies are pg_dump's, and must be older than this\n");
  }
  return {};
}

Status CheckIsEmpty(const std::string& folder) {
  if (!TRY(IsThere(folder))) return {};
  std::error_code failure;
  const bool is_empty = fs::is_empty(folder, failure);
  if (failure) return Refused(fmt::format("{}: {}", folder, failure.message()));
  if (is_empty) return {};
  return Refused(fmt::format("{} is not empty; a backup goes into a new folder", folder));
}

Status Restore(const RestoreCommand& command) {
  const fs::path from = command.from;
  TRY(CheckIsEmpty(command.data));
  // What can be wrong with the backup comes before anything is made.
  const bool has_database = !TRY(IsThere(from / "database"));
  if (has_database) TRY(db::CheckBackup((from / "sluice.db").string()));
  const bool has_log = TRY(IsThere(from / "audit"));
  std::vector<fs::path> log;
  if (has_log) log = TRY(FilesOf(from / "audit"));
  const bool has_key = TRY(IsThere(from / "master-key"));
  const DataDirectory directory = TRY(DataDirectory::Open(command.data));
  if (has_log) TRY(CopyLog(log, directory.audit()));
  if (has_key) TRY(CopyFile(from / "master-key", fs::path(directory.path()) / "master-key"));
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
