#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/crypto/crypto.h"
#include "base/encoding.h"
#include "sharing/errors.h"
#include "sharing/operations.h"
#include "sharing/packed.h"
#include "sharing/parameters.h"
#include "sharing/shared_partitions.h"
#include "sharing/table_changes.h"
#include "sharing/table_request.h"

namespace sluice::sharing {
namespace {

// Delta Sharing PROTOCOL.md, "Read Change Data Feed from a Table", and the reference server's
// protocol.proto for what pages.
struct ChangesRequest {
  std::optional<delta::Version> starting_version;
  std::optional<std::string> starting_timestamp;
  std::optional<delta::Version> ending_version;
  std::optional<std::string> ending_timestamp;
  bool historical_metadata = false;
  bool historical_protocol = false;
  std::optional<int64_t> max_files;
  std::optional<std::string> page_token;
  std::string hash;  // of everything that must stay the same between pages
};

// A version in the words of the reference server.
Result<std::optional<delta::Version>> VersionParameter(const net::Request& request,
                                                       std::string_view name) {
  const auto text = request.query.Find(name);
  if (!text) return std::nullopt;
  const auto version = ParseNumber(*text);
  if (!version) return InvalidParameter(fmt::format("{} is not a valid number.", name));
  return *version;
}

std::optional<std::string> TextParameter(const net::Request& request, std::string_view name) {
  const auto text = request.query.Find(name);
  return text ? std::optional(std::string(*text)) : std::nullopt;
}

// What is not "true" is false, as the reference server has it.
bool FlagParameter(const net::Request& request, std::string_view name) {
  return AsciiLower(request.query.Find(name).value_or("")) == "true";
}

std::string HashOf(const net::Request& request) {
  std::string text;
  for (const char* name :
       {"startingVersion", "startingTimestamp", "endingVersion", "endingTimestamp",
        "includeHistoricalMetadata", "includeHistoricalProtocol"}) {
    const auto value = request.query.Find(name);
    PackNumber(value.has_value() ? 1 : 0, text);
    PackText(value.value_or(""), text);
  }
  const crypto::Digest digest = crypto::Sha256(text);
  return std::string(crypto::View(digest).substr(0, 16));
}

Status CheckArguments(const ChangesRequest& changes) {
  if (changes.starting_version && changes.starting_timestamp) {
    return InvalidParameter(std::string(errors::kTwoStarts));
  }
  if (changes.ending_version && changes.ending_timestamp) {
    return InvalidParameter(std::string(errors::kTwoEnds));
  }
  if (!changes.starting_version && !changes.starting_timestamp) {
    return InvalidParameter(std::string(errors::kNoStart));
  }
  if (changes.max_files && *changes.max_files <= 0) {
    return InvalidParameter("maxFiles must be positive.");
  }
  return {};
}

Result<ChangesRequest> ParseChanges(const net::Request& request) {
  ChangesRequest changes;
  changes.starting_version = TRY(VersionParameter(request, "startingVersion"));
  changes.ending_version = TRY(VersionParameter(request, "endingVersion"));
  changes.starting_timestamp = TextParameter(request, "startingTimestamp");
  changes.ending_timestamp = TextParameter(request, "endingTimestamp");
  changes.historical_metadata = FlagParameter(request, "includeHistoricalMetadata");
  changes.historical_protocol = FlagParameter(request, "includeHistoricalProtocol");
  if (const auto text = request.query.Find("maxFiles")) changes.max_files = TRY(ParseNumber(*text));
  changes.page_token = TextParameter(request, "pageToken");
  changes.hash = HashOf(request);
  TRY(CheckArguments(changes));
  return changes;
}

// The newest version that is not younger than the time that was given; nothing: the range ends
// with the newest there is.
Result<std::optional<delta::Version>> EndAt(const Services& services,
                                            const catalog::SharedTable& table, delta::Version first,
                                            std::string_view text) {
  const TimePoint time = TRY(ParseTimeParameter("endingTimestamp", text));
  const auto last = services.snapshots.VersionAt(table.location, time);
  if (last && *last >= first) return *last;
  // Too early, or behind the latest version.
  const bool refused = !last && last.error().code == Code::kInvalidArgument;
  if (last || (refused && services.snapshots.FirstVersionSince(table.location, time))) {
    return InvalidParameter(std::string(errors::kEndsBeforeStart));
  }
  if (!refused) return std::unexpected(TableError(table, last.error()));
  return std::nullopt;
}

Status FindRange(const Services& services, const catalog::SharedTable& table,
                 const ChangesRequest& changes, ChangesQuestion& question) {
  question.first =
      changes.starting_version
          ? *changes.starting_version
          : TRY(VersionSince(services, table, "startingTimestamp", *changes.starting_timestamp));
  if (changes.ending_timestamp) {
    question.last = TRY(EndAt(services, table, question.first, *changes.ending_timestamp));
    return {};
  }
  question.last = changes.ending_version;
  if (!question.last || *question.last >= question.first) return {};
  return InvalidParameter(
      fmt::format("CDF range from start {} to end {} was invalid. End cannot be before start.",
                  question.first, *question.last));
}

}  // namespace

Result<net::Response> QueryTableChanges(const Services& services, const net::Request& request) {
  const ChangesRequest changes = TRY(ParseChanges(request));
  const auto table = TRY(ResolveTable(services, request));
  if (!ChangesShared(*table)) {
    return InvalidParameter(errors::FeedNotShared(table->share, table->schema, table->name));
  }
  ChangesQuestion question;
  question.what = delta::Changes::kRows;
  question.historical_metadata = changes.historical_metadata;
  question.historical_protocol = changes.historical_protocol;
  question.operation = "QueryTableChanges";
  question.request_hash = changes.hash;
  question.end_stream_action = changes.max_files || changes.page_token;
  if (question.end_stream_action) {
    const auto limit = services.options.page_size_limit;
    question.max_files =
        std::min(static_cast<uint64_t>(changes.max_files.value_or(INT64_MAX)), limit);
  }
  if (changes.page_token) {
    question.page = TRY(OpenChangesPage(services, request, *table, question, *changes.page_token));
  } else {
    TRY(FindRange(services, *table, changes, question));
  }
  return AnswerChanges(services, request, *table, question);
}

}  // namespace sluice::sharing
