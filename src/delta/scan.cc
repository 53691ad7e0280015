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
      cursor_(snapshot_->Files(options_.after, options_.skipping.get())),
      rows_(options_.rows_before) {}

// What is passed over behind a full page counts for that page: the next one begins behind it.
Result<const FileEntry*> Scan::NextMatching() {
  const bool full = options_.max_files.has_value() && files_ == *options_.max_files;
  while (true) {
    const FileEntry* entry = TRY(cursor_.Next());
    if (entry == nullptr || options_.skipping == nullptr) return entry;
    const Matches matches = options_.skipping->OfFile(*entry);
    all_match_ = matches == Matches::kAll;
    if (matches != Matches::kNone) return entry;
    ++refused_;
    if (!full) continue;
    last_ = KeyOf(*entry);
    skipped_ = cursor_.skipped() + refused_;
  }
}

Result<const FileEntry*> Scan::Next() {
  if (done_) return nullptr;
  if (options_.limit_rows.has_value() && rows_ >= *options_.limit_rows) {
    done_ = true;
    return nullptr;
  }
  const FileEntry* entry = TRY(NextMatching());
  if (entry == nullptr) {
    done_ = true;
    skipped_ = cursor_.skipped() + refused_;
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
  skipped_ = cursor_.skipped() + refused_;
  if (all_match_ && __builtin_add_overflow(rows_, RowsOf(*entry), &rows_)) rows_ = INT64_MAX;
  return entry;
}

}  // namespace sluice::delta
