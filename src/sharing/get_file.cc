#include <fmt/format.h>

#include <charconv>

#include "base/json.h"
#include "delta/log_path.h"
#include "sharing/errors.h"
#include "sharing/operations.h"
#include "sharing/shared_partitions.h"
#include "sharing/table_request.h"

namespace sluice::sharing {
namespace {

// The bytes that are asked for: [first, first + length).
struct Span {
  uint64_t first = 0;
  uint64_t length = 0;
};

// Links count in whole seconds, and a file server's clock may differ a little from ours.
constexpr Millis kClockTolerance{2'000};

enum class RangeKind { kWhole, kPart, kUnsatisfiable };

std::optional<uint64_t> Number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failure != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

// One range of bytes (RFC 9110 §14.2). Several ranges, other units and broken ranges are answered
// with the whole file, as the standard allows.
RangeKind ParseRange(std::string_view header, uint64_t size, Span& span) {
  span = {0, size};
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return RangeKind::kWhole;
  header.remove_prefix(kUnit.size());
  const size_t dash = header.find('-');
  if (dash == std::string_view::npos || header.find(',') != std::string_view::npos) {
    return RangeKind::kWhole;
  }
  const std::string_view last_text = header.substr(dash + 1);
  const auto first = Number(header.substr(0, dash));
  const auto last = Number(last_text);
  if (dash == 0) {
    if (!last) return RangeKind::kWhole;
    if (*last == 0 || size == 0) return RangeKind::kUnsatisfiable;
    const uint64_t length = std::min(*last, size);
    span = {size - length, length};
    return RangeKind::kPart;
  }
  if (!first || (!last && !last_text.empty()) || (last && *last < *first)) return RangeKind::kWhole;
  if (*first >= size) return RangeKind::kUnsatisfiable;
  const uint64_t end = last ? std::min(*last, size - 1) : size - 1;
  span = {*first, end - *first + 1};
  return RangeKind::kPart;
}

// If-None-Match (RFC 9110 §13.1.2): a list of ETags, weak or strong, or "*".
bool MatchesAny(std::string_view header, std::string_view etag) {
  while (!header.empty()) {
    const size_t end = std::min(header.find(','), header.size());
    std::string_view one = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    while (one.starts_with(' ') || one.starts_with('\t')) one.remove_prefix(1);
    while (one.ends_with(' ') || one.ends_with('\t')) one.remove_suffix(1);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == etag || one == "*") return true;
  }
  return false;
}

std::unexpected<Error> Refuse(std::string_view message, std::string detail = {}) {
  return Fail(Code::kPermissionDenied, std::string(message), std::move(detail));
}

// The link's target, if it is ours, unaltered, in time, and its holder may still read the table.
Result<LinkTarget> CheckLink(const Services& services, const net::Request& request) {
  const auto signature = request.query.Find("X-Databricks-Signature");
  if (!signature) return Refuse(errors::kLinkRefused, "no signature");
  LinkTarget target = TRY(services.link_key.Verify(request.Param("payload"), *signature));
  if (services.clock.Now() >= target.grant.expires()) return Refuse(errors::kLinkExpired);
  return target;
}

// The location that the link's file lies below. One that the configuration names no more is as good
// as a link that was never made.
Result<std::string> LocationOf(const Services& services, const catalog::SharedTable& table,
                               const LinkTarget& target) {
  if (target.location.empty()) return table.location;
  for (const std::string& external : services.options.external->all()) {
    if (services.link_key.NameOf(external) == target.location) return external;
  }
  return Refuse(errors::kLinkRefused, "its external location is not in the configuration");
}

Result<storage::OpenObject> OpenTarget(const Services& services, const LinkTarget& target) {
  const auto table = services.resolver.FindTableById(target.grant.principal, target.grant.object);
  if (!table) return Refuse(errors::kLinkRefused, "the table is not shared with the principal");
  if (LinkKey::ShortHash(FilterHash(**table)) != target.grant.filter) {
    return Refuse(errors::kLinkRefused, "other partitions of the table are shared than then");
  }
  const std::string location = TRY(LocationOf(services, **table, target));
  const auto store = TRY(services.snapshots.Store(location));
  const std::string key = TRY(delta::ObjectKey(target.file));
  Result<storage::OpenObject> object = store->Open(key);
  if (!object && object.error().code == Code::kNotFound) {
    return Fail(Code::kNotFound, std::string(errors::kFileGone), object.error().detail);
  }
  if (!object) return std::unexpected(TableError(**table, std::move(object).error()));
  // Files of a Delta table never change: another size, or a change after the link was made, means
  // that this is not the file the link was made for.
  const storage::ObjectInfo& info = object->info();
  const bool resized = target.size && info.size.value != *target.size;
  if (resized || info.modified > target.grant.issued + kClockTolerance) {
    return Fail(Code::kNotFound, std::string(errors::kFileGone), "the file is not as the log says");
  }
  return object;
}

// Who read of which table: the link carries what a token does elsewhere.
void LogGrant(const LinkGrant& grant, net::Response& response) {
  std::string principal;
  std::string object;
  json::AppendQuoted(grant.principal, principal);
  json::AppendQuoted(grant.object, object);
  response.log_fields.emplace_back("principal", std::move(principal));
  response.log_fields.emplace_back("object", std::move(object));
  response.log_fields.emplace_back("version", std::to_string(grant.version));
}

}  // namespace

std::string LinkHolder(const Services& services, const net::Request& request) {
  const Result<LinkTarget> target = CheckLink(services, request);
  return target ? target->grant.principal : std::string();
}

Result<net::Response> GetFile(const Services& services, const net::Request& request) {
  const LinkTarget target = TRY(CheckLink(services, request));
  if (services.may_use_link) {
    TRY(services.may_use_link(target.grant.principal, target.grant.issued, request.client));
  }
  storage::OpenObject object = TRY(OpenTarget(services, target));
  const uint64_t size = object.info().size.value;
  const std::string etag = fmt::format("\"{:x}-{:x}\"", size,
                                       static_cast<uint64_t>(ToUnixMillis(object.info().modified)));

  net::Response response;
  LogGrant(target.grant, response);
  response.headers.Add("Content-Type", "application/octet-stream");
  response.headers.Add("Accept-Ranges", "bytes");
  response.headers.Add("ETag", etag);
  response.headers.Add("Cache-Control", "private");
  if (MatchesAny(request.headers.Find("if-none-match").value_or(""), etag)) {
    response.status = 304;
    return response;
  }
  Span span{0, size};
  RangeKind kind = RangeKind::kWhole;
  const auto range = request.headers.Find("range");
  const auto if_range = request.headers.Find("if-range");
  if (range && (!if_range || *if_range == etag)) kind = ParseRange(*range, size, span);
  if (kind == RangeKind::kUnsatisfiable) {
    net::Response refused = RenderError(Error{Code::kInvalidArgument,
                                              "The range lies behind the end of the file.",
                                              {},
                                              net::kReasonRange});
    refused.headers.Add("Content-Range", fmt::format("bytes */{}", size));
    return refused;
  }
  if (kind == RangeKind::kPart) {
    response.status = 206;
    response.headers.Add("Content-Range", fmt::format("bytes {}-{}/{}", span.first,
                                                      span.first + span.length - 1, size));
  }
  if (request.method == net::Method::kHead) {
    response.head_length = span.length;
  } else {
    response.body = net::FileBody(object.Release(), span.first, span.length);
  }
  return response;
}

}  // namespace sluice::sharing
