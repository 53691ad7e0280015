#include "delta/table_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/timestamp.h"
#include "delta/log_path.h"
#include "delta/log_replay.h"

namespace sluice::delta {
namespace {

// A version of which a not much older one is in memory is made from that, even though a checkpoint
// lies between.
constexpr Version kFewCommits = 64;

// After so many refreshes during which nobody asked for the history, it is forgotten.
constexpr size_t kManyNews = 256;

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

// Null: it is not there.
const CommitFile* FindCommit(const LogListing& listing, Version version) {
  const auto& commits = listing.commits;
  const auto found = std::ranges::lower_bound(commits, version, {}, &CommitFile::version);
  return found != commits.end() && found->version == version ? &*found : nullptr;
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

Result<Version> TableLog::NewestVersion() {
  std::optional<Version> known;
  {
    const std::lock_guard lock(mutex_);
    if (tip_.has_value()) known = tip_->version;
  }
  if (known.has_value() && context_.cache.Find(location_, *known) != nullptr) {
    return TRY(Latest())->version();
  }
  return TRY(FindNewestSegment(*store_)).segment.version;
}

// What the log has from the tip on; nothing: the tip's file is not what it was. One request where
// listing from a key costs no more than that, else one Head or two.
Result<std::optional<LogListing>> TableLog::NewsSince(const Tip& tip) const {
  if (store_->lists_from_any_key()) {
    const auto objects = TRY(store_->List(kLogFolder, tip.last.key));
    const bool same = !objects.empty() && objects.front().key == tip.last.key &&
                      storage::SameState(objects.front(), tip.last);
    return same ? std::optional(ReadListing(objects)) : std::nullopt;
  }
  const auto last = store_->Head(tip.last.key);
  if (!last.has_value() && !IsGone(last.error())) return std::unexpected(last.error());
  if (!last.has_value() || !storage::SameState(*last, tip.last)) return std::nullopt;
  const auto next = store_->Head(CommitKey(tip.version + 1));
  if (!next.has_value() && IsGone(next.error())) return LogListing();
  if (!next.has_value()) return std::unexpected(next.error());
  return TRY(ListLog(*store_, tip.version + 1));
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
  const std::optional<LogListing> news = TRY(NewsSince(*tip));
  if (!news.has_value()) {
    Forget();  // another table stands here now, or none
    return Reload();
  }
  if (snapshot == nullptr) return Reload();
  const Version newest = NewestIn(*news);
  if (newest <= tip->version) return snapshot;
  const auto commits = CommitsBetween(*news, tip->version, newest);
  if (!commits.has_value()) return Reload();  // a gap: the whole log tells whether that is bad
  Result<TableSnapshotPtr> extended = Extend(*tip, snapshot, *commits);
  if (!extended.has_value() && IsGone(extended.error())) return Reload();
  if (extended.has_value()) KeepNews(*news);
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
  Remember(snapshot, {found.segment.version, found.segment.last, time});
  return snapshot;
}

// A listing that starts in the middle tells the time only if nothing in it has to be corrected that
// reaches its last commit.
Result<TimePoint> TableLog::FileTimeOf(const FoundSegment& found) const {
  const LogListing& listing = found.listing;
  const bool sure = !listing.commits.empty() && LastTimeStands(listing.commits) &&
                    listing.commits.back().version == found.segment.version;
  if (!listing.whole && sure) return listing.commits.back().object.modified;
  const LogHistory history = TRY(LogHistory::Make(listing.whole ? listing : TRY(ListLog(*store_))));
  const Version version = std::min(found.segment.version, history.newest());
  return history.FileTime(std::max(version, history.oldest()));
}

Result<TableSnapshotPtr> TableLog::Extend(const Tip& tip, const TableSnapshotPtr& snapshot,
                                          const std::vector<CommitFile>& commits) {
  return Measured(true, [&]() -> Result<TableSnapshotPtr> {
    TimePoint time = tip.file_time;
    for (const CommitFile& commit : commits) {
      time = std::max(commit.object.modified, time + Millis(1));
    }
    TableSnapshotPtr extended = TRY(ExtendSnapshot(Source(), *snapshot, commits, time));
    extended = RememberExtended(std::move(extended),
                                {commits.back().version, commits.back().object, time}, snapshot);
    if (extended->files().Outgrown()) MergeLater();
    return extended;
  });
}

void TableLog::Remember(const TableSnapshotPtr& snapshot, Tip tip) {
  const std::lock_guard lock(mutex_);
  if (retired_) return;
  context_.cache.Put(location_, snapshot);
  tip_ = std::move(tip);
}

// `from`, which the snapshot comes from, may have got a merged base while commits were read.
TableSnapshotPtr TableLog::RememberExtended(TableSnapshotPtr snapshot, Tip tip,
                                            const TableSnapshotPtr& from) {
  const std::lock_guard lock(mutex_);
  if (retired_) return snapshot;
  const LiveFiles& files = snapshot->files();
  const TableSnapshotPtr now = Peek(from->version());
  if (now != nullptr && now->files().base() != files.base() &&
      files.base() == from->files().base()) {
    snapshot = snapshot->With(snapshot->version(), files.Rebased(from->files(), now->files()));
  }
  context_.cache.Put(location_, snapshot);
  tip_ = std::move(tip);
  return snapshot;
}

TableSnapshotPtr TableLog::Peek(Version version) const {
  TableSnapshotPtr kept = context_.cache.FindUpTo(location_, version);
  return kept != nullptr && kept->version() == version ? kept : nullptr;
}

TableLog::Newest TableLog::NewestKept() {
  const std::lock_guard lock(mutex_);
  return {tip_.has_value() ? Peek(tip_->version) : nullptr, generation_};
}

// One merge at a time. When there is no room for it, the next commit tries again.
void TableLog::MergeLater() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(merging_, true)) return;
  }
  const auto merge = [table = weak_from_this()](const BackgroundWork::GoOn& go_on) {
    if (const std::shared_ptr<TableLog> log = table.lock()) log->MergeNewest(go_on);
  };
  if (context_.background.Start(merge)) return;
  const std::lock_guard lock(mutex_);
  merging_ = false;
}

