#include "delta/table_log.h"

#include <fmt/format.h>

#include <utility>

#include "base/timestamp.h"
#include "delta/log_path.h"
#include "delta/log_replay.h"

namespace sluice::delta {
namespace {

// A version of which a not much older one is in memory is made from that, even though a checkpoint
// lies between.
constexpr Version kFewCommits = 64;

bool IsGone(const Error& error) { return error.code == Code::kNotFound; }

// The commits (from, to] of a listing; nothing if one is not there.
std::optional<std::vector<CommitFile>> CommitsBetween(const LogListing& listing, Version from,
                                                      Version to) {
  std::vector<CommitFile> commits;
  for (const CommitFile& commit : listing.commits) {
    if (commit.version > from && commit.version <= to) commits.push_back(commit);
  }
  if (static_cast<Version>(commits.size()) != to - from) return std::nullopt;
  return commits;
}

std::unexpected<Error> ChangedMeanwhile(Error error) {
  return Fail(Code::kUnavailable, "the table's log changed while it was read",
              std::move(error.detail));
}

std::string AfterLatest(Version version, TimePoint time) {
  return fmt::format("the time is after the latest available version {}, which is of {}", version,
                     FormatTimestamp(time));
}

}  // namespace

template <class Load>
Result<TableSnapshotPtr> TableLog::Measured(bool incremental, const Load& load) {
  const TimePoint begin = context_.clock.Now();
  Result<TableSnapshotPtr> snapshot = load();
  if (snapshot.has_value()) {
    const std::chrono::duration<double> taken = context_.clock.Now() - begin;
    context_.metrics.SnapshotLoaded(incremental, taken.count());
  }
  return snapshot;
}

Result<TableSnapshotPtr> TableLog::Latest() {
  return latest_runs_.Run(context_.limits.waiters_per_table, [this] { return Refresh(); });
}

// Runs once at a time.
Result<TableSnapshotPtr> TableLog::Refresh() {
  std::optional<Tip> tip;
  {
    const std::lock_guard lock(mutex_);
    tip = tip_;
  }
  if (!tip.has_value()) return Reload();
  TableSnapshotPtr snapshot = context_.cache.Find(location_, tip->version);
  const auto last = store_->Head(tip->last_key);
  if (!last.has_value() && !IsGone(last.error())) return std::unexpected(last.error());
  if (!last.has_value() || last->tag != tip->last_tag) {
    Forget();  // another table stands here now, or none
    return Reload();
  }
  if (snapshot == nullptr) return Reload();
  const auto next = store_->Head(CommitKey(tip->version + 1));
  if (!next.has_value() && IsGone(next.error())) return snapshot;
  if (!next.has_value()) return std::unexpected(next.error());
  Result<TableSnapshotPtr> extended = Extend(*tip, snapshot);
  if (!extended.has_value() && IsGone(extended.error())) return Reload();
  return extended;
}

Result<TableSnapshotPtr> TableLog::Reload() {
  const auto load = [this] { return LoadNewest(); };
  Result<TableSnapshotPtr> loaded = Measured(false, load);
  if (loaded.has_value() || !IsGone(loaded.error())) return loaded;
  // Either there is no table, or a file went away between listing and reading it.
  const LogListing now = TRY(ListLog(*store_));
  if (now.empty()) {
    Forget();
    return loaded;
  }
  loaded = Measured(false, load);
  if (!loaded.has_value() && IsGone(loaded.error())) return ChangedMeanwhile(loaded.error());
  return loaded;
}

Result<TableSnapshotPtr> TableLog::LoadNewest() {
  const FoundSegment found = TRY(FindNewestSegment(*store_));
  const TimePoint time = TRY(FileTimeOf(found));
  TableSnapshotPtr snapshot = TRY(LoadSnapshot(Source(), found.listing, found.segment, time));
  Remember(snapshot, {found.segment.version, found.segment.last_key, found.segment.last_tag, time});
  return snapshot;
}

// A listing that starts in the middle tells the time only if nothing in it has to be corrected.
Result<TimePoint> TableLog::FileTimeOf(const FoundSegment& found) const {
  const LogListing& listing = found.listing;
  const bool sure = !listing.commits.empty() && TimesAscend(listing.commits) &&
                    listing.commits.back().version == found.segment.version;
  if (!listing.whole && sure) return listing.commits.back().modified;
  const LogHistory history = TRY(LogHistory::Make(listing.whole ? listing : TRY(ListLog(*store_))));
  const Version version = std::min(found.segment.version, history.newest());
  return history.FileTime(std::max(version, history.oldest()));
}

Result<TableSnapshotPtr> TableLog::Extend(const Tip& tip, const TableSnapshotPtr& snapshot) {
  return Measured(true, [&]() -> Result<TableSnapshotPtr> {
    const LogListing listing = TRY(ListLog(*store_, tip.version + 1));
    Tip next = tip;
    std::vector<CommitFile> commits;
    for (const CommitFile& commit : listing.commits) {
      if (commit.version != next.version + 1) {
        return Fail(Code::kCorrupt,
                    fmt::format("version {} is missing from the table's log", next.version + 1));
      }
      next.version = commit.version;
      next.last_key = CommitKey(commit.version);
      next.last_tag = commit.tag;
      next.file_time = std::max(commit.modified, next.file_time + Millis(1));
      commits.push_back(commit);
    }
    if (commits.empty()) return snapshot;  // it was seen a moment ago; the next call looks again
    TableSnapshotPtr extended = TRY(ExtendSnapshot(Source(), *snapshot, commits, next.file_time));
    Remember(extended, std::move(next));
    return extended;
  });
}

void TableLog::Remember(const TableSnapshotPtr& snapshot, Tip tip) {
  context_.cache.Put(location_, snapshot);
  const std::lock_guard lock(mutex_);
  tip_ = std::move(tip);
}

void TableLog::Forget() {
  context_.cache.Drop(location_);
  const std::lock_guard lock(mutex_);
  tip_.reset();
  history_.reset();
  own_times_.clear();
}

Result<TableSnapshotPtr> TableLog::At(Version version) {
  const Result<TableSnapshotPtr> latest = Latest();
  // What is wrong with the newest version need not be wrong with older ones.
  const bool unreadable = !latest.has_value() && (latest.error().code == Code::kCorrupt ||
                                                  latest.error().code == Code::kUnsupported);
  if (!latest.has_value() && !unreadable) return latest;
  if (!unreadable && version == (*latest)->version()) return latest;
  const Version newest = unreadable ? version : (*latest)->version();
  if (TableSnapshotPtr kept = context_.cache.Find(location_, version)) return kept;
  std::shared_ptr<VersionRuns> runs;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(version_runs_, [](const auto& item) { return item.second.expired(); });
    runs = version_runs_[version].lock();
    if (runs == nullptr) version_runs_[version] = runs = std::make_shared<VersionRuns>();
  }
  return runs->Run(context_.limits.waiters_per_table, [&] { return LoadAt(version, newest); });
}

