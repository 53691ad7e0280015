#include "net/http.h"

#include <unistd.h>

#include <algorithm>
#include <boost/url/authority_view.hpp>
#include <boost/url/parse.hpp>

#include "base/encoding.h"

namespace sluice::net {
namespace {

// '+' stands for a space here and nowhere else in a URL.
Result<std::string> DecodeQueryPart(std::string_view text) {
  if (text.find_first_of("%+") == std::string_view::npos) return std::string(text);
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return PercentDecode(spaced);
}

// A Host header becomes part of links in answers, so only what a browser would take as one passes.
bool IsSoundHost(std::string_view host) {
  const auto authority = boost::urls::parse_authority(host);
  if (!authority || authority->has_userinfo() || authority->host().empty()) return false;
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._:[]").find(c) != std::string_view::npos;
  });
}

}  // namespace

std::string_view MethodName(Method method) {
  switch (method) {
    case Method::kGet: return "GET";
    case Method::kHead: return "HEAD";
    case Method::kPost: return "POST";
    case Method::kPut: return "PUT";
    case Method::kPatch: return "PATCH";
    case Method::kDelete: return "DELETE";
    case Method::kOptions: return "OPTIONS";
    case Method::kOther: return "OTHER";
  }
  return "OTHER";
}

void Headers::Set(std::string_view name, std::string value) {
  std::erase_if(fields_, [&](const auto& field) { return EqualsIgnoreCase(field.first, name); });
  fields_.emplace_back(std::string(name), std::move(value));
}

std::optional<std::string_view> Headers::Find(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (EqualsIgnoreCase(key, name)) return value;
  }
  return std::nullopt;
}

Result<QueryParams> QueryParams::Parse(std::string_view raw) {
  QueryParams query;
  while (!raw.empty()) {
    const size_t end = std::min(raw.find('&'), raw.size());
    const std::string_view piece = raw.substr(0, end);
    raw.remove_prefix(std::min(end + 1, raw.size()));
    if (piece.empty()) continue;
    const size_t equals = std::min(piece.find('='), piece.size());
    std::string name = TRY(DecodeQueryPart(piece.substr(0, equals)));
    std::string value = TRY(DecodeQueryPart(piece.substr(std::min(equals + 1, piece.size()))));
    query.params_.emplace_back(std::move(name), std::move(value));
  }
  return query;
}

std::optional<std::string_view> QueryParams::Find(std::string_view name) const {
  for (const auto& [key, value] : params_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::string_view Request::Param(std::string_view name) const {
  for (const auto& [key, value] : params) {
    if (key == name) return value;
  }
  return {};
}

std::string Request::Origin() const {
  std::string origin = forwarded_scheme;
  if (origin.empty()) origin = tls ? "https" : "http";
  origin += "://";
  if (IsSoundHost(forwarded_host)) return origin + forwarded_host;
  const std::optional<std::string_view> host = headers.Find("Host");
  return origin.append(host && IsSoundHost(*host) ? *host : std::string_view(local));
}

FileBody::~FileBody() {
  if (fd_ >= 0) ::close(fd_);
}

FileBody& FileBody::operator=(FileBody&& other) noexcept {
  if (this == &other) return *this;
  if (fd_ >= 0) ::close(fd_);
  fd_ = std::exchange(other.fd_, -1);
  offset_ = other.offset_;
  length_ = other.length_;
  return *this;
}

Response Response::Text(int status, std::string_view content_type, std::string body) {
  Response response;
  response.status = status;
  response.headers.Add("Content-Type", std::string(content_type));
  response.body = std::move(body);
  return response;
}

int HttpStatus(Code code) {
  switch (code) {
    case Code::kInvalidArgument: return 400;
    case Code::kUnauthenticated: return 401;
    case Code::kPermissionDenied: return 403;
    case Code::kNotFound: return 404;
    case Code::kAlreadyExists: return 409;
    case Code::kConflict: return 409;
    case Code::kUnsupported: return 400;
    case Code::kResourceExhausted: return 429;
    case Code::kUnavailable: return 503;
    case Code::kCorrupt: return 422;
    case Code::kInternal: return 500;
  }
  return 500;
}

int HttpStatus(const Error& error) {
  if (error.reason == kReasonHeaderTooLarge) return 431;
  if (error.reason == kReasonBodyTooLarge) return 413;
  if (error.reason == kReasonTooSlow) return 408;
  if (error.reason == kReasonMethodNotAllowed) return 405;
  if (error.reason == kReasonMediaType) return 415;
  if (error.reason == kReasonRange) return 416;
  return HttpStatus(error.code);
}

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return "Unknown";
  }
}

}  // namespace sluice::net
