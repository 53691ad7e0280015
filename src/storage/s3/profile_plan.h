// storage/s3/profile_plan.h -- what a profile asks for: keys to begin with, roles to assume.
//
// Source: AWS SDKs and Tools Reference Guide, "Assume role credential provider".
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/s3/credentials.h"
#include "storage/s3/profile_files.h"

namespace sluice::storage {

inline constexpr std::string_view kSessionName = "sluice";  // where nobody names another

struct RoleToAssume {
  std::string arn;
  std::string external_id{};
  std::string session_name{kSessionName};
  std::chrono::seconds duration{3600};
  std::string policy{};  // narrows what the role may do; empty: nothing does
};

struct ProfilePlan {
  enum class Base { kNothing, kKeys, kEnvironment, kContainer, kInstance, kWebIdentity };
  Base base = Base::kNothing;       // the profile is not there, or says nothing of credentials
  bool found = false;               // the profile is there
  Credentials keys;                 // of kKeys
  std::string token_file;           // of kWebIdentity: the first role is assumed with it
  std::vector<RoleToAssume> roles;  // in the order in which they are assumed
};

// A role is looked at before keys in the same profile; those count where the profile is its own
// source.
// Errors: kPermissionDenied  sources that go in a circle or end without credentials, properties
//                            that contradict each other or that no server can serve
Result<ProfilePlan> PlanProfile(const Profiles& profiles, const std::string& name);

}  // namespace sluice::storage
