#include "delta/snapshots.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/timestamp.h"
#include "delta/log_path.h"
#include "delta/log_replay.h"
#include "delta/log_segment.h"
#include "delta/table_version.h"

namespace sluice::delta {
namespace {

using VersionPtr = std::shared_ptr<const TableVersion>;
using SteadyClock = std::chrono::steady_clock;

double SecondsSince(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

bool HasInCommitTimestamps(const Metadata& metadata) {
  const auto found = metadata.configuration.find("delta.enableInCommitTimestamps");
  return found != metadata.configuration.end() && found->second == "true";
}

// Of the version from which on in-commit timestamps count; 0 where the table always had them.
Version InCommitTimestampsSince(const Metadata& metadata) {
  const auto found = metadata.configuration.find("delta.inCommitTimestampEnablementVersion");
  return found == metadata.configuration.end() ? 0 : std::atoll(found->second.c_str());
}

using CommitTimes = std::vector<std::pair<Version, TimePoint>>;

std::unexpected<Error> AfterLatest(const CommitTimes& times) {
  const auto& [version, time] = times.back();
  return Fail(
      Code::kInvalidArgument,
      fmt::format("The provided timestamp is after the latest available version {}, which is "
                  "of {}.",
                  version, FormatTimestamp(time)));
}

}  // namespace

// The latest version of a table, with what tells whether it still is the latest.
struct LatestVersion {
  VersionPtr snapshot;
  // The last commit, or the checkpoint where only that is left: another tag means another table.
  std::string watched_key;
  std::string watched_tag;
  bool reloaded = false;  // from the start, not grown out of the version before
};

// One table. `mutex` guards everything but `store`; nobody holds it while reading the store.
struct TableEntry {
  explicit TableEntry(std::shared_ptr<const storage::ObjectStore> s) : store(std::move(s)) {}

  const std::shared_ptr<const storage::ObjectStore> store;
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<LatestVersion> latest;

  // A round is one look at the store for all who wait. Whoever arrives while round n runs needs
  // round n + 1: its look began after they arrived.
  uint64_t started = 0;
  uint64_t finished = 0;
  bool running = false;
  size_t waiting = 0;
  std::map<uint64_t, Result<VersionPtr>> outcomes;  // of rounds that somebody still waits for
  std::map<uint64_t, size_t> waiters;
};

// How long callers beyond the limit wait. A burst on a store in good health passes; a store that
// hangs holds no more than the limit's number of threads.
constexpr std::chrono::seconds kPatience{1};

// A caller of round `round` goes; the last one takes the outcome along. The table's mutex is held.
void Leave(TableEntry& table, uint64_t round) {
  --table.waiting;
  if (--table.waiters[round] == 0) {
    table.waiters.erase(round);
    table.outcomes.erase(round);
  }
}

struct Snapshots::State {
  State(const CheckpointReader& r, const Clock& c, Metrics& m, SnapshotLimits l)
      : reader(r), clock(c), metrics(m), limits(l) {}

  const CheckpointReader& reader;
  const Clock& clock;
  Metrics& metrics;
  const SnapshotLimits limits;

  std::mutex mutex;  // of the members below
  std::unordered_map<std::string, std::shared_ptr<TableEntry>> tables;
  // Least recently used first: (location, version); nullopt is the latest.
  struct Cached {
    std::string location;
    std::optional<Version> version;
    VersionPtr snapshot;
  };
  std::list<Cached> cached;

