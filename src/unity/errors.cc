#include "unity/errors.h"

#include "base/json.h"

namespace sluice::unity {
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
    case Code::kUnsupported: return "NOT_IMPLEMENTED";
    case Code::kResourceExhausted: return "RESOURCE_EXHAUSTED";
    case Code::kUnavailable: return "TEMPORARILY_UNAVAILABLE";
    case Code::kCorrupt: return "DATA_LOSS";
    case Code::kInternal: return "INTERNAL_ERROR";
  }
  return "INTERNAL_ERROR";
}

}  // namespace

net::Response RenderError(const Error& error) {
  std::string body = R"({"error_code":)";
  json::AppendQuoted(ErrorCode(error), body);
  body += R"(,"message":)";
  json::AppendQuoted(error.message, body);
  body += R"(,"details":[]})";
  net::Response response =
      net::Response::Text(net::HttpStatus(error), "application/json", std::move(body));
  if (response.status == 401) response.headers.Add("WWW-Authenticate", "Bearer");
  if (response.status == 503 || response.status == 429) response.headers.Add("Retry-After", "1");
  response.error = error;
  return response;
}

}  // namespace sluice::unity
