#include "unity/scim_filter.h"

#include <gmock/gmock.h>

#include <map>

#include "base/testing/matchers.h"

namespace sluice::unity {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using sluice::testing::IsOkAnd;

Result<std::vector<std::string>> Ada(std::string_view path) {
  static const std::map<std::string, std::vector<std::string>, std::less<>> kAda = {
      {"username", {"ada@example.org"}},
      {"displayname", {"Ada \"L\""}},
      {"active", {"true"}},
      {"externalid", {""}},
      {"emails.value", {"ada@example.org", "al@example.net"}},
      {"emails.type", {"work"}}};
  const auto found = kAda.find(path);
  if (found == kAda.end()) return Fail(Code::kInvalidArgument, "no such attribute");
  return found->second;
}

Result<bool> Is(std::string_view text) {
  const ScimFilter filter = TRY(ScimFilter::Parse(text));
  return filter.Matches(Ada);
}

TEST(ScimFilterTest, WhatFits) {
  for (const std::string_view yes :
       {R"(userName eq "ADA@example.org")", R"(username Eq "ada@example.org")",
        R"(urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ada")",
        R"(userName co "@" and userName ew ".org")", R"(displayName eq "Ada \"L\"")",
        "active eq true", R"(active eq "True")", "userName pr", "not (externalId pr)",
        "externalId eq null", "userName ne null", R"(userName ne "bob")",
        R"(userName eq "x" or userName eq "y" or active eq true)",
        R"((userName eq "x" or active eq true) and emails[type eq "work" and value co "net"])",
        R"(emails.value eq "al@example.net")",
        // 'and' binds more tightly
        R"(active eq true or active eq false and userName eq "x")"}) {
    EXPECT_THAT(Is(yes), IsOkAnd(true)) << yes;
  }
  for (const std::string_view no :
       {R"(userName eq "ada")", "active eq false", "externalId pr", "not (active eq true)",
        R"(emails.value ne "al@example.net")", R"(userName sw "ada" and userName eq "x")"}) {
    EXPECT_THAT(Is(no), IsOkAnd(false)) << no;
  }
}

TEST(ScimFilterTest, WhatIsNoFilter) {
  for (const std::string_view bad : {"",
                                     " ",
                                     "userName",
                                     "userName eq",
                                     R"(userName eq "ada)",
                                     R"(userName eq "ada\)",
                                     "userName eq ada",
                                     R"(userName gt "a")",
                                     R"(eq "ada")",
                                     R"((userName eq "a")",
                                     R"(userName eq "a"))",
                                     R"(userName eq "a" and)",
                                     R"(userName eq "a" userName eq "b")",
                                     R"(not userName eq "a")",
                                     R"(emails[type eq "work")",
                                     R"(a[b[c eq "d"]])",
                                     "userName co null",
                                     R"(userName eq "\q")",
                                     R"(nickName eq "a")",
                                     R"(active eq true or nickName eq "a")"}) {
    EXPECT_THAT(Is(bad), IsError(Code::kInvalidArgument)) << bad;
  }
  EXPECT_THAT(ScimFilter::Parse(std::string(5000, 'a')), IsError(Code::kInvalidArgument, "long"));
  const std::string deep = std::string(100, '(') + "active pr" + std::string(100, ')');
  EXPECT_THAT(ScimFilter::Parse(deep), IsError(Code::kInvalidArgument, "fewer brackets"));
  EXPECT_THAT(ScimFilter::Parse("userName xx 1"), IsError(Code::kInvalidArgument, "character 10"));
}

TEST(ScimFilterTest, Paths) {
  const auto plain = ParseScimPath("urn:ietf:params:scim:schemas:core:2.0:User:name.givenName");
  ASSERT_THAT(plain, IsOk());
  EXPECT_EQ(plain->attribute, "name.givenname");
  const auto work = ParseScimPath(R"(emails[type eq "work"].value)");
  ASSERT_THAT(work, IsOk());
  EXPECT_EQ(work->attribute, "emails");
  EXPECT_EQ(work->sub_attribute, "value");
  ASSERT_TRUE(work->filter.has_value());
  EXPECT_FALSE(ParseScimPath("members")->filter.has_value());
  for (const std::string_view bad :
       {"", "[a eq 1]", "members[", "members[]", R"(members[value eq "1")",
        R"(members[value eq "1"]value)", R"(members[value eq "1"].)", "members value", "a/b"}) {
    EXPECT_THAT(ParseScimPath(bad), IsError(Code::kInvalidArgument)) << bad;
  }
}

}  // namespace
}  // namespace sluice::unity