// In the background.
void TableLog::MergeNewest(const BackgroundWork::GoOn& go_on) {
  const Newest from = NewestKept();
  if (from.snapshot != nullptr && from.snapshot->files().Outgrown()) {
    // Without it, readers find the overlay as it is.
    const Result<LiveFiles> merged = from.snapshot->files().Merged(go_on);
    if (merged.has_value()) SwapIn(*merged, from);
  }
  const std::lock_guard lock(mutex_);
  merging_ = false;
}

// The newest version gets the merged base, whatever was committed since. Versions before it keep
// theirs until they go.
void TableLog::SwapIn(const LiveFiles& merged, const Newest& from) {
  const LiveFiles& files = from.snapshot->files();
  while (true) {
    const Newest now = NewestKept();
    if (now.generation != from.generation || now.snapshot == nullptr) return;
    if (now.snapshot->files().base() != files.base()) return;  // loaded anew since
    const Version version = now.snapshot->version();
    TableSnapshotPtr rebased =
        now.snapshot->With(version, now.snapshot->files().Rebased(files, merged));
    const std::lock_guard lock(mutex_);
    if (generation_ != from.generation) return;
    if (tip_->version != version) continue;  // another commit came
    context_.cache.Replace(location_, now.snapshot, std::move(rebased));
    return;
  }
}

void TableLog::Retire() {
  const std::lock_guard lock(mutex_);
  retired_ = true;
  ForgetLocked();
}

void TableLog::Forget() {
  const std::lock_guard lock(mutex_);
  if (!retired_) ForgetLocked();
}

void TableLog::ForgetLocked() {
  ++generation_;
  context_.cache.Drop(location_);
  tip_.reset();
  history_.reset();
  news_.clear();
  own_times_.clear();
}

