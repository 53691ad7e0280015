#include "delta/log_segment.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "delta/actions_json.h"
#include "delta/log_path.h"

namespace sluice::delta {
namespace {

// A listing of the log folder, sorted by what its files are.
struct Listing {
  std::map<Version, storage::ObjectInfo> commits;
  std::map<Version, Checkpoint> checkpoints;  // complete ones that this reader reads
  std::set<Version> v2_checkpoints;

  bool empty() const { return commits.empty() && checkpoints.empty() && v2_checkpoints.empty(); }
  Version newest() const {
    Version newest = -1;
    if (!commits.empty()) newest = commits.rbegin()->first;
    if (!checkpoints.empty()) newest = std::max(newest, checkpoints.rbegin()->first);
    if (!v2_checkpoints.empty()) newest = std::max(newest, *v2_checkpoints.rbegin());
    return newest;
  }
};

// A multi-part checkpoint counts once all its parts are there. Several checkpoints of one version
// hold the same: any of them will do.
void AddMultiPart(
    const std::map<std::pair<Version, uint32_t>, std::map<uint32_t, std::string>>& sets,
    Listing& listing) {
  for (const auto& [id, parts] : sets) {
    if (parts.size() != id.second || listing.checkpoints.contains(id.first)) continue;
    Checkpoint checkpoint{id.first, {}};
    for (const auto& [part, key] : parts) checkpoint.keys.push_back(key);
    listing.checkpoints.emplace(id.first, std::move(checkpoint));
  }
}

Result<Listing> ListLog(const storage::ObjectStore& store, Version from) {
  Listing listing;
  std::map<std::pair<Version, uint32_t>, std::map<uint32_t, std::string>> sets;
  auto objects = TRY_CONTEXT("listing the log", store.List(kLogFolder, VersionPrefix(from)));
  for (storage::ObjectInfo& object : objects) {
    const auto file = ParseLogKey(object.key);
    if (!file) continue;
    switch (file->kind) {
      case LogFileKind::kCommit: listing.commits.emplace(file->version, std::move(object)); break;
      case LogFileKind::kClassicCheckpoint:
        listing.checkpoints.insert_or_assign(file->version,
                                             Checkpoint{file->version, {object.key}});
        break;
      case LogFileKind::kMultiPartCheckpoint:
        sets[{file->version, file->parts}].emplace(file->part, std::move(object.key));
        break;
      case LogFileKind::kUuidCheckpoint: listing.v2_checkpoints.insert(file->version); break;
    }
  }
  AddMultiPart(sets, listing);
  return listing;
}

// The version where listing may start, 0 where there is no usable hint. What cannot be read as a
// hint is none.
Version StartHint(const storage::ObjectStore& store, std::optional<Version> asked) {
  const auto text = store.Read(kLastCheckpoint, MiB(16));
  if (!text) return 0;
  const auto hint = ParseLastCheckpoint(*text);
  if (!hint || (asked && *asked < hint->version)) return 0;
  return hint->version;
}

const Checkpoint* NewestCheckpoint(const Listing& listing, Version at_most) {
  auto behind = listing.checkpoints.upper_bound(at_most);
  return behind == listing.checkpoints.begin() ? nullptr : &std::prev(behind)->second;
}

std::unexpected<Error> Gap(Version missing) {
  return Fail(
      Code::kCorrupt,
      fmt::format("The table's log is broken: the commit of version {} is missing.", missing));
}

std::unexpected<Error> NeedsV2Checkpoint() {
  return Fail(Code::kUnsupported,
              "The table requires the Delta reader feature 'v2Checkpoint', which this server does "
              "not support.");
}

std::unexpected<Error> NoSuchVersion(Version version) {
  return Fail(Code::kInvalidArgument, fmt::format("Version {} cannot be read.", version));
}

// Builds the segment of `target` out of the listing.
Result<LogSegment> Choose(const Listing& listing, Version target, bool asked) {
  LogSegment segment;
  segment.version = target;
  Version next = 0;
  if (const Checkpoint* checkpoint = NewestCheckpoint(listing, target)) {
    segment.checkpoint = *checkpoint;
    next = checkpoint->version + 1;
  }
  for (; next <= target; ++next) {
    const auto commit = listing.commits.find(next);
    if (commit == listing.commits.end()) {
      const auto v2 = listing.v2_checkpoints.lower_bound(next);
      if (v2 != listing.v2_checkpoints.end() && *v2 <= target) return NeedsV2Checkpoint();
      // Before everything that is kept: cleaned up. In the middle: broken.
      const bool kept_before = segment.checkpoint || !segment.commits.empty();
      if (asked && !kept_before) return NoSuchVersion(target);
      return Gap(next);
    }
    segment.commits.push_back(commit->second);
  }
  return segment;
}

}  // namespace

Result<LogSegment> FindSegment(const storage::ObjectStore& store, std::optional<Version> version) {
  const Version hint = StartHint(store, version);
  Listing listing = TRY(ListLog(store, hint));
  // Without a checkpoint at or behind the hint the hint lied.
  if (hint > 0 && NewestCheckpoint(listing, version.value_or(listing.newest())) == nullptr) {
    listing = TRY(ListLog(store, 0));
  }
  if (listing.empty()) return Fail(Code::kNotFound, "There is no Delta table.");
  const Version newest = listing.newest();
  if (version && *version > newest) return NoSuchVersion(*version);
  return Choose(listing, version.value_or(newest), version.has_value());
}

Result<LogHistory> ListHistory(const storage::ObjectStore& store) {
  const Listing listing = TRY(ListLog(store, 0));
  if (listing.empty()) return Fail(Code::kNotFound, "There is no Delta table.");
  LogHistory history;
  history.newest = listing.newest();
  for (const auto& [version, info] : listing.commits) history.commits.emplace_back(version, info);
  // The oldest readable version: the first from which commits run to the newest without a gap, that
  // is a checkpoint or has one at most just before it.
  Version oldest = history.newest;
  while (oldest > 0 && listing.commits.contains(oldest)) --oldest;
  const bool whole = oldest == 0 && listing.commits.contains(0);
  const auto checkpoint = listing.checkpoints.lower_bound(oldest);
  if (!whole && checkpoint != listing.checkpoints.end()) oldest = checkpoint->first;
  history.oldest = oldest;
  return history;
}

}  // namespace sluice::delta
