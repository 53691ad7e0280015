// delta/snapshot.h -- one version of a table: protocol, metadata, and its files in order.
//
// A Snapshot is immutable and shared by all who read that version. Files lie in compressed blocks
// (the base segment, shared by versions) under an overlay of newer commits; a cursor walks both in
// ascending byte order of (path, deletion vector id), the order in which answers are paged; paths
// are compared in one way of percent-encoding, whatever the writer's was. A Snapshot is valid by
// construction: its protocol is readable, its metadata parsed, its log without a gap.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "delta/actions.h"
#include "delta/table_features.h"

namespace sluice::delta {

// The place of a file in the order of a snapshot.
struct FileKey {
  std::string path;
  std::string dv_id;  // empty: no deletion vector
  auto operator<=>(const FileKey&) const = default;
};

// One live file. Views stay valid until the cursor moves on.
struct FileEntry {
  std::string_view path;  // as in the log, percent-encoded
  std::string_view
      partition_values;  // a JSON object, ready to send: {"date":"2021-04-28","x":null}
  int64_t size = 0;
  int64_t modification_time = 0;          // ms
  std::optional<std::string_view> stats;  // JSON text
  std::optional<int64_t> num_records;     // from stats, before the deletion vector
  const DeletionVector* deletion_vector = nullptr;
  std::optional<int64_t> base_row_id;
  std::optional<int64_t> default_row_commit_version;
  std::string_view clustering_provider;  // empty: none
};

class DataSkipping;
class TableSnapshot;
struct PartitionTerms;

// Walks the live files of a snapshot; keeps the snapshot alive. One thread at a time; memory does
// not depend on the number of files.
class FileCursor {
 public:
  // The next file, or null at the end. Errors: kCorrupt, kInternal  a block cannot be unpacked
  Result<const FileEntry*> Next();
  // Live files that were passed over before the one that came last.
  uint64_t skipped() const;

  FileCursor(FileCursor&&) noexcept;
  FileCursor& operator=(FileCursor&&) noexcept;
  ~FileCursor();

 private:
  friend class TableSnapshot;
  struct State;
  explicit FileCursor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class Snapshot : public std::enable_shared_from_this<Snapshot> {
 public:
  virtual ~Snapshot() = default;
  Version version() const { return version_; }
  TimePoint commit_time() const { return commit_time_; }  // of the version's commit, monotone
  const Protocol& protocol() const { return protocol_; }
  const Metadata& metadata() const { return metadata_; }
  const AdvancedFeatures& advanced() const { return advanced_; }
  uint64_t num_files() const { return num_files_; }
  // Files whose path, or whose deletion vector's, is absolute or leads out of the table's folder:
  // whether they may be served is for ExternalLocations to say (delta/file_places.h).
  uint64_t num_outside() const { return num_outside_; }
  ByteCount size() const { return size_; }  // of all live files
  virtual ByteCount memory() const = 0;     // what this snapshot holds, shared blocks included

  // From the first file, or from the first one behind `after`. With `skipping`, which outlives the
  // cursor, files that cannot match are passed over where that takes no look at each of them.
  virtual FileCursor Files(const std::optional<FileKey>& after = std::nullopt,
                           DataSkipping* skipping = nullptr) const = 0;

  // The same version with the files of some partitions alone: all that is counted or walked is
  // theirs. Every file is judged now, once for the same terms.
  // Errors: kCorrupt  the terms do not fit the table, or one of its files
  virtual Result<std::shared_ptr<const Snapshot>> Only(const PartitionTerms& terms) const = 0;

 protected:
  Snapshot() = default;
  Version version_ = 0;
  TimePoint commit_time_{};
  Protocol protocol_;
  Metadata metadata_;
  AdvancedFeatures advanced_;
  uint64_t num_files_ = 0;
  uint64_t num_outside_ = 0;
  ByteCount size_;
};

}  // namespace sluice::delta
