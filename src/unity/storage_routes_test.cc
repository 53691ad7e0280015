// Storage credentials, external locations and providers over REST.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>

#include "unity/store_rules.h"
#include "unity/testing/tree_api.h"

namespace sluice::unity {
namespace {

namespace fs = std::filesystem;
using catalog::Kind;
using catalog::Privilege;
using testing::ApiAnswer;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kKeys =
    R"({"name":"keys","s3_access_key":{"access_key_id":"AK","secret_access_key":"hush",)"
    R"("endpoint":"http://127.0.0.1:1","region":"eu-1","path_style":true}})";

class StorageRoutesTest : public ::testing::Test, public testing::TreeApi {};

TEST_F(StorageRoutesTest, SecretsAreNeverShown) {
  const ApiAnswer made = Post(root, "storage-credentials", kKeys);
  ASSERT_EQ(made.status, 200) << made.text;
  EXPECT_EQ(made.Text("s3_access_key"),
            R"({"access_key_id":"AK","endpoint":"http://127.0.0.1:1","path_style":true,)"
            R"("region":"eu-1"})");
  for (const ApiAnswer& answer :
       {made, Get(root, "storage-credentials/keys"), Get(root, "storage-credentials"),
        Patch(root, "storage-credentials/keys", R"({"comment":"x"})")}) {
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.text, HasSubstr("keys"));
    EXPECT_THAT(answer.text, Not(HasSubstr("hush")));
  }
}

TEST_F(StorageRoutesTest, ACredentialIsOfOneKindAndWhole) {
  const auto make = [&](std::string_view content) {
    return Post(root, "storage-credentials", fmt::format(R"({{"name":"x"{}}})", content))
        .Text("message");
  };
  EXPECT_THAT(make(""), HasSubstr("Missing required field"));
  EXPECT_THAT(make(R"(,"aws_iam_role":{})"), HasSubstr("aws_iam_role.role_arn"));
  EXPECT_THAT(make(R"(,"aws_iam_role":{"role_arn":"a"},"databricks_gcp_service_account":{})"),
              HasSubstr("one kind"));
  EXPECT_THAT(make(R"(,"s3_access_key":{"access_key_id":"a","secret_access_key":"b c"})"),
              HasSubstr("s3_access_key.secret_access_key is not valid"));
  EXPECT_THAT(make(R"(,"s3_access_key":{"access_key_id":"a","secret_access_key":"b",)"
                   R"("endpoint":"http://k:s@x"})"),
              HasSubstr("s3_access_key.endpoint is not valid"));
  EXPECT_THAT(make(R"(,"cloudflare_api_token":{"access_key_id":"a","secret_access_key":"b",)"
                   R"("account_id":"x.evil.example/"})"),
              HasSubstr("account_id is not valid"));
  EXPECT_EQ(Post(bob, "storage-credentials", kKeys).status, 403);
}

TEST_F(StorageRoutesTest, LocationsBecomeRulesOfStorage) {
  ASSERT_EQ(Post(root, "storage-credentials", kKeys).status, 200);
  const std::string body =
      R"({"name":"lake","url":"s3a://lake/bronze/","credential_name":"keys","comment":"c"})";
  const ApiAnswer made = Post(root, "external-locations", body);
  ASSERT_EQ(made.status, 200) << made.text;
  EXPECT_EQ(made.Text("url"), "s3://lake/bronze");
  EXPECT_EQ(Get(bob, "external-locations/lake").Text("error_code"),
            "EXTERNAL_LOCATION_DOES_NOT_EXIST");
  const auto rules = StoreRulesOf(*catalog, *catalog->Now());
  ASSERT_EQ(rules.size(), 1u);
  EXPECT_EQ(rules[0].prefix, "s3://lake/bronze");
  EXPECT_EQ(rules[0].s3.credentials.secret_access_key, "hush");
  EXPECT_EQ(rules[0].s3.endpoint, "http://127.0.0.1:1");
  EXPECT_EQ(rules[0].s3.addressing, storage::S3Options::Addressing::kPath);
  // A credential that is gone leaves nothing that could be opened.
  ASSERT_EQ(Delete(root, "storage-credentials/keys").Text("error_code"), "INVALID_STATE");
  ASSERT_EQ(Delete(root, "storage-credentials/keys?force=true").status, 200);
  EXPECT_TRUE(StoreRulesOf(*catalog, *catalog->Now()).empty());
}

TEST_F(StorageRoutesTest, LocationsAreListedChangedAndDeleted) {
  for (const std::string_view name : {"a", "b"}) {
    ASSERT_EQ(Post(root, "external-locations",
                   fmt::format(R"({{"name":"{0}","url":"{1}","credential_name":"local"}})", name,
                               Path(name)))
                  .status,
              200);
  }
  EXPECT_EQ(Get(root, "external-locations").body.at("external_locations").as_array().size(), 2u);
  const ApiAnswer page = Get(root, "external-locations?max_results=1");
  EXPECT_EQ(page.body.at("external_locations").as_array().size(), 1u);
  EXPECT_NE(page.Text("next_page_token"), "(none)");
  EXPECT_EQ(Get(bob, "external-locations").Text("external_locations"), "[]");
  const ApiAnswer changed = Patch(root, "external-locations/a",
                                  fmt::format(R"({{"comment":"c","url":"{}"}})", Path("c")));
  EXPECT_EQ(changed.Text("url"), "file://" + Path("c"));
  EXPECT_EQ(changed.Text("comment"), "c");
  EXPECT_THAT(Patch(root, "external-locations/a", fmt::format(R"({{"url":"{}"}})", Path("b/d")))
                  .Text("message"),
              HasSubstr("LOCATION_OVERLAP"));
  EXPECT_EQ(Patch(bob, "external-locations/a", R"({"comment":"x"})").status, 404);
  EXPECT_EQ(Delete(bob, "external-locations/a").status, 404);
  EXPECT_EQ(Delete(root, "external-locations/a").status, 200);
  EXPECT_EQ(Get(root, "external-locations/a").Text("error_code"),
            "EXTERNAL_LOCATION_DOES_NOT_EXIST");
}

TEST_F(StorageRoutesTest, OtherCloudsCanBeRegisteredNotRead) {
  ASSERT_EQ(Post(root, "storage-credentials",
                 R"({"name":"az","azure_managed_identity":{"access_connector_id":"id"}})")
                .status,
            200);
  ASSERT_EQ(Post(root, "external-locations",
                 R"({"name":"az","url":"abfss://c@a.dfs.core.windows.net","credential_name":"az"})")
                .status,
            200);
  const ApiAnswer validated =
      Post(root, "validate-storage-credentials", R"({"external_location_name":"az"})");
  EXPECT_EQ(validated.Text("error_code"), "NOT_IMPLEMENTED");
  EXPECT_THAT(validated.Text("message"), HasSubstr("not supported yet"));
}

TEST_F(StorageRoutesTest, ValidatingReallyLists) {
  fs::create_directories(folder / "in");
  std::ofstream(folder / "in/f") << "x";
  const std::string body =
      fmt::format(R"({{"storage_credential_name":"local","url":"{}"}})", Path("in"));
  const ApiAnswer passed = Post(root, "validate-storage-credentials", body);
  ASSERT_EQ(passed.status, 200) << passed.text;
  EXPECT_THAT(passed.text, HasSubstr(R"({"operation":"LIST","result":"PASS"})"));
  EXPECT_THAT(passed.text, HasSubstr(R"({"operation":"READ","result":"PASS"})"));
  EXPECT_EQ(passed.Text("isDir"), "true");
  // Nobody may try out what he may not use.
  EXPECT_EQ(Post(bob, "validate-storage-credentials", body).status, 404);
  Grant(ada, Privilege::kReadFiles, Kind::kStorageCredential, "local");
  EXPECT_EQ(Post(ada, "validate-storage-credentials", body).status, 403);
  EXPECT_EQ(Post(ada, "validate-storage-credentials",
                 R"({"s3_access_key":{"access_key_id":"a","secret_access_key":"b"},)"
                 R"("url":"s3://lake"})")
                .status,
            403);
  EXPECT_THAT(Post(root, "validate-storage-credentials",
                   R"({"storage_credential_name":"local","url":"/etc"})")
                  .text,
              HasSubstr("not inside any local root"));
}

TEST_F(StorageRoutesTest, ProvidersHideTheirProfile) {
  const std::string body = R"({"name":"p","authentication_type":"TOKEN","recipient_profile_str":)"
                           R"("{\"shareCredentialsVersion\":1,\"endpoint\":\"http://127.0.0.1:1\",)"
                           R"(\"bearerToken\":\"hush\"}"})";
  const ApiAnswer made = Post(root, "providers", body);
  ASSERT_EQ(made.status, 200) << made.text;
  EXPECT_EQ(made.Text("recipient_profile"),
            R"({"endpoint":"http://127.0.0.1:1","share_credentials_version":1})");
  EXPECT_THAT(made.text + Get(root, "providers").text, Not(HasSubstr("hush")));
  // Nobody listens there.
  const ApiAnswer asked = Get(root, "providers/p/shares");
  EXPECT_EQ(asked.status, 503);
  EXPECT_THAT(asked.text, Not(HasSubstr("127.0.0.1")));
  EXPECT_EQ(Get(bob, "providers/p/shares").status, 404);
  EXPECT_EQ(Delete(root, "providers/p").status, 200);
  EXPECT_EQ(Get(root, "providers/p").Text("error_code"), "PROVIDER_DOES_NOT_EXIST");
}

}  // namespace
}  // namespace sluice::unity
