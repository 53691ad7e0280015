// delta/change_feed.h -- what a range of versions changed, commit by commit.
//
// Opening a feed reads every commit of the range: a commit that cannot be answered rightly is known
// before the first one is handed out. Only little is kept for the walk, the rest is read a second
// time, so that memory does not depend on the range.
//
// Source: Delta PROTOCOL.md, "Change Data Files", "Add CDC File", "Reader Requirements for Change
// Data Feed"; Delta Sharing PROTOCOL.md, "Read Change Data Feed from a Table".
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "delta/log_history.h"
#include "delta/partition_filter.h"
#include "delta/table_features.h"
#include "delta/table_snapshot.h"
#include "delta/version_head.h"
#include "storage/object_store.h"

namespace sluice::delta {

enum class Changes {
  kRows,   // which rows came and went: change data files where a commit has them, else its files
  kFiles,  // which files came and went
};

enum class FileChangeKind { kAdd, kRemove, kCdc };

struct ChangedFile {
  FileChangeKind kind = FileChangeKind::kAdd;
  StoredFile file;
};

// One commit as it is answered: of its files only those that changed rows.
struct CommitChanges {
  Version version = 0;
  TimePoint time{};
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  std::vector<ChangedFile> files;  // added ones first
};

// What is known of the whole range.
struct ChangeSurvey {
  VersionHeadPtr first;  // the state at its first version
  Version last = 0;
  Protocol protocol;          // enough to read every version of the range
  Metadata last_metadata;     // at its last version
  AdvancedFeatures advanced;  // of anything that is answered
  // The first version whose changes were not recorded (kRows only): its metadata says so.
  std::optional<Version> not_recorded;
  // The version of the first schema under which files are answered that cannot be read with the
  // last version's one.
  std::optional<Version> unreadable_schema;
};

// Whether the changes of rows are recorded from a version with this metadata on.
bool RecordsChanges(const Metadata& metadata);

// Told each path, of a file or a deletion vector that will be answered, which is absolute or leads
// out of the table. What it refuses cannot be answered.
using PathCheck = std::function<Status(std::string_view path)>;

using SnapshotAt = std::function<Result<std::shared_ptr<const TableSnapshot>>(Version)>;

class ChangeFilter;

class ChangeFeed {
 public:
  // What a feed is made from. `history` has the commits from first->version to `last` without a
  // gap; there is at least one. `snapshot_at` is asked for what a commit does not tell itself:
  // which files its removals mean, and what was before the range.
  struct Source {
    std::shared_ptr<const storage::ObjectStore> store;
    VersionHeadPtr first;
    std::shared_ptr<const Snapshot> latest;  // says which commits bear their own time
    std::shared_ptr<const LogHistory> history;
    Version last = 0;
    SnapshotAt snapshot_at;
    ByteCount max_commit;
    // Nothing else of what changed is answered, nor taken into the survey. Nothing: all partitions.
    std::optional<PartitionTerms> only = std::nullopt;
  };

  // Errors: kNotFound     a commit is gone since it was listed
  //         kCorrupt      a broken commit
  //         kUnsupported  a version in the range that this reader cannot read; a removal that does
  //                       not tell what it removed, where no earlier version can be asked
  //         kCorrupt      Source::only does not fit a version of the range, or one of its files
  //         kUnavailable, kPermissionDenied
  //         and those of `check`
  static Result<std::unique_ptr<ChangeFeed>> Open(Source source, Changes what,
                                                  const PathCheck& check);
  ~ChangeFeed();

  const ChangeSurvey& survey() const { return survey_; }

  // The next commit; null at the end. Valid until the next call. Errors: as Open
  Result<const CommitChanges*> Next();
  // Goes on with `version`, which lies in the range.
  void SkipTo(Version version);

 private:
  ChangeFeed(Source source, Changes what);

  Status Survey(const PathCheck& check);
  Result<CommitChanges> ReadAgain(const CommitFile& commit) const;
  Result<CommitChanges> Select(Version version, std::string&& bytes) const;
  Result<LiveFiles> FilesBefore(Version version) const;
  Status FillIn(CommitChanges& changes) const;

  const Source source_;
  const Changes what_;
  const std::span<const CommitFile> commits_;   // of the range, in the history
  const std::unique_ptr<ChangeFilter> filter_;  // null: all partitions
  ChangeSurvey survey_;
  std::vector<CommitChanges> kept_;  // of the first commits, as many as are small together
  size_t next_ = 0;
  CommitChanges current_;
};

}  // namespace sluice::delta
