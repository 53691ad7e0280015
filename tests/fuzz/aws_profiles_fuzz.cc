// Shared files of profiles: any bytes give profiles or an error without their text; whatever was
// read gives a plan or an error.
#include "storage/s3/profile_files.h"
#include "storage/s3/profile_plan.h"

#include "fuzz.h"

using sluice::fuzz::Require;
using sluice::storage::ParseProfiles;
using sluice::storage::PlanProfile;
using sluice::storage::ProfileFile;
using sluice::storage::ProfilePlan;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = sluice::fuzz::View(data, size);
  for (const ProfileFile kind : {ProfileFile::kCredentials, ProfileFile::kConfig}) {
    const auto profiles = ParseProfiles(text, kind);
    if (!profiles) {
      Require(profiles.error().code == sluice::Code::kPermissionDenied);
      Require(profiles.error().detail.starts_with("line "));
      continue;
    }
    for (const auto& [name, profile] : *profiles) {
      for (const auto& [key, value] : profile.values) {
        Require(!key.empty() && value.find('\n') == std::string::npos);
      }
      const auto plan = PlanProfile(*profiles, name);
      if (!plan) continue;
      Require(plan->found && plan->roles.size() <= profiles->size());
      Require(plan->base != ProfilePlan::Base::kKeys || !plan->keys.secret_access_key.empty());
      Require(plan->base != ProfilePlan::Base::kWebIdentity || !plan->roles.empty());
      Require(plan->base != ProfilePlan::Base::kNothing || plan->roles.empty());
    }
  }
  return 0;
}
