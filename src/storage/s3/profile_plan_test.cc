#include "storage/s3/profile_plan.h"

#include <fmt/format.h>

#include "base/testing/matchers.h"

namespace sluice::storage {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using Base = ProfilePlan::Base;

constexpr std::string_view kKeys = "aws_access_key_id = AKID\naws_secret_access_key = SECRETKEY\n";

Result<ProfilePlan> Plan(std::string_view text, const std::string& name = "default") {
  const Result<Profiles> profiles = ParseProfiles(text, ProfileFile::kCredentials);
  EXPECT_THAT(profiles, IsOk());
  return PlanProfile(profiles.value_or(Profiles()), name);
}

void ExpectRefused(const Result<ProfilePlan>& plan, std::string_view text) {
  ASSERT_THAT(plan, IsError(Code::kPermissionDenied, text));
  EXPECT_EQ((plan.error().message + plan.error().detail).find("SECRETKEY"), std::string::npos);
}

TEST(PlanProfile, NothingToGoBy) {
  EXPECT_FALSE(Plan("[a]\nx = 1\n").value().found);
  const ProfilePlan plan = Plan("[default]\nregion = eu-west-1\n").value();
  EXPECT_TRUE(plan.found);
  EXPECT_EQ(plan.base, Base::kNothing);
}

TEST(PlanProfile, KeysAlone) {
  const auto plan = Plan(fmt::format("[default]\n{}aws_session_token = T\n", kKeys)).value();
  EXPECT_EQ(plan.base, Base::kKeys);
  EXPECT_TRUE(plan.roles.empty());
  EXPECT_EQ(plan.keys.access_key_id, "AKID");
  EXPECT_EQ(plan.keys.secret_access_key, "SECRETKEY");
  EXPECT_EQ(plan.keys.session_token, "T");
}

TEST(PlanProfile, HalfAKeyIsAnError) {
  ExpectRefused(Plan("[default]\naws_access_key_id = A\n"), "one is missing");
  ExpectRefused(Plan("[default]\naws_secret_access_key = SECRETKEY\n"), "one is missing");
}

TEST(PlanProfile, RolesAreAssumedFromTheFarEnd) {
  const auto plan = Plan(fmt::format("[default]\nrole_arn = one\nsource_profile = two\n"
                                     "external_id = x\nduration_seconds = 900\n"
                                     "role_session_name = me\n"
                                     "[two]\nrole_arn = two\nsource_profile = three\n"
                                     "[three]\n{}",
                                     kKeys))
                        .value();
  EXPECT_EQ(plan.base, Base::kKeys);
  EXPECT_EQ(plan.keys.access_key_id, "AKID");
  ASSERT_EQ(plan.roles.size(), 2U);
  EXPECT_EQ(plan.roles[0].arn, "two");
  EXPECT_EQ(plan.roles[0].session_name, "sluice");
  EXPECT_EQ(plan.roles[0].duration, std::chrono::hours(1));
  EXPECT_EQ(plan.roles[0].external_id, "");
  EXPECT_EQ(plan.roles[1].arn, "one");
  EXPECT_EQ(plan.roles[1].session_name, "me");
  EXPECT_EQ(plan.roles[1].duration, std::chrono::minutes(15));
  EXPECT_EQ(plan.roles[1].external_id, "x");
}

TEST(PlanProfile, AChainMayBeVeryLong) {
  constexpr int kLength = 10'000;
  std::string text = "[default]\nrole_arn = r\nsource_profile = p0\n";
  for (int i = 0; i < kLength; ++i) {
    text += fmt::format("[p{}]\nrole_arn = r{}\nsource_profile = p{}\n", i, i, i + 1);
  }
  text += fmt::format("[p{}]\n{}", kLength, kKeys);
  EXPECT_EQ(Plan(text).value().roles.size(), kLength + 1);
}

TEST(PlanProfile, AProfileMayBeItsOwnSource) {
  const auto own =
      Plan(fmt::format("[default]\nrole_arn = r\nsource_profile = default\n{}", kKeys)).value();
  EXPECT_EQ(own.base, Base::kKeys);
  EXPECT_EQ(own.roles.size(), 1U);
  ExpectRefused(Plan("[default]\nrole_arn = r\nsource_profile = default\n"), "one is missing");
}

TEST(PlanProfile, ACircleIsAnError) {
  ExpectRefused(Plan("[default]\nrole_arn = r\nsource_profile = a\n[a]\nrole_arn = s\n"
                     "source_profile = b\n[b]\nrole_arn = t\nsource_profile = a\n"),
                "in a circle");
}

TEST(PlanProfile, ASourceMustHaveCredentials) {
  const std::string role = "[default]\nrole_arn = r\nsource_profile = a\n";
  ExpectRefused(Plan(role), "is not there");
  ExpectRefused(Plan(role + "[a]\nregion = x\n"), "has no credentials");
}

TEST(PlanProfile, CredentialSources) {
  const auto base_of = [](std::string_view source) {
    return Plan(fmt::format("[default]\nrole_arn = r\ncredential_source = {}\n", source));
  };
  EXPECT_EQ(base_of("Environment").value().base, Base::kEnvironment);
  EXPECT_EQ(base_of("EcsContainer").value().base, Base::kContainer);
  EXPECT_EQ(base_of("Ec2InstanceMetadata").value().base, Base::kInstance);
  EXPECT_EQ(base_of("Environment").value().roles.size(), 1U);
  ExpectRefused(base_of("environment"), "'credential_source' must be");
}

TEST(PlanProfile, WebIdentity) {
  const auto plan = Plan(
                        "[default]\nrole_arn = r\nsource_profile = a\n"
                        "[a]\nrole_arn = web\nweb_identity_token_file = /t\n")
                        .value();
  EXPECT_EQ(plan.base, Base::kWebIdentity);
  EXPECT_EQ(plan.token_file, "/t");
  ASSERT_EQ(plan.roles.size(), 2U);
  EXPECT_EQ(plan.roles[0].arn, "web");
  ExpectRefused(Plan("[default]\nweb_identity_token_file = /t\n"), "needs 'role_arn'");
}

TEST(PlanProfile, ARoleNeedsExactlyOneWay) {
  ExpectRefused(Plan("[default]\nrole_arn = r\n"), "needs one of");
  ExpectRefused(Plan(fmt::format("[default]\nrole_arn = r\n{}", kKeys)), "needs one of");
  ExpectRefused(Plan("[default]\nrole_arn = r\nsource_profile = a\n"
                     "credential_source = Environment\n"),
                "needs one of");
}

TEST(PlanProfile, BadDurationsAreErrors) {
  for (const std::string_view text : {"899", "43201", "1h", "-900", "99999999999999999999"}) {
    ExpectRefused(Plan(fmt::format("[default]\nrole_arn = r\ncredential_source = Environment\n"
                                   "duration_seconds = {}\n",
                                   text)),
                  "'duration_seconds'");
  }
}

TEST(PlanProfile, WhatIsNotSupportedIsNamed) {
  ExpectRefused(Plan(fmt::format("[default]\nrole_arn = r\nsource_profile = a\nmfa_serial = m\n"
                                 "[a]\n{}",
                                 kKeys)),
                "'mfa_serial' is not supported");
  for (const std::string_view key :
       {"sso_session", "sso_account_id", "sso_start_url", "credential_process"}) {
    const std::string named = fmt::format("'{}' is not supported: ", key);
    ExpectRefused(Plan(fmt::format("[default]\n{} = SECRETKEY\n", key)), named);
    ExpectRefused(Plan(fmt::format("[default]\nrole_arn = r\n{} = x\n", key)), named);
    ExpectRefused(
        Plan(fmt::format("[default]\nrole_arn = r\nsource_profile = a\n[a]\n{} = x\n", key)),
        named);
    EXPECT_THAT(Plan(fmt::format("[default]\n{} = x\n{}", key, kKeys)), IsOk())
        << "keys need no sign-in";
  }
}

}  // namespace
}  // namespace sluice::storage
