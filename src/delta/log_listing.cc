#include "delta/log_listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "delta/actions_json.h"
#include "delta/log_path.h"

namespace sluice::delta {
namespace {

using storage::ObjectInfo;

// The parts of one multi-part checkpoint, by number.
using Parts = std::map<uint32_t, const ObjectInfo*>;

// Collects the files of checkpoints until all are known.
struct Candidates {
  std::vector<CheckpointFiles> single;                   // of one file
  std::map<std::pair<Version, uint32_t>, Parts> parted;  // by version and number of parts
};

// What costs least to read comes last: one file of Parquet, one of JSON, few parts.
auto Order(const CheckpointFiles& files) {
  return std::tuple(files.version, -static_cast<int64_t>(files.parts.size()), !files.is_json,
                    files.parts.front().modified, std::string_view(files.parts.front().key));
}

std::vector<CheckpointFiles> Complete(Candidates&& candidates) {
  std::vector<CheckpointFiles> complete = std::move(candidates.single);
  for (const auto& [key, parts] : candidates.parted) {
    if (parts.size() != key.second) continue;
    CheckpointFiles& files = complete.emplace_back();
    files.version = key.first;
    for (const auto& [number, object] : parts) files.parts.push_back(*object);
  }
  std::sort(complete.begin(), complete.end(),
            [](const auto& a, const auto& b) { return Order(a) < Order(b); });
  return complete;
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
      case LogFileKind::kCheckpoint:
      case LogFileKind::kV2Checkpoint:
        candidates.single.push_back({name.version, {object}, name.is_json});
        break;
      case LogFileKind::kCheckpointPart:
        candidates.parted[{name.version, name.parts}].emplace(name.part, &object);
        break;
      case LogFileKind::kCompacted:
        listing.compacted.push_back({name.version, object, name.first});
        break;
      case LogFileKind::kChecksum: listing.checksums.push_back({name.version, object}); break;
      case LogFileKind::kOther: break;
    }
  }
  listing.checkpoints = Complete(std::move(candidates));
  return listing;
}

Version NewestIn(const LogListing& listing) {
  Version newest = -1;
  if (!listing.commits.empty()) newest = listing.commits.back().version;
  if (!listing.checkpoints.empty()) newest = std::max(newest, listing.checkpoints.back().version);
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
  return Missing(run - 1);
}

}  // namespace sluice::delta
