// storage/s3/s3_bucket.h -- one bucket as all tables in it share it: connections, keys, and what
// was learned of it (its region, its clock, the kind of its ETags).
//
// Thread-safe. Source: Amazon S3 API Reference.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/http_client.h"
#include "storage/s3/credentials.h"
#include "storage/s3/endpoint.h"
#include "storage/s3/s3_xml.h"
#include "storage/s3/sigv4.h"
#include "storage/s3/url_writer.h"
#include "storage/store_client.h"
#include "storage/store_options.h"

namespace sluice::storage {

struct S3Request {
  std::string_view operation{};  // of StoreCall
  net::Method method = net::Method::kGet;
  std::string key{};  // in the bucket, in full; empty: the bucket
  std::vector<std::pair<std::string, std::string>> query{};
  net::Headers headers{};
  std::string body{};
  ByteCount limit{};  // of the answer's body
  // Asked of an answer of status 2xx: false, and it counts as broken on its way and is repeated.
  std::function<bool(const net::ClientResponse&)> sound{};
};

class S3Bucket {
 public:
  // `options` are resolved: they name the region, and leave nothing to the environment. `clock`
  // must outlive the bucket.
  static Result<std::unique_ptr<S3Bucket>> Make(std::string bucket, S3Options options,
                                                std::unique_ptr<CredentialSource> credentials,
                                                std::unique_ptr<StoreClient> client,
                                                const Clock& clock, size_t parallel_reads);

  // The answer, when its status is 2xx, 404, 412 or 416.
  // Errors: kPermissionDenied  the store refuses: the keys, the bucket, the region
  //         kUnavailable       no sound answer within the limits of StoreClient
  //         kUnsupported       the store does not know the operation
  Result<net::ClientResponse> Send(const S3Request& request) const;
  // How the bucket answers to other keys than its own: whatever the status is.
  // Errors: kUnavailable, as Send
  Result<net::ClientResponse> SendWith(std::shared_ptr<const Credentials> keys,
                                       const S3Request& request) const;

  // Links to objects whose key begins with `prefix` (in full, not encoded).
  // Errors: those of the credentials
  Result<std::unique_ptr<UrlWriter>> Links(std::string_view prefix,
                                           std::chrono::seconds lifetime) const;

  // The keys that requests are signed with. Errors: those of the credentials
  Result<std::shared_ptr<const Credentials>> Keys() const { return credentials_.Current(); }

  const std::string& name() const { return bucket_; }
  // Tells this bucket from all others, for caches: its endpoint and name.
  const std::string& identity() const { return identity_; }
  size_t parallel_reads() const { return parallel_reads_; }
  // Whether bytes may be changed on their way unseen: no TLS guards them.
  bool plain() const;
  // False once it was seen that ETags are no MD5 sums here.
  bool tags_may_be_md5() const { return tags_may_be_md5_; }
  void TagsAreNoMd5() const { tags_may_be_md5_ = false; }

 private:
  // Where the bucket is, as far as known.
  struct Place {
    std::string region;
    S3Endpoint endpoint;
  };
  // What a request was signed with.
  struct Signer {
    std::shared_ptr<const Credentials> credentials;
    std::shared_ptr<const SigningKeys> keys;
  };
  // What one call of Send notes down between its attempts.
  struct Attempts;

  S3Bucket(std::string bucket, S3Options options, std::shared_ptr<const Place> place,
           std::unique_ptr<CredentialSource> credentials, std::unique_ptr<StoreClient> client,
           const Clock& clock, size_t parallel_reads);
  std::shared_ptr<const Place> place() const;
  Result<net::ClientResponse> Run(const S3Request& request, Attempts& attempts) const;
  Result<Signer> SignerFor(const Place& place) const;
  Result<net::ClientRequest> Prepare(const S3Request& request, Attempts& attempts) const;
  Verdict Judge(const S3Request& request, const net::ClientResponse& response,
                Attempts& attempts) const;
  Verdict JudgeRefusal(const net::ClientResponse& response, const Attempts& attempts) const;
  // Both: true when something new was learned, so that another try is worth while.
  bool LearnRegion(const net::ClientResponse& response) const;
  bool LearnTime(const net::ClientResponse& response) const;
  // The store's time, as far as known.
  TimePoint Now() const;

  const std::string bucket_;
  const S3Options options_;
  const std::string identity_;
  const Clock& clock_;
  const size_t parallel_reads_;
  const std::unique_ptr<StoreClient> client_;
  mutable CredentialCache credentials_;
  mutable std::atomic<int64_t> clock_offset_ms_{0};
  mutable std::atomic<bool> tags_may_be_md5_{true};
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Place> place_;
  mutable Signer signer_;
};

}  // namespace sluice::storage
