// audit/log_end.h -- how a log was left by whoever wrote it last.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/chain.h"
#include "audit/segment_files.h"
#include "base/clock.h"
#include "base/result.h"

namespace sluice::audit {

struct LogEnd {
  std::string name;   // of the newest file; empty: there is none
  uint64_t size = 0;  // of its sound lines
  uint64_t torn = 0;  // bytes behind them: a line that was being written in a crash
  TimePoint opened{};
  uint64_t first = 0;  // the sequence that its events begin with
  Chain chain;
  std::string broken;  // why the end is not what it must be, with file and line; empty: sound
};

// Reads the newest file through, and holds it to `anchor`. Files in which no line was finished are
// passed over: they are in `leftover`, to be deleted.
// Errors: kUnavailable
Result<LogEnd> FindEnd(const Fd& folder, const std::optional<Head>& anchor,
                       std::vector<std::string>& leftover);

}  // namespace sluice::audit
