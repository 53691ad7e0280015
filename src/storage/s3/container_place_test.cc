#include "storage/s3/container_place.h"

#include <fmt/format.h>

#include "storage/testing/credential_services.h"

namespace sluice::storage {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using testing::Answer;
using testing::ErrorOf;
using testing::kAuthToken;
using testing::kSecretKey;
using testing::kSessionToken;

const std::string kKeys = fmt::format(
    R"({{"RoleArn":"arn:aws:iam::1:role/task","AccessKeyId":"ASIATASK","SecretAccessKey":"{}",)"
    R"("Token":"{}","Expiration":"{}"}})",
    kSecretKey, kSessionToken, testing::kEnd);

constexpr const char* kFull = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
constexpr const char* kRelative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
constexpr const char* kToken = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
constexpr const char* kTokenFile = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

class ContainerPlaceTest : public testing::CredentialServices {
 protected:
  void Say(int status, std::string body) {
    On("/keys",
       [status, body = std::move(body)](const net::Request&) { return Answer(status, body); });
    Start();
    environment_[kFull] = Url() + "/keys";
  }
  Result<Credentials> Look() { return LookFor(*ContainerPlace(Context())); }
};

TEST_F(ContainerPlaceTest, IsNotConfigured) {
  const Result<Finding> finding = ContainerPlace(Context())->Look();
  ASSERT_THAT(finding, IsOk());
  EXPECT_FALSE(finding->credentials.has_value());
  EXPECT_THAT(Look(), IsError(Code::kPermissionDenied, kRelative));
}

TEST_F(ContainerPlaceTest, GivesKeys) {
  Say(200, kKeys);
  const Result<Credentials> credentials = Look();
  ASSERT_THAT(credentials, IsOk());
  EXPECT_EQ(credentials->access_key_id, "ASIATASK");
  EXPECT_EQ(credentials->secret_access_key, kSecretKey);
  EXPECT_EQ(credentials->session_token, kSessionToken);
  EXPECT_EQ(credentials->expires, testing::kNow + std::chrono::hours(1));
  EXPECT_EQ(asked_.at(0).method, net::Method::kGet);
  EXPECT_EQ(asked_.at(0).headers.Find("authorization"), std::nullopt);
}

TEST_F(ContainerPlaceTest, TheTokenIsSent) {
  Say(200, kKeys);
  environment_[kToken] = kAuthToken;
  ASSERT_THAT(Look(), IsOk());
  EXPECT_EQ(asked_.at(0).headers.Find("authorization"), kAuthToken);
  home_.Write("token", "first");
  environment_[kTokenFile] = (home_ / "token").string();
  ASSERT_THAT(Look(), IsOk());
  EXPECT_EQ(asked_.at(1).headers.Find("authorization"), "first") << "the file counts before";
  home_.Write("token", "second");
  ASSERT_THAT(Look(), IsOk());
  EXPECT_EQ(asked_.at(2).headers.Find("authorization"), "second");
}

TEST_F(ContainerPlaceTest, TokensOfSeveralLinesAreRefused) {
  Say(200, kKeys);
  for (const std::string_view end : {"\n", "\r", "\r\nX-Other: y"}) {
    environment_[kToken] = fmt::format("{}{}", kAuthToken, end);
    EXPECT_EQ(ErrorOf(Look()).code, Code::kPermissionDenied);
  }
  home_.Write("token", fmt::format("{}\n", kAuthToken));
  environment_[kTokenFile] = (home_ / "token").string();
  EXPECT_EQ(ErrorOf(Look()).code, Code::kPermissionDenied);
  environment_[kTokenFile] = (home_ / "none").string();
  EXPECT_NE(ErrorOf(Look()).message.find("is not there"), std::string::npos);
  EXPECT_TRUE(asked_.empty());
}

TEST_F(ContainerPlaceTest, RefusalsSayWhatTheServiceSays) {
  Say(403, fmt::format("no role for {}\nmore", kAuthToken));
  environment_[kToken] = kAuthToken;
  const Error error = ErrorOf(Look());
  EXPECT_EQ(error.code, Code::kPermissionDenied);
  EXPECT_EQ(error.detail, "status 403: no role for ***");
  EXPECT_EQ(asked_.size(), 1U);
}

TEST_F(ContainerPlaceTest, OtherSuccessesAreNotQuoted) {
  Say(201, kKeys);
  EXPECT_EQ(ErrorOf(Look()).detail, "status 201");
}

TEST_F(ContainerPlaceTest, AServiceInTroubleIsAskedThreeTimes) {
  Say(502, kAuthToken.data());
  environment_[kToken] = kAuthToken;
  EXPECT_EQ(ErrorOf(Look()).code, Code::kUnavailable);
  EXPECT_EQ(asked_.size(), 3U);
}

TEST_F(ContainerPlaceTest, AnswersThatAreNone) {
  std::string said;
  On("/keys", [&said](const net::Request&) { return Answer(200, said); });
  Start();
  environment_[kFull] = Url() + "/keys";
  const std::string secret = R"("SecretAccessKey":"SECRETKEY")";
  for (const std::string& answer :
       {std::string(), std::string("SECRETKEY"), std::string("[]"), "{" + secret + "}",
        "{" + secret, R"({"AccessKeyId":"A",)" + secret + R"(,"Expiration":"SECRETKEY"})",
        R"({"AccessKeyId":["A"],)" + secret + "}"}) {
    said = answer;
    EXPECT_EQ(ErrorOf(Look()).code, Code::kUnavailable) << answer;
  }
  said =
      R"({"Code":"Nope SECRETKEY","AccessKeyId":"A","SecretAccessKey":"SECRETKEY","Message":"m"})";
  EXPECT_EQ(ErrorOf(Look()).code, Code::kPermissionDenied);
  said = R"({"AccessKeyId":"A",)" + secret + "}";
  const Result<Credentials> lasting = Look();
  ASSERT_THAT(lasting, IsOk());
  EXPECT_EQ(lasting->expires, std::nullopt);
}

TEST_F(ContainerPlaceTest, KeysAreAskedForOverPlainHttpOnlyNearby) {
  proxy_ = "http://127.0.0.1:1";  // nobody is reached, whatever is allowed
  const auto look = [&](std::string uri) {
    environment_[kFull] = std::move(uri);
    return ErrorOf(Look()).code;
  };
  for (const std::string_view host :
       {"127.0.0.1", "127.8.9.10:1234", "localhost:80", "LOCALHOST", "[::1]", "[::1]:8080",
        "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "[fd00:ec2::23]:80"}) {
    EXPECT_EQ(look(fmt::format("http://{}/keys", host)), Code::kUnavailable) << host;
  }
  for (const std::string_view host : {"example.com",
                                      "169.254.170.3",
                                      "169.254.169.254",
                                      "10.0.0.1",
                                      "127.0.0.1.example.com",
                                      "127.1",
                                      "127.0.0.01",
                                      "127.0.0.256",
                                      "127.0.0.1.",
                                      "0177.0.0.1",
                                      "127.0.0.1@example.com",
                                      "user:pw@127.0.0.1",
                                      "example.com#@127.0.0.1",
                                      "127.0.0.1\\@example.com",
                                      "[::2]",
                                      "[::1].example.com",
                                      "[::ffff:127.0.0.1]",
                                      "%3127.0.0.1",
                                      "",
                                      ":80",
                                      "127.0.0.1 ",
                                      "127.0.0.1\r\nX: y"}) {
    EXPECT_EQ(look(fmt::format("http://{}/keys", host)), Code::kPermissionDenied) << host;
  }
  for (const std::string_view uri : {"ftp://127.0.0.1/", "127.0.0.1/keys", "/keys", "HTTP://[::1]/",
                                     "https://user@example.com/", "https://example.com /"}) {
    EXPECT_EQ(look(std::string(uri)), Code::kPermissionDenied) << uri;
  }
  EXPECT_EQ(look("https://example.com/keys"), Code::kUnavailable);
}

TEST_F(ContainerPlaceTest, TheRelativeUriIsOneOfEcs) {
  // The test's server is the proxy on the way there.
  On("http://169.254.170.2/v2/keys", [](const net::Request&) { return Answer(200, kKeys); });
  On("/v2/keys", [](const net::Request&) { return Answer(200, kKeys); });
  Start();
  proxy_ = Url();
  environment_[kRelative] = "/v2/keys?a=b";
  environment_[kFull] = "http://example.com/";
  ASSERT_THAT(Look(), IsOk());
  EXPECT_EQ(asked_.at(0).headers.Find("host"), "169.254.170.2");
  for (const std::string_view uri :
       {"keys", "@example.com/", ".example.com/", ":80/", "/a b", "/a\r\nX: y", "/\x80"}) {
    environment_[kRelative] = uri;
    EXPECT_EQ(ErrorOf(Look()).code, Code::kPermissionDenied) << uri;
  }
  EXPECT_EQ(asked_.size(), 1U);
}

}  // namespace
}  // namespace sluice::storage
