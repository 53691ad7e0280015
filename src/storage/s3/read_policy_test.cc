#include "storage/s3/read_policy.h"

#include "base/json.h"
#include "base/testing/matchers.h"

namespace sluice::storage {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using sluice::testing::IsOkAnd;

const DirectoryAccess kAccess{.role_arn = "arn:aws:iam::123456789012:role/readers"};

std::string PolicyOf(std::string_view path, std::string_view role) {
  const auto policy = ReadPolicy("lake", path, DirectoryAccess{.role_arn = std::string(role)});
  EXPECT_THAT(policy, IsOk()) << path;
  return policy.value_or("");
}

// What the policy says of objects, as STS will read it.
std::string ObjectsOf(std::string_view path) {
  const auto policy = json::Parse(PolicyOf(path, kAccess.role_arn));
  EXPECT_THAT(policy, IsOk());
  return std::string(policy->at("Statement").at(0).at("Resource").as_string());
}

TEST(ReadPolicy, ReadsOneFolderAndListsNothingElse) {
  EXPECT_THAT(
      ReadPolicy("lake", "sales/orders", kAccess),
      IsOkAnd(R"({"Version":"2012-10-17","Statement":[)"
              R"({"Effect":"Allow","Action":"s3:GetObject",)"
              R"("Resource":"arn:aws:s3:::lake/sales/orders/*"},)"
              R"({"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::lake",)"
              R"("Condition":{"StringLike":{"s3:prefix":"sales/orders/*"}}}]})"));
}

TEST(ReadPolicy, ATableThatIsTheBucket) {
  EXPECT_THAT(
      ReadPolicy("lake", "", kAccess),
      IsOkAnd(R"({"Version":"2012-10-17","Statement":[)"
              R"({"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::lake/*"},)"
              R"({"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::lake",)"
              R"("Condition":{"StringLike":{"s3:prefix":"*"}}}]})"));
}

TEST(ReadPolicy, TheKeyOfTheFilesIsForDecryptingAlone) {
  DirectoryAccess access = kAccess;
  access.kms_key_arn = "arn:aws:kms:eu-central-1:1:key/k";
  const auto policy = json::Parse(ReadPolicy("lake", "t", access).value());
  ASSERT_THAT(policy, IsOk());
  EXPECT_EQ(json::Serialize(policy->at("Statement").at(2)),
            R"({"Effect":"Allow","Action":"kms:Decrypt",)"
            R"("Resource":"arn:aws:kms:eu-central-1:1:key/k"})");
}

TEST(ReadPolicy, ThePartitionIsTheRoles) {
  const auto begins = [](std::string_view role, std::string_view resource) {
    const std::string policy = PolicyOf("t", role);
    EXPECT_NE(policy.find("\"" + std::string(resource) + ":s3:::lake/t/*\""), std::string::npos)
        << policy;
  };
  begins("arn:aws:iam::1:role/r", "arn:aws");
  begins("arn:aws-cn:iam::1:role/r", "arn:aws-cn");
  begins("arn:aws-us-gov:iam::1:role/r", "arn:aws-us-gov");
  begins("arn:minio:iam:::role/r", "arn:aws");
  begins("arn:", "arn:aws");
}

TEST(ReadPolicy, NamesAreTextInJsonAndAsciiOnTheirWay) {
  EXPECT_EQ(ObjectsOf("a\"],\"b\\c"), "arn:aws:s3:::lake/a\"],\"b\\c/*");
  for (const std::string_view odd : {"ünï-文", "😀 x", "a+b&c=d", "{a}$b", "100%", "~'()!,@;:#"}) {
    EXPECT_EQ(ObjectsOf(odd), "arn:aws:s3:::lake/" + std::string(odd) + "/*");
    for (const char c : PolicyOf(odd, kAccess.role_arn)) {
      EXPECT_TRUE(c >= 0x20 && c < 0x7f) << odd;
    }
  }
}

TEST(ReadPolicy, WhatPoliciesReadAsAPatternIsRefused) {
  for (const std::string_view wild : {"a*b/t", "*", "t?", "${aws:username}", "a/${*}/t"}) {
    EXPECT_THAT(ReadPolicy("lake", wild, kAccess), IsError(Code::kUnsupported, "have a meaning"))
        << wild;
  }
}

TEST(ReadPolicy, WhatIsNoTextIsRefused) {
  // Among them '*' in three bytes, and half of a pair.
  for (const std::string_view bad :
       {"\x80", "\xC0\xAA", "\xE0\x80\xAA", "a\xE6\x96", "\xED\xA0\x80", "\xFF", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80"}) {
    EXPECT_THAT(ReadPolicy("lake", bad, kAccess), IsError(Code::kUnsupported)) << bad;
  }
}

TEST(ReadPolicy, TheLongestThatServicesTake) {
  const size_t frame = PolicyOf("", kAccess.role_arn).size() + 2;  // the name stands twice
  const size_t room = (2048 - frame) / 2;
  EXPECT_THAT(ReadPolicy("lake", std::string(room, 'x'), kAccess), IsOk());
  EXPECT_THAT(ReadPolicy("lake", std::string(room + 1, 'x'), kAccess),
              IsError(Code::kUnsupported, "2048 are allowed"));
}

}  // namespace
}  // namespace sluice::storage
