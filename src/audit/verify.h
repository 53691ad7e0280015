// audit/verify.h -- proves that the log in a folder is what was written, or says where it is not.
//
// Reads every file once, a line at a time. What it proves, and what nobody can from files alone, is
// in docs/decisions/0015-audit-log.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "audit/chain.h"
#include "base/result.h"

namespace sluice::audit {

// The first place where the log is not what it must be.
struct Break {
  std::string file;       // empty: the log as a whole
  uint64_t line = 0;      // from 1
  uint64_t sequence = 0;  // of the event that was expected there
  std::string what;       // what is there, and what was expected
};

struct Verification {
  uint64_t segments = 0;
  uint64_t events = 0;
  uint64_t bytes = 0;
  uint64_t first_sequence = 0;  // 0: no events
  Head head;
  // Deleted by retention, and recorded as such: the events up to this one.
  uint64_t purged_through = 0;
  // Bytes behind the last line: a line that is being written now, or that a crash left.
  uint64_t unfinished = 0;
  // The anchor's event is in the log, and is the one that was anchored.
  bool anchor_met = false;
  // Breaks that an operator accepted ("acceptAuditLogBreak"): each is an event in the log.
  uint64_t accepted_breaks = 0;
  std::optional<Break> broken;  // nothing: the log is whole
};

// Of a log that is being written, too: load the anchor before the call.
// Errors: kNotFound     no such folder
//         kUnavailable  a file cannot be read
//         kConflict     retention deleted files meanwhile: begin again
Result<Verification> Verify(const std::string& folder, const std::optional<Head>& anchor);

}  // namespace sluice::audit
