#include "delta/log_segment.h"

#include <fmt/format.h>

#include <algorithm>

#include "delta/log_path.h"

namespace sluice::delta {
namespace {

// The newest checkpoint in [oldest, version]; null: none.
const CheckpointFiles* NewestCheckpoint(const LogListing& listing, Version oldest,
                                        Version version) {
  const CheckpointFiles* newest = nullptr;
  for (const CheckpointFiles& checkpoint : listing.checkpoints) {
    if (checkpoint.version >= oldest && checkpoint.version <= version) newest = &checkpoint;
  }
  return newest;
}

// The compacted file that begins at `first` and reaches furthest, but not past `last`; null: none.
// An empty one is not taken: commits that come to nothing are as quickly read.
const CommitFile* Compacted(const LogListing& listing, Version first, Version last) {
  const CommitFile* furthest = nullptr;
  const auto begin = std::ranges::lower_bound(listing.compacted, first, {}, &CommitFile::first);
  for (auto file = begin; file != listing.compacted.end() && file->first == first; ++file) {
    const bool sound = file->version > file->first && file->object.size.value > 0;
    if (sound && file->version <= last) furthest = &*file;
  }
  return furthest;
}

// In place of commits, the compacted files that cover them. The last commit stays: only it tells
// its own time.
std::vector<CommitFile> Compact(const LogListing& listing, std::vector<CommitFile> commits) {
  if (listing.compacted.empty() || commits.empty()) return commits;
  const Version version = commits.back().version;
  std::vector<CommitFile> files;
  for (size_t i = 0; i < commits.size();) {
    const CommitFile* compacted = Compacted(listing, commits[i].version, version - 1);
    files.push_back(compacted == nullptr ? commits[i] : *compacted);
    i += static_cast<size_t>(files.back().version - files.back().first + 1);
  }
  return files;
}

void NameLastFile(const LogListing& listing, LogSegment& segment) {
  const auto commit =
      std::find_if(listing.commits.rbegin(), listing.commits.rend(),
                   [&](const CommitFile& c) { return c.version == segment.version; });
  if (commit != listing.commits.rend()) {
    segment.last = commit->object;
  } else if (segment.checkpoint.has_value()) {
    segment.last = segment.checkpoint->parts.front();
  }
}

}  // namespace

Result<LogSegment> ChooseSegment(const LogListing& listing, std::optional<Version> version) {
  const auto [oldest, newest] = TRY(ReadableRange(listing));
  LogSegment segment;
  segment.version = version.value_or(newest);
  if (segment.version < oldest || segment.version > newest) {
    return Fail(Code::kInvalidArgument,
                fmt::format("version {} of the table cannot be read: the versions {} to {} can",
                            segment.version, oldest, newest));
  }
  const CheckpointFiles* checkpoint = NewestCheckpoint(listing, oldest, segment.version);
  if (checkpoint != nullptr) segment.checkpoint = *checkpoint;
  Version next = checkpoint == nullptr ? 0 : checkpoint->version + 1;
  for (const CommitFile& commit : listing.commits) {
    if (commit.version < next || commit.version > segment.version) continue;
    if (commit.version != next) break;
    segment.commits.push_back(commit);
    ++next;
  }
  if (next != segment.version + 1) {
    return Fail(Code::kCorrupt, fmt::format("version {} is missing from the table's log", next));
  }
  segment.commits = Compact(listing, std::move(segment.commits));
  NameLastFile(listing, segment);
  return segment;
}

LogListing WithoutCheckpoint(LogListing listing, const CheckpointFiles& checkpoint) {
  std::erase_if(listing.checkpoints, [&](const CheckpointFiles& other) {
    return other.parts.front().key == checkpoint.parts.front().key;
  });
  return listing;
}

Result<FoundSegment> FindNewestSegment(const storage::ObjectStore& store) {
  const Version hint = LastCheckpointHint(store).value_or(0);
  if (hint > 0) {
    LogListing listing = TRY(ListLog(store, hint));
    Result<LogSegment> segment = ChooseSegment(listing);
    if (segment.has_value()) return FoundSegment{std::move(listing), *std::move(segment)};
  }
  LogListing listing = TRY(ListLog(store));
  LogSegment segment = TRY(ChooseSegment(listing));
  return FoundSegment{std::move(listing), std::move(segment)};
}

}  // namespace sluice::delta
