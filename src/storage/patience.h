// storage/patience.h -- how long attempts may take, and how long to wait between them.
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/crypto/random.h"
#include "net/http.h"
#include "storage/store_options.h"

namespace sluice::storage {

// The time of one attempt whose answer has `size` bytes; at most `left`, at least a millisecond.
Millis AttemptTime(const StoreLimits& limits, ByteCount size, Millis left);

// Full jitter: uniformly random from nothing to `first_backoff`, doubled `repetition` times, or to
// `longest_backoff`.
Millis Backoff(const StoreLimits& limits, int repetition, Random& random);

// What a Retry-After header asks for, in seconds or as a date; a date is taken by the answer's own
// Date, else by `now`. Never negative. Nothing: there is no such header, or it makes no sense.
std::optional<Millis> RetryAfter(const net::Headers& headers, TimePoint now);

}  // namespace sluice::storage
