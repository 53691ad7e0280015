// audit/reader.h -- asks the log: pages of events, who read how much of what; all events one after
// the other are audit/cursor.h's.
//
// Reads the files of a folder, also while a server writes to them and from another process; it sees
// what was written when the call began. It does not prove anything: Verify does.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "audit/block_index.h"
#include "audit/event.h"
#include "audit/filter.h"
#include "audit/segment_files.h"
#include "base/result.h"

namespace sluice::audit {

struct Entry {
  uint64_t sequence = 0;
  Event event;
  std::string json;  // the line of the log
};

struct Page {
  std::vector<Entry> entries;
  std::string next_page_token;  // empty: this was the last page
};

// The reads of one table by one recipient.
struct Usage {
  std::string share;
  std::string recipient;
  std::string table;
  uint64_t accesses = 0;
  int64_t bytes = 0;
  TimePoint first{};
  TimePoint last{};
};

// Thread-safe.
class Reader {
 public:
  // Errors: kNotFound, kUnavailable  the folder
  static Result<std::unique_ptr<Reader>> Open(const std::string& folder);

  // The newest events first. A page ends when it is full or when enough was searched: it may be
  // empty and still not be the last.
  // Errors: kInvalidArgument  a token that was not given out for this filter
  Result<Page> Read(const Filter& filter, size_t max_results, std::string_view page_token) const;

  // Counts the events that match, by share, recipient and table, in this order. Without actions in
  // the filter: the results of queries ("deltaSharingQueriedTable", "...Changes") that succeeded,
  // with the bytes of the files that were fetched through this server ("deltaSharingReadFile").
  // Errors: kResourceExhausted  more than a million rows
  Result<std::vector<Usage>> CountUsage(const Filter& filter) const;

 private:
  friend class Cursor;  // audit/cursor.h
  explicit Reader(Fd folder) : folder_(std::move(folder)) {}

  struct Search;
  Status SearchSegment(const Segment& segment, bool newest, Search& search) const;
  Status SearchBlock(const Fd& file, const Block& block, Search& search) const;
  Result<std::shared_ptr<const BlockIndex>> IndexOf(const Segment& segment, bool newest,
                                                    const Fd& file, uint64_t& work) const;

  Fd folder_;
  mutable std::mutex mutex_;
  // Of the file that is being written, as far as it was asked for.
  mutable std::string growing_name_;
  mutable std::shared_ptr<const BlockIndex> growing_;
};

}  // namespace sluice::audit
