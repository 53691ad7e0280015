#include "delta/log_history.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace sluice::delta {

std::vector<TimePoint> AscendingTimes(const std::vector<CommitFile>& commits) {
  std::vector<TimePoint> times;
  times.reserve(commits.size());
  for (const CommitFile& commit : commits) {
    times.push_back(times.empty() ? commit.object.modified
                                  : std::max(commit.object.modified, times.back() + Millis(1)));
  }
  return times;
}

bool LastTimeStands(const std::vector<CommitFile>& commits) {
  bool ascend = true;
  TimePoint latest_before{};
  for (size_t i = 1; i < commits.size(); ++i) {
    const TimePoint before = commits[i - 1].object.modified;
    ascend = ascend && before < commits[i].object.modified;
    latest_before = std::max(latest_before, before);
  }
  const CommitFile& last = commits.back();
  return ascend || last.object.modified - latest_before >= Millis(last.version);
}

Result<LogHistory> LogHistory::Make(LogListing listing) {
  LogHistory history;
  std::tie(history.oldest_, history.newest_) = TRY(ReadableRange(listing));
  // A version whose commit is gone has the time of its checkpoint.
  std::map<Version, CommitFile> files;
  for (const CheckpointFiles& checkpoint : listing.checkpoints) {
    if (checkpoint.version < history.oldest_) continue;
    CommitFile& file = files[checkpoint.version];
    file.version = checkpoint.version;
    file.object.modified = checkpoint.modified();
  }
  for (const CommitFile& commit : listing.commits) files[commit.version] = commit;
  std::vector<CommitFile> kept;
  kept.reserve(files.size());
  for (auto& [version, file] : files) kept.push_back(std::move(file));
  const std::vector<TimePoint> times = AscendingTimes(kept);
  for (size_t i = 0; i < kept.size(); ++i) {
    if (kept[i].version >= history.oldest_) history.times_.push_back(times[i]);
  }
  history.listing_ = std::move(listing);
  return history;
}

bool LogHistory::Append(const LogListing& news) {
  std::vector<CommitFile> commits;
  for (const CommitFile& commit : news.commits) {
    if (commit.version > newest_) commits.push_back(commit);
  }
  Version next = newest_ + 1;
  for (const CommitFile& commit : commits) {
    if (commit.version != next++) return false;
  }
  const auto take_newer = [this](const auto& from, auto& to) {
    for (const auto& file : from) {
      if (file.version > newest_) to.push_back(file);
    }
  };
  take_newer(news.checkpoints, listing_.checkpoints);
  take_newer(news.compacted, listing_.compacted);
  take_newer(news.checksums, listing_.checksums);
  for (CommitFile& commit : commits) {
    times_.push_back(std::max(commit.object.modified, times_.back() + Millis(1)));
    newest_ = commit.version;
    listing_.commits.push_back(std::move(commit));
  }
  return true;
}

Version LogHistory::oldest_change() const {
  Version run = newest_ + 1;
  for (auto commit = listing_.commits.rbegin(); commit != listing_.commits.rend(); ++commit) {
    if (commit->version != run - 1) break;
    run = commit->version;
  }
  return std::max(run, oldest_);
}

TimePoint LogHistory::FileTime(Version version) const {
  return times_[static_cast<size_t>(version - oldest_)];
}

Result<std::optional<Version>> NewestNotAfter(Version oldest, Version newest, TimePoint time,
                                              const TimeOfVersion& time_of) {
  Version low = oldest;       // versions below are not after `time`
  Version high = newest + 1;  // this one and those above are
  while (low < high) {
    const Version middle = low + (high - low) / 2;
    if (TRY(time_of(middle)) <= time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low == oldest ? std::nullopt : std::optional(low - 1);
}

}  // namespace sluice::delta
