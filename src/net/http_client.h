// net/http_client.h -- HTTP from this process to another server, over libcurl.
//
// One client keeps its connections open between calls. One thread at a time.
//
// HTTP/1.1, TLS 1.2 or newer. The path goes out byte for byte as it stands in the URL (signatures
// cover it); no cookies, no redirects, no decoding of compressed bodies, no `Expect: 100-continue`.
// A kept connection that turns out to be closed is replaced without a word, so that a request may
// reach the other server twice.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "net/http.h"

namespace sluice::net {

struct ClientRequest {
  Method method = Method::kGet;  // GET, HEAD, POST and PUT
  std::string url;
  Headers headers;
  std::string body;
  Millis timeout{60'000};  // for the whole call
  // Said in the request line in place of `method`'s name: "DELETE". Empty: that name.
  std::string other_name{};
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

// What all calls of a client have in common.
struct ClientOptions {
  Millis connect_timeout{10'000};
  Millis stall_timeout{0};  // less than 1 KiB/s for so long ends the call; 0: no such limit
  ByteCount max_header = KiB(64);
  // "http://proxy:3128": for every call; empty: as https_proxy, http_proxy and no_proxy say;
  // "none".
  std::string proxy{};
  std::string ca_file{};  // PEM, trusted in place of the system's; empty: the system's
  // Connects to addresses of the internet at large alone: for URLs that others choose. The address
  // is looked at that is connected to. With `proxy` "none" only.
  bool public_only = false;
};

// Why a call came to no answer: Error::reason of each kUnavailable, for metrics.
inline constexpr std::string_view kNetTimeout = "timeout";    // no or too slow an answer
inline constexpr std::string_view kNetConnect = "connect";    // no connection, or not in time
inline constexpr std::string_view kNetDns = "dns";            // no such host, or no name server
inline constexpr std::string_view kNetTls = "tls";            // the handshake failed
inline constexpr std::string_view kNetCut = "cut";            // the connection broke
inline constexpr std::string_view kNetProtocol = "protocol";  // what came was no sound HTTP
inline constexpr std::string_view kNetHeader = "header";      // the header exceeds max_header
inline constexpr std::string_view kNetOther = "other";

class HttpClient {
 public:
  explicit HttpClient(ClientOptions options = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Any status is a success here: only a call without an answer is an error.
  // Redirects are answers like others.
  // Errors: kUnavailable        no connection, it broke, or time ran out; `reason` is one of
  // kNet...
  //         kPermissionDenied   the other server's certificate is not trusted, or ca_file is bad;
  //                             public_only
  //         kResourceExhausted  the body is larger than `limit`
  //         kInvalidArgument    the URL is not http or https, or a header is not one line
  // Details hold the host at most, never the URL.
  Result<ClientResponse> Call(const ClientRequest& request, ByteCount limit = MiB(64));

  // As Call, but hands the body on in pieces; an error from `sink` ends the call with it.
  using Sink = std::function<Status(std::string_view)>;
  Result<ClientResponse> Stream(const ClientRequest& request, const Sink& sink);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sluice::net
