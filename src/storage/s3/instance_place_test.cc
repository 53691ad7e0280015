#include "storage/s3/instance_place.h"

#include <fmt/format.h>

#include "storage/testing/credential_services.h"

namespace sluice::storage {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using testing::Answer;
using testing::ErrorOf;
using testing::kMetadataToken;
using testing::kSecretKey;
using testing::kSessionToken;

constexpr std::string_view kTtl = "X-aws-ec2-metadata-token-ttl-seconds";
constexpr const char* kRoles = "/latest/meta-data/iam/security-credentials/";
constexpr const char* kEndpoint = "AWS_EC2_METADATA_SERVICE_ENDPOINT";

const std::string kKeys = fmt::format(
    R"({{"Code":"Success","LastUpdated":"2023-11-14T22:00:00Z","Type":"AWS-HMAC",)"
    R"("AccessKeyId":"ASIAINSTANCE","SecretAccessKey":"{}","Token":"{}","Expiration":"{}"}})",
    kSecretKey, kSessionToken, testing::kEnd);

// Hands out tokens "METADATATOKEN-EXAMPLE==1", "...2", ... and takes only the last one.
class InstancePlaceTest : public testing::CredentialServices {
 protected:
  void StartService() {
    On("/latest/api/token", [this](const net::Request& request) {
      if (token_status_ != 200) return Answer(token_status_, "METADATATOKEN");
      if (request.method != net::Method::kPut) return Answer(405);
      token_ = fmt::format("{}{}", kMetadataToken, ++tokens_);
      net::Response response = Answer(200, token_);
      response.headers.Add(std::string(kTtl), ttl_);
      return response;
    });
    On(kRoles, [this](const net::Request& request) {
      return Known(request) ? Answer(role_status_, role_) : Answer(401);
    });
    On(std::string(kRoles) + "..%2Fmy-role", [](const net::Request&) { return Answer(404); });
    On(std::string(kRoles) + "my-role", [this](const net::Request& request) {
      return Known(request) ? Answer(keys_status_, keys_) : Answer(401);
    });
    Start();
    environment_[kEndpoint] = Url() + "/";
    place_ = InstancePlace(Context());
  }
  bool Known(const net::Request& request) const {
    return request.method == net::Method::kGet &&
           request.headers.Find("X-aws-ec2-metadata-token") == token_;
  }
  Result<Credentials> Look() { return LookFor(*place_); }
  // Absent, so that a chain goes on.
  std::string Absence() {
    const Result<Finding> finding = place_->Look();
    EXPECT_THAT(finding, IsOk());
    return finding.has_value() && !finding->credentials ? finding->absence : "not absent";
  }

