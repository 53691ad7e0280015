#include "net/request_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <limits>

#include "base/encoding.h"

namespace sluice::net {
namespace {

namespace http = boost::beast::http;

// Beyond this a header is not a client's but an attack on our memory: each field costs more here
// than on the wire.
constexpr size_t kMaxFields = 256;
// "0\r\n\r\n": Beast may not be asked about less of a chunked body than its shortest end.
constexpr size_t kShortestChunkedEnd = 5;

Method MethodOf(http::verb verb) {
  switch (verb) {
    case http::verb::get: return Method::kGet;
    case http::verb::head: return Method::kHead;
    case http::verb::post: return Method::kPost;
    case http::verb::put: return Method::kPut;
    case http::verb::patch: return Method::kPatch;
    case http::verb::delete_: return Method::kDelete;
    case http::verb::options: return Method::kOptions;
    default: return Method::kOther;
  }
}

std::uint32_t HeaderLimit(ByteCount limit) {
  return static_cast<std::uint32_t>(
      std::min<uint64_t>(limit.value, std::numeric_limits<std::uint32_t>::max()));
}

Error HeaderTooLarge() {
  return {Code::kInvalidArgument, "the request header is too large", {}, kReasonHeaderTooLarge};
}

}  // namespace

RequestParser::RequestParser(Request& request, ParseLimits limits)
    : request_(request), limits_(limits) {
  eager(true);
  header_limit(HeaderLimit(limits.header));
  body_limit(limits.body.value);
}

Result<size_t> RequestParser::Put(std::string_view bytes) {
  if (is_done() || (header_seen_ && chunked() && bytes.size() < kShortestChunkedEnd)) return 0U;
  Errc ec;
  const size_t used = put(boost::asio::buffer(bytes.data(), bytes.size()), ec);
  taken_ += used;
  if (ec && ec != http::error::need_more) return std::unexpected(Refusal(ec));
  TRY(CheckOverhead(is_done() ? 0 : bytes.size() - used));
  if (header_seen_ && request_.path.empty()) TRY(CheckTarget());
  return used;
}

Status RequestParser::CheckOverhead(size_t waiting) const {
  if (!header_seen_) {
    if (taken_ + waiting > limits_.header.value) return std::unexpected(HeaderTooLarge());
    return {};
  }
  if (!chunked()) return {};
  // Chunk sizes and extensions may cost a few times the body, one of them or the trailer as much as
  // a header.
  const uint64_t allowed = 2 * limits_.header.value + 8 * (limits_.body.value + 1);
  if (waiting > limits_.header.value || taken_ - request_.body.size() > allowed) {
    return Fail(Code::kInvalidArgument, "the request body is too large", "chunk overhead",
                kReasonBodyTooLarge);
  }
  return {};
}

Error RequestParser::Refusal(const Errc& ec) const {
  if (ec == http::error::header_limit) return HeaderTooLarge();
  if (ec == http::error::body_limit) {
    return {Code::kInvalidArgument, "the request body is too large", {}, kReasonBodyTooLarge};
  }
  return {Code::kInvalidArgument, "malformed HTTP request", ec.message(), {}};
}

// Splits the target into path and query. The absolute form (RFC 9112 §3.2.2) means the same as the
// origin form to us.
Status RequestParser::CheckTarget() {
  std::string_view target = request_.target;
  if (!target.starts_with('/') && target != "*") {
    const auto url = boost::urls::parse_uri(target);
    if (!url || (url->scheme() != "http" && url->scheme() != "https")) {
      return Fail(Code::kInvalidArgument, "malformed HTTP request", "target is not a path");
    }
    const std::string_view rest = target.substr(url->encoded_origin().size());
    request_.path = url->encoded_path().empty() ? "/" : std::string(url->encoded_path());
    // The URL parser takes "http://[::1]x/y" for a host and the path "x/y".
    if (!request_.path.starts_with('/')) {
      return Fail(Code::kInvalidArgument, "malformed HTTP request", "the path has no slash");
    }
    target = rest;
  }
  target = target.substr(0, target.find('#'));
  const size_t mark = std::min(target.find('?'), target.size());
  if (request_.path.empty()) request_.path = target.substr(0, mark);
  if (mark < target.size()) {
    request_.query = TRY(QueryParams::Parse(target.substr(mark + 1)));
  }
  if (hosts_ > 1 || (http11_ && hosts_ == 0)) {
    return Fail(Code::kInvalidArgument, "malformed HTTP request", "not exactly one Host field");
  }
  return {};
}

void RequestParser::on_request_impl(Verb verb, Text method, Text target, int version, Errc&) {
  request_.method = MethodOf(verb);
  request_.method_text = method;
  request_.target = target;
  http11_ = version >= 11;
}

void RequestParser::on_field_impl(Field field, Text name, Text value, Errc& ec) {
  if (header_seen_) return;  // a trailer
  if (++fields_ > kMaxFields) {
    ec = http::error::header_limit;
    return;
  }
  if (field == Field::content_length) {
    const bool digits =
        std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (has_length_ || has_encoding_ || !digits) ec = http::error::bad_content_length;
    has_length_ = true;
  } else if (field == Field::transfer_encoding) {
    const bool is_chunked = EqualsIgnoreCase(value, "chunked");
    if (has_encoding_ || has_length_ || !http11_ || !is_chunked) {
      ec = http::error::bad_transfer_encoding;
    }
    has_encoding_ = true;
  } else if (field == Field::host) {
    ++hosts_;
  } else if (field == Field::expect) {
    expects_continue_ = EqualsIgnoreCase(value, "100-continue");
  }
  request_.headers.Add(std::string(name), std::string(value));
}

void RequestParser::on_header_impl(Errc&) { header_seen_ = true; }

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, Errc&) {
  // A promise of bytes is not bytes: reserve a little, then grow as they come.
  if (length) request_.body.reserve(std::min<std::uint64_t>(*length, KiB(64).value));
}

std::size_t RequestParser::on_body_impl(Text body, Errc&) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, Text body, Errc&) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

// A parser of requests: Beast never calls it.
void RequestParser::on_response_impl(int, Text, int, Errc&) {}
// The chunk borders carry no meaning, and the end is seen by done().
void RequestParser::on_chunk_header_impl(std::uint64_t, Text, Errc&) {}
void RequestParser::on_finish_impl(Errc&) {}

}  // namespace sluice::net
