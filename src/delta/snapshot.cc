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

}  // namespace

struct FileCursor::State {
  std::shared_ptr<const Snapshot> snapshot;
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
  AdvancedFeatures advanced = TRY(CheckHead(parts.protocol, parts.metadata));
  advanced.deletion_vectors = parts.files.totals().deletion_vectors > 0;
  std::shared_ptr<TableSnapshot> snapshot(new TableSnapshot());
  snapshot->version_ = parts.version;
  snapshot->num_files_ = parts.files.totals().files;
  snapshot->num_outside_ = parts.files.totals().outside;
  snapshot->size_ = {parts.files.totals().bytes};
  snapshot->advanced_ = advanced;
  snapshot->protocol_ = std::move(parts.protocol);
  snapshot->metadata_ = std::move(parts.metadata);
  snapshot->files_ = std::move(parts.files);
  return snapshot;
}

ByteCount TableSnapshot::memory() const {
  return ByteCount{sizeof *this} + MemoryOf(metadata_) + files_.memory();
}

FileCursor TableSnapshot::Files(const std::optional<FileKey>& after) const {
  std::optional<FileKey> start;
  if (after.has_value()) start = FileKey{CanonicalPath(after->path), after->dv_id};
  return FileCursor(std::make_unique<FileCursor::State>(
      FileCursor::State{shared_from_this(), LiveFilesCursor(files_, std::move(start))}));
}

}  // namespace sluice::delta
