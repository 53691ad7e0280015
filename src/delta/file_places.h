// delta/file_places.h -- where a file lies that a log names: below its table's root, or below a
// location that the operator named.
//
// A path of the log is a URI: relative to the table's root, or absolute (shallow clones, tables
// written by tools that know no relative paths). An absolute path that leads below the table's root
// means the table's own file. Any other is a file outside: it is served only below one of the
// external locations. Places are compared as text, by whole segments, in the one spelling of
// storage::Location::Text; ".." is refused wherever it stands. Symbolic links are for the store to
// judge: they never lead out of the location that it was opened at.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/snapshot.h"

namespace sluice::delta {

// Which files outside of their tables may be served, under one reading of the configuration. Never
// changes; thread-safe.
class ExternalLocations {
 public:
  using Used = std::vector<std::string_view>;

  ExternalLocations() = default;  // none
  // As storage::Location::Text, of local ones without "." and empty segments; none is "/".
  explicit ExternalLocations(std::vector<std::string> locations);

  const std::vector<std::string>& all() const { return locations_; }

  // Those of all() in which files or deletion vectors of `snapshot` lie, a version of the table at
  // `table`. Costs nothing where no path is absolute. Else all files are walked, once a snapshot:
  // the answer is kept as long as it and this object live.
  // Errors: kUnsupported  some file is not covered; the detail tells its path
  //         kCorrupt      a path is no URI
  Result<Used> UsedBy(const Snapshot& snapshot, const std::string& table) const;

 private:
  using Known = std::map<std::weak_ptr<const Snapshot>, Result<Used>, std::owner_less<>>;

  std::vector<std::string> locations_;  // the longest first
  mutable std::mutex mutex_;            // of what follows
  mutable Known known_;
};

struct FilePlace {
  std::string_view location;  // one of ExternalLocations::all(); empty: the table's root
  std::string_view key;       // below it, as storage::ObjectStore takes it
};

// Finds the files of one table. One thread at a time.
class FilePlaces {
 public:
  // `external` must outlive this object.
  FilePlaces(std::string table, const ExternalLocations& external)
      : table_(std::move(table)), external_(external) {}

  // The answer looks at `path`, at what this object keeps until the next call, and at `external`.
  // Errors: kUnsupported  the file lies neither below the table nor below an external location
  //         kCorrupt      the path is no URI
  Result<FilePlace> Find(std::string_view path);

 private:
  struct Root {
    std::string text;
    std::string bucket;  // empty: a local folder
  };

  Result<std::string> TextOf(std::string_view path);

  const std::string table_;
  const ExternalLocations& external_;
  std::optional<Root> root_;  // made when it is needed
  std::string text_;          // what the last answer looks at
};

}  // namespace sluice::delta
