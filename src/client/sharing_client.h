// client/sharing_client.h -- raw requests to a Delta Sharing server, and its answers as they came.
//
// Nothing is prettified: whoever calls may leave out the token, name odd methods, and send bodies
// that are wrong. Redirects are not followed, compressed bodies not decoded.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "client/profile.h"
#include "net/http.h"
#include "net/http_client.h"

namespace sluice::client {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// Whether the client's token goes along. It never goes to a URL outside of the endpoint.
enum class Auth { kToken, kNone };

struct Call {
  std::string method = "GET";
  // Below the endpoint ("/shares?maxResults=1"), already encoded; or a whole URL.
  std::string target;
  HeaderList headers{};
  std::string body{};
  Auth auth = Auth::kToken;
};

struct Answer {
  Call call;        // what it answers
  std::string url;  // where that went
  int status = 0;
  net::Headers headers{};
  std::string body{};

  // The first header of that name; empty where there is none.
  std::string_view Header(std::string_view name) const;
};

struct ClientLimits {
  Millis timeout{30'000};          // for one call
  ByteCount max_body = MiB(64);    // of one answer
  ByteCount max_header = KiB(64);  // of one answer
};

// Not thread-safe.
class SharingClient {
 public:
  // `ca_file` as net::ClientOptions has it.
  SharingClient(Profile profile, ClientLimits limits, std::string ca_file = {});

  // Any status is a success. With client credentials the first call asks for a token.
  // `timeout` may only shorten that of the limits.
  // Errors: as net::HttpClient::Call; kUnauthenticated  the token endpoint gave no token
  Result<Answer> Send(const Call& call, std::optional<Millis> timeout = std::nullopt);

  const std::string& endpoint() const { return profile_.endpoint; }
  // What stands behind "Bearer "; empty before a token was asked for.
  const std::string& token() const { return token_; }
  // The same server seen with another token, or with none.
  SharingClient WithToken(std::string token) const;

 private:
  Status ObtainToken();

  Profile profile_;
  ClientLimits limits_;
  std::string ca_file_;
  std::string token_;
  std::unique_ptr<net::HttpClient> http_;
};

// The lines of an NDJSON body, each of them JSON; a newline at the end makes no further line.
// Errors: kInvalidArgument  a line is empty or not JSON; the message says which
Result<std::vector<json::Value>> ParseLines(std::string_view body);

}  // namespace sluice::client
