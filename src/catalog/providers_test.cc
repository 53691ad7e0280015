#include "catalog/providers.h"

#include <gmock/gmock.h>

#include "base/testing/matchers.h"
#include "catalog/testing/tree_catalog.h"

namespace sluice::catalog {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kProfile =
    R"({"shareCredentialsVersion":1,"endpoint":"https://x.example/sharing/","bearerToken":"hush"})";

class ProvidersTest : public ::testing::Test, public testing::TreeCatalog {};

TEST_F(ProvidersTest, KeepsTheProfileSealed) {
  ASSERT_THAT(CreateProvider(*catalog, root, {.name = "p", .profile = kProfile}), IsOk());
  const auto& provider = Find(Kind::kProvider, "p")->As<Provider>();
  EXPECT_EQ(provider.endpoint, "https://x.example/sharing");
  EXPECT_EQ(provider.share_credentials_version, 1);
  EXPECT_THAT(provider.profile.text, Not(HasSubstr("hush")));
  const auto access = OpenProvider(*catalog, root, "p");
  ASSERT_THAT(access, IsOk());
  EXPECT_EQ(access->bearer_token, "hush");
}

TEST_F(ProvidersTest, OnlyWhoMayUseItOpensIt) {
  ASSERT_THAT(CreateProvider(*catalog, root, {.name = "p", .profile = kProfile}), IsOk());
  EXPECT_THAT(OpenProvider(*catalog, ada, "p"), IsError(Code::kNotFound));
  EXPECT_THAT(DeleteProvider(*catalog, ada, "p"), IsError(Code::kNotFound));
  GrantOnMetastore(ada, Privilege::kUseProvider);
  EXPECT_THAT(OpenProvider(*catalog, ada, "p"), IsOk());
  EXPECT_THAT(DeleteProvider(*catalog, ada, "p"), IsError(Code::kPermissionDenied));
  EXPECT_THAT(UpdateProvider(*catalog, ada, "p", {.profile = kProfile}),
              IsError(Code::kPermissionDenied));
  EXPECT_THAT(CreateProvider(*catalog, ada, {.name = "q", .profile = kProfile}),
              IsError(Code::kPermissionDenied, "CREATE PROVIDER"));
}

TEST_F(ProvidersTest, RefusesWhatIsNoProfileWithoutRepeatingIt) {
  for (const std::string_view bad :
       {"secret", "[]", R"({"endpoint":"https://x"})",
        R"({"shareCredentialsVersion":1,"endpoint":"https://x"})",
        R"({"shareCredentialsVersion":1,"endpoint":"file:///x","bearerToken":"secret"})",
        R"({"shareCredentialsVersion":1,"endpoint":"https://u:p@x","bearerToken":"secret"})",
        R"({"shareCredentialsVersion":3,"endpoint":"https://x","bearerToken":"secret"})"}) {
    const auto made = CreateProvider(*catalog, root, {.name = "p", .profile = std::string(bad)});
    ASSERT_THAT(made, IsError(Code::kInvalidArgument)) << bad;
    EXPECT_THAT(made.error().message, Not(HasSubstr("secret")));
  }
  EXPECT_THAT(CreateProvider(*catalog, root, {.name = "p"}),
              IsError(Code::kInvalidArgument, "recipient_profile_str"));
}

}  // namespace
}  // namespace sluice::catalog
