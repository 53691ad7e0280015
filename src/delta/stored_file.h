// delta/stored_file.h -- a file of a snapshot with all that is told about it, and its key.
//
// A file's key is (canonical path, deletion vector id): the order of snapshots, and what decides
// whether two actions mean the same file. A FileRow looks at a file that lies elsewhere, packed or
// not; a StoredFile owns it, or says that it was removed.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "delta/actions.h"
#include "delta/snapshot.h"

namespace sluice::delta {

struct KeyView {
  std::string_view path;  // canonical
  std::string_view dv_id;
  auto operator<=>(const KeyView&) const = default;
};

struct FileRow {
  KeyView key;
  FileEntry entry;
  bool outside = false;  // its path, or its deletion vector's, is absolute or leads out
};

struct StoredFile {
  std::string key_path;
  std::string dv_id;
  std::string path;              // as in the log; empty: the same as key_path
  std::string partition_values;  // JSON; empty: a removal that does not tell them
  int64_t size = 0;              // -1: a removal that does not tell it
  int64_t modification_time = 0;
  std::optional<std::string> stats;
  std::optional<int64_t> num_records;
  std::optional<DeletionVector> deletion_vector;
  std::optional<int64_t> base_row_id;
  std::optional<int64_t> default_row_commit_version;
  std::string clustering_provider;
  bool data_change = true;
  bool outside = false;
  bool removed = false;

  KeyView key() const { return {key_path, dv_id}; }
  // Valid as long as this file.
  FileRow Row() const;
  ByteCount memory() const;
};

// Errors of all: kCorrupt  the path is no URI
Result<StoredFile> StoreFile(AddFile&& add);
Result<StoredFile> StoreFile(RemoveFile&& remove);
Result<StoredFile> StoreFile(CdcFile&& cdc);
// That the file was removed, and no more.
StoredFile Tombstone(StoredFile&& removed);

// {"date":"2021-04-28","x":null}; an empty string is null.
std::string RenderPartitionValues(const PartitionValues& values);

}  // namespace sluice::delta
