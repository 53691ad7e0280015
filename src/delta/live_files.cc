#include "delta/live_files.h"

#include <algorithm>

namespace sluice::delta {
namespace {

constexpr size_t kSmallOverlay = 4096;
constexpr uint64_t kBaseShare = 8;

// Finds keys, asked for in ascending order, in a segment.
class BaseLookup {
 public:
  explicit BaseLookup(const FileSegment& segment) : segment_(segment) {}

  // Null: the segment does not have the key. Valid until the next call.
  Result<const FileRow*> Find(KeyView key) {
    if (segment_.blocks().empty()) return nullptr;
    const size_t number = segment_.BlockOf(key);
    const auto& block = segment_.blocks()[number];
    const auto& hashes = block->hashes;
    if (std::find(hashes.begin(), hashes.end(), HashOf(key)) == hashes.end()) return nullptr;
    if (!open_.has_value() || *open_ != number) {
      TRY(reader_.Open(block));
      open_ = number;
      row_ = TRY(reader_.Next());
    }
    while (row_ != nullptr && row_->key < key) row_ = TRY(reader_.Next());
    return row_ != nullptr && row_->key == key ? row_ : nullptr;
  }

 private:
  const FileSegment& segment_;
  BlockReader reader_;
  std::optional<size_t> open_;
  const FileRow* row_ = nullptr;
};

// Writes base and overlay as one segment; blocks that no change concerns are shared.
class Merge {
 public:
  Merge(const FileSegment& base, const Overlay& overlay) : base_(base), overlay_(overlay) {}

  Result<std::shared_ptr<const FileSegment>> Run() {
    const auto& blocks = base_.blocks();
    for (size_t i = 0; i < blocks.size(); ++i) {
      const bool last = i + 1 == blocks.size();
      end_ = last ? overlay_.size() : ChangesBefore(blocks[i + 1]->first_key());
      if (next_ == end_ && builder_.CanShare()) {
        TRY(builder_.Share(blocks[i]));
      } else {
        TRY(MergeBlock(blocks[i]));
      }
    }
    end_ = overlay_.size();
    TRY(AddChangesUpTo(std::nullopt));
    return builder_.Finish();
  }

 private:
  size_t ChangesBefore(KeyView key) const {
    const auto first = overlay_.begin() + static_cast<ptrdiff_t>(next_);
    const auto place = std::partition_point(
        first, overlay_.end(), [&](const OverlayEntry& e) { return e.change->key() < key; });
    return static_cast<size_t>(place - overlay_.begin());
  }

  // Adds the changes before end_ whose key is less than `key`; all of them without one.
  Status AddChangesUpTo(std::optional<KeyView> key) {
    for (; next_ < end_; ++next_) {
      const StoredFile& file = *overlay_[next_].change;
      if (key.has_value() && !(file.key() < *key)) break;
      if (!file.removed) TRY(builder_.Add(file.Row()));
    }
    return {};
  }

  Status MergeBlock(const std::shared_ptr<const FileBlock>& block) {
    TRY(reader_.Open(block));
    while (true) {
      const FileRow* row = TRY(reader_.Next());
      if (row == nullptr) break;
      TRY(AddChangesUpTo(row->key));
      const bool changed = next_ < end_ && overlay_[next_].change->key() == row->key;
      if (!changed) TRY(builder_.Add(*row));
    }
    return AddChangesUpTo(std::nullopt);
  }

