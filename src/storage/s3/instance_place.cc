#include "storage/s3/instance_place.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/crypto/crypto.h"
#include "base/encoding.h"
#include "storage/s3/credential_http.h"
#include "storage/s3/endpoint.h"

namespace sluice::storage {
namespace {

constexpr std::string_view kService = "the instance metadata service";
constexpr std::string_view kRolePath = "/latest/meta-data/iam/security-credentials/";
constexpr std::string_view kTtlHeader = "X-aws-ec2-metadata-token-ttl-seconds";
constexpr int kAskedTtl = 21'600;
constexpr Millis kTimeout{1'000};
constexpr std::chrono::seconds kTokenMargin(30);  // a token that ends on the way is none

class Instance final : public CredentialPlace {
 public:
  explicit Instance(const CredentialContext& context)
      : clock_(context.clock), environment_(context.environment), http_(context.metadata_http) {}
  ~Instance() override { crypto::Wipe(token_); }

  std::string_view kind() const override { return "instance metadata"; }

  Result<Finding> Look() override {
    if (EqualsIgnoreCase(Variable(environment_, "AWS_EC2_METADATA_DISABLED"), "true")) {
      return Finding::Absent("AWS_EC2_METADATA_DISABLED is true");
    }
    origin_ = TRY(Endpoint());
    const bool token_is_old = HasToken();
    if (!token_is_old) {
      const std::optional<Finding> absence = TRY(RenewToken());
      if (absence.has_value()) return *absence;
    }
    Result<Finding> finding = LookWithToken();
    if (!token_refused_ || !token_is_old) return finding;
    const std::optional<Finding> absence = TRY(RenewToken());
    if (absence.has_value()) return *absence;
    return LookWithToken();
  }

 private:
  Result<std::string> Endpoint() const {
    const std::string named = Variable(environment_, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    if (!named.empty()) {
      const Result<Origin> origin = ParseOrigin(named);
      if (origin.has_value()) return origin->url();
      return NoCredentials(Code::kPermissionDenied,
                           "AWS_EC2_METADATA_SERVICE_ENDPOINT must be scheme, host and port alone");
    }
    const std::string mode = Variable(environment_, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    if (mode.empty() || EqualsIgnoreCase(mode, "IPv4")) return "http://169.254.169.254";
    if (EqualsIgnoreCase(mode, "IPv6")) return "http://[fd00:ec2::254]";
    return NoCredentials(Code::kPermissionDenied,
                         "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE must be IPv4 or IPv6");
  }

  bool HasToken() const { return !token_.empty() && clock_.Now() < token_ends_; }

  // Nothing: there is a new token.
  Result<std::optional<Finding>> RenewToken() {
    crypto::Wipe(token_);
    net::ClientRequest request;
    request.method = net::Method::kPut;
    request.url = origin_ + "/latest/api/token";
    request.timeout = kTimeout;
    request.headers.Add(std::string(kTtlHeader), std::to_string(kAskedTtl));
    Result<net::ClientResponse> answer = AskService(*http_, request, kService);
    if (!answer.has_value()) {
      if (answered_ || answer.error().code != Code::kUnavailable) {
        return std::unexpected(std::move(answer).error());
      }
      Finding silent = Finding::Absent(
          "no answer (from within a container the instance's hop limit has to be 2)");
      silent.detail = std::move(answer).error().detail;
      silent.code = Code::kUnavailable;
      return silent;
    }
    return ReadToken(*answer);
  }

  Result<std::optional<Finding>> ReadToken(net::ClientResponse& answer) {
    if (answer.status >= 500 || answer.status == 429) return Trouble(answer.status);
    if (answer.status != 200) {
      Finding closed = Finding::Absent("version 2 of the service is switched off");
      closed.detail = fmt::format("status {}", answer.status);
      return closed;
    }
    int ttl = kAskedTtl;
    if (const auto text = answer.headers.Find(kTtlHeader)) {
      std::from_chars(text->data(), text->data() + text->size(), ttl);
    }
    if (answer.body.empty() || !IsHeaderValue(answer.body)) {
      crypto::Wipe(answer.body);
      return NoCredentials(Code::kUnavailable, fmt::format("{} sent no token", kService));
    }
    token_ = std::move(answer.body);
    token_ends_ = clock_.Now() + std::chrono::seconds(std::clamp(ttl, 0, kAskedTtl)) - kTokenMargin;
    answered_ = true;
    return std::nullopt;
  }

  Result<Finding> LookWithToken() {
    token_refused_ = false;
    net::ClientResponse role = TRY(Get(origin_ + std::string(kRolePath)));
    if (role.status == 404) return Finding::Absent("no role is attached to this instance");
    if (role.status != 200) return Trouble(role.status);
    role.body.resize(std::min(role.body.size(), role.body.find_first_of("\r\n")));
    if (role.body.empty()) return Finding::Absent("no role is attached to this instance");
    net::ClientResponse keys =
        TRY(Get(origin_ + std::string(kRolePath) + PercentEncode(role.body)));
    if (keys.status != 200) return Trouble(keys.status);
    return Finding::Of(TRY(ParseCredentialDocument(keys.body, kService)));
  }

  Result<net::ClientResponse> Get(std::string url) {
    net::ClientRequest request;
    request.url = std::move(url);
    request.timeout = kTimeout;
    request.headers.Add("X-aws-ec2-metadata-token", token_);
    net::ClientResponse answer = TRY(AskService(*http_, request, kService));
    token_refused_ = answer.status == 401;
    return answer;
  }

  static std::unexpected<Error> Trouble(int status) {
    return NoCredentials(Code::kUnavailable, fmt::format("{} is in trouble", kService),
                         fmt::format("status {}", status));
  }

  const Clock& clock_;
  const Environment environment_;
  const std::shared_ptr<net::HttpPool> http_;
  std::string origin_;
  std::string token_;
  TimePoint token_ends_{};
  bool token_refused_ = false;  // by the last answer
  bool answered_ = false;       // there is such a service
};

}  // namespace

std::unique_ptr<CredentialPlace> InstancePlace(const CredentialContext& context) {
  return std::make_unique<Instance>(context);
}

}  // namespace sluice::storage
