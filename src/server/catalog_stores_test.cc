#include "server/catalog_stores.h"

#include "base/testing/matchers.h"
#include "catalog/credentials.h"
#include "catalog/external_locations.h"
#include "catalog/testing/tree_catalog.h"

namespace sluice::server {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;

class CatalogStoresTest : public ::testing::Test, public catalog::testing::TreeCatalog {
 protected:
  CatalogStoresTest() {
    catalog->OnChange([&](const auto& picture) { follower_.Follow(*picture); });
    follower_.Follow(*catalog->Now());
  }
  storage::StoresContext Context() {
    storage::StoresContext context{.clock = clock, .random = random, .metrics = metrics_};
    context.local_roots.emplace();
    context.environment = [](const std::string&) { return std::nullopt; };
    return context;
  }
  void MakeLocation() {
    ASSERT_THAT(
        catalog::CreateCredential(*catalog, root,
                                  {.name = "keys",
                                   .content = {.type = catalog::CredentialType::kS3AccessKey,
                                               .settings = {{"access_key_id", "AK"}},
                                               .secrets = {{"secret_access_key", "hush"}}}}),
        IsOk());
    ASSERT_THAT(
        catalog::CreateLocation(*catalog, root, {},
                                {.name = "lake", .url = "s3://lake/a", .credential_name = "keys"}),
        IsOk());
  }

  Metrics metrics_;
  storage::Stores stores_{Context()};
  CatalogStores follower_{*catalog, stores_};
};

TEST_F(CatalogStoresTest, WhatALocationCoversCanBeOpened) {
  EXPECT_THAT(stores_.Open("s3://lake/a/t"), IsError(Code::kPermissionDenied));
  MakeLocation();
  EXPECT_THAT(stores_.Open("s3://lake/a/t"), IsOk());
  EXPECT_THAT(stores_.Open("s3://lake/b"), IsError(Code::kPermissionDenied));
  ASSERT_THAT(catalog::DeleteLocation(*catalog, root, "lake", catalog::Force::kYes), IsOk());
  EXPECT_THAT(stores_.Open("s3://lake/a/t"), IsError(Code::kPermissionDenied));
}

TEST_F(CatalogStoresTest, NewKeysMakeANewStoreOtherChangesDoNot) {
  MakeLocation();
  const auto opened = stores_.Open("s3://lake/a/t").value();
  AddUser("eve@example.org");
  ASSERT_THAT(catalog::UpdateLocation(*catalog, root, {}, "lake", {.common = {.comment = "x"}}),
              IsOk());
  EXPECT_EQ(stores_.Open("s3://lake/a/t").value(), opened);
  ASSERT_THAT(
      catalog::UpdateCredential(*catalog, root, "keys",
                                {.content = {{.type = catalog::CredentialType::kS3AccessKey,
                                              .settings = {{"access_key_id", "AK2"}},
                                              .secrets = {{"secret_access_key", "hush2"}}}}}),
      IsOk());
  EXPECT_NE(stores_.Open("s3://lake/a/t").value(), opened);
}

}  // namespace
}  // namespace sluice::server
