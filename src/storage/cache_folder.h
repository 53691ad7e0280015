// storage/cache_folder.h -- the files of a disk cache: how they lie, how one comes to be, which go.
//
// An entry is the file <ab>/<name>, its name 64 hex digits and <ab> the first two of them, with a
// checksum beside it, <name>.sum. Both get their names when they are whole, the checksum first, so
// that an entry without one is broken. Files of other names are never touched. Whoever could write
// here could have rows read that are none: the folder must be ours alone, links are not followed.
//
// The folder is opened anew for each call: one that is deleted while the server runs comes back
// with the next entry. Thread-safe; other processes may use the same folder.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/crypto/crypto.h"
#include "base/result.h"
#include "storage/local/beneath.h"

namespace sluice::storage {

// An entry, open for reading.
struct CacheEntry {
  Fd fd;
  struct stat status = {};
};

// A file that becomes an entry, unless it is dropped before.
class NewCacheEntry {
 public:
  NewCacheEntry(Fd folder, Fd fd, std::string temporary, std::string name)
      : folder_(std::move(folder)),
        fd_(std::move(fd)),
        temporary_(std::move(temporary)),
        name_(std::move(name)) {}
  ~NewCacheEntry();
  NewCacheEntry(NewCacheEntry&&) = default;
  NewCacheEntry& operator=(NewCacheEntry&&) = delete;

  int fd() const { return fd_.get(); }
  // Gives the file its name, and hands over its descriptor. Errors: kUnavailable the disk failed
  Result<Fd> Finish(const crypto::Digest& sum);

 private:
  Fd folder_;
  Fd fd_;
  std::string temporary_;  // empty: it has its name
  std::string name_;
};

class CacheFolder {
 public:
  explicit CacheFolder(std::string path);

  // Makes the folder, mode 0700, if it is not there, and checks that it is ours.
  // Errors: kInvalidArgument
  Status Make() const;

  // Nothing: not there, or no plain file of ours.
  std::optional<CacheEntry> Open(const std::string& name) const;
  std::optional<crypto::Digest> Sum(const std::string& name) const;
  void Remove(const std::string& name) const;
  // Errors: kUnavailable, kPermissionDenied, ...  it cannot be made
  Result<NewCacheEntry> Begin(const std::string& name) const;

  // When there are more than `limit` bytes, removes the entries that were not used for the longest
  // time until there are at most `keep`; and what crashes have left. Returns the bytes that are
  // left; nothing: another process is at it, or the folder cannot be read.
  std::optional<uint64_t> Trim(uint64_t limit, uint64_t keep) const;

 private:
  std::string path_;
};

// The bytes that an entry of `size` takes on the disk, with its checksum, about.
uint64_t CacheFootprint(uint64_t size);

}  // namespace sluice::storage
