// storage/store_options.h -- how stores are reached: endpoints, credentials, patience.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"

namespace sluice::storage {

// Reads a variable of the environment; nothing: it is not set. Tests hand in a map.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment ProcessEnvironment();

// Where the keys of an S3 store come from.
struct S3CredentialOptions {
  enum class Source {
    kDefault,      // the first of: environment, web identity, profile, container, instance
    kStatic,       // access_key_id and the rest below
    kEnvironment,  // AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
    kProfile,      // ~/.aws/credentials and ~/.aws/config, with role chaining
    kWebIdentity,  // AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN (Kubernetes)
    kContainer,    // ECS and EKS Pod Identity
    kInstance,     // EC2 metadata, version 2 only
    kAnonymous,    // requests are not signed
  };
  Source source = Source::kDefault;
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
  std::string profile;  // empty: AWS_PROFILE, else "default"
  // When set, the credentials above are used to assume this role.
  std::string role_arn;
  std::string external_id;
  std::string role_session_name;  // empty: "sluice"

  bool operator==(const S3CredentialOptions&) const = default;
};

// How clients are given keys that read one folder (directory access): by a role that is assumed for
// each of them, narrowed by a policy.
struct DirectoryAccess {
  std::string role_arn;
  std::string external_id{};   // empty: none
  std::string sts_endpoint{};  // empty: that of the store's own roles
  std::string kms_key_arn{};   // with which the objects are encrypted; empty: none of one's own

  bool operator==(const DirectoryAccess&) const = default;
};

// One S3-compatible store.
struct S3Options {
  enum class Addressing {
    kAuto,  // path style for custom endpoints and for buckets that no host name can carry
    kPath,
    kVirtualHost,
  };
  std::string region;        // empty: AWS_REGION, AWS_DEFAULT_REGION, the profile's, else us-east-1
  std::string endpoint;      // "https://minio.example.com:9000"; empty: AWS_ENDPOINT_URL_S3,
                             // AWS_ENDPOINT_URL, else Amazon's for the region
  std::string sts_endpoint;  // for roles; empty: AWS_ENDPOINT_URL_STS, else Amazon's for the region
  Addressing addressing = Addressing::kAuto;
  bool dual_stack = false;
  bool fips = false;
  std::string proxy;    // "http://proxy:3128"; empty: https_proxy, http_proxy and no_proxy; "none"
  std::string ca_file;  // PEM; empty: AWS_CA_BUNDLE, else the system's
  S3CredentialOptions credentials;
  std::optional<DirectoryAccess> directory_access{};  // nothing: no client is given keys

  bool operator==(const S3Options&) const = default;
};

// Options for all locations that begin with `prefix` ("s3://lake/", whole path segments); of
// several the longest counts.
struct StoreRule {
  std::string name;    // of the store in logs and metrics, which never show buckets
  std::string prefix;  // as Location::Text, with or without a trailing slash
  S3Options s3;

  bool operator==(const StoreRule&) const = default;
};

// Patience, the same for all stores.
struct StoreLimits {
  Millis connect_timeout{2'000};
  Millis attempt_timeout{10'000};  // of one request, and as much again for each 8 MiB of its answer
  Millis total_timeout{20'000};    // of one operation with all its repetitions and waits
  Millis retry_window{5'000};      // no attempt begins later than this after the first
  int max_attempts = 5;
  Millis first_backoff{50};  // full jitter: a random wait up to this, doubled each time
  Millis longest_backoff{2'000};
  size_t max_requests = 128;    // to one store at a time (bulkhead)
  size_t max_waiters = 256;     // for one of those; beyond: kUnavailable at once
  int breaker_failures = 8;     // in a row, and the store is left alone
  Millis breaker_pause{2'000};  // for so long; then one request tries it
  size_t parallel_reads = 64;   // of one table load
};

}  // namespace sluice::storage
