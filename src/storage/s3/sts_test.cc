#include "storage/s3/sts.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "storage/s3/sigv4.h"
#include "storage/testing/credential_services.h"

namespace sluice::storage {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using testing::Answer;
using testing::ErrorOf;
using testing::kSecretKey;
using testing::kSessionToken;
using testing::kWebToken;

std::string Granted(std::string_view action, std::string_view key = "ASIANEW") {
  return fmt::format(
      R"(<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result>)"
      "<AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/sluice</Arn></AssumedRoleUser>"
      "<Credentials><AccessKeyId>{1}</AccessKeyId><SecretAccessKey>{2}</SecretAccessKey>"
      "<SessionToken>{3}</SessionToken><Expiration>{4}</Expiration></Credentials>"
      "</{0}Result><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{0}Response>",
      action, key, kSecretKey, kSessionToken, testing::kEnd);
}

std::string Denied(std::string_view code, std::string_view message) {
  return fmt::format(
      R"(<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>)"
      "<Type>Sender</Type><Code>{}</Code><Message>{}</Message></Error></ErrorResponse>",
      code, message);
}

class StsTest : public testing::CredentialServices {
 protected:
  StsTest() {
    caller_.access_key_id = "AKIACALLER";
    caller_.secret_access_key = kSecretKey;
    caller_.session_token = kSessionToken;
  }
  // A service that always says the same.
  void Say(int status, std::string body) {
    On("/", [status, body = std::move(body)](const net::Request&) { return Answer(status, body); });
    Start();
  }
  Result<Credentials> Assume() { return AssumeRole(Context(), role_, caller_); }
  net::QueryParams Form(size_t at = 0) {
    return net::QueryParams::Parse(asked_.at(at).body).value();
  }

