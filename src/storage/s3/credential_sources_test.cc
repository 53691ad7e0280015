#include "storage/s3/credential_sources.h"

#include <fmt/format.h>

#include "storage/testing/credential_services.h"

namespace sluice::storage {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using Source = S3CredentialOptions::Source;
using testing::Answer;
using testing::ErrorOf;
using testing::kSecretKey;
using testing::kSessionToken;

constexpr const char* kImds = "AWS_EC2_METADATA_SERVICE_ENDPOINT";

class CredentialSourcesTest : public testing::CredentialServices {
 protected:
  // STS knows every role and names its keys after it; the container's service gives "ASIATASK".
  void StartServices() {
    On("/", [](const net::Request& request) {
      const auto form = net::QueryParams::Parse(request.body).value();
      const std::string action(form.Find("Action").value());
      return Answer(200, fmt::format("<{0}Response><{0}Result><Credentials>"
                                     "<AccessKeyId>{1}</AccessKeyId>"
                                     "<SecretAccessKey>{2}</SecretAccessKey>"
                                     "<SessionToken>{3}</SessionToken>"
                                     "<Expiration>{4}</Expiration>"
                                     "</Credentials></{0}Result></{0}Response>",
                                     action, form.Find("RoleArn").value(), kSecretKey,
                                     kSessionToken, testing::kEnd));
    });
    On("/keys", [](const net::Request&) {
      return Answer(
          200, fmt::format(R"({{"AccessKeyId":"ASIATASK","SecretAccessKey":"{}"}})", kSecretKey));
    });
    Start();
    environment_[kImds] = "http://127.0.0.1:1";
  }
  void SetEnvironmentKeys() {
    environment_["AWS_ACCESS_KEY_ID"] = "AKIAENV";
    environment_["AWS_SECRET_ACCESS_KEY"] = kSecretKey;
  }
  void WriteProfiles(std::string_view text) { home_.Write(".aws/credentials", text); }
  std::string KeyIdOf(CredentialSource& source) {
    const Result<Credentials> credentials = source.Fetch();
    EXPECT_THAT(credentials, IsOk());
    return credentials.has_value() ? credentials->access_key_id : "";
  }
  std::string KeyIdOf(Source source) { return KeyIdOf(*Make(source)); }
  // Who signed a request to STS.
  std::string CallerOf(size_t request) {
    const std::string header(asked_.at(request).headers.Find("authorization").value_or("/"));
    const size_t begin = header.find('=') + 1;
    return header.substr(begin, header.find("/2023") - begin);
  }

