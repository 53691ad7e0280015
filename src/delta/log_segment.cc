#include "delta/log_segment.h"

#include <fmt/format.h>

#include <algorithm>

#include "delta/log_path.h"

namespace sluice::delta {
namespace {

// The newest checkpoint in [oldest, version], older than `below`; null: none.
const CheckpointFiles* NewestCheckpoint(const LogListing& listing, Version oldest, Version version,
                                        std::optional<Version> below) {
  const CheckpointFiles* newest = nullptr;
  for (const CheckpointFiles& checkpoint : listing.checkpoints) {
    const bool usable = checkpoint.version >= oldest && checkpoint.version <= version;
    if (usable && (!below.has_value() || checkpoint.version < *below)) newest = &checkpoint;
  }
  return newest;
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

Result<LogSegment> ChooseSegment(const LogListing& listing, std::optional<Version> version,
                                 std::optional<Version> below) {
  const auto [oldest, newest] = TRY(ReadableRange(listing));
  LogSegment segment;
  segment.version = version.value_or(newest);
  if (segment.version < oldest || segment.version > newest) {
    return Fail(Code::kInvalidArgument,
                fmt::format("version {} of the table cannot be read: the versions {} to {} can",
                            segment.version, oldest, newest));
  }
  const CheckpointFiles* checkpoint = NewestCheckpoint(listing, oldest, segment.version, below);
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
  NameLastFile(listing, segment);
  return segment;
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
