// audit/cursor.h -- the events of a log one after the other, the oldest first, and on with what
// came since.
//
//   auto cursor = TRY(Cursor::Open(reader, filter, after));
//   while (const auto match = TRY(cursor.Next())) Use(match->line);
//   TRY(cursor.Renew());  // and again, for those who follow the log
//
// Holds one line and the index of one file: memory does not depend on how long the log is.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/filter.h"
#include "audit/line_keys.h"
#include "audit/reader.h"
#include "base/result.h"

namespace sluice::audit {

// Events [first, last] that were asked for and are no longer in the log: retention was faster.
struct Gap {
  uint64_t first = 0;
  uint64_t last = 0;
  bool operator==(const Gap&) const = default;
};

// One thread at a time.
class Cursor {
 public:
  struct Match {
    uint64_t sequence = 0;
    LineKeys keys;
    std::string_view line;
  };

  // Begins behind event `after` (0: where the log begins) and ends where the log ends now.
  // `reader` is borrowed. Errors of all: kUnavailable, kCorrupt  the files
  static Result<Cursor> Open(const Reader& reader, const Filter& filter, uint64_t after = 0);
  Cursor(Cursor&&) noexcept;
  Cursor& operator=(Cursor&&) noexcept;
  ~Cursor();

  // The next event that matches, valid until the next call. Nothing: there is no further one.
  Result<std::optional<Match>> Next();
  // From here on to where the log ends now.
  Status Renew();
  // The newest event of the log, as it was when this was opened or renewed; 0: there is none.
  uint64_t newest() const { return newest_; }
  // What was found to be missing since the last call.
  std::vector<Gap> TakeGaps() { return std::exchange(gaps_, {}); }

 private:
  struct Part;
  Cursor(const Reader& reader, const Filter& filter, uint64_t after);
  Result<std::shared_ptr<const Part>> OpenPart(const Segment& segment, bool newest) const;
  Result<bool> NextPart();
  bool NextBlock();

  const Reader* reader_;
  std::unique_ptr<const Matcher> matcher_;
  uint64_t next_;  // all events before this one were looked at
  uint64_t newest_ = 0;
  std::vector<Gap> gaps_;

  std::vector<Segment> ahead_;             // the next one last
  std::shared_ptr<const Part> last_part_;  // the newest file, as far as it was written
  std::shared_ptr<const Part> part_;       // that is being read; null: none
  size_t block_ = 0;                       // of part_, the next one
  std::unique_ptr<LineReader> lines_;      // of the block that is being read
};

}  // namespace sluice::audit
