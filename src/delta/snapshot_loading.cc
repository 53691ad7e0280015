#include "delta/snapshot_loading.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "delta/log_path.h"
#include "delta/log_replay.h"
#include "delta/version_checksum.h"
#include "storage/parallel.h"

namespace sluice::delta {
namespace {

// So many changes are kept apart before they are packed.
constexpr size_t kManyChanges = 65'536;

// A refresh leaves the merge of an overlay to the background. One that has outgrown its share so
// many times came in too fast for that.
constexpr uint64_t kFarTooLarge = 4;

// A property that is a number; nothing: it is not there, or is none.
std::optional<int64_t> NumberOf(const Metadata& metadata, const std::string& name) {
  const auto property = metadata.configuration.find(name);
  if (property == metadata.configuration.end()) return std::nullopt;
  int64_t number = 0;
  const std::string& text = property->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

std::unexpected<Error> Lacking(std::string_view what) {
  return Fail(Code::kCorrupt, fmt::format("the table's log has no {} action", what));
}

// The files after `changes`; packed, if the overlay has outgrown its share so many times.
Result<LiveFiles> Packed(const LiveFiles& files, const std::vector<FileChange>& changes,
                         uint64_t times = 1) {
  LiveFiles next = TRY(files.Apply(changes));
  return next.Outgrown(times) ? next.Merged() : next;
}

Status CheckCount(size_t commits, const SnapshotLimits& limits) {
  if (commits <= limits.max_log_files) return {};
  return Fail(Code::kUnsupported,
              fmt::format("the table has more than {} commits since its last checkpoint",
                          limits.max_log_files));
}

// Reads commits into `replay`; packs changes into `files` on the way where there are many.
Status ReplayCommits(const LogSource& source, const std::vector<CommitFile>& commits,
                     LogReplay& replay, LiveFiles* files) {
  TRY(CheckCount(commits.size(), source.limits));
  const auto take = [&](Version version, std::string&& bytes) -> Status {
    TRY(replay.Add(version, std::move(bytes)));
    if (files != nullptr && replay.pending() > kManyChanges) {
      *files = TRY(Packed(*files, replay.TakeChanges()));
    }
    return {};
  };
  return ReadCommits(source.store, commits, source.limits.max_commit, take);
}

// The time of a version that comes from its checkpoint alone, which may have outlived its commit.
Result<TimePoint> TimeBesideCheckpoint(const LogSource& source, const LogSegment& segment,
                                       const Snapshot& snapshot, TimePoint file_time) {
  if (!HasInCommitTimestamp(snapshot.metadata(), segment.version)) return file_time;
  if (segment.last.key != CommitKey(segment.version)) return file_time;
  const auto own =
      InCommitTimestamp(source.store, {segment.version, segment.last}, source.limits.max_commit);
  if (!own.has_value() && own.error().code == Code::kNotFound) return file_time;
  return CommitTime(snapshot, segment.version, TRY(own), file_time);
}

// One attempt, with the segment as it is. Null: its checkpoint is not complete.
Result<TableSnapshotPtr> LoadOnce(const LogSource& source, const LogSegment& segment,
                                  TimePoint file_time) {
  LogReplay replay;
  CheckpointState state;
  // The newest protocol decides whether the rest can be read at all: commits come first.
  const bool from_start = !segment.checkpoint.has_value();
  if (from_start) state.files = LiveFiles(source.limits.blocks);
  TRY(ReplayCommits(source, segment.commits, replay, from_start ? &state.files : nullptr));
  if (replay.protocol().has_value()) TRY(CheckReadable(*replay.protocol()));
  if (!from_start) {
    std::optional<CheckpointState> read = TRY(LoadCheckpoint(source, *segment.checkpoint));
    if (!read.has_value()) return nullptr;
    state = *std::move(read);
  }
  const auto& header = state.header;
  SnapshotParts parts;
  parts.version = segment.version;
  if (!replay.protocol().has_value() && !header.protocol.has_value()) return Lacking("protocol");
  if (!replay.metadata().has_value() && !header.metadata.has_value()) return Lacking("metaData");
  parts.protocol = replay.protocol().has_value() ? *replay.protocol() : *header.protocol;
  parts.metadata = replay.metadata().has_value() ? *replay.metadata() : *header.metadata;
  parts.files = TRY(Packed(state.files, replay.TakeChanges()));
  auto snapshot = TRY(TableSnapshot::Make(std::move(parts)));
  const TimePoint time =
      segment.commits.empty()
          ? TRY(TimeBesideCheckpoint(source, segment, *snapshot, file_time))
          : TRY(CommitTime(*snapshot, segment.version, replay.in_commit_timestamp(), file_time));
  snapshot->set_commit_time(time);
  return snapshot;
}

// With the checkpoint of `segment`, or with another one if that is not complete.
Result<TableSnapshotPtr> LoadFromAny(const LogSource& source, const LogListing& listing,
                                     const LogSegment& segment, TimePoint file_time) {
  TableSnapshotPtr loaded = TRY(LoadOnce(source, segment, file_time));
  if (loaded != nullptr) return loaded;
  // What lies before a hint counts now.
  LogListing rest = listing.whole ? listing : TRY(ListLog(source.store));
  rest = WithoutCheckpoint(std::move(rest), *segment.checkpoint);
  while (true) {
    const Result<LogSegment> other = ChooseSegment(rest, segment.version);
    if (!other.has_value()) {
      return Fail(Code::kCorrupt, "a file of the table's checkpoint is missing");
    }
    loaded = TRY(LoadOnce(source, *other, file_time));
    if (loaded != nullptr) return loaded;
    rest = WithoutCheckpoint(std::move(rest), *other->checkpoint);
  }
}

}  // namespace

bool HasInCommitTimestamp(const Metadata& metadata, Version version) {
  const auto& properties = metadata.configuration;
  const auto enabled = properties.find("delta.enableInCommitTimestamps");
  if (enabled == properties.end() || !EqualsIgnoreCase(enabled->second, "true")) return false;
  const auto since = NumberOf(metadata, "delta.inCommitTimestampEnablementVersion");
  return !since.has_value() || version >= *since;
}

Result<TimePoint> CommitTime(const Snapshot& snapshot, Version version, std::optional<int64_t> own,
                             TimePoint file_time) {
  if (!HasInCommitTimestamp(snapshot.metadata(), version)) return file_time;
  if (own.has_value()) return FromUnixMillis(*own);
  const auto& features = snapshot.protocol().writer_features;
  const bool must = features.has_value() && std::ranges::count(*features, "inCommitTimestamp") > 0;
  if (!must) return file_time;
  return Fail(Code::kCorrupt,
              fmt::format("the table's log is broken at version {}: the commit does not tell its "
                          "time, as its table says that it does",
                          version));
}

VersionRange VersionsAround(TimePoint time, const Metadata& metadata, VersionRange versions) {
  const auto since = NumberOf(metadata, "delta.inCommitTimestampEnablementVersion");
  const auto begin = NumberOf(metadata, "delta.inCommitTimestampEnablementTimestamp");
  auto [oldest, newest] = versions;
  if (!since.has_value() || !begin.has_value() || *since > newest) return versions;
  if (!HasInCommitTimestamp(metadata, *since)) return versions;
  if (time < FromUnixMillis(*begin)) return {oldest, *since - 1};
  return {std::max(oldest, *since), newest};
}

std::optional<VersionHead> HeadFromChecksum(const LogSource& source, const LogListing& listing,
                                            Version version, TimePoint file_time) {
  const ChecksumFile* file = FindChecksum(listing, version);
  if (file == nullptr) return std::nullopt;
  auto checksum = ReadChecksum(source.store, *file);
  if (!checksum.has_value()) return std::nullopt;
  VersionHead head{version, file_time, std::move(checksum->protocol),
                   std::move(checksum->metadata)};
  if (HasInCommitTimestamp(head.metadata, version)) {
    if (!checksum->in_commit_timestamp.has_value()) return std::nullopt;
    head.commit_time = FromUnixMillis(*checksum->in_commit_timestamp);
  }
  if (!CheckHead(head.protocol, head.metadata).has_value()) return std::nullopt;
  return head;
}

Result<TableSnapshotPtr> LoadSnapshot(const LogSource& source, const LogListing& listing,
                                      const LogSegment& segment, TimePoint file_time) {
  const ChecksumFile* file = FindChecksum(listing, segment.version);
  if (file == nullptr) return LoadFromAny(source, listing, segment, file_time);
  TableSnapshotPtr loaded;
  std::optional<VersionChecksum> checksum;
  const size_t threads = std::min<size_t>(source.store.parallel_reads(), 2);
  TRY(storage::InParallel(2, threads, [&](size_t work) -> Status {
    if (work == 0) {
      loaded = TRY(LoadFromAny(source, listing, segment, file_time));
    } else {
      checksum = ReadChecksum(source.store, *file);
    }
    return {};
  }));
  if (checksum.has_value()) TRY(CheckAgainst(*checksum, *loaded));
  return loaded;
}

Result<TableSnapshotPtr> ExtendSnapshot(const LogSource& source, const TableSnapshot& from,
                                        const std::vector<CommitFile>& commits,
                                        TimePoint file_time) {
  LogReplay replay;
  LiveFiles files = from.files();
  TRY(ReplayCommits(source, commits, replay, &files));
  files = TRY(Packed(files, replay.TakeChanges(), kFarTooLarge));
  const Version version = commits.back().version;
  std::shared_ptr<TableSnapshot> snapshot;
  if (replay.protocol().has_value() || replay.metadata().has_value()) {
    snapshot =
        TRY(TableSnapshot::Make({version, replay.protocol().value_or(from.protocol()),
                                 replay.metadata().value_or(from.metadata()), std::move(files)}));
  } else {
    snapshot = from.With(version, std::move(files));
  }
  snapshot->set_commit_time(
      TRY(CommitTime(*snapshot, version, replay.in_commit_timestamp(), file_time)));
  return snapshot;
}

}  // namespace sluice::delta
