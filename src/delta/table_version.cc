#include "delta/table_version.h"

#include <algorithm>
#include <utility>

#include "delta/log_path.h"
#include "delta/schema.h"

namespace sluice::delta {
namespace {

// An overlay of more changes than this, and than an eighth of the base, is merged.
constexpr size_t kSmallOverlay = 4096;
constexpr size_t kOverlayShare = 8;

// What the counters of a version need of one file.
struct FileSummary {
  int64_t size = 0;
  bool has_vector = false;
};

Result<FileSummary> Summarize(std::string_view record) {
  FileEntry entry;
  DeletionVector vector;
  TRY(DecodeFile(record, entry, vector));
  return FileSummary{entry.size, entry.deletion_vector != nullptr};
}

// Looks keys up in packed files; keys should come in ascending order, so that each block is
// unpacked once.
class BaseLookup {
 public:
  explicit BaseLookup(const FileBlocks& base) : base_(base) {}

  Result<std::optional<FileSummary>> Find(const FileKey& key) {
    if (base_.blocks() == 0) return std::nullopt;
    const size_t block = base_.BlockOf(key);
    if (block != block_) {
      TRY(base_.Unpack(block, records_));
      block_ = block;
      rest_ = records_;
      current_.reset();
    } else if (current_ && key < *current_) {
      rest_ = records_;
      current_.reset();
    }
    while (!current_ || *current_ < key) {
      if (rest_.empty()) return std::nullopt;
      FileEntry entry;
      DeletionVector vector;
      TRY(DecodeFile(rest_, entry, vector));
      current_ = KeyOfEntry(entry);
      summary_ = {entry.size, entry.deletion_vector != nullptr};
    }
    return *current_ == key ? std::optional(summary_) : std::nullopt;
  }

 private:
  const FileBlocks& base_;
  size_t block_ = SIZE_MAX;
  std::string records_;
  std::string_view rest_;
  std::optional<FileKey> current_;
  FileSummary summary_;
};

// Walks base and overlay side by side, in the order of their keys.
class MergedFiles final : public FileCursor {
 public:
  MergedFiles(std::shared_ptr<const FileBlocks> base, std::shared_ptr<const FileChanges> overlay,
              std::optional<FileKey> after)
      : base_(std::move(base)), overlay_(std::move(overlay)), after_(std::move(after)) {}

  Result<const FileEntry*> Next() override {
    if (!std::exchange(started_, true)) {
      TRY(Start());
    } else if (std::exchange(base_is_out_, false)) {
      TRY(AdvanceBase());
    }
    while (true) {
      const bool has_change = change_ != overlay_->end();
      if (!has_change && !has_base_) return nullptr;
      if (has_change && has_base_ && !has_base_key_) SetBaseKey();
      if (has_base_ && (!has_change || base_key_ < change_->first)) {
        base_is_out_ = true;  // its views stay valid until the next call
        record_ = base_record_;
        return &base_entry_;
      }
      if (has_base_ && base_key_ == change_->first) TRY(AdvanceBase());
      record_ = change_->second;
      ++change_;
      if (record_.empty()) continue;
      std::string_view rest = record_;
      TRY(DecodeFile(rest, change_entry_, change_vector_));
      return &change_entry_;
    }
  }

  // The packed form of the file that was returned last.
  std::string_view record() const { return record_; }

 private:
  Status Start() {
    if (after_ && base_->blocks() > 0) next_block_ = base_->BlockOf(*after_);
    change_ = after_ ? overlay_->upper_bound(*after_) : overlay_->begin();
    TRY(AdvanceBase());
    while (after_ && has_base_) {
      SetBaseKey();
      if (*after_ < base_key_) break;
      TRY(AdvanceBase());
    }
    return {};
  }

  // Moves to the base's next file; has_base_ tells whether there is one.
  Status AdvanceBase() {
    has_base_ = false;
    has_base_key_ = false;
    while (rest_.empty()) {
      if (next_block_ == base_->blocks()) return {};
      TRY(base_->Unpack(next_block_++, records_));
      rest_ = records_;
    }
    const std::string_view from = rest_;
    TRY(DecodeFile(rest_, base_entry_, base_vector_));
    base_record_ = from.substr(0, from.size() - rest_.size());
    has_base_ = true;
    return {};
  }

  void SetBaseKey() {
    base_key_ = KeyOfEntry(base_entry_);
    has_base_key_ = true;
  }

  std::shared_ptr<const FileBlocks> base_;
  std::shared_ptr<const FileChanges> overlay_;
  std::optional<FileKey> after_;
  bool started_ = false;
  std::string_view record_;

  size_t next_block_ = 0;
  std::string records_;  // of the block that is being walked
  std::string_view rest_;
  std::string_view base_record_;
  FileEntry base_entry_;
  DeletionVector base_vector_;
  FileKey base_key_;
  bool has_base_ = false;
  bool has_base_key_ = false;
  bool base_is_out_ = false;

