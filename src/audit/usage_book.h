// audit/usage_book.h -- who read how much, over time: the sums of all files together.
//
// Asks the folder of a log as Reader does, but never line by line where the sums of a file are
// there. Of the file that is being written they are kept in memory and read on from where they
// stopped; CatchUp, called now and then, leaves little to do for whoever asks.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "audit/segment_files.h"
#include "audit/usage_sums.h"
#include "base/clock.h"
#include "base/result.h"

namespace sluice::audit {

// Hours since 1970; the last one not included.
struct Hours {
  int64_t from = 0;
  int64_t to = 0;
};
// The whole hours that a span of time touches.
Hours HoursOf(TimePoint from, TimePoint to);

// Thread-safe.
class UsageBook {
 public:
  // Errors: kNotFound, kUnavailable  the folder
  static Result<std::unique_ptr<UsageBook>> Open(const std::string& folder);

  // Calls `row` for each sum within `hours`, in no order; an hour may come more than once. Texts
  // are as meant. Errors: kUnavailable, kCorrupt
  using Row = std::function<void(const UsageKey&, const UsageSum&)>;
  Status Visit(const Hours& hours, const Row& row) const;

  // Of the files that have events within `hours`; one address may come more than once.
  using Address =
      std::function<void(const std::string& recipient, const std::string& ip, const SeenAddress&)>;
  Status VisitAddresses(const Hours& hours, const Address& address) const;

  // Brings the sums of the newest file up to date, and makes those that are missing of at most
  // `files` older ones.
  Status CatchUp(size_t files) const;

 private:
  using Sums = std::shared_ptr<const UsageSums>;

  explicit UsageBook(Fd folder) : folder_(std::move(folder)) {}
  Status EachFile(const Hours& hours, const std::function<void(const UsageSums&)>& use) const;
  Result<Sums> SumsOf(const Segment& segment, bool newest) const;
  Result<Sums> MakeSums(const Segment& segment, bool newest, const Fd& file) const;

  Fd folder_;
  mutable std::mutex mutex_;  // held while sums are made: once is enough
  mutable std::string growing_name_;
  mutable Sums growing_;
  mutable std::unordered_map<std::string, Sums> kept_;  // of full files, by name
  mutable size_t kept_rows_ = 0;
};

}  // namespace sluice::audit
