#include "delta/live_files.h"

#include <algorithm>
#include <utility>

#include "delta/data_skipping.h"
#include "delta/partition_filter.h"

namespace sluice::delta {
namespace {

constexpr size_t kSmallOverlay = 4096;
constexpr uint64_t kBaseShare = 8;

// Finds keys, asked for in ascending order, in a segment.
class BaseLookup {
 public:
  explicit BaseLookup(const FileSegment& segment) : segment_(segment) {}

  // Null: the segment does not have the key. Without statistics; valid until the next call.
  Result<const FileRow*> Find(KeyView key) {
    if (segment_.blocks().empty()) return nullptr;
    const size_t number = segment_.BlockOf(key);
    const auto& block = segment_.blocks()[number];
    const auto& hashes = block->hashes;
    if (std::find(hashes.begin(), hashes.end(), HashOf(key)) == hashes.end()) return nullptr;
    if (!open_.has_value() || *open_ != number) {
      TRY(reader_.Open(block));
      open_ = number;
      row_ = TRY(reader_.NextKey());
    }
    while (row_ != nullptr && row_->key < key) row_ = TRY(reader_.NextKey());
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
  Merge(const FileSegment& base, const Overlay& overlay)
      : base_(base), overlay_(overlay), space_(base.limits()), builder_(space_) {}

  Result<std::shared_ptr<const FileSegment>> Run(const std::function<bool()>& go_on) {
    const auto& blocks = base_.blocks();
    for (size_t i = 0; i < blocks.size(); ++i) {
      if (go_on && !go_on()) return Fail(Code::kUnavailable, "the merge was stopped");
      const bool last = i + 1 == blocks.size();
      end_ = last ? overlay_.size() : overlay_.NotBefore(blocks[i + 1]->first_key());
      if (next_ == end_ && builder_.CanShare()) {
        TRY(builder_.Share(blocks[i]));
      } else {
        TRY(MergeBlock(blocks[i]));
      }
    }
    end_ = overlay_.size();
    TRY(AddChangesUpTo(std::nullopt));
    return std::make_shared<const FileSegment>(base_.limits(), TRY(builder_.Finish()));
  }

 private:
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
  BlockSpace space_;
  SegmentBuilder builder_;
  BlockReader reader_;
};

FileChange RemovalOf(const StoredFile& file) {
  StoredFile removal;
  removal.key_path = file.key_path;
  removal.dv_id = file.dv_id;
  removal.removed = true;
  return std::make_shared<const StoredFile>(std::move(removal));
}

}  // namespace

LiveFiles::LiveFiles(BlockLimits limits)
    : LiveFiles(std::make_shared<const FileSegment>(std::move(limits))) {}

LiveFiles::LiveFiles(std::shared_ptr<const FileSegment> base)
    : base_(std::move(base)),
      overlay_(std::make_shared<const Overlay>()),
      totals_(base_->totals()) {}

Result<LiveFiles> LiveFiles::Apply(const std::vector<FileChange>& changes) const {
  if (changes.empty()) return *this;
  LiveFiles next = *this;
  OverlayEdit edit(*overlay_);
  BaseLookup lookup(*base_);
  for (const FileChange& change : changes) {
    OverlayEntry entry{change, false};
    if (const OverlayEntry* old = edit.Seek(change->key()); old != nullptr) {
      entry.in_base = old->in_base;
      if (!old->change->removed) next.totals_.Remove(old->change->Row());
    } else if (const FileRow* row = TRY(lookup.Find(change->key())); row != nullptr) {
      entry.in_base = true;
      next.totals_.Remove(*row);
    }
    if (!change->removed) next.totals_.Add(change->Row());
    if (!change->removed || entry.in_base) edit.Put(std::move(entry));
  }
  next.overlay_ = std::make_shared<const Overlay>(edit.Finish());
  return next;
}

bool LiveFiles::Outgrown(uint64_t times) const {
  const uint64_t share = std::max<uint64_t>(kSmallOverlay, base_->totals().files / kBaseShare);
  return overlay_->size() > share * times;
}

Result<LiveFiles> LiveFiles::Merged(const std::function<bool()>& go_on) const {
  if (overlay_->empty()) return *this;
  return LiveFiles(TRY(Merge(*base_, *overlay_).Run(go_on)));
}

// What the base of `onto` has, unless its overlay says otherwise, is what was live in `from`.
LiveFiles LiveFiles::Rebased(const LiveFiles& from, const LiveFiles& onto) const {
  OverlayEdit edit(*onto.overlay_);
  OverlayComparison changes(*from.overlay_, *overlay_);
  while (const auto difference = changes.Next()) {
    const auto& [before, after] = *difference;
    OverlayEntry entry;
    entry.change = after != nullptr ? after->change : RemovalOf(*before->change);
    const OverlayEntry* old = edit.Seek(entry.key());
    if (old != nullptr) {
      entry.in_base = old->in_base;
    } else {
      entry.in_base = before != nullptr ? !before->change->removed : after->in_base;
    }
    if (!entry.change->removed || entry.in_base) edit.Put(std::move(entry));
  }
  LiveFiles rebased(onto.base_);
  rebased.overlay_ = std::make_shared<const Overlay>(edit.Finish());
  rebased.totals_ = totals_;
  return rebased;
}

Result<std::optional<FileDetails>> LiveFiles::Find(KeyView key) const {
  const auto details = [](const FileRow& row) {
    return FileDetails{std::string(row.entry.partition_values), row.entry.size};
  };
  const size_t place = overlay_->NotBefore(key);
  if (place < overlay_->size() && (*overlay_)[place].key() == key) {
    const StoredFile& change = *(*overlay_)[place].change;
    if (change.removed) return std::nullopt;
    return details(change.Row());
  }
  BaseLookup lookup(*base_);
  const FileRow* row = TRY(lookup.Find(key));
  if (row == nullptr) return std::nullopt;
  return details(*row);
}

Result<FileTotals> LiveFiles::TotalsOf(PartitionSieve& sieve) const {
  FileTotals totals;
  LiveFilesCursor cursor(*this, std::nullopt, nullptr, &sieve, Statistics::kLeave);
  while (const FileRow* row = TRY(cursor.Next())) totals.Add(*row);
  return totals;
}

LiveFilesCursor::LiveFilesCursor(const LiveFiles& files, std::optional<FileKey> after,
                                 DataSkipping* skipping, PartitionSieve* sieve,
                                 Statistics statistics)
    : base_(files.base()),
      overlay_(files.overlay()),
      after_(std::move(after)),
      skipping_(skipping),
      sieve_(sieve),
      statistics_(statistics) {
  if (!after_.has_value()) return;
  const KeyView key{after_->path, after_->dv_id};
  if (!base_->blocks().empty()) next_block_ = base_->BlockOf(key);
  next_change_ = overlay_->Behind(key);
}

// Which partition values of the block may match, by their numbers. Those that the sieve cannot
// judge are for who hands out the row: the block may hold files that are not live.
std::vector<bool> LiveFilesCursor::Wanted(const FileBlock& block) {
  std::vector<bool> wanted;
  wanted.reserve(block.partitions.size());
  for (const std::string& values : block.partitions) {
    const bool kept = sieve_ == nullptr || sieve_->Keeps(values).value_or(true);
    wanted.push_back(kept &&
                     (skipping_ == nullptr || skipping_->OfPartition(values) != Matches::kNone));
  }
  return wanted;
}

Result<const FileRow*> LiveFilesCursor::NextInBase() {
  while (true) {
    if (opened_) {
      const size_t before = reader_.unwanted();
      const FileRow* row =
          TRY(statistics_ == Statistics::kRead ? reader_.Next() : reader_.NextKey());
      ahead_ += reader_.unwanted() - before;
      if (row != nullptr) return row;
    }
    opened_ = false;
    if (next_block_ == base_->blocks().size()) return nullptr;
    const auto& block = base_->blocks()[next_block_++];
    const bool choosy = skipping_ != nullptr || sieve_ != nullptr;
    std::vector<bool> wanted;
    if (choosy) wanted = Wanted(*block);
    if (choosy && std::ranges::count(wanted, true) == 0) {
      ahead_ += block->totals.files;
      continue;
    }
    TRY(reader_.Open(block, std::move(wanted)));
    opened_ = true;
  }
}

Status LiveFilesCursor::AdvanceBase() {
  base_row_ = TRY(NextInBase());
  base_stale_ = false;
  if (!after_.has_value()) return {};
  const KeyView key{after_->path, after_->dv_id};
  while (base_row_ != nullptr && base_row_->key <= key) {
    ahead_ = 0;
    base_row_ = TRY(NextInBase());
  }
  after_.reset();
  return {};
}

// The base's row, or null at its end.
const FileRow* LiveFilesCursor::HandOutBase() {
  skipped_ += std::exchange(ahead_, 0);
  base_stale_ = base_row_ != nullptr;
  return base_row_;
}

// Whatever stands in blocks and overlays: nothing comes that the sieve has not kept.
Result<const FileRow*> LiveFilesCursor::Next() {
  while (true) {
    const FileRow* row = TRY(NextLive());
    if (row == nullptr || sieve_ == nullptr) return row;
    if (TRY(sieve_->Keeps(row->entry.partition_values))) return row;
    ++skipped_;
  }
}

Result<const FileRow*> LiveFilesCursor::NextLive() {
  while (true) {
    if (base_stale_) TRY(AdvanceBase());
    if (next_change_ == overlay_->size()) return HandOutBase();
    const auto& [change, in_base] = (*overlay_)[next_change_];
    if (base_row_ != nullptr && base_row_->key < change->key()) return HandOutBase();
    if (base_row_ != nullptr && base_row_->key == change->key()) {
      base_stale_ = true;
    } else if (in_base && ahead_ > 0) {
      --ahead_;  // the block that holds it was passed over, but it is not live
    }
    ++next_change_;
    if (change->removed) continue;
    change_row_ = change->Row();
    return &change_row_;
  }
}

}  // namespace sluice::delta