  Result<std::shared_ptr<TableEntry>> Table(const std::string& location);
  Result<VersionPtr> Latest(const std::string& location, TableEntry& table);
  Result<LatestVersion> Refresh(const TableEntry& table, const std::optional<LatestVersion>& known);
  Result<LatestVersion> LoadLatest(const storage::ObjectStore& store);
  Result<VersionPtr> Load(const storage::ObjectStore& store, const LogSegment& segment);
  Result<VersionPtr> LoadAt(TableEntry& table, Version version);
  Result<TimePoint> CommitTime(const storage::ObjectStore& store, Version version,
                               const Replay& replay, const Metadata& metadata);
  Result<CommitTimes> Times(const TableEntry& table, const Metadata& metadata);
  void Remember(const std::string& location, std::optional<Version> version, VersionPtr snapshot);
  void Forget(const std::string& location);
  VersionPtr Recall(const std::string& location, std::optional<Version> version);
  void Evict();
};

Result<std::shared_ptr<TableEntry>> Snapshots::State::Table(const std::string& location) {
  const std::scoped_lock lock(mutex);
  std::shared_ptr<TableEntry>& entry = tables[location];
  if (entry == nullptr) {
    auto store = storage::OpenStore(location);
    if (!store) {
      tables.erase(location);
      return std::unexpected(std::move(store).error());
    }
    entry = std::make_shared<TableEntry>(*std::move(store));
  }
  return entry;
}

// Commit times are those of the files. They need not ascend (clocks differ, files are copied), so
// that time travel makes them: each at least 1 ms after the one before, from the oldest commit
// kept.
Result<CommitTimes> Snapshots::State::Times(const TableEntry& table, const Metadata& metadata) {
  metrics.StoreRequest("list");
  const LogHistory history = TRY(ListHistory(*table.store));
  const bool in_commit = HasInCommitTimestamps(metadata);
  const Version since = InCommitTimestampsSince(metadata);
  CommitTimes times;
  for (const auto& [version, info] : history.commits) {
    if (version < history.oldest) continue;
    TimePoint time = info.modified;
    if (in_commit && version >= since) {
      Replay replay;
      TRY(ReplayCommit(*table.store, version, limits.max_commit, replay));
      if (!replay.in_commit_timestamp) {
        return Fail(Code::kCorrupt, "The table's log is broken: a commit lacks its timestamp.");
      }
      time = FromUnixMillis(*replay.in_commit_timestamp);
    }
    if (!times.empty()) time = std::max(time, times.back().second + Millis(1));
    times.emplace_back(version, time);
  }
  return times;
}

Result<TimePoint> Snapshots::State::CommitTime(const storage::ObjectStore& store, Version version,
                                               const Replay& replay, const Metadata& metadata) {
  if (HasInCommitTimestamps(metadata) && replay.in_commit_timestamp) {
    return FromUnixMillis(*replay.in_commit_timestamp);
  }
  metrics.StoreRequest("head");
  const auto info = store.Head(CommitKey(version));
  if (info) return info->modified;
  if (info.error().code == Code::kNotFound) return TimePoint{};  // only its checkpoint is left
  return std::unexpected(info.error());
}

Result<VersionPtr> Snapshots::State::Load(const storage::ObjectStore& store,
                                          const LogSegment& segment) {
  const auto start = SteadyClock::now();
  if (segment.commits.size() > limits.max_log_files) {
    return Fail(Code::kResourceExhausted,
                "The table's log has too many commits without a checkpoint.");
  }
  Replay replay;
  auto base = TRY(LoadCheckpoint(store, reader, segment, replay));
  const Version first = segment.version + 1 - static_cast<Version>(segment.commits.size());
  for (Version version = first; version <= segment.version; ++version) {
    metrics.StoreRequest("read");
    TRY(ReplayCommit(store, version, limits.max_commit, replay));
  }
  replay.version = segment.version;
  const TimePoint time =
      TRY(CommitTime(store, segment.version, replay, replay.metadata.value_or(Metadata())));
  auto snapshot = TRY(TableVersion::Make(std::move(base), std::move(replay), time));
  metrics.SnapshotLoaded(false, SecondsSince(start));
  return snapshot;
}

Result<LatestVersion> Snapshots::State::LoadLatest(const storage::ObjectStore& store) {
  metrics.StoreRequest("list");
  const LogSegment segment = TRY(FindSegment(store));
  LatestVersion latest;
  latest.reloaded = true;
  // Looked up before the files are read: a table replaced meanwhile shows at the next call.
  if (segment.commits.empty()) {
    latest.watched_key = segment.checkpoint->keys.front();
    latest.watched_tag = TRY(store.Head(latest.watched_key)).tag;
  } else {
    latest.watched_key = segment.commits.back().key;
    latest.watched_tag = segment.commits.back().tag;
  }
  latest.snapshot = TRY(Load(store, segment));
  return latest;
}

// Asks two questions: is the last known commit the same, and is there a next one? A last commit
// that changed or went means that this is another table.
Result<LatestVersion> Snapshots::State::Refresh(const TableEntry& table,
                                                const std::optional<LatestVersion>& known) {
  const storage::ObjectStore& store = *table.store;
  if (!known) return LoadLatest(store);
  const Version last = known->snapshot->version();
  metrics.StoreRequest("head");
  const auto same = store.Head(known->watched_key);
  if (!same && same.error().code != Code::kNotFound) return std::unexpected(same.error());
  if (!same || same->tag != known->watched_tag) return LoadLatest(store);

  const auto start = SteadyClock::now();
  Replay replay;
  LatestVersion latest = *known;
  latest.reloaded = false;
  TimePoint time{};
  for (Version next = last + 1;; ++next) {
    metrics.StoreRequest("head");
    const auto info = store.Head(CommitKey(next));
    if (!info && info.error().code != Code::kNotFound) return std::unexpected(info.error());
    if (!info) break;
    metrics.StoreRequest("read");
    TRY(ReplayCommit(store, next, limits.max_commit, replay));
    latest.watched_key = info->key;
    latest.watched_tag = info->tag;
    time = info->modified;
  }
  if (replay.version < 0) return latest;
  const Metadata& metadata = replay.metadata ? *replay.metadata : known->snapshot->metadata();
  if (HasInCommitTimestamps(metadata) && replay.in_commit_timestamp) {
    time = FromUnixMillis(*replay.in_commit_timestamp);
  }
  latest.snapshot = TRY(known->snapshot->Extend(std::move(replay), time));
  metrics.SnapshotLoaded(true, SecondsSince(start));
  return latest;
}

Result<VersionPtr> Snapshots::State::Latest(const std::string& location, TableEntry& table) {
  std::unique_lock lock(table.mutex);
  const uint64_t needed = table.started + 1;
  const bool patient = ++table.waiting <= limits.waiters_per_table;
  ++table.waiters[needed];
  const auto my_turn = [&] { return table.finished >= needed || !table.running; };
  if (patient) {
    table.changed.wait(lock, my_turn);
  } else if (!table.changed.wait_for(lock, kPatience, my_turn)) {
    Leave(table, needed);
    return Fail(Code::kUnavailable, "The table's store is slow to answer; try again.");
  }
  if (table.finished < needed) {
    // Nobody looks: this thread does, for all who wait for this round.
    table.running = true;
    table.started = needed;
    const std::optional<LatestVersion> known = table.latest;
    lock.unlock();
    Result<LatestVersion> fresh = Refresh(table, known);
    lock.lock();
    table.running = false;
    table.finished = needed;
    table.outcomes.insert_or_assign(
        needed, fresh ? Result<VersionPtr>(fresh->snapshot) : std::unexpected(fresh.error()));
    const bool is_new = fresh && (!known || known->snapshot != fresh->snapshot);
    const bool reloaded = is_new && fresh->reloaded;
    if (fresh) {
      table.latest = *std::move(fresh);
    } else if (fresh.error().code != Code::kUnavailable) {
      table.latest.reset();
    }
    table.changed.notify_all();
    if (is_new) {
      const VersionPtr snapshot = table.latest->snapshot;
      lock.unlock();
      if (reloaded) Forget(location);
      Remember(location, std::nullopt, snapshot);
      lock.lock();
    }
  }
  Result<VersionPtr> outcome = table.outcomes.at(needed);
  Leave(table, needed);
  return outcome;
}

Result<VersionPtr> Snapshots::State::LoadAt(TableEntry& table, Version version) {
  metrics.StoreRequest("list");
  const LogSegment segment = TRY(FindSegment(*table.store, version));
  return Load(*table.store, segment);
}

void Snapshots::State::Remember(const std::string& location, std::optional<Version> version,
                                VersionPtr snapshot) {
  const std::scoped_lock lock(mutex);
  std::erase_if(cached,
                [&](const Cached& c) { return c.location == location && c.version == version; });
  cached.push_back({location, version, std::move(snapshot)});
  Evict();
}

// Versions of what may have been another table.
void Snapshots::State::Forget(const std::string& location) {
  const std::scoped_lock lock(mutex);
  std::erase_if(cached, [&](const Cached& c) { return c.location == location; });
}

VersionPtr Snapshots::State::Recall(const std::string& location, std::optional<Version> version) {
  const std::scoped_lock lock(mutex);
  const auto found = std::ranges::find_if(
      cached, [&](const Cached& c) { return c.location == location && c.version == version; });
  if (found == cached.end()) return nullptr;
  cached.splice(cached.end(), cached, found);
  return cached.back().snapshot;
}

// Forgets the least recently used versions until the rest fits. The newest entry always stays.
void Snapshots::State::Evict() {
  uint64_t bytes = 0;
  for (const Cached& c : cached) bytes += c.snapshot->memory().value;
  while (bytes > limits.cache.value && cached.size() > 1) {
    const Cached& oldest = cached.front();
    bytes -= oldest.snapshot->memory().value;
    if (!oldest.version) {
      const auto table = tables.find(oldest.location);
      if (table != tables.end()) {
        const std::scoped_lock lock(table->second->mutex);
        if (table->second->latest && table->second->latest->snapshot == oldest.snapshot) {
          table->second->latest.reset();
        }
      }
    }
    cached.pop_front();
  }
  metrics.SnapshotBytes(bytes);
}

Snapshots::Snapshots(const CheckpointReader& reader, const Clock& clock, Metrics& metrics,
                     SnapshotLimits limits)
    : state_(std::make_unique<State>(reader, clock, metrics, limits)) {}
Snapshots::~Snapshots() = default;

Result<std::shared_ptr<const Snapshot>> Snapshots::Latest(const std::string& location) {
  const auto table = TRY(state_->Table(location));
  VersionPtr snapshot = TRY(state_->Latest(location, *table));
  state_->Recall(location, std::nullopt);  // it was used just now
  return snapshot;
}

Result<std::shared_ptr<const Snapshot>> Snapshots::At(const std::string& location,
                                                      Version version) {
  const auto table = TRY(state_->Table(location));
  const auto latest = state_->Latest(location, *table);
  // A latest version that cannot be read says nothing about older ones.
  if (!latest) return TRY(state_->LoadAt(*table, version));
  if ((*latest)->version() == version) return *latest;
  if (VersionPtr cached = state_->Recall(location, version)) return cached;
  if (version < 0 || version > (*latest)->version()) {
    return Fail(Code::kInvalidArgument, "That version of the table cannot be read.");
  }
  VersionPtr snapshot = TRY(state_->LoadAt(*table, version));
  state_->Remember(location, version, snapshot);
  return snapshot;
}

Result<Version> Snapshots::VersionAt(const std::string& location, TimePoint time) {
  const auto latest = TRY(Latest(location));
  const auto table = TRY(state_->Table(location));
  const auto times = TRY(state_->Times(*table, latest->metadata()));
  if (times.empty() || time < times.front().second) {
    return Fail(Code::kInvalidArgument,
                "The provided timestamp is before the earliest version available.");
  }
  if (time > times.back().second) {
    return AfterLatest(times);
  }
  const auto behind =
      std::ranges::upper_bound(times, time, {}, &std::pair<Version, TimePoint>::second);
  return std::prev(behind)->first;
}

Result<Version> Snapshots::FirstVersionSince(const std::string& location, TimePoint time) {
  const auto latest = TRY(Latest(location));
  const auto table = TRY(state_->Table(location));
  const auto times = TRY(state_->Times(*table, latest->metadata()));
  const auto found =
      std::ranges::lower_bound(times, time, {}, &std::pair<Version, TimePoint>::second);
  if (times.empty()) return Fail(Code::kNotFound, "There is no Delta table.");
  if (found == times.end()) {
    return AfterLatest(times);
  }
  return found->first;
}

Result<std::pair<Version, Version>> Snapshots::Range(const std::string& location) {
  const auto table = TRY(state_->Table(location));
  const LogHistory history = TRY(ListHistory(*table->store));
  return std::pair(history.oldest, history.newest);
}

Result<std::shared_ptr<const storage::ObjectStore>> Snapshots::Store(const std::string& location) {
  return TRY(state_->Table(location))->store;
}

}  // namespace sluice::delta