Result<TableSnapshotPtr> TableLog::LoadAt(Version version, Version newest) {
  // Those who waited find what the one before them has loaded.
  if (TableSnapshotPtr kept = context_.cache.Find(location_, version)) return kept;
  for (int attempt = 0;; ++attempt) {
    const HistoryPtr history = TRY(History(newest));
    Result<TableSnapshotPtr> loaded = LoadListed(*history, version);
    if (loaded.has_value()) context_.cache.Put(location_, *loaded);
    if (loaded.has_value() || !IsGone(loaded.error())) return loaded;
    if (attempt > 0) return ChangedMeanwhile(loaded.error());
    const std::lock_guard lock(mutex_);  // cleaned up since it was listed: list again
    history_.reset();
  }
}

Result<TableSnapshotPtr> TableLog::LoadListed(const LogHistory& history, Version version) {
  const LogSegment segment = TRY(ChooseSegment(history.listing(), version));
  const TimePoint time = history.FileTime(version);
  const TableSnapshotPtr kept = context_.cache.FindUpTo(location_, version);
  if (kept != nullptr) {
    const Version from_log = segment.checkpoint.has_value() ? segment.checkpoint->version : -1;
    const bool near = kept->version() >= from_log || version - kept->version() <= kFewCommits;
    const auto commits = CommitsBetween(history.listing(), kept->version(), version);
    if (near && commits.has_value()) {
      return Measured(true, [&] { return ExtendSnapshot(Source(), *kept, *commits, time); });
    }
  }
  return Measured(false, [&] { return LoadSnapshot(Source(), history.listing(), segment, time); });
}

