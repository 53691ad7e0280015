// auth/bearer.h -- who presents this bearer token?
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/crypto/crypto.h"
#include "base/result.h"
#include "net/http.h"
#include "net/router.h"

namespace sluice::auth {

// Finds the principal behind the Authorization header. Thread-safe.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // Who calls a route of this access level (kRecipient, kUser, kRecipientOrUser)? Returns the
  // principal as the rooms above write it: "recipient:<id>", "user:<id>". Errors: kUnauthenticated
  // no token, not a bearer token, unknown, expired, or not for this level
  //         kPermissionDenied  known, but not from this address
  virtual Result<std::string> Authenticate(const net::Request& request,
                                           net::Access access) const = 0;
  // Whether who was found may come from where the request comes from. Apart from the former, so
  // that a refusal can be put on record with its name. Errors: kPermissionDenied
  virtual Status Admit(std::string_view /*principal*/, const net::Request& /*request*/) const {
    return {};
  }
};

// The YAML configuration's one token. Keeps only its SHA-256 and compares in constant time.
class SingleToken final : public Authenticator {
 public:
  explicit SingleToken(std::string_view token);
  Result<std::string> Authenticate(const net::Request& request, net::Access access) const override;
  // The id of the one implicit recipient: "recipient:" and 16 hex digits of the token's hash.
  const std::string& principal() const { return principal_; }

 private:
  crypto::Digest hash_;
  std::string principal_;
};

// The principal of callers whom nobody asked for a token.
inline constexpr std::string_view kAnonymous = "anonymous";

// --insecure-no-auth: everyone is kAnonymous, whatever the header says.
class NoAuthentication final : public Authenticator {
 public:
  Result<std::string> Authenticate(const net::Request& request, net::Access access) const override;
};

// The token of "Bearer x": the scheme without regard to case, one or more spaces, then 1 to 8192
// visible ASCII characters and nothing else (RFC 6750 §2.1; RFC 9110 §11.4). Otherwise nullopt.
std::optional<std::string_view> BearerToken(std::string_view authorization);

}  // namespace sluice::auth
