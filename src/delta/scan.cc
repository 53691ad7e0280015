#include "delta/scan.h"

#include "delta/file_blocks.h"

namespace sluice::delta {

Scan::Scan(std::shared_ptr<const Snapshot> snapshot, ScanOptions options)
    : snapshot_(std::move(snapshot)),
      options_(std::move(options)),
      cursor_(snapshot_->Files(options_.after)),
      rows_(options_.rows_before) {}

Result<const FileEntry*> Scan::Next() {
  if (done_) return nullptr;
  const bool enough_rows = options_.limit_rows && rows_ >= *options_.limit_rows;
  const FileEntry* file = enough_rows ? nullptr : TRY(cursor_->Next());
  if (file == nullptr) {
    done_ = true;
    return nullptr;
  }
  if (options_.max_files && files_ == *options_.max_files) {
    next_page_ = last_;  // there is at least this one more
    done_ = true;
    return nullptr;
  }
  ++files_;
  if (file->num_records) {
    rows_ += *file->num_records;
    if (file->deletion_vector != nullptr) rows_ -= file->deletion_vector->cardinality;
  }
  if (options_.max_files && files_ == *options_.max_files) last_ = KeyOfEntry(*file);
  return file;
}

}  // namespace sluice::delta
