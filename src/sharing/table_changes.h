// sharing/table_changes.h -- the answer about a range of versions: /changes, and queries with a
// startingVersion.
//
// What a recipient may ask: versions from SharedTable::first_change on, whose commits are still
// there. An answer about a closed range never changes: it is told with the state of its own
// versions, not of later ones. Source: Delta Sharing PROTOCOL.md, "Read Change Data Feed from a
// Table", "Read Data from a Table".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/resolver.h"
#include "delta/change_feed.h"
#include "net/http.h"
#include "sharing/page_token.h"
#include "sharing/services.h"

namespace sluice::sharing {

// A range as it was asked for.
struct ChangesQuestion {
  delta::Changes what = delta::Changes::kRows;
  delta::Version first = 0;
  std::optional<delta::Version> last;  // nothing: the newest
  // Each metaData (protocol) that the range goes through gets a line; without, one line stands for
  // all of them.
  bool historical_metadata = false;
  bool historical_protocol = false;  // has no effect in parquet format
  std::optional<uint64_t> max_files;
  bool end_stream_action = false;  // asked for otherwise than by the capabilities
  std::optional<ChangesPage> page;
  std::string_view operation;  // what page tokens are for
  std::string request_hash;    // what they are bound to
};

// Errors: kInvalidArgument  the range is not there, is older than what is shared, or its changes
//                           were not recorded
//         kUnsupported      the format, or a schema change that the client could not read over
//         and those of a query
Result<net::Response> AnswerChanges(const Services& services, const net::Request& request,
                                    const catalog::SharedTable& table,
                                    const ChangesQuestion& question);

// Goes on where a page ended: the page that `token` names. Errors: kInvalidArgument
Result<ChangesPage> OpenChangesPage(const Services& services, const net::Request& request,
                                    const catalog::SharedTable& table,
                                    const ChangesQuestion& question, std::string_view token);

}  // namespace sluice::sharing
