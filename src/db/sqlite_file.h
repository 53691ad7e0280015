// db/sqlite_file.h -- the database as a file: made for its owner alone, named once it is whole.
//
// Nothing here opens a database that may be in use: closing a file gives up all locks that the
// process has on it, those of SQLite too.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace sluice::db {

// The absolute path, in a form that SOCI can be told.
// Errors: kInvalidArgument
Result<std::string> CheckPath(const std::string& path);

// Makes sure that the file is there and for its owner alone; what SQLite makes beside it
// (-wal, -shm) takes over its mode.
// Errors: kInvalidArgument  no regular file, no folder; kUnavailable
Status MakePrivate(const std::string& path);

// While it lives no other process, nor thread, has one for a file of the same folder.
class FolderLock {
 public:
  // Errors: kInvalidArgument  no folder; kUnavailable
  static Result<FolderLock> Of(const std::string& path);
  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&&) = delete;

 private:
  explicit FolderLock(int folder) : folder_(folder) {}
  int folder_;
};

// A new empty file beside `path`, for its owner alone; removed at the end unless it was published.
class TemporaryFile {
 public:
  // Errors: kAlreadyExists  there is a file `path`; kInvalidArgument  no folder; kUnavailable
  static Result<TemporaryFile> Beside(const std::string& path);
  ~TemporaryFile();
  TemporaryFile(TemporaryFile&& other) noexcept;
  TemporaryFile& operator=(TemporaryFile&&) = delete;

  const std::string& name() const { return name_; }
  // Flushes it and gives it the name `path`, unless that is taken meanwhile (kAlreadyExists).
  Status Publish();

 private:
  TemporaryFile(std::string path, std::string name);

  std::string path_;
  std::string name_;
};

}  // namespace sluice::db
