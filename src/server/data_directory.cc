#include "server/data_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "db/database.h"

namespace sluice::server {
namespace {

std::unexpected<Error> Unusable(const std::string& path, std::string_view what) {
  return Fail(Code::kInvalidArgument, fmt::format("{}: {}", path, what));
}

std::unexpected<Error> SystemFailure(const std::string& path, std::string_view what) {
  return Unusable(path, fmt::format("{}: {}", what, std::strerror(errno)));
}

// Writes all of it to a new file and to the disk.
Status WriteWhole(int file, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemFailure(path, "cannot be written");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  if (::fsync(file) != 0) return SystemFailure(path, "cannot be written to the disk");
  return {};
}

Status SyncFolder(const std::string& path) {
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return SystemFailure(path, "cannot be opened");
  const int failed = ::fsync(folder);
  ::close(folder);
  if (failed != 0) return SystemFailure(path, "cannot be written to the disk");
  return {};
}

}  // namespace

Result<bool> IsThere(const std::string& path) {
  std::error_code failure;
  const bool is_there = std::filesystem::exists(path, failure);
  if (failure) return Unusable(path, fmt::format("cannot be looked at: {}", failure.message()));
  return is_there;
}

Status WriteSecretFile(const std::string& path, std::string_view bytes) {
  const std::string draft = path + ".new";
  const int file =
      ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return SystemFailure(draft, "cannot be written");
  // One of an earlier try may have had another mode.
  const int mode_failed = ::fchmod(file, 0600);
  Status written = WriteWhole(file, draft, bytes);
  ::close(file);
  if (mode_failed != 0) return SystemFailure(draft, "cannot be made private");
  TRY(std::move(written));
  if (::rename(draft.c_str(), path.c_str()) != 0) return SystemFailure(path, "cannot be replaced");
  return SyncFolder(std::filesystem::path(path).parent_path());
}

Result<DataDirectory> DataDirectory::Open(const std::string& path) {
  std::error_code failure;
  const std::string whole = std::filesystem::absolute(path, failure).lexically_normal();
  if (::mkdir(whole.c_str(), 0700) != 0 && errno != EEXIST) {
    return SystemFailure(path, "the folder cannot be made");
  }
  struct stat status{};
  if (::stat(whole.c_str(), &status) != 0) return SystemFailure(path, "cannot be looked at");
  if (!S_ISDIR(status.st_mode)) return Unusable(path, "is not a folder");
  if ((status.st_mode & 022) != 0) {
    return Unusable(path, fmt::format("others may write to it (mode {:04o}); run: chmod 700 {}",
                                      status.st_mode & 07777, path));
  }
  DataDirectory directory(whole);
  if (!TRY(IsThere(directory.database_note()))) return directory;
  std::ifstream note(directory.database_note());
  if (!std::getline(note, directory.noted_database_) || !db::IsUrl(directory.noted_database_)) {
    return Unusable(directory.database_note(), "holds no URL of a database");
  }
  directory.database_ = directory.noted_database_;
  return directory;
}

bool DataDirectory::Exists(const std::string& path) {
  const auto file = IsThere(path + "/sluice.db");
  const auto note = IsThere(path + "/database");
  return !file || !note || *file || *note;
}

Status DataDirectory::UseDatabase(const std::string& url) {
  if (url.empty() || url == database_) return {};
  if (!db::IsUrl(url)) {
    return Fail(Code::kInvalidArgument,
                "the database is no URL of PostgreSQL, as in postgresql://host/sluice");
  }
  if (Exists(path_) && !has_noted_database()) {
    return Unusable(path_, "its catalog is in its file sluice.db, not in the database named");
  }
  database_ = url;
  return {};
}

Status DataDirectory::NoteDatabase() const {
  if (has_own_database() || database_ == noted_database_) return {};
  return WriteSecretFile(database_note(), database_ + "\n");
}

Status DataDirectory::MoveTo(const std::string& database) {
  if (db::IsUrl(database)) {
    TRY(WriteSecretFile(database_note(), database + "\n"));
  } else {
    if (::unlink(database_note().c_str()) != 0 && errno != ENOENT) {
      return SystemFailure(database_note(), "cannot be removed");
    }
    TRY(SyncFolder(path_));
  }
  database_ = database;
  return {};
}

Result<MasterKey> DataDirectory::LoadKey(const Settings& settings, Random& random,
                                         bool may_make) const {
  const char* environment = std::getenv(kMasterKeyVariable);
  const bool is_elsewhere =
      !settings.master_key_file.empty() || (environment != nullptr && *environment != '\0');
  if (is_elsewhere) return LoadMasterKey(settings.master_key_file, environment, random);
  const std::string path = path_ + "/master-key";
  if (!TRY(IsThere(path))) {
    if (!may_make) {
      return Unusable(path,
                      "is missing, and the secrets of the catalog can be read with it only; put "
                      "it back from your backup");
    }
    TRY(WriteSecretFile(path, random.Bytes(kMasterKeyBytes)));
  }
  return LoadMasterKey(path, nullptr, random);
}

Status DataDirectory::WriteAdminToken(const std::string& token) const {
  return WriteSecretFile(admin_token(), token + "\n");
}

}  // namespace sluice::server