  Credentials caller_;
  RoleToAssume role_{.arn = "arn:aws:iam::1:role/r"};
};

TEST_F(StsTest, ARoleIsAssumed) {
  Say(200, Granted("AssumeRole"));
  const Result<Credentials> credentials = Assume();
  ASSERT_THAT(credentials, IsOk());
  EXPECT_EQ(credentials->access_key_id, "ASIANEW");
  EXPECT_EQ(credentials->secret_access_key, kSecretKey);
  EXPECT_EQ(credentials->session_token, kSessionToken);
  EXPECT_EQ(credentials->expires, testing::kNow + std::chrono::hours(1));

  ASSERT_EQ(asked_.size(), 1U);
  EXPECT_EQ(asked_[0].method, net::Method::kPost);
  EXPECT_EQ(asked_[0].target, "/");
  EXPECT_EQ(Form().Find("Action"), "AssumeRole");
  EXPECT_EQ(Form().Find("Version"), "2011-06-15");
  EXPECT_EQ(Form().Find("RoleArn"), "arn:aws:iam::1:role/r");
  EXPECT_EQ(Form().Find("RoleSessionName"), "sluice");
  EXPECT_EQ(Form().Find("DurationSeconds"), "3600");
  EXPECT_EQ(Form().Find("ExternalId"), std::nullopt);
}

TEST_F(StsTest, TheRoleHasItsOwnWords) {
  Say(200, Granted("AssumeRole"));
  role_.external_id = "a b&c=+";
  role_.session_name = "me@here";
  role_.duration = std::chrono::minutes(15);
  ASSERT_THAT(Assume(), IsOk());
  EXPECT_EQ(Form().Find("ExternalId"), "a b&c=+");
  EXPECT_EQ(Form().Find("RoleSessionName"), "me@here");
  EXPECT_EQ(Form().Find("DurationSeconds"), "900");
}

TEST_F(StsTest, RequestsAreSignedForTheService) {
  Say(200, Granted("AssumeRole"));
  ASSERT_THAT(Assume(), IsOk());
  const net::Request& got = asked_.at(0);
  const std::string hash = Hex(crypto::View(crypto::Sha256(got.body)));
  RequestToSign expected{.method = "POST",
                         .host = got.headers.Find("host").value(),
                         .encoded_path = "/",
                         .body_hash = hash};
  expected.headers.Add("Content-Type", std::string(got.headers.Find("content-type").value()));
  const SigningKeys keys(std::make_shared<const Credentials>(caller_), {"eu-central-1", "sts"});
  const net::Headers signed_headers = SignHeaders(expected, keys, clock_.Now());
  EXPECT_EQ(got.headers.Find("authorization"), signed_headers.Find("authorization"));
  EXPECT_NE(got.headers.Find("authorization")->find("/20231114/eu-central-1/sts/aws4_request"),
            std::string::npos);
  EXPECT_EQ(got.headers.Find("x-amz-security-token"), kSessionToken);
}

TEST_F(StsTest, ARefusalIsTheServicesOwn) {
  Say(403, Denied("AccessDenied", "User: arn:aws:iam::1:user/u is not authorized"));
  const Result<Credentials> credentials = Assume();
  ASSERT_THAT(credentials, IsError(Code::kPermissionDenied, "the role cannot be assumed"));
  const Error error = ErrorOf(credentials);
  EXPECT_NE(error.detail.find("AccessDenied: User: arn:aws:iam::1:user/u"), std::string::npos);
  EXPECT_NE(error.detail.find("role arn:aws:iam::1:role/r"), std::string::npos);
  EXPECT_EQ(asked_.size(), 1U) << "a refusal is not asked for twice";
}

TEST_F(StsTest, WhatTheServiceSaysIsClearedOfSecrets) {
  Say(403, Denied("SignatureDoesNotMatch",
                  fmt::format("{} {} {} no\nThe Canonical String should have been", kSecretKey,
                              kSessionToken, PercentEncode(kSessionToken))));
  const Error error = ErrorOf(Assume());
  EXPECT_NE(error.detail.find("SignatureDoesNotMatch: *** *** *** no"), std::string::npos)
      << error.detail;
  EXPECT_EQ(error.detail.find("Canonical"), std::string::npos);
}

TEST_F(StsTest, ALongMessageIsCut) {
  Say(400, Denied("ValidationError", std::string(5000, 'x')));
  EXPECT_LT(ErrorOf(Assume()).detail.size(), 500U);
}

TEST_F(StsTest, APolicyGoesWithTheRole) {
  Say(200, Granted("AssumeRole"));
  ASSERT_THAT(Assume(), IsOk());
  EXPECT_EQ(Form(0).Find("Policy"), std::nullopt);
  role_.policy = R"({"Version":"2012-10-17","a":"b c&d=\u00fc"})";
  ASSERT_THAT(Assume(), IsOk());
  EXPECT_EQ(Form(1).Find("Policy"), role_.policy);
}

TEST_F(StsTest, APolicyThatIsTooLongSaysSo) {
  Say(400, Denied("PackedPolicyTooLarge", "Packed size of session policy consumes 112% of space"));
  EXPECT_THAT(Assume(), IsError(Code::kUnsupported, "the policy of the folder is too long"));
}

TEST_F(StsTest, AServiceInTroubleIsAskedThreeTimes) {
  Say(503, "SECRETKEY");
  EXPECT_THAT(Assume(), IsError(Code::kUnavailable, "busy or in trouble"));
  EXPECT_EQ(asked_.size(), 3U);
  ErrorOf(Assume());
}

TEST_F(StsTest, APassingFaultIsPassedOver) {
  On("/", [this](const net::Request&) {
    return asked_.size() < 3 ? Answer(500) : Answer(200, Granted("AssumeRole"));
  });
  Start();
  EXPECT_THAT(Assume(), IsOk());
}

TEST_F(StsTest, ThrottlingPasses) {
  Say(400, Denied("Throttling", "Rate exceeded"));
  EXPECT_THAT(Assume(), IsError(Code::kUnavailable));
  EXPECT_EQ(asked_.size(), 1U);
}

TEST_F(StsTest, NoServiceAtAll) {
  CredentialContext context = Context();
  context.sts_endpoint = "http://127.0.0.1:1";
  EXPECT_EQ(ErrorOf(AssumeRole(context, role_, caller_)).code, Code::kUnavailable);
}

TEST_F(StsTest, AnswersThatAreNoneAreUnavailable) {
  const std::string whole = Granted("AssumeRole");
  std::string without_end = whole;
  without_end.replace(without_end.find("2023-"), 5, "soon ");
  std::string without_key = whole;
  without_key.replace(without_key.find("ASIANEW"), 7, "");
  std::string said;
  On("/", [&said](const net::Request&) { return Answer(200, said); });
  Start();
  for (const std::string& answer :
       {std::string(), std::string("SECRETKEY"), whole.substr(0, whole.size() / 2),
        Granted("AssumeRoleWithWebIdentity"), without_end, without_key,
        std::string(512 << 10, ' ') + whole}) {
    said = answer;
    EXPECT_EQ(ErrorOf(Assume()).code, Code::kUnavailable) << answer.size();
  }
  said = whole;
  EXPECT_THAT(Assume(), IsOk());
}

TEST_F(StsTest, RedirectsAreRefusals) {
  Say(307, "");
  EXPECT_EQ(ErrorOf(Assume()).code, Code::kPermissionDenied);
}

TEST_F(StsTest, NobodyAssumesNoRole) {
  Say(200, Granted("AssumeRole"));
  EXPECT_THAT(AssumeRole(Context(), role_, Credentials()), IsError(Code::kPermissionDenied));
  EXPECT_TRUE(asked_.empty());
}

TEST_F(StsTest, ATokenIsReadAnewAndSentWithoutSignature) {
  Say(200, Granted("AssumeRoleWithWebIdentity"));
  const std::string file = (home_ / "token").string();
  home_.Write("token", std::string(kWebToken) + "\n");
  const Result<Credentials> credentials = AssumeRoleByToken(Context(), role_, file);
  ASSERT_THAT(credentials, IsOk());
  EXPECT_EQ(credentials->access_key_id, "ASIANEW");
  EXPECT_EQ(Form().Find("Action"), "AssumeRoleWithWebIdentity");
  EXPECT_EQ(Form().Find("WebIdentityToken"), kWebToken);
  EXPECT_EQ(asked_[0].headers.Find("authorization"), std::nullopt);
  EXPECT_EQ(asked_[0].target, "/") << "the token is in the body alone";
  home_.Write("token", "another");
  ASSERT_THAT(AssumeRoleByToken(Context(), role_, file), IsOk());
  EXPECT_EQ(Form(1).Find("WebIdentityToken"), "another");
}

TEST_F(StsTest, TokensThatAreRefusedAreNotTold) {
  Say(400, Denied("InvalidIdentityToken", fmt::format("not a token: {}", kWebToken)));
  home_.Write("token", kWebToken);
  const Error error = ErrorOf(AssumeRoleByToken(Context(), role_, (home_ / "token").string()));
  EXPECT_EQ(error.code, Code::kPermissionDenied);
  EXPECT_NE(error.detail.find("InvalidIdentityToken: not a token: ***"), std::string::npos);
}

TEST_F(StsTest, TokenFilesThatAreNone) {
  Say(200, Granted("AssumeRoleWithWebIdentity"));
  home_.Write("empty", " \n");
  home_.Write("large", std::string((1 << 20) + 1, 'x'));
  for (const std::string_view name : {"none", "empty", "large", ""}) {
    const Error error = ErrorOf(AssumeRoleByToken(Context(), role_, (home_ / name).string()));
    EXPECT_EQ(error.code, Code::kPermissionDenied) << name;
    EXPECT_NE(error.message.find("web identity token file"), std::string::npos) << name;
  }
  EXPECT_TRUE(asked_.empty());
}

TEST_F(StsTest, HostsOfTheService) {
  CredentialContext context = Context();
  const auto url = [&](std::string region, bool fips, std::string endpoint) {
    context.region = std::move(region);
    context.fips = fips;
    context.sts_endpoint = std::move(endpoint);
    const Result<Origin> origin = StsOrigin(context);
    return origin.has_value() ? origin->url() : std::string(CodeName(origin.error().code));
  };
  EXPECT_EQ(url("eu-central-1", false, ""), "https://sts.eu-central-1.amazonaws.com");
  EXPECT_EQ(url("us-east-1", true, ""), "https://sts-fips.us-east-1.amazonaws.com");
  EXPECT_EQ(url("cn-north-1", false, ""), "https://sts.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(url("us-east-1", true, "http://MinIO:9000/"), "http://minio:9000");
  EXPECT_EQ(url("us-east-1", false, "https://sts.example:443"), "https://sts.example");
  EXPECT_EQ(url("", false, ""), "permission_denied");
  EXPECT_EQ(url("x.evil.example/", false, ""), "permission_denied");
  EXPECT_EQ(url("us-east-1", false, "sts.example"), "permission_denied");
  EXPECT_EQ(url("us-east-1", false, "https://sts.example/path"), "permission_denied");
}

}  // namespace
}  // namespace sluice::storage
