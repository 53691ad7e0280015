#include "storage/s3/s3_bucket.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/crypto/crypto.h"
#include "base/encoding.h"
#include "net/http_date.h"

namespace sluice::storage {
namespace {

// A store's clock that is off by less is taken as right: Date has whole seconds, and travels.
constexpr Millis kSameTime{30'000};
// Requests signed with a clock off by more are refused.
constexpr Millis kSkewed{5 * 60'000};

template <size_t N>
bool IsOneOf(std::string_view code, const std::array<std::string_view, N>& codes) {
  return std::ranges::find(codes, code) != codes.end();
}

constexpr std::array<std::string_view, 5> kKeysRefused = {"ExpiredToken", "ExpiredTokenException",
                                                          "InvalidToken", "TokenRefreshRequired",
                                                          "InvalidAccessKeyId"};
constexpr std::array<std::string_view, 6> kElsewhere = {
    "AuthorizationHeaderMalformed",       "PermanentRedirect", "TemporaryRedirect", "Redirect",
    "IllegalLocationConstraintException", "InvalidRegionName"};
constexpr std::array<std::string_view, 4> kThrottling = {"SlowDown", "RequestLimitExceeded",
                                                         "Throttling", "ThrottlingException"};

std::string CodeOf(const net::ClientResponse& response) {
  const auto error = ParseS3Error(response.body);
  return error.has_value() ? error->code : std::string();
}

bool IsGood(int status) { return status >= 200 && status < 300; }

// What a request is about: an object, or the folder that is listed.
std::string_view SubjectOf(const S3Request& request) {
  for (const auto& [name, value] : request.query) {
    if (name == "prefix") return value;
  }
  return request.key;
}

// For the log: which request, and what the store said of it.
std::string Describe(const S3Request& request, const std::string& bucket,
                     const net::ClientResponse& response) {
  std::string text = fmt::format("{} of '{}' in bucket {}: status {}", request.operation,
                                 SubjectOf(request), bucket, response.status);
  if (const auto error = ParseS3Error(response.body)) {
    text += fmt::format(" {}: {}", error->code, error->message);
  }
  const auto id = response.headers.Find("x-amz-request-id");
  if (id && id->size() <= 128) text += fmt::format(" (request {})", *id);
  return text;
}

std::unexpected<Error> Refusal(const S3Request& request, const std::string& bucket,
                               const net::ClientResponse& response) {
  std::string detail = Describe(request, bucket, response);
  const int status = response.status;
  if (status == 501) {
    return Fail(Code::kUnsupported, "the storage of the table cannot do this", std::move(detail));
  }
  if (status >= 500 || status == 429 || status == 408 || status == 409) {
    return Fail(Code::kUnavailable, "the storage of the table is not available, try again",
                std::move(detail));
  }
  return Fail(Code::kPermissionDenied, "the storage refuses access to a file of the table",
              std::move(detail));
}

}  // namespace

struct S3Bucket::Attempts {
  std::shared_ptr<const Credentials> others;  // to sign with; null: the bucket's own
  Signer signer;
  bool broken = false;  // the last answer was of status 2xx and not sound
};

Result<std::unique_ptr<S3Bucket>> S3Bucket::Make(std::string bucket, S3Options options,
                                                 std::unique_ptr<CredentialSource> credentials,
                                                 std::unique_ptr<StoreClient> client,
                                                 const Clock& clock, size_t parallel_reads) {
  auto place = std::make_shared<Place>();
  place->endpoint = TRY(EndpointOf(options, options.region, bucket));
  place->region = options.region;
  return std::unique_ptr<S3Bucket>(new S3Bucket(std::move(bucket), std::move(options),
                                                std::move(place), std::move(credentials),
                                                std::move(client), clock, parallel_reads));
}

S3Bucket::S3Bucket(std::string bucket, S3Options options, std::shared_ptr<const Place> place,
                   std::unique_ptr<CredentialSource> credentials,
                   std::unique_ptr<StoreClient> client, const Clock& clock, size_t parallel_reads)
    : bucket_(std::move(bucket)),
      options_(std::move(options)),
      identity_(fmt::format("{} {}",
                            options_.endpoint.empty() ? AmazonDomain(place->region)
                                                      : std::string_view(options_.endpoint),
                            bucket_)),
      clock_(clock),
      parallel_reads_(parallel_reads),
      client_(std::move(client)),
      credentials_(std::move(credentials), clock),
      place_(std::move(place)) {}

std::shared_ptr<const S3Bucket::Place> S3Bucket::place() const {
  const std::lock_guard lock(mutex_);
  return place_;
}

bool S3Bucket::plain() const { return !place()->endpoint.tls; }

TimePoint S3Bucket::Now() const { return clock_.Now() + Millis(clock_offset_ms_); }

Result<S3Bucket::Signer> S3Bucket::SignerFor(const Place& place) const {
  auto credentials = TRY(credentials_.Current());
  const std::lock_guard lock(mutex_);
  if (signer_.credentials != credentials || signer_.keys->scope().region != place.region) {
    signer_.keys =
        std::make_shared<const SigningKeys>(credentials, SigningScope{place.region, "s3"});
    signer_.credentials = std::move(credentials);
  }
  return signer_;
}

Result<net::ClientRequest> S3Bucket::Prepare(const S3Request& request, Attempts& attempts) const {
  const auto where = place();
  if (attempts.others == nullptr) {
    attempts.signer = TRY(SignerFor(*where));
  } else {
    attempts.signer.credentials = attempts.others;
    attempts.signer.keys =
        std::make_shared<const SigningKeys>(attempts.others, SigningScope{where->region, "s3"});
  }
  std::string path = where->endpoint.bucket_path;
  if (request.key.empty() && path.size() > 1) path.pop_back();
  AppendUriEncoded(request.key, true, path);
  net::ClientRequest out;
  out.method = request.method;
  out.url = where->endpoint.origin() + path;
  if (!request.query.empty()) out.url += '?' + EncodedQuery(request.query);
  out.body = request.body;
  out.headers = request.headers;
  if (attempts.signer.credentials->anonymous()) return out;
  const std::string body_hash =
      out.body.empty() ? std::string(kEmptyBodyHash) : Hex(crypto::View(crypto::Sha256(out.body)));
  RequestToSign to_sign;
  to_sign.method = net::MethodName(request.method);
  to_sign.host = where->endpoint.host;
  to_sign.encoded_path = path;
  to_sign.query = request.query;
  to_sign.body_hash = body_hash;
  to_sign.headers = request.headers;
  out.headers = SignHeaders(to_sign, *attempts.signer.keys, Now());
  return out;
}

// A region that is named by the store, in a header or in its error.
bool S3Bucket::LearnRegion(const net::ClientResponse& response) const {
  std::string region(response.headers.Find("x-amz-bucket-region").value_or(""));
  if (region.empty()) {
    if (const auto error = ParseS3Error(response.body)) region = error->region;
  }
  if (!IsRegion(region)) return false;
  auto learned = std::make_shared<Place>();
  const auto endpoint = EndpointOf(options_, region, bucket_);
  if (!endpoint.has_value()) return false;
  learned->endpoint = *endpoint;
  learned->region = region;
  const std::lock_guard lock(mutex_);
  if (place_->region == region) return false;
  place_ = std::move(learned);
  return true;
}

bool S3Bucket::LearnTime(const net::ClientResponse& response) const {
  const auto date = response.headers.Find("date");
  if (!date || response.headers.Find("age")) return false;  // an answer from a cache is old
  const auto time = net::ParseHttpDate(*date);
  if (!time) return false;
  const Millis offset = *time - clock_.Now();
  const Millis known(clock_offset_ms_);
  if (std::chrono::abs(offset - known) < kSameTime) return false;
  clock_offset_ms_ = std::chrono::abs(offset) < kSameTime ? 0 : offset.count();
  return std::chrono::abs(offset - known) >= kSkewed;
}

// 4xx: perhaps the request can be put right.
Verdict S3Bucket::JudgeRefusal(const net::ClientResponse& response,
                               const Attempts& attempts) const {
  const std::string code = CodeOf(response);
  const bool silent = code.empty();  // a HEAD has no body
  const auto again = [](bool learned) { return learned ? Verdict::kAgain : Verdict::kFinal; };
  if (IsOneOf(code, kElsewhere)) return again(LearnRegion(response));
  if (silent && response.status != 403) return again(LearnRegion(response));
  if (attempts.others != nullptr) return Verdict::kFinal;  // there are no newer ones to fetch
  const auto& credentials = attempts.signer.credentials;
  const bool anonymous = credentials == nullptr || credentials->anonymous();
  if (anonymous) return Verdict::kFinal;
  if (IsOneOf(code, kKeysRefused) || (silent && credentials->expires.has_value())) {
    return again(credentials_.Refused(credentials));
  }
  return Verdict::kFinal;
}

Verdict S3Bucket::Judge(const S3Request& request, const net::ClientResponse& response,
                        Attempts& attempts) const {
  attempts.broken = false;
  const bool skewed = LearnTime(response);
  const int status = response.status;
  if (IsGood(status)) {
    attempts.broken = request.sound && !request.sound(response);
    return attempts.broken ? Verdict::kRetry : Verdict::kFinal;
  }
  if (status == 404 || status == 412 || status == 416) return Verdict::kFinal;
  if (status == 403 && skewed) return Verdict::kAgain;
  if (status == 429 || status == 409) return Verdict::kThrottled;
  if (status == 408 || status == 500 || status == 502 || status == 503 || status == 504) {
    return IsOneOf(CodeOf(response), kThrottling) ? Verdict::kThrottled : Verdict::kRetry;
  }
  if (status == 400 && CodeOf(response) == "RequestTimeout") return Verdict::kRetry;
  if (status >= 300 && status < 500) return JudgeRefusal(response, attempts);
  return Verdict::kFinal;
}

Result<net::ClientResponse> S3Bucket::Run(const S3Request& request, Attempts& attempts) const {
  StoreCall call;
  call.operation = request.operation;
  call.limit = request.limit;
  call.prepare = [&] { return Prepare(request, attempts); };
  call.judge = [&](const net::ClientResponse& response) {
    return Judge(request, response, attempts);
  };
  return client_->Run(call);
}

Result<net::ClientResponse> S3Bucket::SendWith(std::shared_ptr<const Credentials> keys,
                                               const S3Request& request) const {
  Attempts attempts;
  attempts.others = std::move(keys);
  return Run(request, attempts);
}

Result<net::ClientResponse> S3Bucket::Send(const S3Request& request) const {
  Attempts attempts;
  net::ClientResponse response = TRY(Run(request, attempts));
  if (attempts.broken) {
    return Fail(Code::kUnavailable, "the storage of the table sent a broken answer, try again",
                Describe(request, bucket_, response));
  }
  const int status = response.status;
  if (IsGood(status) || status == 412 || status == 416) return response;
  if (status == 404 && CodeOf(response) != "NoSuchBucket") return response;
  return Refusal(request, bucket_, response);
}

Result<std::unique_ptr<UrlWriter>> S3Bucket::Links(std::string_view prefix,
                                                   std::chrono::seconds lifetime) const {
  const auto where = place();
  const Signer signer = TRY(SignerFor(*where));
  UrlTarget target;
  target.origin = where->endpoint.origin();
  target.host = where->endpoint.host;
  target.path_prefix = where->endpoint.bucket_path;
  AppendUriEncoded(prefix, true, target.path_prefix);
  return MakeUrlWriter(target, signer.keys, Now(), lifetime);
}

}  // namespace sluice::storage