  const std::string profile_keys_ =
      fmt::format("aws_access_key_id = AKIAPROFILE\naws_secret_access_key = {}\n", kSecretKey);
};

TEST_F(CredentialSourcesTest, Anonymous) {
  const auto source = Make(Source::kAnonymous);
  EXPECT_EQ(source->name(), "anonymous");
  EXPECT_TRUE(source->Fetch().value().anonymous());
}

TEST_F(CredentialSourcesTest, Static) {
  S3CredentialOptions options;
  options.source = Source::kStatic;
  options.access_key_id = "AKIASTATIC";
  EXPECT_EQ(ErrorOf(Make(options)->Fetch()).code, Code::kPermissionDenied);
  options.secret_access_key = kSecretKey;
  options.session_token = kSessionToken;
  const Credentials credentials = Make(options)->Fetch().value();
  EXPECT_EQ(credentials.access_key_id, "AKIASTATIC");
  EXPECT_EQ(credentials.secret_access_key, kSecretKey);
  EXPECT_EQ(credentials.session_token, kSessionToken);
  EXPECT_EQ(credentials.expires, std::nullopt);
  options.access_key_id.clear();
  EXPECT_EQ(ErrorOf(Make(options)->Fetch()).code, Code::kPermissionDenied);
}

TEST_F(CredentialSourcesTest, OfTheEnvironment) {
  const auto source = Make(Source::kEnvironment);
  EXPECT_EQ(source->name(), "environment");
  EXPECT_THAT(source->Fetch(), IsError(Code::kPermissionDenied, "AWS_ACCESS_KEY_ID"));
  environment_["AWS_SECRET_ACCESS_KEY"] = kSecretKey;
  EXPECT_NE(ErrorOf(source->Fetch()).message.find("only one is set"), std::string::npos);
  environment_["AWS_ACCESS_KEY_ID"] = "";
  EXPECT_NE(ErrorOf(source->Fetch()).message.find("only one is set"), std::string::npos);
  SetEnvironmentKeys();
  environment_["AWS_SESSION_TOKEN"] = kSessionToken;
  const Credentials credentials = source->Fetch().value();
  EXPECT_EQ(credentials.access_key_id, "AKIAENV");
  EXPECT_EQ(credentials.session_token, kSessionToken);
}

TEST_F(CredentialSourcesTest, FilesAreReadAnew) {
  S3CredentialOptions options;
  options.source = Source::kProfile;
  options.profile = "p";
  const auto source = Make(options);
  EXPECT_EQ(source->name(), "profile 'p'");
  const Error absent = ErrorOf(source->Fetch());
  EXPECT_EQ(absent.code, Code::kPermissionDenied);
  EXPECT_EQ(absent.detail, "profile 'p'");
  WriteProfiles("[p]\n" + profile_keys_);
  EXPECT_EQ(KeyIdOf(*source), "AKIAPROFILE");
  WriteProfiles("[p]\naws_access_key_id = NEW\naws_secret_access_key = x\n");
  EXPECT_EQ(KeyIdOf(*source), "NEW");
}

TEST_F(CredentialSourcesTest, RolesOfProfilesAreAssumedInTurn) {
  StartServices();
  WriteProfiles(
      "[default]\nrole_arn = one\nsource_profile = b\n"
      "[b]\nrole_arn = two\nsource_profile = c\n[c]\n" +
      profile_keys_);
  EXPECT_EQ(KeyIdOf(Source::kProfile), "one");
  ASSERT_EQ(asked_.size(), 2U);
  EXPECT_EQ(CallerOf(0), "AKIAPROFILE");
  EXPECT_EQ(CallerOf(1), "two");
}

TEST_F(CredentialSourcesTest, ProfilesMayBeginElsewhere) {
  StartServices();
  WriteProfiles("[default]\nrole_arn = r\ncredential_source = Environment\n");
  EXPECT_NE(ErrorOf(Make(Source::kProfile)->Fetch()).message.find("AWS_ACCESS_KEY_ID"),
            std::string::npos);
  SetEnvironmentKeys();
  EXPECT_EQ(KeyIdOf(Source::kProfile), "r");
  EXPECT_EQ(CallerOf(0), "AKIAENV");

  WriteProfiles("[default]\nrole_arn = r\ncredential_source = EcsContainer\n");
  environment_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = Url() + "/keys";
  EXPECT_EQ(KeyIdOf(Source::kProfile), "r");
  EXPECT_EQ(CallerOf(2), "ASIATASK");

  WriteProfiles("[default]\nrole_arn = r\ncredential_source = Ec2InstanceMetadata\n");
  EXPECT_EQ(ErrorOf(Make(Source::kProfile)->Fetch()).code, Code::kUnavailable);

  home_.Write("token", testing::kWebToken);
  WriteProfiles(
      fmt::format("[default]\nrole_arn = a\nsource_profile = b\n[b]\nrole_arn = web\n"
                  "web_identity_token_file = {}\n",
                  (home_ / "token").string()));
  EXPECT_EQ(KeyIdOf(Source::kProfile), "a");
  EXPECT_EQ(CallerOf(4), "web");
  EXPECT_EQ(asked_.size(), 5U);
}

TEST_F(CredentialSourcesTest, WebIdentity) {
  StartServices();
  const auto source = Make(Source::kWebIdentity);
  EXPECT_NE(ErrorOf(source->Fetch()).message.find("AWS_WEB_IDENTITY_TOKEN_FILE is not set"),
            std::string::npos);
  home_.Write("token", testing::kWebToken);
  environment_["AWS_WEB_IDENTITY_TOKEN_FILE"] = (home_ / "token").string();
  EXPECT_NE(ErrorOf(source->Fetch()).message.find("AWS_ROLE_ARN is not"), std::string::npos);
  environment_["AWS_ROLE_ARN"] = "web-role";
  EXPECT_EQ(KeyIdOf(*source), "web-role");
  environment_["AWS_ROLE_SESSION_NAME"] = "pod-7";
  EXPECT_EQ(KeyIdOf(*source), "web-role");
  EXPECT_NE(asked_.at(0).body.find("RoleSessionName=sluice"), std::string::npos);
  EXPECT_NE(asked_.at(1).body.find("RoleSessionName=pod-7"), std::string::npos);
}

TEST_F(CredentialSourcesTest, ARoleOnTopOfAnySource) {
  StartServices();
  S3CredentialOptions options;
  options.source = Source::kStatic;
  options.access_key_id = "AKIASTATIC";
  options.secret_access_key = kSecretKey;
  options.role_arn = "top";
  options.external_id = "their-id";
  options.role_session_name = "mine";
  const auto source = Make(options);
  EXPECT_EQ(source->name(), "role top by configured keys");
  EXPECT_EQ(KeyIdOf(*source), "top");
  EXPECT_EQ(CallerOf(0), "AKIASTATIC");
  EXPECT_NE(asked_.at(0).body.find("ExternalId=their-id"), std::string::npos);
  EXPECT_NE(asked_.at(0).body.find("RoleSessionName=mine"), std::string::npos);

  options.source = Source::kProfile;
  WriteProfiles("[default]\nrole_arn = below\nsource_profile = default\n" + profile_keys_);
  EXPECT_EQ(KeyIdOf(*Make(options)), "top");
  EXPECT_EQ(CallerOf(2), "below");

  options.source = Source::kAnonymous;
  EXPECT_EQ(ErrorOf(Make(options)->Fetch()).code, Code::kPermissionDenied);
  options.source = Source::kEnvironment;
  EXPECT_EQ(ErrorOf(Make(options)->Fetch()).code, Code::kPermissionDenied);
}

TEST_F(CredentialSourcesTest, TheChainKeepsItsOrder) {
  StartServices();
  const auto chain = Make(Source::kDefault);
  environment_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = Url() + "/keys";
  EXPECT_EQ(KeyIdOf(*chain), "ASIATASK");
  WriteProfiles("[default]\nregion = eu-west-1\n");
  EXPECT_EQ(KeyIdOf(*chain), "ASIATASK") << "a profile without keys is passed over";
  WriteProfiles("[default]\n" + profile_keys_);
  EXPECT_EQ(KeyIdOf(*chain), "AKIAPROFILE");
  home_.Write("token", testing::kWebToken);
  environment_["AWS_WEB_IDENTITY_TOKEN_FILE"] = (home_ / "token").string();
  environment_["AWS_ROLE_ARN"] = "web-role";
  EXPECT_EQ(KeyIdOf(*chain), "web-role");
  SetEnvironmentKeys();
  EXPECT_EQ(KeyIdOf(*chain), "AKIAENV");
}

TEST_F(CredentialSourcesTest, WhatIsBrokenEndsTheChain) {
  StartServices();
  const auto chain = Make(Source::kDefault);
  environment_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = Url() + "/keys";
  WriteProfiles("[default]\ncredential_process = x\n");
  EXPECT_NE(ErrorOf(chain->Fetch()).message.find("'credential_process'"), std::string::npos);
  WriteProfiles("[default]\n" + profile_keys_);
  environment_["AWS_PROFILE"] = "other";
  EXPECT_NE(ErrorOf(chain->Fetch()).message.find("in neither of the shared files"),
            std::string::npos);
  environment_["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/nowhere";
  EXPECT_NE(ErrorOf(chain->Fetch()).message.find("AWS_ROLE_ARN"), std::string::npos);
  environment_["AWS_ACCESS_KEY_ID"] = "AKIA";
  EXPECT_NE(ErrorOf(chain->Fetch()).message.find("only one is set"), std::string::npos);
  EXPECT_TRUE(asked_.empty());
}

TEST_F(CredentialSourcesTest, AnEmptyChainTellsWhereItLooked) {
  environment_[kImds] = "http://127.0.0.1:1";
  const Error error = ErrorOf(Make(Source::kDefault)->Fetch());
  EXPECT_EQ(error.code, Code::kPermissionDenied);
  for (const std::string_view place :
       {"environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set",
        "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set",
        "profile: there is none in the shared files",
        "container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "instance metadata: no answer"}) {
    EXPECT_NE(error.message.find(place), std::string::npos) << error.message;
  }
  EXPECT_NE(error.detail.find("profile 'default'"), std::string::npos) << error.detail;
}

TEST_F(CredentialSourcesTest, RegionsOfProfiles) {
  const Environment environment = Context().environment;
  EXPECT_EQ(RegionOfProfile("", environment), "");
  home_.Write(".aws/config", "[default]\nregion = eu-west-1\n[profile p]\nregion = eu-west-2\n");
  EXPECT_EQ(RegionOfProfile("", environment), "eu-west-1");
  EXPECT_EQ(RegionOfProfile("p", environment), "eu-west-2");
  EXPECT_EQ(RegionOfProfile("none", environment), "");
  environment_["AWS_PROFILE"] = "p";
  EXPECT_EQ(RegionOfProfile("", environment), "eu-west-2");
  home_.Write(".aws/config", "broken");
  EXPECT_EQ(RegionOfProfile("", environment), "");
}

TEST_F(CredentialSourcesTest, LogsHaveNoSecrets) {
  StartServices();
  S3CredentialOptions options;
  options.source = Source::kStatic;
  options.access_key_id = "AKIASTATIC";
  options.secret_access_key = kSecretKey;
  options.session_token = kSessionToken;
  options.role_arn = "role";
  CredentialContext context = Context();
  CredentialCache cache(MakeCredentialSource(options, context), clock_);
  ASSERT_THAT(cache.Current(), IsOk());
  clock_.Advance(std::chrono::minutes(56));
  ::testing::internal::CaptureStderr();
  // STS answers as before, with keys that have ended by now.
  clock_.Advance(std::chrono::minutes(3));
  EXPECT_THAT(cache.Current(), IsOk());
  clock_.Advance(std::chrono::minutes(1));
  const Error error = ErrorOf(cache.Current());
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(error.code, Code::kUnavailable);
  testing::ExpectNoSecret(log);
}

}  // namespace
}  // namespace sluice::storage