  const FileSegment& base_;
  const Overlay& overlay_;
  size_t next_ = 0;  // change
  size_t end_ = 0;   // of the changes that belong into the current block
  SegmentBuilder builder_;
  BlockReader reader_;
};

}  // namespace

LiveFiles::LiveFiles() : LiveFiles(std::make_shared<const FileSegment>()) {}

LiveFiles::LiveFiles(std::shared_ptr<const FileSegment> base)
    : base_(std::move(base)),
      overlay_(std::make_shared<const Overlay>()),
      totals_(base_->totals()) {}

Result<LiveFiles> LiveFiles::Apply(const std::vector<FileChange>& changes) const {
  if (changes.empty()) return *this;
  LiveFiles next = *this;
  Overlay merged;
  merged.reserve(overlay_->size() + changes.size());
  BaseLookup lookup(*base_);
  auto old = overlay_->begin();
  for (const FileChange& change : changes) {
    const KeyView key = change->key();
    while (old != overlay_->end() && old->change->key() < key) merged.push_back(*old++);
    OverlayEntry entry{change, false};
    if (old != overlay_->end() && old->change->key() == key) {
      entry.in_base = old->in_base;
      if (!old->change->removed) next.totals_.Remove(old->change->Row());
      ++old;
    } else if (const FileRow* row = TRY(lookup.Find(key)); row != nullptr) {
      entry.in_base = true;
      next.totals_.Remove(*row);
    }
    if (!change->removed) next.totals_.Add(change->Row());
    if (!change->removed || entry.in_base) merged.push_back(std::move(entry));
  }
  merged.insert(merged.end(), old, overlay_->end());
  const bool grown =
      merged.size() > std::max<uint64_t>(kSmallOverlay, base_->totals().files / kBaseShare);
  next.overlay_ = std::make_shared<const Overlay>(std::move(merged));
  return grown ? next.Merged() : next;
}

Result<std::optional<FileDetails>> LiveFiles::Find(KeyView key) const {
  const auto details = [](const FileRow& row) {
    return FileDetails{std::string(row.entry.partition_values), row.entry.size};
  };
  const auto change =
      std::ranges::lower_bound(*overlay_, key, {}, [](const auto& e) { return e.change->key(); });
  if (change != overlay_->end() && change->change->key() == key) {
    if (change->change->removed) return std::nullopt;
    return details(change->change->Row());
  }
  BaseLookup lookup(*base_);
  const FileRow* row = TRY(lookup.Find(key));
  if (row == nullptr) return std::nullopt;
  return details(*row);
}

Result<LiveFiles> LiveFiles::Merged() const {
  return LiveFiles(TRY(Merge(*base_, *overlay_).Run()));
}

ByteCount LiveFiles::overlay_memory() const {
  ByteCount memory{sizeof(Overlay) + overlay_->capacity() * sizeof(OverlayEntry)};
  for (const OverlayEntry& entry : *overlay_) memory = memory + entry.change->memory();
  return memory;
}

LiveFilesCursor::LiveFilesCursor(const LiveFiles& files, std::optional<FileKey> after)
    : base_(files.base()), overlay_(files.overlay()), after_(std::move(after)) {
  if (!after_.has_value()) return;
  const KeyView key{after_->path, after_->dv_id};
  if (!base_->blocks().empty()) next_block_ = base_->BlockOf(key);
  const auto behind =
      std::partition_point(overlay_->begin(), overlay_->end(),
                           [&](const OverlayEntry& e) { return e.change->key() <= key; });
  next_change_ = static_cast<size_t>(behind - overlay_->begin());
}

Result<const FileRow*> LiveFilesCursor::NextInBase() {
  while (true) {
    if (opened_) {
      const FileRow* row = TRY(reader_.Next());
      if (row != nullptr) return row;
    }
    opened_ = false;
    if (next_block_ == base_->blocks().size()) return nullptr;
    TRY(reader_.Open(base_->blocks()[next_block_]));
    opened_ = true;
    ++next_block_;
  }
}

Status LiveFilesCursor::AdvanceBase() {
  base_row_ = TRY(NextInBase());
  base_stale_ = false;
  if (!after_.has_value()) return {};
  const KeyView key{after_->path, after_->dv_id};
  while (base_row_ != nullptr && base_row_->key <= key) base_row_ = TRY(NextInBase());
  after_.reset();
  return {};
}

Result<const FileRow*> LiveFilesCursor::Next() {
  while (true) {
    if (base_stale_) TRY(AdvanceBase());
    if (next_change_ == overlay_->size()) {
      base_stale_ = base_row_ != nullptr;
      return base_row_;
    }
    const StoredFile& change = *(*overlay_)[next_change_].change;
    if (base_row_ != nullptr && base_row_->key < change.key()) {
      base_stale_ = true;
      return base_row_;
    }
    if (base_row_ != nullptr && base_row_->key == change.key()) base_stale_ = true;
    ++next_change_;
    if (change.removed) continue;
    change_row_ = change.Row();
    return &change_row_;
  }
}

}  // namespace sluice::delta
