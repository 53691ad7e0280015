#include "storage/s3/profile_place.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "storage/s3/container_place.h"
#include "storage/s3/instance_place.h"
#include "storage/s3/profile_files.h"
#include "storage/s3/profile_plan.h"
#include "storage/s3/sts.h"

namespace sluice::storage {
namespace {

using Base = ProfilePlan::Base;

class OfProfile final : public CredentialPlace {
 public:
  OfProfile(std::string profile, const CredentialContext& context)
      : profile_(std::move(profile)),
        context_(context),
        environment_(EnvironmentPlace(context.environment)),
        container_(ContainerPlace(context)),
        instance_(InstancePlace(context)) {}

  std::string_view kind() const override { return "profile"; }
  std::string name() const override {
    return profile_.empty() ? "profile" : fmt::format("profile '{}'", profile_);
  }

  Result<Finding> Look() override {
    const std::string name = ProfileName(profile_, context_.environment);
    const Profiles profiles = TRY(LoadProfiles(context_.environment));
    const ProfilePlan plan = TRY(PlanProfile(profiles, name));
    if (plan.base == Base::kNothing) return Absent(name, plan.found);
    Credentials credentials = TRY(Begin(plan));
    for (size_t i = plan.base == Base::kWebIdentity ? 1 : 0; i < plan.roles.size(); ++i) {
      credentials = TRY_CONTEXT(fmt::format("profile '{}'", name),
                                AssumeRole(context_, plan.roles[i], credentials));
    }
    return Finding::Of(credentials);
  }

 private:
  Result<Finding> Absent(const std::string& name, bool found) const {
    const bool named = !profile_.empty() || !Variable(context_.environment, "AWS_PROFILE").empty();
    if (!found && named) {
      return NoCredentials(Code::kPermissionDenied,
                           "profile: the one that is named is in neither of the shared files",
                           fmt::format("profile '{}'", name));
    }
    Finding finding =
        Finding::Absent(found ? "it has no keys and no role" : "there is none in the shared files");
    finding.detail = fmt::format("profile '{}'", name);
    return finding;
  }

  Result<Credentials> Begin(const ProfilePlan& plan) {
    switch (plan.base) {
      case Base::kEnvironment: return LookFor(*environment_);
      case Base::kContainer: return LookFor(*container_);
      case Base::kInstance: return LookFor(*instance_);
      case Base::kWebIdentity:
        return AssumeRoleByToken(context_, plan.roles.front(), plan.token_file);
      case Base::kKeys:
      case Base::kNothing: break;
    }
    return plan.keys;
  }

  const std::string profile_;
  const CredentialContext context_;
  const std::unique_ptr<CredentialPlace> environment_;
  const std::unique_ptr<CredentialPlace> container_;
  const std::unique_ptr<CredentialPlace> instance_;
};

}  // namespace

std::unique_ptr<CredentialPlace> ProfilePlace(std::string profile,
                                              const CredentialContext& context) {
  return std::make_unique<OfProfile>(std::move(profile), context);
}

}  // namespace sluice::storage
