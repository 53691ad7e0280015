// audit/log.h -- the audit log: append-only files, each entry chained to the one before by its
// hash.
//
// An entry is one line of JSON that ends with the SHA-256 over the hash of the line before and the
// line itself, so that nothing can be altered, taken out or put in between unseen. The newest hash
// is anchored in the database, so that lines cannot be cut off the end unseen either.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "audit/event.h"
#include "base/clock.h"
#include "base/result.h"

namespace sluice::audit {

// kNow: on the disk before Append returns (changes of the catalog). kSoon: written to the file, and
// on the disk within 50 ms (reads).
enum class Sync { kNow, kSoon };

// Thread-safe.
class Log {
 public:
  virtual ~Log() = default;
  // Errors: kUnavailable  the entry could not be written; what it is about must not happen
  virtual Status Append(const Event& event, Sync sync) = 0;
  // Whether an entry could be written now: asked before something is done that must be on record.
  // Errors: kUnavailable
  virtual Status CheckReady() { return {}; }
};

}  // namespace sluice::audit
