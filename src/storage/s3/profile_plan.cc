#include "storage/s3/profile_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

#include "storage/s3/credential_place.h"

namespace sluice::storage {
namespace {

using Base = ProfilePlan::Base;

struct Unsupported {
  std::string_view key;
  std::string_view instead;
};

constexpr std::string_view kNoSignIn =
    "it needs a person to sign in; use a role of the instance, container or pod, or an access key";
constexpr std::array<Unsupported, 4> kUnsupported = {{
    {"sso_session", kNoSignIn},
    {"sso_account_id", kNoSignIn},
    {"sso_start_url", kNoSignIn},
    {"credential_process",
     "the server runs no programs; use a role of the instance, container or pod, or an access key"},
}};

std::unexpected<Error> Refuse(const std::string& why, const std::string& profile) {
  return NoCredentials(Code::kPermissionDenied, "profile: " + why,
                       fmt::format("profile '{}'", profile));
}

Status RefuseUnsupported(const Profile& profile, const std::string& name) {
  for (const auto& [key, instead] : kUnsupported) {
    if (profile.Has(key)) {
      return Refuse(fmt::format("'{}' is not supported: {}", key, instead), name);
    }
  }
  return {};
}

Status TakeKeys(const Profile& profile, const std::string& name, ProfilePlan& plan) {
  plan.base = Base::kKeys;
  plan.keys.access_key_id = profile.Value("aws_access_key_id");
  plan.keys.secret_access_key = profile.Value("aws_secret_access_key");
  plan.keys.session_token = profile.Value("aws_session_token");
  if (!plan.keys.access_key_id.empty() && !plan.keys.secret_access_key.empty()) return {};
  return Refuse("of 'aws_access_key_id' and 'aws_secret_access_key' one is missing", name);
}

bool HasKeys(const Profile& profile) {
  return profile.Has("aws_access_key_id") || profile.Has("aws_secret_access_key");
}

Result<RoleToAssume> RoleOf(const Profile& profile, const std::string& name) {
  if (profile.Has("mfa_serial")) {
    return Refuse(
        "'mfa_serial' is not supported: nobody is there to type a code; use a role that can be "
        "assumed without",
        name);
  }
  RoleToAssume role{.arn = profile.Value("role_arn"), .external_id = profile.Value("external_id")};
  if (profile.Has("role_session_name")) role.session_name = profile.Value("role_session_name");
  if (const std::string text = profile.Value("duration_seconds"); !text.empty()) {
    int seconds = 0;
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, seconds);
    if (error != std::errc() || at != end || seconds < 900 || seconds > 43'200) {
      return Refuse("'duration_seconds' must be from 900 to 43200", name);
    }
    role.duration = std::chrono::seconds(seconds);
  }
  return role;
}

Result<Base> BaseOf(const std::string& source, const std::string& name) {
  if (source == "Environment") return Base::kEnvironment;
  if (source == "EcsContainer") return Base::kContainer;
  if (source == "Ec2InstanceMetadata") return Base::kInstance;
  return Refuse("'credential_source' must be Environment, EcsContainer or Ec2InstanceMetadata",
                name);
}

// What follows a role: where its caller's credentials come from. Returns the next profile to look
// at; empty: the plan is complete.
Result<std::string> FollowRole(const Profile& profile, const std::string& name, ProfilePlan& plan) {
  std::string next = profile.Value("source_profile");
  const std::string source = profile.Value("credential_source");
  plan.token_file = profile.Value("web_identity_token_file");
  const int ways = static_cast<int>(!next.empty()) + static_cast<int>(!source.empty()) +
                   static_cast<int>(!plan.token_file.empty());
  if (ways == 0) TRY(RefuseUnsupported(profile, name));
  if (ways != 1) {
    return Refuse(
        "'role_arn' needs one of 'source_profile', 'credential_source' and "
        "'web_identity_token_file'",
        name);
  }
  if (!plan.token_file.empty()) {
    plan.base = Base::kWebIdentity;
  } else if (!source.empty()) {
    plan.base = TRY(BaseOf(source, name));
  } else if (next == name) {
    TRY(TakeKeys(profile, name, plan));
  } else {
    return next;
  }
  return std::string();
}

// The end of the chain: a profile without a role.
Status FollowKeys(const Profile& profile, const std::string& name, ProfilePlan& plan) {
  if (HasKeys(profile)) return TakeKeys(profile, name, plan);
  TRY(RefuseUnsupported(profile, name));
  if (profile.Has("web_identity_token_file")) {
    return Refuse("'web_identity_token_file' needs 'role_arn'", name);
  }
  if (plan.roles.empty()) return {};
  return Refuse("the profile that 'source_profile' names has no credentials", name);
}

}  // namespace

Result<ProfilePlan> PlanProfile(const Profiles& profiles, const std::string& name) {
  ProfilePlan plan;
  std::set<std::string> seen;
  for (std::string at = name; !at.empty();) {
    if (!seen.insert(at).second) return Refuse("'source_profile' goes in a circle", at);
    const auto found = profiles.find(at);
    if (found == profiles.end()) {
      if (at == name) return plan;
      return Refuse("'source_profile' names a profile that is not there", at);
    }
    plan.found = true;
    const Profile& profile = found->second;
    if (!profile.Has("role_arn")) {
      TRY(FollowKeys(profile, at, plan));
      break;
    }
    plan.roles.push_back(TRY(RoleOf(profile, at)));
    at = TRY(FollowRole(profile, at, plan));
  }
  std::ranges::reverse(plan.roles);
  return plan;
}

}  // namespace sluice::storage
