#include "db/sqlite_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <utility>

namespace sluice::db {
namespace {

constexpr mode_t kOwnerOnly = 0600;

std::unexpected<Error> SystemError(int error, std::string_view what) {
  std::string detail = fmt::format("{}: {}", what, std::generic_category().message(error));
  switch (error) {
    case EEXIST: return Fail(Code::kAlreadyExists, "the file is already there", std::move(detail));
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG:
      return Fail(Code::kInvalidArgument, "the database cannot lie there: the folder is missing",
                  std::move(detail));
    default:
      return Fail(Code::kUnavailable, "the database cannot be written there", std::move(detail));
  }
}

// Not open: see the header.
Status MakeFile(const std::string& path) {
  if (::mknod(path.c_str(), S_IFREG | kOwnerOnly, 0) != 0) return SystemError(errno, path);
  return {};
}

Status Flush(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return SystemError(errno, path);
  const int error = ::fsync(file) == 0 ? 0 : errno;
  ::close(file);
  if (error != 0) return SystemError(error, path);
  return {};
}

Status FlushFolderOf(const std::string& path) {
  return Flush(std::filesystem::path(path).parent_path().string());
}

}  // namespace

Result<std::string> CheckPath(const std::string& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  // SOCI takes the path between quotes and knows no way to write one.
  if (path.empty() || error || path.find_first_of(std::string_view("\"\0", 2)) != path.npos) {
    return Fail(Code::kInvalidArgument, "this path cannot be that of a database", path);
  }
  return absolute.string();
}

Status MakePrivate(const std::string& path) {
  const Status made = MakeFile(path);
  if (made.has_value()) return FlushFolderOf(path);
  if (made.error().code != Code::kAlreadyExists) return made;
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0) return SystemError(errno, path);
  if (!S_ISREG(info.st_mode)) {
    return Fail(Code::kInvalidArgument, "this is no database", path + " is no regular file");
  }
  const bool open_to_others = (info.st_mode & (S_IRWXG | S_IRWXO)) != 0;
  if (open_to_others && ::chmod(path.c_str(), kOwnerOnly) != 0) return SystemError(errno, path);
  // SQLite would open it for reading only and say so at the first write.
  if (::access(path.c_str(), R_OK | W_OK) != 0) return SystemError(errno, path);
  return {};
}

Result<FolderLock> FolderLock::Of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  FolderLock lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock.folder_ < 0) return SystemError(errno, folder);
  while (::flock(lock.folder_, LOCK_EX) != 0) {
    if (errno != EINTR) return SystemError(errno, folder);
  }
  return lock;
}

FolderLock::FolderLock(FolderLock&& other) noexcept : folder_(std::exchange(other.folder_, -1)) {}

FolderLock::~FolderLock() {
  if (folder_ >= 0) ::close(folder_);
}

Result<TemporaryFile> TemporaryFile::Beside(const std::string& path) {
  struct stat info = {};
  if (::lstat(path.c_str(), &info) == 0) return SystemError(EEXIST, path);
  static std::atomic<int> counter = 0;
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  std::string name = fmt::format("{}.tmp-{}-{}-{}", path, ::getpid(), now, counter.fetch_add(1));
  TRY(MakeFile(name));
  return TemporaryFile(path, std::move(name));
}

TemporaryFile::TemporaryFile(std::string path, std::string name)
    : path_(std::move(path)), name_(std::move(name)) {}

TemporaryFile::TemporaryFile(TemporaryFile&& other) noexcept
    : path_(std::move(other.path_)), name_(std::exchange(other.name_, {})) {}

TemporaryFile::~TemporaryFile() {
  if (!name_.empty()) ::unlink(name_.c_str());
}

Status TemporaryFile::Publish() {
  TRY(Flush(name_));
  int error = 0;
  if (::renameat2(AT_FDCWD, name_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) != 0) {
    error = errno;
  }
  // Some file systems have no such rename, but links.
  if (error == EINVAL || error == ENOSYS) {
    error = ::link(name_.c_str(), path_.c_str()) == 0 ? 0 : errno;
  }
  if (error != 0) return SystemError(error, path_);
  return FlushFolderOf(path_);
}

}  // namespace sluice::db
