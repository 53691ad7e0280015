// delta/table_snapshot.h -- the one kind of Snapshot that is made from a log.
//
// One of some partitions (Only) looks through it at the same files.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "delta/live_files.h"
#include "delta/partition_filter.h"
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

  // A later version, or the same one in another packing: protocol and metadata are the same, and
  // are not checked again.
  std::shared_ptr<TableSnapshot> With(Version version, LiveFiles files) const;

  ByteCount memory() const override;
  FileCursor Files(const std::optional<FileKey>& after = std::nullopt,
                   DataSkipping* skipping = nullptr) const override;
  Result<std::shared_ptr<const Snapshot>> Only(const PartitionTerms& terms) const override;
  // As Files; of the files that `filter` keeps, unless it is null.
  FileCursor FilesBy(std::shared_ptr<const PartitionFilter> filter,
                     const std::optional<FileKey>& after, DataSkipping* skipping) const;

  const LiveFiles& files() const { return files_; }
  // Before the snapshot is shared.
  void set_commit_time(TimePoint time) { commit_time_ = time; }

 private:
  TableSnapshot() = default;
  void Take(Version version, LiveFiles files);
  Result<FileTotals> TotalsBy(const std::shared_ptr<const PartitionFilter>& filter) const;

  LiveFiles files_;
  mutable std::mutex mutex_;                         // of what follows
  mutable std::map<std::string, FileTotals> known_;  // what filters keep, by their ids
};

}  // namespace sluice::delta