  FileChanges::const_iterator change_;
  FileEntry change_entry_;
  DeletionVector change_vector_;
};

}  // namespace

Result<std::shared_ptr<const TableVersion>> TableVersion::Make(
    std::shared_ptr<const FileBlocks> base, Replay replay, TimePoint commit_time) {
  const std::shared_ptr<TableVersion> made(new TableVersion());
  made->base_ = std::move(base);
  made->overlay_ = std::make_shared<const FileChanges>();
  made->num_files_ = made->base_->count();
  made->size_ = made->base_->size();
  made->live_vectors_ = static_cast<int64_t>(made->base_->deletion_vectors());
  TRY(made->Fill(std::move(replay), commit_time, nullptr));
  return made;
}

Result<std::shared_ptr<const TableVersion>> TableVersion::Extend(Replay replay,
                                                                 TimePoint commit_time) const {
  const std::shared_ptr<TableVersion> made(new TableVersion());
  made->base_ = base_;
  made->overlay_ = overlay_;
  made->overlay_bytes_ = overlay_bytes_;
  made->num_files_ = num_files_;
  made->size_ = size_;
  made->live_vectors_ = live_vectors_;
  if (!replay.protocol) replay.protocol = protocol_;
  if (!replay.metadata) replay.metadata = metadata_;
  TRY(made->Fill(std::move(replay), commit_time, this));
  return made;
}

Status TableVersion::Fill(Replay replay, TimePoint commit_time, const TableVersion* before) {
  if (!replay.protocol)
    return Fail(Code::kCorrupt, "The table's log is broken: it has no protocol.");
  if (!replay.metadata)
    return Fail(Code::kCorrupt, "The table's log is broken: it has no metaData.");
  version_ = replay.version;
  commit_time_ = commit_time;
  protocol_ = *std::move(replay.protocol);
  metadata_ = *std::move(replay.metadata);
  if (metadata_.format_provider != "parquet") {
    return Fail(Code::kUnsupported, "The table's files are not Parquet.");
  }
  advanced_ = TRY(FeaturesOf(metadata_));
  TRY(Count(replay.changes, before));
  if (overlay_->empty()) {
    overlay_ = std::make_shared<const FileChanges>(std::move(replay.changes));
  } else if (!replay.changes.empty()) {
    FileChanges changes = *overlay_;
    for (auto& [key, record] : replay.changes) changes.insert_or_assign(key, std::move(record));
    overlay_ = std::make_shared<const FileChanges>(std::move(changes));
  }
  overlay_bytes_ = 0;
  for (const auto& [key, record] : *overlay_) {
    // A node of the map, its key and its record.
    overlay_bytes_ += 128 + key.path.capacity() + key.dv_id.capacity() + record.capacity();
  }
  advanced_.deletion_vectors = live_vectors_ > 0;
  TRY(CheckInside());
  return MergeIfLarge();
}

// Keeps the counters exact: what a change does depends on whether its file was there before.
Status TableVersion::Count(const FileChanges& changes, const TableVersion* before) {
  BaseLookup lookup(*base_);
  for (const auto& [key, record] : changes) {
    std::optional<FileSummary> old;
    const auto overlaid = before == nullptr ? overlay_->end() : before->overlay_->find(key);
    if (before != nullptr && overlaid != before->overlay_->end()) {
      if (!overlaid->second.empty()) old = TRY(Summarize(overlaid->second));
    } else {
      old = TRY(lookup.Find(key));
    }
    if (old) {
      --num_files_;
      size_.value -= static_cast<uint64_t>(old->size);
      live_vectors_ -= old->has_vector ? 1 : 0;
    }
    if (record.empty()) continue;
    const FileSummary now = TRY(Summarize(record));
    ++num_files_;
    size_.value += static_cast<uint64_t>(now.size);
    live_vectors_ += now.has_vector ? 1 : 0;
  }
  return {};
}

// A file that lies elsewhere may be in the log as long as it is not alive.
Status TableVersion::CheckInside() const {
  for (const FileKey& key : base_->outside()) {
    if (!overlay_->contains(key)) return std::unexpected(ObjectKey(key.path).error());
  }
  for (const auto& [key, record] : *overlay_) {
    if (record.empty()) continue;
    FileEntry entry;
    DeletionVector vector;
    std::string_view rest = record;
    TRY(DecodeFile(rest, entry, vector));
    TRY(ObjectKey(entry.path));
  }
  return {};
}

Status TableVersion::MergeIfLarge() {
  if (overlay_->size() <= std::max<size_t>(kSmallOverlay, base_->count() / kOverlayShare))
    return {};
  MergedFiles files(base_, overlay_, std::nullopt);
  FileBlocksBuilder builder;
  while (const FileEntry* file = TRY(files.Next())) {
    TRY(builder.AddRecord(KeyOfEntry(*file), files.record()));
  }
  base_ = TRY(builder.Finish());
  overlay_ = std::make_shared<const FileChanges>();
  overlay_bytes_ = 0;
  return {};
}

std::unique_ptr<FileCursor> TableVersion::Files(const std::optional<FileKey>& after) const {
  return std::make_unique<MergedFiles>(base_, overlay_, after);
}

ByteCount TableVersion::memory() const {
  return base_->memory() + ByteCount{overlay_bytes_ + metadata_.schema_string.size() + 4096};
}

}  // namespace sluice::delta
