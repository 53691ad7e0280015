#include "storage/s3/credential_sources.h"

#include <utility>

#include "storage/s3/credential_place.h"

namespace sluice::storage {
namespace {

class AnonymousSource final : public CredentialSource {
 public:
  std::string name() const override { return "anonymous"; }
  Result<Credentials> Fetch() override { return Credentials(); }
};

class StaticSource final : public CredentialSource {
 public:
  explicit StaticSource(const S3CredentialOptions& options) {
    keys_.access_key_id = options.access_key_id;
    keys_.secret_access_key = options.secret_access_key;
    keys_.session_token = options.session_token;
  }

  std::string name() const override { return "configured keys"; }

  Result<Credentials> Fetch() override {
    if (keys_.access_key_id.empty() || keys_.secret_access_key.empty()) {
      return NoCredentials(Code::kPermissionDenied,
                           "an access key id and a secret access key have to be configured");
    }
    return keys_;
  }

 private:
  Credentials keys_;
};

// One place, and no other.
class PlaceSource final : public CredentialSource {
 public:
  explicit PlaceSource(std::unique_ptr<CredentialPlace> place) : place_(std::move(place)) {}
  std::string name() const override { return place_->name(); }
  Result<Credentials> Fetch() override { return LookFor(*place_); }

 private:
  const std::unique_ptr<CredentialPlace> place_;
};

}  // namespace

std::unique_ptr<CredentialSource> MakeCredentialSource(const S3CredentialOptions& options,
                                                       CredentialContext context) {
  switch (options.source) {
    case S3CredentialOptions::Source::kAnonymous: return std::make_unique<AnonymousSource>();
    case S3CredentialOptions::Source::kStatic: return std::make_unique<StaticSource>(options);
    default: return std::make_unique<PlaceSource>(EnvironmentPlace(std::move(context.environment)));
  }
}

std::string RegionOfProfile(const std::string& /*profile*/, const Environment& /*environment*/) {
  return {};
}

}  // namespace sluice::storage
