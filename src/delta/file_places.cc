#include "delta/file_places.h"

#include <algorithm>
#include <utility>

#include "delta/deletion_vector.h"
#include "delta/log_path.h"
#include "storage/location.h"

namespace sluice::delta {
namespace {

// The part of `file` below `location`; empty: it does not lie there.
std::string_view Below(std::string_view location, std::string_view file) {
  if (!file.starts_with(location) || file.size() <= location.size() + 1) return {};
  if (file[location.size()] != '/') return {};
  return file.substr(location.size() + 1);
}

// Adds where the file of `path` lies, when that is not the table's root.
Status Note(std::string_view path, FilePlaces& places, ExternalLocations::Used& used) {
  const FilePlace place = TRY(places.Find(path));
  if (place.location.empty()) return {};
  if (std::ranges::find(used, place.location) == used.end()) used.push_back(place.location);
  return {};
}

Result<ExternalLocations::Used> Walk(const Snapshot& snapshot, FilePlaces places) {
  ExternalLocations::Used used;
  FileCursor cursor = snapshot.Files();
  while (const FileEntry* file = TRY(cursor.Next())) {
    TRY(Note(file->path, places, used));
    const DeletionVector* vector = file->deletion_vector;
    if (vector == nullptr || vector->storage_type != 'p') continue;
    const std::string path = TRY(DeletionVectorPath(*vector));
    TRY(Note(path, places, used));
  }
  return used;
}

}  // namespace

ExternalLocations::ExternalLocations(std::vector<std::string> locations)
    : locations_(std::move(locations)) {
  std::ranges::sort(locations_, [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
}

Result<ExternalLocations::Used> ExternalLocations::UsedBy(const Snapshot& snapshot,
                                                          const std::string& table) const {
  if (snapshot.num_outside() == 0) return Used{};
  const std::weak_ptr<const Snapshot> key = snapshot.weak_from_this();
  {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(key);
    if (known != known_.end()) return known->second;
  }
  Result<Used> used = Walk(snapshot, FilePlaces(table, *this));
  if (!used.has_value() && used.error().code == Code::kInternal) return used;
  const std::lock_guard lock(mutex_);
  std::erase_if(known_, [](const auto& item) { return item.first.expired(); });
  return known_.try_emplace(key, std::move(used)).first->second;
}

Result<FilePlace> FilePlaces::Find(std::string_view path) {
  if (!IsAbsolutePath(path)) {
    const std::string_view key = TRY(ObjectKey(path, text_));
    return FilePlace{{}, key};
  }
  text_ = TRY(TextOf(path));
  if (const std::string_view key = Below(root_->text, text_); !key.empty())
    return FilePlace{{}, key};
  for (const std::string& location : external_.all()) {
    if (const std::string_view key = Below(location, text_); !key.empty()) {
      return FilePlace{location, key};
    }
  }
  return Outside(path);
}

// An absolute path in the spelling of storage::Location::Text.
Result<std::string> FilePlaces::TextOf(std::string_view path) {
  if (!root_.has_value()) {
    const storage::Location table = TRY(storage::ParseLocation(table_));
    const bool local = table.kind == storage::Location::Kind::kLocal;
    root_ = Root{local ? '/' + WithoutEmptySegments(table.path) : table.Text(), table.bucket};
  }
  const AbsolutePath file = TRY(ParseAbsolutePath(path));
  const bool none = file.scheme.empty();
  if ((none && root_->bucket.empty()) ||
      (file.scheme == "file" && (file.authority.empty() || file.authority == "localhost"))) {
    return '/' + file.path;
  }
  // Without a scheme it is a path in the table's own bucket.
  if (none) return "s3://" + root_->bucket + '/' + file.path;
  if (file.scheme == "s3" || file.scheme == "s3a" || file.scheme == "s3n") {
    return "s3://" + file.authority + '/' + file.path;
  }
  return Outside(path);
}

}  // namespace sluice::delta