  std::unique_ptr<CredentialPlace> place_;
  std::string token_;
  int tokens_ = 0;
  int token_status_ = 200;
  std::string ttl_ = "21600";
  int role_status_ = 200;
  std::string role_ = "my-role";
  int keys_status_ = 200;
  std::string keys_ = kKeys;
};

TEST_F(InstancePlaceTest, GivesKeysOfTheRole) {
  StartService();
  const Result<Credentials> credentials = Look();
  ASSERT_THAT(credentials, IsOk());
  EXPECT_EQ(credentials->access_key_id, "ASIAINSTANCE");
  EXPECT_EQ(credentials->secret_access_key, kSecretKey);
  EXPECT_EQ(credentials->session_token, kSessionToken);
  EXPECT_EQ(credentials->expires, testing::kNow + std::chrono::hours(1));
  ASSERT_EQ(asked_.size(), 3U);
  EXPECT_EQ(asked_[0].headers.Find(kTtl), "21600");
}

TEST_F(InstancePlaceTest, TheTokenIsKeptWhileItLasts) {
  ttl_ = "100";
  StartService();
  ASSERT_THAT(Look(), IsOk());
  clock_.Advance(std::chrono::seconds(69));
  ASSERT_THAT(Look(), IsOk());
  EXPECT_EQ(tokens_, 1);
  clock_.Advance(std::chrono::seconds(1));
  ASSERT_THAT(Look(), IsOk());
  EXPECT_EQ(tokens_, 2);
}

TEST_F(InstancePlaceTest, ATokenThatIsRefusedIsRenewedOnce) {
  StartService();
  ASSERT_THAT(Look(), IsOk());
  token_ = "changed";
  ASSERT_THAT(Look(), IsOk());
  EXPECT_EQ(tokens_, 2);
  role_status_ = 401;
  EXPECT_EQ(ErrorOf(Look()).code, Code::kUnavailable);
  EXPECT_EQ(tokens_, 3);
}

TEST_F(InstancePlaceTest, MayBeSwitchedOffHere) {
  StartService();
  environment_["AWS_EC2_METADATA_DISABLED"] = "True";
  EXPECT_EQ(Absence(), "AWS_EC2_METADATA_DISABLED is true");
  EXPECT_THAT(Look(), IsError(Code::kPermissionDenied, "AWS_EC2_METADATA_DISABLED"));
  EXPECT_TRUE(asked_.empty());
}

TEST_F(InstancePlaceTest, MayBeSwitchedOffThere) {
  StartService();
  for (const int status : {403, 404, 405}) {
    token_status_ = status;
    EXPECT_EQ(Absence(), "version 2 of the service is switched off") << status;
    EXPECT_EQ(ErrorOf(Look()).code, Code::kPermissionDenied);
  }
}

TEST_F(InstancePlaceTest, AnInstanceWithoutARole) {
  StartService();
  role_status_ = 404;
  EXPECT_EQ(Absence(), "no role is attached to this instance");
  role_status_ = 200;
  role_ = "\n";
  EXPECT_EQ(Absence(), "no role is attached to this instance");
}

TEST_F(InstancePlaceTest, OnlyTheFirstRoleCounts) {
  role_ = "my-role\nother";
  StartService();
  EXPECT_THAT(Look(), IsOk());
  role_ = "../my-role";
  EXPECT_EQ(ErrorOf(Look()).code, Code::kUnavailable);
  EXPECT_EQ(asked_.back().path, std::string(kRoles) + "..%2Fmy-role");
}

TEST_F(InstancePlaceTest, ASilentServiceIsAbsentUntilItHasAnswered) {
  StartService();
  const std::string url = environment_[kEndpoint];
  environment_[kEndpoint] = "http://127.0.0.1:1";
  EXPECT_TRUE(Absence().starts_with("no answer"));
  EXPECT_EQ(ErrorOf(Look()).code, Code::kUnavailable);
  environment_[kEndpoint] = url;
  ASSERT_THAT(Look(), IsOk());
  environment_[kEndpoint] = "http://127.0.0.1:1";
  EXPECT_EQ(ErrorOf(place_->Look()).code, Code::kUnavailable);
  clock_.Advance(std::chrono::hours(6));
  EXPECT_EQ(ErrorOf(place_->Look()).code, Code::kUnavailable);
}

TEST_F(InstancePlaceTest, AServiceInTroubleIsAskedThreeTimes) {
  StartService();
  token_status_ = 500;
  EXPECT_EQ(ErrorOf(place_->Look()).code, Code::kUnavailable);
  EXPECT_EQ(asked_.size(), 3U);
  token_status_ = 200;
  role_status_ = 503;
  EXPECT_EQ(ErrorOf(place_->Look()).code, Code::kUnavailable);
  EXPECT_EQ(asked_.size(), 7U);
}

TEST_F(InstancePlaceTest, AnswersThatAreNone) {
  StartService();
  keys_ = "SECRETKEY";
  EXPECT_EQ(ErrorOf(place_->Look()).code, Code::kUnavailable);
  keys_status_ = 404;
  EXPECT_EQ(ErrorOf(place_->Look()).code, Code::kUnavailable);
  keys_status_ = 200;
  keys_ = fmt::format(R"({{"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume",)"
                      R"("Token":"{}"}})",
                      kSessionToken);
  const Error error = ErrorOf(place_->Look());
  EXPECT_EQ(error.code, Code::kPermissionDenied);
  EXPECT_EQ(error.detail, "AssumeRoleUnauthorizedAccess: EC2 cannot assume");
}

TEST_F(InstancePlaceTest, TokensThatAreNone) {
  std::string said;
  On("/latest/api/token", [&said](const net::Request&) { return Answer(200, said); });
  Start();
  environment_[kEndpoint] = Url();
  place_ = InstancePlace(Context());
  for (const std::string_view token : {"", "METADATATOKEN\r\nX: y", "METADATATOKEN\n"}) {
    said = token;
    EXPECT_EQ(ErrorOf(place_->Look()).code, Code::kUnavailable) << token;
  }
}

TEST_F(InstancePlaceTest, Endpoints) {
  On("/latest/api/token", [](const net::Request&) { return Answer(403); });
  Start();
  proxy_ = Url();  // which sees where the request would go
  place_ = InstancePlace(Context());
  const auto host = [&](std::string mode) {
    environment_["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"] = std::move(mode);
    EXPECT_EQ(Absence(), "version 2 of the service is switched off");
    return std::string(asked_.back().headers.Find("host").value());
  };
  EXPECT_EQ(host(""), "169.254.169.254");
  EXPECT_EQ(host("ipv4"), "169.254.169.254");
  EXPECT_NE(host("IPv6").find("fd00:ec2::254"), std::string::npos);
  environment_["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"] = "both";
  EXPECT_EQ(ErrorOf(place_->Look()).code, Code::kPermissionDenied);
  environment_[kEndpoint] = "http://127.0.0.1/path";
  EXPECT_EQ(ErrorOf(place_->Look()).code, Code::kPermissionDenied);
}

}  // namespace
}  // namespace sluice::storage
