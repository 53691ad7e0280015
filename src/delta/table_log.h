// delta/table_log.h -- one table as the cache of snapshots knows it: how to read a version of it
// freshly, with as little work as what changed allows.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "delta/background_work.h"
#include "delta/change_feed.h"
#include "delta/log_history.h"
#include "delta/shared_runs.h"
#include "delta/snapshot_cache.h"
#include "delta/snapshot_loading.h"
#include "delta/snapshots.h"
#include "delta/version_head.h"

namespace sluice::delta {

// What all tables share. Borrows.
struct SnapshotsContext {
  const CheckpointReader& reader;
  const Clock& clock;
  Metrics& metrics;
  const SnapshotLimits& limits;
  SnapshotCache& cache;
  BackgroundWork& background;
};

// Thread-safe. No lock is held while the store is read, nor while files are merged. Owned by
// shared_ptr: a merge in the background ends with the table.
class TableLog : public std::enable_shared_from_this<TableLog> {
 public:
  TableLog(const SnapshotsContext& context, std::string location,
           std::shared_ptr<const storage::ObjectStore> store)
      : context_(context), location_(std::move(location)), store_(std::move(store)) {}

  // As Snapshots' functions of the same names.
  Result<TableSnapshotPtr> Latest();
  Result<Version> NewestVersion();
  Result<TableSnapshotPtr> At(Version version);
  Result<VersionHeadPtr> HeadAt(Version version);
  Result<Version> VersionAt(TimePoint time);
  Result<Version> FirstVersionSince(TimePoint time);
  Result<std::pair<Version, Version>> Range();
  Result<std::pair<Version, Version>> ChangeRange();
  Result<CommitPage> Commits(std::optional<Version> from, size_t most);
  // `snapshot_at` lives as long as the feed.
  Result<std::unique_ptr<ChangeFeed>> OpenChanges(Version first, std::optional<Version> last,
                                                  Changes what, const SnapshotAt& snapshot_at,
                                                  const PathCheck& check,
                                                  const PartitionTerms* only = nullptr);
  const std::shared_ptr<const storage::ObjectStore>& store() const { return store_; }
  // Another store is read for the location from now on: this one puts nothing into the cache.
  void Retire();

 private:
  using HistoryPtr = std::shared_ptr<const LogHistory>;
  using VersionRuns = SharedRuns<TableSnapshotPtr>;

  // The newest version that was seen: while its last file is the same, the table is.
  struct Tip {
    Version version = 0;
    storage::ObjectInfo last;
    TimePoint file_time{};
  };
  // What a time is looked up in.
  struct Timeline {
    TableSnapshotPtr latest;
    HistoryPtr history;
    Version newest = 0;
    uint64_t generation = 0;
    bool sure = false;  // the history was listed or checked within this call
  };

  // The newest version that was seen, as it is in memory.
  struct Newest {
    TableSnapshotPtr snapshot;  // null: it is not
    uint64_t generation = 0;
  };

  struct Asked {
    TableSnapshotPtr snapshot;  // null: not in memory
    Version newest = 0;
  };

  LogSource Source() const { return {*store_, context_.reader, context_.limits}; }
  Result<TableSnapshotPtr> Refresh();
  Result<TableSnapshotPtr> Reload();
  Result<TableSnapshotPtr> LoadNewest();
  Result<std::optional<LogListing>> NewsSince(const Tip& tip) const;
  Result<TableSnapshotPtr> Extend(const Tip& tip, const TableSnapshotPtr& snapshot,
                                  const std::vector<CommitFile>& commits);
  Result<Asked> Ask(Version version);
  Result<VersionHeadPtr> HeadOf(Version version, const Asked& asked);
  Result<TableSnapshotPtr> LoadShared(Version version, Version newest);
  Result<TableSnapshotPtr> LoadAt(Version version, Version newest);
  Result<TableSnapshotPtr> LoadListed(const LogHistory& history, Version version);
  Result<TimePoint> FileTimeOf(const FoundSegment& found) const;
  uint64_t Generation();
  HistoryPtr KeptHistory();
  void KeepNews(const LogListing& news);
  bool StillStands(const LogHistory& history) const;
  Result<HistoryPtr> ListHistory();
  Result<HistoryPtr> HistoryFor(Version version, Version newest);
  Result<ChangeFeed::Source> ChangeSource(const HistoryPtr& history, Version first, Version last,
                                          const TableSnapshotPtr& latest);
  Result<Timeline> TimelineNow();
  Result<bool> MakeSure(Timeline& timeline);
  bool IsReadable(const Timeline& timeline, Version version);
  template <class Look>
  Result<Version> LookUp(const Look& look);
  Result<TimePoint> TimeOf(const Timeline& timeline, Version version);
  Result<std::optional<Version>> NewestUpTo(const Timeline& timeline, TimePoint time);
  void Remember(const TableSnapshotPtr& snapshot, Tip tip);
  TableSnapshotPtr RememberExtended(TableSnapshotPtr snapshot, Tip tip,
                                    const TableSnapshotPtr& from);
  void MergeLater();
  void MergeNewest(const BackgroundWork::GoOn& go_on);
  void SwapIn(const LiveFiles& merged, const Newest& from);
  Newest NewestKept();
  TableSnapshotPtr Peek(Version version) const;
  void Forget();
  void ForgetLocked();
  template <class Load>
  Result<TableSnapshotPtr> Measured(bool incremental, const Load& load);

  const SnapshotsContext context_;
  const std::string location_;
  const std::shared_ptr<const storage::ObjectStore> store_;
  SharedRuns<TableSnapshotPtr> latest_runs_;
  SharedRuns<HistoryPtr> history_runs_;

  std::mutex mutex_;  // of what follows
  std::optional<Tip> tip_;
  uint64_t generation_ = 0;  // of the table: another one has stood here before
  bool retired_ = false;
  bool merging_ = false;  // a merge waits, or runs
  HistoryPtr history_;
  std::vector<LogListing> news_;  // listed since, not yet in history_
  std::map<Version, std::weak_ptr<VersionRuns>> version_runs_;
  std::map<Version, TimePoint> own_times_;  // in-commit timestamps that were read
};

}  // namespace sluice::delta
