// sharing/errors.h -- the sentences that recipients read, and the shape they come in.
//
// The shape is {"errorCode":"...","message":"..."} (Delta Sharing PROTOCOL.md, "REST APIs"). Words
// and statuses follow the reference server where they make sense; docs/decisions says where not. No
// sentence names a location.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "delta/actions.h"
#include "net/http.h"

namespace sluice::sharing {

// errorCode words beside the default one of each Code.
inline constexpr std::string_view kMalformedRequest = "MALFORMED_REQUEST";

// Renders a failure in the dialect of the sharing protocol; adds WWW-Authenticate, Retry-After and
// the like where HTTP asks for them.
net::Response RenderError(const Error& error);

std::unexpected<Error> InvalidParameter(std::string message);
std::unexpected<Error> Malformed(std::string message);

namespace errors {
std::string HistoryNotShared(std::string_view share, std::string_view schema,
                             std::string_view table);
std::string FeedNotShared(std::string_view share, std::string_view schema, std::string_view table);
// `table` as share.schema.table; `version` is the first that is shared.
std::string NotWrittenYet(std::string_view table, delta::Version version);
// `version` is the oldest whose changes the recipient may read.
std::string ChangesSince(delta::Version version);
// Of a token's version; `again` says what to do.
std::string VersionGone(std::string_view again);
// `most` is how many a recipient may have.
std::string TooManyAsyncQueries(size_t most);
inline constexpr std::string_view kNotANumber =
    "expected a number but the string didn't have the appropriate format";
inline constexpr std::string_view kMaxResults =
    "Acceptable values of 'maxResults' are 0 to 500, inclusive. (Default: 500)";
inline constexpr std::string_view kBadListToken = "invalid 'nextPageToken'";
inline constexpr std::string_view kOneOfVersionTimestamp =
    "Please only provide one of: version,timestamp,startingVersion";
inline constexpr std::string_view kNoStart =
    "No startingVersion or startingTimestamp provided for CDF read.";
inline constexpr std::string_view kTwoStarts =
    "Multiple starting arguments provided for CDF read. Please provide one of either "
    "startingTimestamp or startingVersion.";
inline constexpr std::string_view kTwoEnds =
    "Multiple ending arguments provided for CDF read. Please provide one of either "
    "endingTimestamp or endingVersion.";
inline constexpr std::string_view kEndsBeforeStart =
    "The ending timestamp of the CDF range is before its start.";
inline constexpr std::string_view kStartAgain =
    "The page token is not valid for this request: start again without a page token.";
inline constexpr std::string_view kRefreshAgain =
    "The refresh token is not valid for this request: query the table again without it.";
inline constexpr std::string_view kKeyNeeded = "idempotency_key is required for async query.";
inline constexpr std::string_view kKeyUsed =
    "This idempotencyKey came with another query of the table before: choose a new one.";
inline constexpr std::string_view kNoSuchQuery = "The queryId is unknown or has expired.";
inline constexpr std::string_view kAskedOfAnother =
    "The table was replaced since this query was submitted: submit it again with another "
    "idempotencyKey.";
inline constexpr std::string_view kAsyncQueriesFull =
    "Too many asynchronous queries are under way, try again later.";
inline constexpr std::string_view kLinkRefused =
    "This file link is not valid. Query the table again for a new one.";
inline constexpr std::string_view kLinkExpired =
    "This file link has expired. Query the table again for a new one.";
inline constexpr std::string_view kFileGone =
    "The file is gone or was replaced. Query the table again.";
}  // namespace errors

}  // namespace sluice::sharing
