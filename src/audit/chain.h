// audit/chain.h -- the lines of the log, and how each is bound to the one before it.
//
// A line is a JSON object whose last member is `"hash"`: the SHA-256 over everything before that
// member, and then the 32 bytes of the hash of the line before. The hash of the line itself comes
// first, so that most of it is computed before the line has its place.
//
//   {"segment":1,"opened":"...","first":1,"previous":"00...","hash":"9a..."}   begins each file
//   {"account_id":..., "sequence":1,"hash":"41..."}                            an event
//
// Events are numbered from 1 without a gap, over all files. The line that begins a file is a link
// of the chain as any other; `previous` repeats the hash of the last line of the file before, so
// that the chain can be taken up where older files were deleted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/crypto/crypto.h"
#include "base/result.h"

namespace sluice::audit {

// No line is longer, its end included.
inline constexpr ByteCount kMaxLine = MiB(1);

// An event's number and its hash: who holds one can prove everything up to it.
struct Head {
  uint64_t sequence = 0;
  crypto::Digest hash{};
  bool operator==(const Head&) const = default;
};

// Where the chain stands.
struct Chain {
  Head head;             // the newest event
  crypto::Digest tip{};  // the newest line, which may be the first of a file

  // Ends a line that was begun with `line`, hashed with `hashed`, and moves on.
  void CloseEvent(std::string& line, crypto::Sha256Stream hashed);
  // The line that begins a file.
  std::string OpenSegment(TimePoint now);
};

struct Line {
  bool begins_segment = false;
  uint64_t sequence = 0;      // of the event; in the line that begins a file: of the first in it
  crypto::Digest previous{};  // of the line that begins a file
  TimePoint opened{};         // likewise
  crypto::Digest hash{};
  std::string_view hashed;  // the text that the hash is over, besides the hash before

  bool Follows(const crypto::Digest& before) const;
};

// Errors: kCorrupt  not a line of the log
Result<Line> ReadLine(std::string_view text);

}  // namespace sluice::audit
