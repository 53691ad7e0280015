// delta/table_snapshot.h -- the one kind of Snapshot that is made from a log.
#pragma once

#include <memory>
#include <optional>

#include "delta/live_files.h"
#include "delta/snapshot.h"

namespace sluice::delta {

// What a version of a table is made of.
struct SnapshotParts {
  Version version = 0;
  Protocol protocol;
  Metadata metadata;
  LiveFiles files;
};

class TableSnapshot final : public Snapshot {
 public:
  // Errors: kUnsupported  the protocol, the file format, or the column mapping
  //         kCorrupt      the schema, or a protocol that contradicts itself
  static Result<std::shared_ptr<TableSnapshot>> Make(SnapshotParts parts);

  ByteCount memory() const override;
  FileCursor Files(const std::optional<FileKey>& after = std::nullopt) const override;

  const LiveFiles& files() const { return files_; }
  // Before the snapshot is shared.
  void set_commit_time(TimePoint time) { commit_time_ = time; }

 private:
  TableSnapshot() = default;
  LiveFiles files_;
};

}  // namespace sluice::delta
