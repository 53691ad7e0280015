#include "sharing/errors.h"

#include <fmt/format.h>

#include "base/json.h"

namespace sluice::sharing {
namespace {

std::string_view ErrorCode(const Error& error) {
  if (!error.reason.empty()) return error.reason;
  switch (error.code) {
    case Code::kInvalidArgument: return "INVALID_PARAMETER_VALUE";
    case Code::kUnauthenticated: return "UNAUTHENTICATED";
    case Code::kPermissionDenied: return "PERMISSION_DENIED";
    case Code::kNotFound: return "RESOURCE_DOES_NOT_EXIST";
    case Code::kAlreadyExists: return "RESOURCE_ALREADY_EXISTS";
    case Code::kConflict: return "RESOURCE_CONFLICT";
    case Code::kUnsupported: return "UNSUPPORTED_OPERATION";
    case Code::kResourceExhausted: return "RESOURCE_EXHAUSTED";
    case Code::kUnavailable: return "TEMPORARILY_UNAVAILABLE";
    case Code::kCorrupt: return "TABLE_CORRUPT";
    case Code::kInternal: return "INTERNAL_ERROR";
  }
  return "INTERNAL_ERROR";
}

}  // namespace

net::Response RenderError(const Error& error) {
  std::string body = R"({"errorCode":)";
  json::AppendQuoted(ErrorCode(error), body);
  body += R"(,"message":)";
  json::AppendQuoted(error.message, body);
  body += '}';
  net::Response response = net::Response::Text(net::HttpStatus(error),
                                               "application/json; charset=utf-8", std::move(body));
  if (response.status == 401) response.headers.Add("WWW-Authenticate", "Bearer");
  if (response.status == 503 || response.status == 429) response.headers.Add("Retry-After", "1");
  response.error = error;
  return response;
}

std::unexpected<Error> InvalidParameter(std::string message) {
  return Fail(Code::kInvalidArgument, std::move(message));
}

std::unexpected<Error> Malformed(std::string message) {
  return Fail(Code::kInvalidArgument, std::move(message), {}, kMalformedRequest);
}

std::string errors::FeedNotShared(std::string_view share, std::string_view schema,
                                  std::string_view table) {
  return fmt::format("cdf is not enabled on table {}.{}.{}", share, schema, table);
}

std::string errors::NotWrittenYet(std::string_view table, delta::Version version) {
  return fmt::format("The table {} is shared from version {} on, which is not written yet.", table,
                     version);
}

std::string errors::ChangesSince(delta::Version version) {
  return fmt::format("You can only query table changes since version {}.", version);
}

std::string errors::VersionGone(std::string_view again) {
  return fmt::format("The version of the table that the query began with is not kept any more. {}",
                     again);
}

std::string errors::TooManyAsyncQueries(size_t most) {
  return fmt::format(
      "Too many asynchronous queries of yours are under way: there may be {} at a time. Try again "
      "when one of them has ended.",
      most);
}

std::string errors::HistoryNotShared(std::string_view share, std::string_view schema,
                                     std::string_view table) {
  return fmt::format(
      "Reading table by version or timestamp is not supported because history sharing is not "
      "enabled on table: {}.{}.{}",
      share, schema, table);
}

}  // namespace sluice::sharing
