// delta/log_history.h -- which versions of a table can be read, and when each was committed.
//
// Times are the modification times of the commit files, made to ascend (at least one millisecond
// from version to version) from the oldest commit that is kept, unless a commit bears its own time.
// Source: Delta PROTOCOL.md, "In-Commit Timestamps".
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "delta/log_listing.h"

namespace sluice::delta {

// One time a commit.
std::vector<TimePoint> AscendingTimes(const std::vector<CommitFile>& commits);
// Whether the last of `commits`, of which older ones may be missing, has the time of its file:
// nothing has to be corrected, or it is so much younger than the others that a correction does not
// reach it, even if it began with the first version. There is at least one.
bool LastTimeStands(const std::vector<CommitFile>& commits);

class LogHistory {
 public:
  // `listing` is whole. Errors: as ReadableRange
  static Result<LogHistory> Make(LogListing listing);

  // Takes in what was listed from the newest version on, or from the one behind it. False: there is
  // a gap, and nothing changed.
  bool Append(const LogListing& news);

  const LogListing& listing() const { return listing_; }
  Version oldest() const { return oldest_; }
  Version newest() const { return newest_; }
  // The oldest version whose changes can be told: its commit is there, and so are all that follow.
  Version oldest_change() const;
  // Of a version in [oldest, newest].
  TimePoint FileTime(Version version) const;

 private:
  LogListing listing_;
  Version oldest_ = 0;
  Version newest_ = 0;
  std::vector<TimePoint> times_;  // from oldest_ on
};

// The time of a version, wherever it stands.
using TimeOfVersion = std::function<Result<TimePoint>(Version)>;

// The newest version in [oldest, newest] whose time is not after `time`; nothing: all are later.
// Asks for few times.
Result<std::optional<Version>> NewestNotAfter(Version oldest, Version newest, TimePoint time,
                                              const TimeOfVersion& time_of);

}  // namespace sluice::delta
