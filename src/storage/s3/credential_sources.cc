#include "storage/s3/credential_sources.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "storage/s3/container_place.h"
#include "storage/s3/credential_place.h"
#include "storage/s3/instance_place.h"
#include "storage/s3/profile_files.h"
#include "storage/s3/profile_place.h"
#include "storage/s3/profile_plan.h"
#include "storage/s3/sts.h"
#include "storage/s3/web_identity_place.h"

namespace sluice::storage {
namespace {

using Source = S3CredentialOptions::Source;

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

// The first place that is configured.
class ChainSource final : public CredentialSource {
 public:
  explicit ChainSource(std::vector<std::unique_ptr<CredentialPlace>> places)
      : places_(std::move(places)) {}

  std::string name() const override { return "default chain"; }

  Result<Credentials> Fetch() override {
    std::string absences;
    std::string details;
    for (const auto& place : places_) {
      Finding finding = TRY(place->Look());
      if (finding.credentials.has_value()) return *std::move(finding.credentials);
      if (!absences.empty()) absences += "; ";
      absences += fmt::format("{}: {}", place->kind(), finding.absence);
      if (finding.detail.empty()) continue;
      if (!details.empty()) details += "; ";
      details += fmt::format("{}: {}", place->kind(), finding.detail);
    }
    return NoCredentials(Code::kPermissionDenied,
                         fmt::format("none of these is set up ({}). Set up one of them, or name "
                                     "keys in the configuration",
                                     absences),
                         std::move(details));
  }

 private:
  const std::vector<std::unique_ptr<CredentialPlace>> places_;
};

// A role, assumed with the credentials of another source.
class RoleSource final : public CredentialSource {
 public:
  RoleSource(std::unique_ptr<CredentialSource> caller, RoleToAssume role, CredentialContext context)
      : caller_(std::move(caller)), role_(std::move(role)), context_(std::move(context)) {}

  std::string name() const override {
    return fmt::format("role {} by {}", role_.arn, caller_->name());
  }

  Result<Credentials> Fetch() override {
    return AssumeRole(context_, role_, TRY(caller_->Fetch()));
  }

 private:
  const std::unique_ptr<CredentialSource> caller_;
  const RoleToAssume role_;
  const CredentialContext context_;
};

std::unique_ptr<CredentialSource> DefaultChain(const std::string& profile,
                                               const CredentialContext& context) {
  std::vector<std::unique_ptr<CredentialPlace>> places;
  places.push_back(EnvironmentPlace(context.environment));
  places.push_back(WebIdentityPlace(context));
  places.push_back(ProfilePlace(profile, context));
  places.push_back(ContainerPlace(context));
  places.push_back(InstancePlace(context));
  return std::make_unique<ChainSource>(std::move(places));
}

std::unique_ptr<CredentialSource> CallerSource(const S3CredentialOptions& options,
                                               const CredentialContext& context) {
  const auto only = [](std::unique_ptr<CredentialPlace> place) {
    return std::make_unique<PlaceSource>(std::move(place));
  };
  switch (options.source) {
    case Source::kStatic: return std::make_unique<StaticSource>(options);
    case Source::kAnonymous: return std::make_unique<AnonymousSource>();
    case Source::kEnvironment: return only(EnvironmentPlace(context.environment));
    case Source::kWebIdentity: return only(WebIdentityPlace(context));
    case Source::kProfile: return only(ProfilePlace(options.profile, context));
    case Source::kContainer: return only(ContainerPlace(context));
    case Source::kInstance: return only(InstancePlace(context));
    case Source::kDefault: break;
  }
  return DefaultChain(options.profile, context);
}

}  // namespace

std::unique_ptr<CredentialSource> MakeCredentialSource(const S3CredentialOptions& options,
                                                       CredentialContext context) {
  std::unique_ptr<CredentialSource> caller = CallerSource(options, context);
  if (options.role_arn.empty()) return caller;
  RoleToAssume role{.arn = options.role_arn, .external_id = options.external_id};
  if (!options.role_session_name.empty()) role.session_name = options.role_session_name;
  return std::make_unique<RoleSource>(std::move(caller), std::move(role), std::move(context));
}

std::string RegionOfProfile(const std::string& profile, const Environment& environment) {
  const Result<Profiles> profiles = LoadProfiles(environment);
  if (!profiles.has_value()) return {};  // whoever needs the keys in them tells what is wrong
  const auto found = profiles->find(ProfileName(profile, environment));
  return found == profiles->end() ? std::string() : found->second.Value("region");
}

}  // namespace sluice::storage
