#include "delta/log_listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "delta/actions_json.h"
#include "delta/log_path.h"

namespace sluice::delta {
namespace {

using storage::ObjectInfo;

// The parts of one multi-part checkpoint, by number.
using Parts = std::map<uint32_t, const ObjectInfo*>;

// Collects the files of checkpoints until all are known.
struct Candidates {
  std::map<Version, const ObjectInfo*> single;
  std::map<std::pair<Version, uint32_t>, Parts> parted;  // by version and number of parts
};

CheckpointFiles FilesOf(Version version, const std::vector<const ObjectInfo*>& objects) {
  CheckpointFiles files{version, {}};
  files.parts.reserve(objects.size());
  for (const ObjectInfo* object : objects) files.parts.push_back(*object);
  return files;
}

// The complete ones. Of several of one version a single file is preferred, then fewer parts.
std::vector<CheckpointFiles> Complete(const Candidates& candidates) {
  std::map<Version, CheckpointFiles> complete;
  for (const auto& [version, object] : candidates.single) {
    complete.emplace(version, FilesOf(version, {object}));
  }
  for (const auto& [key, parts] : candidates.parted) {
    if (parts.size() != key.second) continue;
    std::vector<const ObjectInfo*> objects;
    objects.reserve(parts.size());
    for (const auto& [number, object] : parts) objects.push_back(object);
    complete.emplace(key.first, FilesOf(key.first, objects));
  }
  std::vector<CheckpointFiles> sorted;
  sorted.reserve(complete.size());
  for (auto& [version, files] : complete) sorted.push_back(std::move(files));
  return sorted;
}

std::unexpected<Error> Missing(Version version) {
  return Fail(Code::kCorrupt, fmt::format("version {} is missing from the table's log", version));
}

}  // namespace

TimePoint CheckpointFiles::modified() const {
  TimePoint last{};
  for (const ObjectInfo& part : parts) last = std::max(last, part.modified);
  return last;
}

LogListing ReadListing(const std::vector<ObjectInfo>& objects) {
  LogListing listing;
  Candidates candidates;
  for (const ObjectInfo& object : objects) {
    const LogName name = ParseLogName(std::string_view(object.key).substr(kLogFolder.size()));
    switch (name.kind) {
      case LogFileKind::kCommit: listing.commits.push_back({name.version, object}); break;
      case LogFileKind::kCheckpoint: candidates.single.emplace(name.version, &object); break;
      case LogFileKind::kCheckpointPart:
        candidates.parted[{name.version, name.parts}].emplace(name.part, &object);
        break;
      case LogFileKind::kV2Checkpoint: listing.v2_checkpoints.push_back(name.version); break;
      case LogFileKind::kOther: break;
    }
  }
  listing.checkpoints = Complete(candidates);
  auto& v2 = listing.v2_checkpoints;
  v2.erase(std::unique(v2.begin(), v2.end()), v2.end());
  return listing;
}

Version NewestIn(const LogListing& listing) {
  Version newest = -1;
  if (!listing.commits.empty()) newest = listing.commits.back().version;
  if (!listing.checkpoints.empty()) newest = std::max(newest, listing.checkpoints.back().version);
  if (!listing.v2_checkpoints.empty()) newest = std::max(newest, listing.v2_checkpoints.back());
  return newest;
}

Result<LogListing> ListLog(const storage::ObjectStore& store, std::optional<Version> from) {
  const std::string first = from.has_value() ? FirstKeyOf(*from) : std::string();
  LogListing listing = ReadListing(TRY(store.List(kLogFolder, first)));
  listing.whole = !from.has_value() || *from == 0;
  return listing;
}

std::optional<Version> LastCheckpointHint(const storage::ObjectStore& store) {
  const Result<std::string> text = store.Read(kLastCheckpointKey, MiB(16));
  return text.has_value() ? ParseLastCheckpoint(*text) : std::nullopt;
}

Result<std::pair<Version, Version>> ReadableRange(const LogListing& listing) {
  const auto& commits = listing.commits;
  const auto& checkpoints = listing.checkpoints;
  if (listing.empty()) return Fail(Code::kNotFound, "there is no Delta table");
  const Version newest = NewestIn(listing);
  // The unbroken run of commits that ends at the newest version.
  Version run = newest + 1;
  for (auto commit = commits.rbegin(); commit != commits.rend(); ++commit) {
    if (commit->version != run - 1) break;
    run = commit->version;
  }
  if (run == 0) return std::pair(Version{0}, newest);
  const auto base = std::find_if(checkpoints.begin(), checkpoints.end(),
                                 [&](const CheckpointFiles& c) { return c.version >= run - 1; });
  if (base != checkpoints.end()) return std::pair(base->version, newest);
  const bool v2 = !listing.v2_checkpoints.empty() && listing.v2_checkpoints.back() >= run - 1;
  if (!v2) return Missing(run - 1);
  return Fail(Code::kUnsupported,
              "the table requires the Delta reader feature 'v2Checkpoint', which this server does "
              "not support");
}

}  // namespace sluice::delta
