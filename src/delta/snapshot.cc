#include "delta/snapshot.h"

#include "delta/log_path.h"
#include "delta/table_snapshot.h"
#include "delta/version_head.h"

namespace sluice::delta {
namespace {

ByteCount MemoryOf(const Metadata& metadata) {
  size_t bytes = metadata.schema_string.capacity();
  for (const auto& [key, value] : metadata.configuration) bytes += key.size() + value.size();
  return {bytes};
}

// Some partitions of a version.
class PartsOfSnapshot final : public Snapshot {
 public:
  PartsOfSnapshot(std::shared_ptr<const TableSnapshot> whole,
                  std::shared_ptr<const PartitionFilter> filter, const FileTotals& totals)
      : whole_(std::move(whole)), filter_(std::move(filter)) {
    version_ = whole_->version();
    commit_time_ = whole_->commit_time();
    protocol_ = whole_->protocol();
    metadata_ = whole_->metadata();
    advanced_ = whole_->advanced();
    advanced_.deletion_vectors = totals.deletion_vectors > 0;
    num_files_ = totals.files;
    num_outside_ = totals.outside;
    size_ = {totals.bytes};
  }

  ByteCount memory() const override { return whole_->memory(); }
  FileCursor Files(const std::optional<FileKey>& after, DataSkipping* skipping) const override {
    return whole_->FilesBy(filter_, after, skipping);
  }
  Result<std::shared_ptr<const Snapshot>> Only(const PartitionTerms& /*terms*/) const override {
    return Fail(Code::kInternal, "internal error", "a version is filtered by partitions twice");
  }

 private:
  const std::shared_ptr<const TableSnapshot> whole_;
  const std::shared_ptr<const PartitionFilter> filter_;
};

}  // namespace

struct FileCursor::State {
  State(std::shared_ptr<const TableSnapshot> walked, std::shared_ptr<const PartitionFilter> filter,
        std::optional<FileKey> after, DataSkipping* skipping)
      : snapshot(std::move(walked)),
        sieve(filter == nullptr ? nullptr : std::make_unique<PartitionSieve>(std::move(filter))),
        cursor(snapshot->files(), std::move(after), skipping, sieve.get()) {}

  const std::shared_ptr<const TableSnapshot> snapshot;
  const std::unique_ptr<PartitionSieve> sieve;
  LiveFilesCursor cursor;
};

FileCursor::FileCursor(std::unique_ptr<State> state) : state_(std::move(state)) {}
FileCursor::FileCursor(FileCursor&&) noexcept = default;
FileCursor& FileCursor::operator=(FileCursor&&) noexcept = default;
FileCursor::~FileCursor() = default;

Result<const FileEntry*> FileCursor::Next() {
  const FileRow* row = TRY(state_->cursor.Next());
  return row == nullptr ? nullptr : &row->entry;
}

Result<std::shared_ptr<TableSnapshot>> TableSnapshot::Make(SnapshotParts parts) {
  const AdvancedFeatures advanced = TRY(CheckHead(parts.protocol, parts.metadata));
  std::shared_ptr<TableSnapshot> snapshot(new TableSnapshot());
  snapshot->advanced_ = advanced;
  snapshot->protocol_ = std::move(parts.protocol);
  snapshot->metadata_ = std::move(parts.metadata);
  snapshot->Take(parts.version, std::move(parts.files));
  return snapshot;
}

std::shared_ptr<TableSnapshot> TableSnapshot::With(Version version, LiveFiles files) const {
  std::shared_ptr<TableSnapshot> snapshot(new TableSnapshot());
  snapshot->commit_time_ = commit_time_;
  snapshot->advanced_ = advanced_;
  snapshot->protocol_ = protocol_;
  snapshot->metadata_ = metadata_;
  snapshot->Take(version, std::move(files));
  return snapshot;
}

void TableSnapshot::Take(Version version, LiveFiles files) {
  const FileTotals& totals = files.totals();
  version_ = version;
  num_files_ = totals.files;
  num_outside_ = totals.outside;
  size_ = {totals.bytes};
  advanced_.deletion_vectors = totals.deletion_vectors > 0;
  files_ = std::move(files);
}

ByteCount TableSnapshot::memory() const {
  return ByteCount{sizeof *this} + MemoryOf(metadata_) + files_.memory();
}

uint64_t FileCursor::skipped() const { return state_->cursor.skipped(); }

FileCursor TableSnapshot::Files(const std::optional<FileKey>& after, DataSkipping* skipping) const {
  return FilesBy(nullptr, after, skipping);
}

FileCursor TableSnapshot::FilesBy(std::shared_ptr<const PartitionFilter> filter,
                                  const std::optional<FileKey>& after,
                                  DataSkipping* skipping) const {
  std::optional<FileKey> start;
  if (after.has_value()) start = FileKey{CanonicalPath(after->path), after->dv_id};
  auto self = std::static_pointer_cast<const TableSnapshot>(shared_from_this());
  return FileCursor(std::make_unique<FileCursor::State>(std::move(self), std::move(filter),
                                                        std::move(start), skipping));
}

Result<FileTotals> TableSnapshot::TotalsBy(
    const std::shared_ptr<const PartitionFilter>& filter) const {
  constexpr size_t kManyFilters = 1024;
  {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(filter->id());
    if (known != known_.end()) return known->second;
  }
  PartitionSieve sieve(filter);
  const FileTotals totals = TRY(files_.TotalsOf(sieve));
  const std::lock_guard lock(mutex_);
  if (known_.size() >= kManyFilters) known_.clear();
  known_[filter->id()] = totals;
  return totals;
}

Result<std::shared_ptr<const Snapshot>> TableSnapshot::Only(const PartitionTerms& terms) const {
  auto filter = TRY(PartitionFilter::Compile(terms, protocol_, metadata_));
  const FileTotals totals = TRY(TotalsBy(filter));
  return std::make_shared<const PartsOfSnapshot>(
      std::static_pointer_cast<const TableSnapshot>(shared_from_this()), std::move(filter), totals);
}

}  // namespace sluice::delta
