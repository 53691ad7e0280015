// delta/scan.h -- which files of a snapshot answer a query: position, predicate, row limit, page
// size.
//
// A scan is a cursor that leaves files out and stops early; it never reorders.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/result.h"
#include "delta/data_skipping.h"
#include "delta/snapshot.h"

namespace sluice::delta {

struct ScanOptions {
  std::optional<FileKey> after;  // the last file of the page before
  // Stop once that many rows are covered, as statistics say: rows that match for sure.
  std::optional<int64_t> limit_rows;
  int64_t rows_before = 0;                           // rows that earlier pages covered
  std::optional<uint64_t> max_files;                 // stop after that many files
  std::shared_ptr<DataSkipping> skipping = nullptr;  // of this scan alone; null: all files match
};

class Scan {
 public:
  Scan(std::shared_ptr<const Snapshot> snapshot, ScanOptions options);
  // The next file, or null when the scan ends.
  Result<const FileEntry*> Next();
  // After the end: the key to go on behind, when max_files ended the scan and more files follow.
  const std::optional<FileKey>& next_page() const { return next_page_; }
  uint64_t files() const { return files_; }
  // Files passed over before the last one, since no row of theirs can match.
  uint64_t skipped() const { return skipped_; }
  int64_t rows() const { return rows_; }  // covered so far, earlier pages included

 private:
  Result<const FileEntry*> NextMatching();

  std::shared_ptr<const Snapshot> snapshot_;
  ScanOptions options_;
  FileCursor cursor_;
  bool all_match_ = true;  // each row of the current file matches
  uint64_t files_ = 0;
  uint64_t skipped_ = 0;
  uint64_t refused_ = 0;  // of those that the cursor gave
  int64_t rows_ = 0;
  FileKey last_;
  std::optional<FileKey> next_page_;
  bool done_ = false;
};

}  // namespace sluice::delta
