// Timestamps of requests: what parses is formatted to a text that parses to the same time.
#include "base/timestamp.h"

#include "fuzz.h"

using sluice::fuzz::Require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (const auto time = sluice::ParseTimestamp(sluice::fuzz::View(data, size))) {
    const auto again = sluice::ParseTimestamp(sluice::FormatTimestamp(*time));
    Require(again.has_value() && *again == *time);
  }
  return 0;
}
