// storage/s3/sigv4.h -- AWS Signature Version 4: of request headers and of URLs.
//
// Source: AWS IAM User Guide, "AWS Signature Version 4 for API requests"; Amazon S3 API Reference,
// "Authenticating Requests: Using Query Parameters".
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/crypto/crypto.h"
#include "net/http.h"
#include "storage/s3/credentials.h"

namespace sluice::storage {

// Appends `text` as SigV4 wants it: all but A-Z a-z 0-9 - . _ ~ as %XX of its bytes. Paths keep
// '/'.
void AppendUriEncoded(std::string_view text, bool keep_slash, std::string& out);

// The hash of an empty body, in hex; and the word for a body that is not hashed.
inline constexpr std::string_view kEmptyBodyHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

struct SigningScope {
  std::string region{};
  std::string service = "s3";  // or "sts"
};

// The signing keys of one set of credentials. The key of a day is derived once. Thread-safe.
class SigningKeys {
 public:
  // `credentials` are not null.
  SigningKeys(std::shared_ptr<const Credentials> credentials, SigningScope scope);

  const Credentials& credentials() const { return *credentials_; }
  const SigningScope& scope() const { return scope_; }
  // `day` is "20130524".
  crypto::Hmac KeyOf(std::string_view day) const;

 private:
  const std::shared_ptr<const Credentials> credentials_;
  const SigningScope scope_;
  mutable std::mutex mutex_;
  mutable std::string day_;
  mutable std::unique_ptr<crypto::Hmac> key_;
};

// A request to be signed by header.
struct RequestToSign {
  std::string_view method{};        // "GET"
  std::string_view host{};          // as in the Host header, with a port that is not the default
  std::string_view encoded_path{};  // "/bucket/a%20b": as it is sent, encoded once
  // Names and values, not encoded, in any order.
  std::vector<std::pair<std::string, std::string>> query{};
  std::string_view body_hash = kEmptyBodyHash;  // hex, or kUnsignedPayload
  // Further headers to sign (range, if-match, content-type, ...); names in any case.
  net::Headers headers{};
};

// The pieces of a signature that headers and URLs have in common.
inline constexpr size_t kDayLength = 8;
std::string SigningTime(TimePoint time);  // "20130524T000000Z"; it begins with the day
std::string CredentialScope(std::string_view day, const SigningScope& scope);
// What is signed, up to the hash of the request.
std::string StringToSignPrefix(std::string_view time, const SigningScope& scope);

// The query as it is sent: sorted and encoded, without '?'.
std::string EncodedQuery(const std::vector<std::pair<std::string, std::string>>& query);

// All headers to send beside Host: those given, x-amz-date, x-amz-content-sha256 (service s3), the
// session token, Authorization. Anonymous credentials: those given.
net::Headers SignHeaders(const RequestToSign& request, const SigningKeys& keys, TimePoint time);

}  // namespace sluice::storage
