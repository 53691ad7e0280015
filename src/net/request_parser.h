// net/request_parser.h -- bytes of one HTTP/1.x request into a Request, as they arrive.
//
// Over Beast's basic_parser, which checks the grammar of RFC 9112; what is refused beyond it is
// what proxies and servers are known to read differently (request smuggling): more than one
// Content-Length, a Transfer-Encoding other than "chunked", no or several Host fields, and bodies
// without end. Trailer fields are checked and dropped.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "net/http.h"
#include "net/parse_request.h"

namespace sluice::net {

class RequestParser final : private boost::beast::http::basic_parser<true> {
 public:
  // Fills `request`, which must outlive the parser.
  RequestParser(Request& request, ParseLimits limits);

  // Takes what it can use of `bytes` and returns how many bytes that was. What it left must be
  // presented again, with more bytes behind it, unless done().
  // Errors: kInvalidArgument  malformed, or a limit: reason kReasonHeaderTooLarge or
  //                           kReasonBodyTooLarge. The parser is of no more use then.
  Result<size_t> Put(std::string_view bytes);

  bool header_done() const { return is_header_done(); }
  bool done() const { return is_done(); }
  // The client waits for "100 Continue" before it sends the body.
  bool expects_continue() const { return expects_continue_ && http11_; }
  // The connection may be used again after this request.
  bool keeps_alive() const { return keep_alive(); }
  bool http11() const { return http11_; }

 private:
  using Errc = boost::beast::error_code;
  using Text = boost::beast::string_view;
  using Verb = boost::beast::http::verb;
  using Field = boost::beast::http::field;

  void on_request_impl(Verb verb, Text method, Text target, int version, Errc& ec) override;
  void on_response_impl(int code, Text reason, int version, Errc& ec) override;
  void on_field_impl(Field field, Text name, Text value, Errc& ec) override;
  void on_header_impl(Errc& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, Errc& ec) override;
  std::size_t on_body_impl(Text body, Errc& ec) override;
  void on_chunk_header_impl(std::uint64_t size, Text extensions, Errc& ec) override;
  std::size_t on_chunk_body_impl(std::uint64_t remain, Text body, Errc& ec) override;
  void on_finish_impl(Errc& ec) override;

  Error Refusal(const Errc& ec) const;
  Status CheckTarget();
  // Bounds what a client can make us hold or read that is not body. `waiting`: bytes it must still
  // present again. Beast limits one line at a time, not their sum.
  Status CheckOverhead(size_t waiting) const;

  Request& request_;
  const ParseLimits limits_;
  size_t taken_ = 0;
  size_t fields_ = 0;
  size_t hosts_ = 0;
  bool http11_ = false;
  bool header_seen_ = false;
  bool has_length_ = false;
  bool has_encoding_ = false;
  bool expects_continue_ = false;
};

}  // namespace sluice::net