// What is in memory of `version`, which is asked for now; else the newest version there is.
Result<TableLog::Asked> TableLog::Ask(Version version) {
  const Result<TableSnapshotPtr> latest = Latest();
  // What is wrong with the newest version need not be wrong with older ones.
  const bool unreadable = !latest.has_value() && (latest.error().code == Code::kCorrupt ||
                                                  latest.error().code == Code::kUnsupported);
  if (!latest.has_value() && !unreadable) return std::unexpected(latest.error());
  const Version newest = unreadable ? version : (*latest)->version();
  if (!unreadable && version == newest) return Asked{*latest, newest};
  return Asked{context_.cache.Find(location_, version), newest};
}

Result<TableSnapshotPtr> TableLog::At(Version version) {
  const Asked asked = TRY(Ask(version));
  return asked.snapshot != nullptr ? asked.snapshot : LoadShared(version, asked.newest);
}

Result<VersionHeadPtr> TableLog::HeadAt(Version version) {
  const Asked asked = TRY(Ask(version));
  return HeadOf(version, asked);
}

Result<VersionHeadPtr> TableLog::HeadOf(Version version, const Asked& asked) {
  TableSnapshotPtr snapshot = asked.snapshot;
  if (snapshot == nullptr) {
    const HistoryPtr history = TRY(HistoryFor(version, asked.newest));
    if (history->oldest() <= version && version <= history->newest()) {
      auto head =
          HeadFromChecksum(Source(), history->listing(), version, history->FileTime(version));
      if (head.has_value()) return std::make_shared<const VersionHead>(*std::move(head));
    }
    snapshot = TRY(LoadShared(version, asked.newest));
  }
  return std::make_shared<const VersionHead>(
      VersionHead{version, snapshot->commit_time(), snapshot->protocol(), snapshot->metadata()});
}

