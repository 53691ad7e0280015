// delta/scan.h -- which files of a snapshot answer a query: position, row limit, page size.
//
// Data skipping will join here. A scan is a cursor that stops early; it never reorders.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/result.h"
#include "delta/snapshot.h"

namespace sluice::delta {

struct ScanOptions {
  std::optional<FileKey> after;       // the last file of the page before
  std::optional<int64_t> limit_rows;  // stop once that many rows are covered, as statistics say
  int64_t rows_before = 0;            // rows that earlier pages covered
  std::optional<uint64_t> max_files;  // stop after that many files
};

class Scan {
 public:
  Scan(std::shared_ptr<const Snapshot> snapshot, ScanOptions options);
  // The next file, or null when the scan ends.
  Result<const FileEntry*> Next();
  // After the end: the key to go on behind, when max_files ended the scan and more files follow.
  const std::optional<FileKey>& next_page() const { return next_page_; }
  uint64_t files() const { return files_; }
  int64_t rows() const { return rows_; }  // covered so far, earlier pages included

 private:
  std::shared_ptr<const Snapshot> snapshot_;
  ScanOptions options_;
  FileCursor cursor_;
  uint64_t files_ = 0;
  int64_t rows_ = 0;
  FileKey last_;
  std::optional<FileKey> next_page_;
  bool done_ = false;
};

}  // namespace sluice::delta
