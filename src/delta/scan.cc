#include "delta/scan.h"

#include <utility>

namespace sluice::delta {
namespace {

FileKey KeyOf(const FileEntry& entry) {
  FileKey key{std::string(entry.path), {}};
  if (entry.deletion_vector != nullptr) key.dv_id = entry.deletion_vector->UniqueId();
  return key;
}

// Rows that the file surely has, as far as is known.
int64_t RowsOf(const FileEntry& entry) {
  const int64_t deleted = entry.deletion_vector != nullptr ? entry.deletion_vector->cardinality : 0;
  const int64_t rows = entry.num_records.value_or(0);
  return rows > deleted ? rows - deleted : 0;
}

}  // namespace

Scan::Scan(std::shared_ptr<const Snapshot> snapshot, ScanOptions options)
    : snapshot_(std::move(snapshot)),
      options_(std::move(options)),
      cursor_(snapshot_->Files(options_.after)),
      rows_(options_.rows_before) {}

Result<const FileEntry*> Scan::Next() {
  if (done_) return nullptr;
  if (options_.limit_rows.has_value() && rows_ >= *options_.limit_rows) {
    done_ = true;
    return nullptr;
  }
  const FileEntry* entry = TRY(cursor_.Next());
  if (entry == nullptr) {
    done_ = true;
    return nullptr;
  }
  if (options_.max_files.has_value()) {
    if (files_ == *options_.max_files) {
      done_ = true;
      if (files_ > 0) next_page_ = std::move(last_);
      return nullptr;
    }
    last_ = KeyOf(*entry);
  }
  ++files_;
  if (__builtin_add_overflow(rows_, RowsOf(*entry), &rows_)) rows_ = INT64_MAX;
  return entry;
}

}  // namespace sluice::delta
