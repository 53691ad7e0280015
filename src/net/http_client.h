// net/http_client.h -- HTTP from this process to another server, over libcurl.
//
// One client keeps its connections open between calls. One thread at a time.
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
  std::string proxy;    // "http://proxy:3128"; empty: https_proxy, http_proxy, no_proxy; "none"
  std::string ca_file;  // PEM; empty: the system's
};

class HttpClient {
 public:
  explicit HttpClient(ClientOptions options = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Any status is a success here: only a call without an answer is an error.
  // Redirects are answers like others.
  // Errors: kUnavailable        no connection, it broke, or time ran out
  //         kPermissionDenied   the other server's certificate is not trusted
  //         kResourceExhausted  the body is larger than `limit`
  //         kInvalidArgument    the URL is not http or https
  Result<ClientResponse> Call(const ClientRequest& request, ByteCount limit = MiB(64));

  // As Call, but hands the body on in pieces; an error from `sink` ends the call with it.
  using Sink = std::function<Status(std::string_view)>;
  Result<ClientResponse> Stream(const ClientRequest& request, const Sink& sink);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sluice::net
