#include "storage/s3/credential_place.h"

#include <fmt/format.h>

namespace sluice::storage {
namespace {

class KeysOfEnvironment final : public CredentialPlace {
 public:
  explicit KeysOfEnvironment(Environment environment) : environment_(std::move(environment)) {}

  std::string_view kind() const override { return "environment"; }

  Result<Finding> Look() override {
    Credentials keys;
    keys.access_key_id = Variable(environment_, "AWS_ACCESS_KEY_ID");
    keys.secret_access_key = Variable(environment_, "AWS_SECRET_ACCESS_KEY");
    keys.session_token = Variable(environment_, "AWS_SESSION_TOKEN");
    if (keys.access_key_id.empty() && keys.secret_access_key.empty()) {
      return Finding::Absent("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set");
    }
    if (keys.access_key_id.empty() || keys.secret_access_key.empty()) {
      return NoCredentials(Code::kPermissionDenied,
                           "of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only one is set");
    }
    return Finding::Of(keys);
  }

 private:
  const Environment environment_;
};

}  // namespace

std::string Variable(const Environment& environment, const std::string& name) {
  return environment(name).value_or(std::string());
}

std::unique_ptr<CredentialPlace> EnvironmentPlace(Environment environment) {
  return std::make_unique<KeysOfEnvironment>(std::move(environment));
}

Result<Credentials> LookFor(CredentialPlace& place) {
  Finding finding = TRY(place.Look());
  if (finding.credentials.has_value()) return *std::move(finding.credentials);
  return NoCredentials(finding.code, fmt::format("{}: {}", place.kind(), finding.absence),
                       std::move(finding.detail));
}

std::unexpected<Error> NoCredentials(Code code, std::string_view why, std::string detail) {
  return Fail(code, fmt::format("the credentials for the store cannot be had: {}", why),
              std::move(detail));
}

}  // namespace sluice::storage