// A listing of the whole log that reaches to `newest`. It is kept while the oldest file is there:
// logs are cleaned up from that end.
Result<TableLog::HistoryPtr> TableLog::History(Version newest) {
  return history_runs_.Run(context_.limits.waiters_per_table, [&] { return ReadHistory(newest); });
}

Result<TableLog::HistoryPtr> TableLog::ReadHistory(Version newest) {
  HistoryPtr kept;
  {
    const std::lock_guard lock(mutex_);
    kept = history_;
  }
  if (kept != nullptr && kept->newest() >= newest) {
    const auto& commits = kept->listing().commits;
    const auto& checkpoints = kept->listing().checkpoints;
    const bool by_commit = !commits.empty();
    const auto oldest =
        store_->Head(by_commit ? CommitKey(commits.front().version) : checkpoints.front().keys[0]);
    const std::string& tag = by_commit ? commits.front().tag : checkpoints.front().tag;
    if (oldest.has_value() && oldest->tag == tag) return kept;
  }
  auto history = std::make_shared<const LogHistory>(TRY(LogHistory::Make(TRY(ListLog(*store_)))));
  const std::lock_guard lock(mutex_);
  history_ = history;
  return history;
}

Result<TableLog::Timeline> TableLog::TimelineNow() {
  Timeline timeline;
  timeline.latest = TRY(Latest());
  timeline.history = TRY(History(timeline.latest->version()));
  timeline.newest = std::min(timeline.latest->version(), timeline.history->newest());
  return timeline;
}

Result<TimePoint> TableLog::TimeOf(const Timeline& timeline, Version version) {
  if (version == timeline.latest->version()) return timeline.latest->commit_time();
  const TimePoint file_time = timeline.history->FileTime(version);
  if (!HasInCommitTimestamp(timeline.latest->metadata(), version)) return file_time;
  {
    const std::lock_guard lock(mutex_);
    const auto known = own_times_.find(version);
    if (known != own_times_.end()) return known->second;
  }
  const auto own = InCommitTimestamp(*store_, version, context_.limits.max_commit);
  if (!own.has_value() && !IsGone(own.error())) return std::unexpected(own.error());
  if (!own.has_value() || !own->has_value()) return file_time;
  const TimePoint time = FromUnixMillis(**own);
  const std::lock_guard lock(mutex_);
  own_times_[version] = time;
  return time;
}

Result<Version> TableLog::VersionAt(TimePoint time) {
  const Timeline timeline = TRY(TimelineNow());
  const auto time_of = [&](Version version) { return TimeOf(timeline, version); };
  const Version oldest = timeline.history->oldest();
  const TimePoint last = TRY(time_of(timeline.newest));
  if (time > last) {
    return Fail(Code::kInvalidArgument, AfterLatest(timeline.newest, last));
  }
  const std::optional<Version> found = TRY(NewestNotAfter(oldest, timeline.newest, time, time_of));
  if (found.has_value()) return *found;
  const TimePoint first = TRY(time_of(oldest));
  return Fail(Code::kInvalidArgument,
              fmt::format("the time is before the earliest available version, which is of {}",
                          FormatTimestamp(first)));
}

Result<Version> TableLog::FirstVersionSince(TimePoint time) {
  const Timeline timeline = TRY(TimelineNow());
  const auto time_of = [&](Version version) { return TimeOf(timeline, version); };
  const Version oldest = timeline.history->oldest();
  const std::optional<Version> before =
      TRY(NewestNotAfter(oldest, timeline.newest, time - Millis(1), time_of));
  if (!before.has_value()) return oldest;
  if (*before < timeline.newest) return *before + 1;
  const TimePoint last = TRY(time_of(timeline.newest));
  return Fail(Code::kInvalidArgument, AfterLatest(timeline.newest, last));
}

Result<std::pair<Version, Version>> TableLog::Range() {
  const Timeline timeline = TRY(TimelineNow());
  return std::pair(timeline.history->oldest(), timeline.newest);
}

}  // namespace sluice::delta