// One load of a version, however many ask for it.
Result<TableSnapshotPtr> TableLog::LoadShared(Version version, Version newest) {
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
  const uint64_t generation = Generation();
  HistoryPtr history = TRY(HistoryFor(version, newest));
  for (int attempt = 0;; ++attempt) {
    Result<TableSnapshotPtr> loaded = LoadListed(*history, version);
    if (loaded.has_value()) {
      const std::lock_guard lock(mutex_);
      // Of a table that was replaced meanwhile, nothing is kept.
      if (generation == generation_ && !retired_) context_.cache.Put(location_, *loaded);
    }
    if (loaded.has_value() || !IsGone(loaded.error())) return loaded;
    if (attempt > 0) return ChangedMeanwhile(loaded.error());
    history = TRY(ListHistory());  // cleaned up since it was listed
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

uint64_t TableLog::Generation() {
  const std::lock_guard lock(mutex_);
  return generation_;
}

// A whole listing is kept whole by what is listed later, if somebody asks for it again.
TableLog::HistoryPtr TableLog::KeptHistory() {
  const std::lock_guard lock(mutex_);
  if (history_ == nullptr || news_.empty()) return history_;
  auto history = std::make_shared<LogHistory>(*history_);
  const bool whole =
      std::ranges::all_of(news_, [&](const LogListing& news) { return history->Append(news); });
  news_.clear();
  history_ = whole ? std::move(history) : nullptr;
  return history_;
}

void TableLog::KeepNews(const LogListing& news) {
  const std::lock_guard lock(mutex_);
  if (history_ == nullptr) return;
  if (news_.size() < kManyNews) {
    news_.push_back(news);
  } else {
    news_.clear();
    history_.reset();
  }
}

// Logs are cleaned up from their oldest end: while the oldest file is there, all are.
bool TableLog::StillStands(const LogHistory& history) const {
  const LogListing& listing = history.listing();
  const storage::ObjectInfo& oldest = listing.commits.empty()
                                          ? listing.checkpoints.front().parts.front()
                                          : listing.commits.front().object;
  const auto now = store_->Head(oldest.key);
  return now.has_value() && storage::SameState(*now, oldest);
}

// A listing of the whole log, begun after the caller came.
Result<TableLog::HistoryPtr> TableLog::ListHistory() {
  return history_runs_.Run(context_.limits.waiters_per_table, [&]() -> Result<HistoryPtr> {
    const uint64_t generation = Generation();
    auto history = std::make_shared<const LogHistory>(TRY(LogHistory::Make(TRY(ListLog(*store_)))));
    const std::lock_guard lock(mutex_);
    if (generation == generation_) {
      history_ = history;
      news_.clear();
    }
    return history;
  });
}

// A listing to load `version` from; `newest` is the newest one there is.
//
// Where each request is far, a kept listing that covers the version is taken as it is. That it may
// name files which were cleaned up since does no harm: commits and checkpoints are read in the
// state that was listed, so that loading either gives the version as it was committed or fails, and
// then the log is listed anew (LoadAt). A refusal, which names the range of versions, never comes
// from a listing that is merely kept: the version would not be covered.
Result<TableLog::HistoryPtr> TableLog::HistoryFor(Version version, Version newest) {
  HistoryPtr kept = KeptHistory();
  if (kept == nullptr) return ListHistory();
  const bool covered = kept->oldest() <= version && version <= kept->newest();
  if (covered && store_->lists_from_any_key()) return kept;
  if (kept->newest() >= newest && StillStands(*kept)) return kept;
  return ListHistory();
}

Result<TableLog::Timeline> TableLog::TimelineNow() {
  Timeline timeline;
  timeline.generation = Generation();
  timeline.latest = TRY(Latest());
  const Version newest = timeline.latest->version();
  timeline.history = KeptHistory();
  const bool reaches = timeline.history != nullptr && timeline.history->newest() >= newest;
  const bool far = store_->lists_from_any_key();
  timeline.sure = !reaches || !far;
  if (!reaches || (!far && !StillStands(*timeline.history))) timeline.history = TRY(ListHistory());
  timeline.newest = std::min(newest, timeline.history->newest());
  return timeline;
}

// Makes sure that the timeline's oldest version is there now. False: it was not, and the timeline
// is another one than before.
Result<bool> TableLog::MakeSure(Timeline& timeline) {
  if (timeline.sure) return true;
  timeline.sure = true;
  if (StillStands(*timeline.history)) return true;
  timeline.history = TRY(ListHistory());
  timeline.newest = std::min(timeline.latest->version(), timeline.history->newest());
  return false;
}

// Whether At(version) answers without reading what may have been cleaned up.
bool TableLog::IsReadable(const Timeline& timeline, Version version) {
  return version == timeline.latest->version() ||
         context_.cache.Find(location_, version) != nullptr;
}

// Looks a version up by time. An answer must not name a version that was cleaned up: unless it is
// in memory, the oldest file is asked for before it is named, and if that is gone, the look-up is
// done once more on a new listing. So are refusals, which name times.
template <class Look>
Result<Version> TableLog::LookUp(const Look& look) {
  Timeline timeline = TRY(TimelineNow());
  const Result<Version> found = look(timeline);
  if (found.has_value() ? IsReadable(timeline, *found)
                        : found.error().code != Code::kInvalidArgument) {
    return found;
  }
  if (TRY(MakeSure(timeline))) return found;
  return look(timeline);
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
  const CommitFile* commit = FindCommit(timeline.history->listing(), version);
  if (commit == nullptr) return file_time;
  const auto own = InCommitTimestamp(*store_, *commit, context_.limits.max_commit);
  if (!own.has_value() && IsGone(own.error())) return file_time;
  const TimePoint time = TRY(CommitTime(*timeline.latest, version, TRY(own), file_time));
  const std::lock_guard lock(mutex_);
  if (timeline.generation == generation_) own_times_[version] = time;
  return time;
}

// The newest version whose time is not after `time`; nothing: all are later.
Result<std::optional<Version>> TableLog::NewestUpTo(const Timeline& timeline, TimePoint time) {
  const auto [oldest, newest] = VersionsAround(time, timeline.latest->metadata(),
                                               {timeline.history->oldest(), timeline.newest});
  return NewestNotAfter(oldest, newest, time,
                        [&](Version version) { return TimeOf(timeline, version); });
}

Result<Version> TableLog::VersionAt(TimePoint time) {
  return LookUp([&](const Timeline& timeline) -> Result<Version> {
    const TimePoint last = TRY(TimeOf(timeline, timeline.newest));
    if (time > last) {
      return Fail(Code::kInvalidArgument, AfterLatest(timeline.newest, last));
    }
    const std::optional<Version> found = TRY(NewestUpTo(timeline, time));
    if (found.has_value()) return *found;
    const TimePoint first = TRY(TimeOf(timeline, timeline.history->oldest()));
    return Fail(Code::kInvalidArgument,
                fmt::format("the time is before the earliest available version, which is of {}",
                            FormatTimestamp(first)));
  });
}

Result<Version> TableLog::FirstVersionSince(TimePoint time) {
  return LookUp([&](const Timeline& timeline) -> Result<Version> {
    const std::optional<Version> before = TRY(NewestUpTo(timeline, time - Millis(1)));
    if (!before.has_value()) return timeline.history->oldest();
    if (*before < timeline.newest) return *before + 1;
    const TimePoint last = TRY(TimeOf(timeline, timeline.newest));
    return Fail(Code::kInvalidArgument, AfterLatest(timeline.newest, last));
  });
}

Result<std::pair<Version, Version>> TableLog::ChangeRange() {
  Timeline timeline = TRY(TimelineNow());
  TRY(MakeSure(timeline));
  return std::pair(timeline.history->oldest_change(), timeline.newest);
}

Result<CommitPage> TableLog::Commits(std::optional<Version> from, size_t most) {
  Timeline timeline = TRY(TimelineNow());
  TRY(MakeSure(timeline));
  Result<CommitPage> page = ReadCommitPage(*store_, *timeline.history, from, most);
  if (page.has_value() || !IsGone(page.error())) return page;
  const HistoryPtr anew = TRY(ListHistory());  // cleaned up since it was listed
  page = ReadCommitPage(*store_, *anew, from, most);
  if (!page.has_value() && IsGone(page.error())) return ChangedMeanwhile(page.error());
  return page;
}

Result<ChangeFeed::Source> TableLog::ChangeSource(const HistoryPtr& history, Version first,
                                                  Version last, const TableSnapshotPtr& latest) {
  const Version oldest = history->oldest_change();
  const Version newest = history->newest();
  if (first < oldest || first > last || last > newest) {
    return Fail(
        Code::kInvalidArgument,
        fmt::format("the changes of versions {} to {} cannot be read: those of {} to {} can", first,
                    last, oldest, newest));
  }
  ChangeFeed::Source source;
  source.store = store_;
  source.max_commit = context_.limits.max_commit;
  source.latest = latest;
  source.history = history;
  source.last = last;
  const bool newest_asked = first == latest->version();
  source.first = TRY(HeadOf(
      first, {newest_asked ? latest : context_.cache.Find(location_, first), latest->version()}));
  return source;
}

Result<std::unique_ptr<ChangeFeed>> TableLog::OpenChanges(Version first,
                                                          std::optional<Version> last, Changes what,
                                                          const SnapshotAt& snapshot_at,
                                                          const PathCheck& check,
                                                          const PartitionTerms* only) {
  const TableSnapshotPtr latest = TRY(Latest());
  const Version newest = latest->version();
  const Version end = std::min(last.value_or(newest), newest);
  HistoryPtr history = TRY(HistoryFor(end, newest));
  for (int attempt = 0;; ++attempt) {
    Result<ChangeFeed::Source> source = ChangeSource(history, first, end, latest);
    if (!source.has_value()) return std::unexpected(std::move(source).error());
    source->snapshot_at = snapshot_at;
    if (only != nullptr) source->only = *only;
    Result<std::unique_ptr<ChangeFeed>> feed = ChangeFeed::Open(*std::move(source), what, check);
    if (feed.has_value() || !IsGone(feed.error())) return feed;
    if (attempt > 0) return ChangedMeanwhile(feed.error());
    history = TRY(ListHistory());  // cleaned up since it was listed
  }
}

Result<std::pair<Version, Version>> TableLog::Range() {
  Timeline timeline = TRY(TimelineNow());
  TRY(MakeSure(timeline));
  return std::pair(timeline.history->oldest(), timeline.newest);
}

}  // namespace sluice::delta
