// delta/snapshots.h -- the snapshots of all tables: cached, extended, loaded once however many ask.
//
// Latest() is always fresh. A warm call asks the store whether the last known commit is still the
// same and whether there are newer ones: a store that lists from any key is asked for one listing
// from that commit on, others for two objects (locally two statx). Only new commits are replayed. A
// last commit that changed means that the table was replaced: it is loaded anew. Callers that wait
// for the same table share one load that began after they arrived.
//
// Packing what new commits changed is left to a thread in the background, one for all tables;
// answers do not depend on it.
//
// Thread-safe; calls may wait for the store.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "delta/background_work.h"
#include "delta/block_space.h"
#include "delta/change_feed.h"
#include "delta/checkpoint.h"
#include "delta/commit_summary.h"
#include "delta/snapshot.h"
#include "delta/version_head.h"
#include "storage/object_store.h"
#include "storage/stores.h"

namespace sluice::delta {

struct SnapshotLimits {
  ByteCount cache = MiB(512);          // snapshots kept; the least recently used go first
  size_t waiters_per_table = 32;       // beyond: kUnavailable
  ByteCount max_commit = MiB(512);     // one JSON commit, or checkpoint in JSON
  uint64_t max_log_files = 1'000'000;  // commits to replay behind the checkpoint
  BlockLimits blocks = {};             // of one table
};

// A table to read: the store at its root. The name is used in messages to clients
// ("share.schema.table" of the asker is not known here, so messages speak of "the table").
class Snapshots {
 public:
  // The references must outlive this object. Without `background` there is a thread of our own.
  Snapshots(storage::Stores& stores, const CheckpointReader& reader, const Clock& clock,
            Metrics& metrics, SnapshotLimits limits,
            std::unique_ptr<BackgroundWork> background = nullptr);
  ~Snapshots();

  // `location` names the table in the cache. When another store is opened for it than before, since
  // the rules of `stores` changed, what was cached is forgotten.
  //
  // Errors of all: kNotFound     no table there (no _delta_log, or nothing in it)
  //                kUnsupported  a reader version or feature this reader does not have
  //                kCorrupt      a gap, broken JSON, missing protocol or metadata, a bad checkpoint
  //                kUnavailable, kPermissionDenied  the store
  Result<std::shared_ptr<const Snapshot>> Latest(const std::string& location);
  // The version of Latest, for those who do not need more yet: a table that is not in memory is
  // listed, not read, and may turn out not to be readable.
  Result<Version> NewestVersion(const std::string& location);
  // Errors: kInvalidArgument  `version` was never written or was cleaned up; the message names the
  //                           readable range
  Result<std::shared_ptr<const Snapshot>> At(const std::string& location, Version version);
  // What a version says of itself, for those who do not need its files: at best one request more
  // than a warm call takes. Errors: as At, but for what is wrong with the files alone
  Result<VersionHeadPtr> HeadAt(const std::string& location, Version version);
  // The newest version whose commit time is not after `time`.
  // Errors: kInvalidArgument  `time` is before the oldest version kept or after the latest one
  Result<Version> VersionAt(const std::string& location, TimePoint time);
  // The oldest version whose commit time is at or after `time`. Before the oldest kept: that one.
  // Errors: kInvalidArgument  `time` is after the latest commit
  Result<Version> FirstVersionSince(const std::string& location, TimePoint time);
  // [oldest, newest] version that can be read now.
  Result<std::pair<Version, Version>> Range(const std::string& location);

  // What versions [first, last] changed; up to the newest, without a `last` or where that is yet to
  // come; of the partitions in `only` alone, if it is not null.
  // Errors besides those of ChangeFeed::Open:
  // kInvalidArgument  not all of them can be told: outside of ChangeRange
  Result<std::unique_ptr<ChangeFeed>> OpenChanges(const std::string& location, Version first,
                                                  std::optional<Version> last, Changes what,
                                                  const PathCheck& check,
                                                  const PartitionTerms* only = nullptr);
  // [oldest, newest] version whose changes can be told now.
  Result<std::pair<Version, Version>> ChangeRange(const std::string& location);
  // What commits tell of themselves: at most `most` of them from `from`, or the newest, down.
  // Errors: kCorrupt  a commit that is no JSON
  Result<CommitPage> Commits(const std::string& location, std::optional<Version> from, size_t most);

  // The store of a table, or of a location beside it, for links to files.
  Result<std::shared_ptr<const storage::ObjectStore>> Store(const std::string& location);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sluice::delta
