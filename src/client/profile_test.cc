#include "client/profile.h"

#include "base/testing/matchers.h"

namespace sluice::client {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using sluice::testing::IsOkAnd;

TEST(Profile, Version1HoldsAToken) {
  const auto profile = ParseProfile(R"({"shareCredentialsVersion": 1, "extra": true,
      "endpoint": "https://host/delta-sharing//", "bearerToken": "abc",
      "expirationTime": "2030-01-02T03:04:05.0Z"})");
  ASSERT_THAT(profile, IsOk());
  EXPECT_EQ(profile->endpoint, "https://host/delta-sharing");
  EXPECT_EQ(profile->bearer_token, "abc");
  EXPECT_TRUE(profile->expires.has_value());
  EXPECT_FALSE(profile->credentials.has_value());
}

TEST(Profile, Version2HoldsCredentials) {
  const auto profile = ParseProfile(R"({"shareCredentialsVersion": 2,
      "type": "oauth_client_credentials", "endpoint": "http://h/p",
      "tokenEndpoint": "https://id/token", "clientId": "me", "clientSecret": "s", "scope": "all"})");
  ASSERT_THAT(profile, IsOk());
  ASSERT_TRUE(profile->credentials.has_value());
  EXPECT_EQ(profile->credentials->token_endpoint, "https://id/token");
  EXPECT_EQ(profile->credentials->scope, "all");
  EXPECT_EQ(profile->bearer_token, "");
}

TEST(Profile, WhatIsMissingIsNamed) {
  EXPECT_THAT(ParseProfile("{"), IsError(Code::kInvalidArgument));
  EXPECT_THAT(ParseProfile("[]"), IsError(Code::kInvalidArgument, "no JSON object"));
  EXPECT_THAT(ParseProfile(R"({"endpoint": "https://h"})"),
              IsError(Code::kInvalidArgument, "shareCredentialsVersion"));
  EXPECT_THAT(ParseProfile(R"({"shareCredentialsVersion": 1, "endpoint": "https://h"})"),
              IsError(Code::kInvalidArgument, "bearerToken"));
  EXPECT_THAT(ParseProfile(R"({"shareCredentialsVersion": 1, "bearerToken": "x"})"),
              IsError(Code::kInvalidArgument, "endpoint"));
  EXPECT_THAT(ParseProfile(R"({"shareCredentialsVersion": 2, "type": "oauth_client_credentials",
                               "endpoint": "https://h", "tokenEndpoint": "https://h/t",
                               "clientId": "x"})"),
              IsError(Code::kInvalidArgument, "clientSecret"));
}

TEST(Profile, OtherKindsAreRefused) {
  EXPECT_THAT(ParseProfile(R"({"shareCredentialsVersion": 3, "endpoint": "https://h"})"),
              IsError(Code::kUnsupported, "version 3"));
  EXPECT_THAT(ParseProfile(R"({"shareCredentialsVersion": 2, "type": "basic",
                               "endpoint": "https://h"})"),
              IsError(Code::kUnsupported, "version 1"));
}

TEST(Endpoint, IsAWebUrl) {
  EXPECT_THAT(CheckEndpoint("HTTPS://host:8443/a/"), IsOkAnd("HTTPS://host:8443/a"));
  for (const char* bad :
       {"", "host/path", "ftp://host", "https://", "https://h/p?x=1", "https://h h"}) {
    EXPECT_THAT(CheckEndpoint(bad), IsError(Code::kInvalidArgument)) << bad;
  }
}

}  // namespace
}  // namespace sluice::client
