// Who may let recipients have keys of a store, and for which tables recipients may then have them.
#include "base/testing/matchers.h"
#include "catalog/catalog_resolver.h"
#include "catalog/credentials.h"
#include "catalog/external_locations.h"
#include "catalog/recipients.h"
#include "catalog/testing/share_catalog.h"

namespace sluice::catalog {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using storage::DirectoryAccess;

const DirectoryAccess kAccess{.role_arn = "arn:aws:iam::1:role/readers"};

// ada's share "s" of main.sales.orders, whole with its history, is acme's.
class DirectoryAccessTest : public ::testing::Test {
 protected:
  DirectoryAccessTest() {
    world.Change([&](Edit& edit) {
      const Id& metastore = edit.picture().metastore().id;
      const Id keys =
          edit.Create(Securable{.parent = metastore,
                                .name = "keys",
                                .owner = world.bob.principal,
                                .details = StorageCredential{.type = CredentialType::kAwsIamRole}});
      edit.Create(Securable{.parent = metastore,
                            .name = "lake",
                            .owner = world.root.principal,
                            .details = ExternalLocation{.url = "s3://lake", .credential = keys}});
    });
    world.GrantTo(world.bob, Privilege::kManage, Kind::kExternalLocation, "lake");
    world.MakeShare("s", {{.name = "main.sales.orders", .history = true, .start_version = 0}});
    world.GiveShare("s", "acme");
  }
  Status Set(const LocationChange& change, const Caller& who) {
    const auto done = UpdateLocation(*world.catalog, who, LocalRoots(), "lake", change);
    if (!done) return std::unexpected(done.error());
    return {};
  }
  Status Lend() { return Set({.directory_access = kAccess}, world.root); }
  // As each of the three ways to a table tells it; "?" where they do not agree.
  std::string Directory(const std::string& recipient = "acme") const {
    const std::string principal = world.PrincipalOf(recipient);
    const auto table = resolver.FindTable(principal, {"s", "sales", "orders"});
    const auto share = resolver.FindShare(principal, "s");
    if (!table || !share) return "!";
    const auto by_id = resolver.FindTableById(principal, (*table)->id);
    if (!by_id) return "!";
    const std::string& listed = (*share)->schemas.at(0).tables.at(0)->directory;
    const bool agree = listed == (*table)->directory && listed == (*by_id)->directory;
    return agree ? listed : "?";
  }
  void AlterObject(const std::function<void(SharedObject&)>& alter) {
    world.Alter(Kind::kShare, "s",
                [&](Securable& share) { alter(share.As<Share>().objects.at(0)); });
  }
  void AlterKeys(const std::function<void(StorageCredential&)>& alter) {
    world.Alter(Kind::kStorageCredential, "keys",
                [&](Securable& keys) { alter(keys.As<StorageCredential>()); });
  }

  testing::ShareCatalog world;
  CatalogResolver resolver{*world.catalog};
};

TEST_F(DirectoryAccessTest, HoldsFromWhenItIsSetUntilItEnds) {
  EXPECT_EQ(Directory(), "");
  ASSERT_THAT(Lend(), IsOk());
  EXPECT_EQ(Directory(), "s3://lake/main.sales/orders");
  // Whoever manages the location may end it.
  ASSERT_THAT(Set({.directory_access = DirectoryAccess{}}, world.bob), IsOk());
  EXPECT_EQ(Directory(), "");
  ASSERT_THAT(Lend(), IsOk());
  EXPECT_EQ(Directory(), "s3://lake/main.sales/orders");
  world.Erase(Kind::kExternalLocation, "lake");
  EXPECT_EQ(Directory(), "");
}

TEST_F(DirectoryAccessTest, IsSetAndMovedByAdministratorsAlone) {
  EXPECT_THAT(Set({.directory_access = kAccess}, world.bob),
              IsError(Code::kPermissionDenied, "administrators"));
  ASSERT_THAT(Lend(), IsOk());
  EXPECT_THAT(Set({.url = "s3://lake/main.sales", .force = Force::kYes}, world.bob),
              IsError(Code::kPermissionDenied, "administrators"));
  EXPECT_THAT(Set({.credential_name = "keys"}, world.bob), IsError(Code::kPermissionDenied));
  EXPECT_THAT(Set({.read_only = true}, world.bob), IsOk());
  EXPECT_EQ(Directory(), "s3://lake/main.sales/orders");

  world.GrantTo(world.bob, Privilege::kCreateExternalLocation, Kind::kMetastore, "sluice");
  NewLocation wanted{
      .name = "other", .url = "s3://other", .credential_name = "keys", .directory_access = kAccess};
  EXPECT_THAT(CreateLocation(*world.catalog, world.bob, LocalRoots(), wanted),
              IsError(Code::kPermissionDenied, "administrators"));
  EXPECT_THAT(CreateLocation(*world.catalog, world.root, LocalRoots(), wanted), IsOk());
  wanted.url = "s3://third";
  wanted.name = "third";
  wanted.directory_access = DirectoryAccess{};
  EXPECT_THAT(CreateLocation(*world.catalog, world.bob, LocalRoots(), wanted), IsOk());
}

TEST_F(DirectoryAccessTest, NeedsARoleAndAStoreThatKnowsRoles) {
  EXPECT_THAT(
      Set({.directory_access = DirectoryAccess{.role_arn = {}, .external_id = "x"}}, world.root),
      IsError(Code::kInvalidArgument, "directory_access.role_arn"));
  AlterKeys([](StorageCredential& keys) {
    keys.type = CredentialType::kS3AccessKey;
    keys.settings["endpoint"] = "https://minio.example.com";
  });
  EXPECT_THAT(Lend(), IsError(Code::kInvalidArgument, "directory_access.sts_endpoint"));
  DirectoryAccess minio = kAccess;
  minio.sts_endpoint = "https://minio.example.com";
  EXPECT_THAT(Set({.directory_access = minio}, world.root), IsOk());
  AlterKeys([](StorageCredential& keys) { keys.type = CredentialType::kCloudflareApiToken; });
  EXPECT_THAT(Lend(), IsError(Code::kInvalidArgument, "aws_iam_role or s3_access_key"));
}

TEST_F(DirectoryAccessTest, StaysWithTheCredential) {
  ASSERT_THAT(Lend(), IsOk());
  const auto change = [&](CredentialContent content) {
    return UpdateCredential(*world.catalog, world.bob, "keys", {.content = std::move(content)});
  };
  EXPECT_THAT(change({.type = CredentialType::kCloudflareApiToken}),
              IsError(Code::kInvalidArgument, "'lake' has directory access"));
  EXPECT_THAT(change({.type = CredentialType::kS3AccessKey,
                      .settings = {{"endpoint", "https://minio.example.com"}}}),
              IsError(Code::kInvalidArgument, "sts_endpoint"));
  EXPECT_THAT(change({.type = CredentialType::kS3AccessKey}), IsOk());
}

// As a configuration file that is taken over may have them.
TEST_F(DirectoryAccessTest, IsNotWidenedByWhoTakesALocationWithinAway) {
  world.Change([&](Edit& edit) {
    const Id keys = edit.picture().FindByName(Kind::kStorageCredential, "keys")->id;
    edit.Create(
        Securable{.parent = edit.picture().metastore().id,
                  .name = "inner",
                  .owner = world.bob.principal,
                  .details = ExternalLocation{.url = "s3://lake/main.sales", .credential = keys}});
  });
  ASSERT_THAT(Lend(), IsOk());
  EXPECT_EQ(Directory(), "");
  EXPECT_THAT(DeleteLocation(*world.catalog, world.bob, "inner", Force::kYes),
              IsError(Code::kPermissionDenied, "administrators"));
  EXPECT_THAT(UpdateLocation(*world.catalog, world.bob, LocalRoots(), "inner",
                             {.url = "s3://elsewhere", .force = Force::kYes}),
              IsError(Code::kPermissionDenied, "administrators"));
  EXPECT_EQ(Directory(), "");
  world.Erase(Kind::kExternalLocation, "inner");
  EXPECT_EQ(Directory(), "s3://lake/main.sales/orders");
}

TEST_F(DirectoryAccessTest, IsForTablesThatAreSharedAsAWhole) {
  ASSERT_THAT(Lend(), IsOk());
  AlterObject([](SharedObject& object) { object.start_version = 1; });
  EXPECT_EQ(Directory(), "");
  AlterObject([](SharedObject& object) { object.start_version.reset(); });
  EXPECT_EQ(Directory(), "s3://lake/main.sales/orders");
  AlterObject([](SharedObject& object) { object.history = false; });
  EXPECT_EQ(Directory(), "");
  AlterObject([](SharedObject& object) {
    object.history = true;
    object.partitions = {
        .tuples = {{{.column = "country", .values = {"CH"}, .recipient_property_key = {}}}},
        .hash = {}};
  });
  EXPECT_EQ(Directory(), "");
}

TEST_F(DirectoryAccessTest, IsNotForFoldersThatPoliciesCannotName) {
  ASSERT_THAT(Lend(), IsOk());
  world.Alter(Kind::kTable, "main.sales.orders",
              [](Securable& table) { table.As<Table>().storage_location = "s3://lake/ord*"; });
  EXPECT_EQ(Directory(), "");
}

TEST_F(DirectoryAccessTest, IsNotForWhoIsBoundToNetworks) {
  ASSERT_THAT(Lend(), IsOk());
  world.GiveShare("s", "umbrella");
  const auto alter = [&](const std::function<void(Securable&)>& change) {
    world.Alter(Kind::kRecipient, "acme", change);
  };
  alter([](Securable& acme) { acme.As<Recipient>().allowed_ip_addresses = {"10.0.0.0/8"}; });
  EXPECT_EQ(Directory(), "");
  EXPECT_EQ(Directory("umbrella"), "s3://lake/main.sales/orders");
  alter([](Securable& acme) { acme.As<Recipient>().allowed_ip_addresses.clear(); });
  EXPECT_EQ(Directory(), "s3://lake/main.sales/orders");
  alter([](Securable& acme) { acme.As<Recipient>().denied_ip_addresses = {"10.1.2.3"}; });
  EXPECT_EQ(Directory(), "");
  alter([](Securable& acme) {
    acme.As<Recipient>().denied_ip_addresses.clear();
    acme.properties["Allowed_IP_ranges"] = "10.0.0.0/8";
  });
  EXPECT_EQ(Directory(), "");
  alter([](Securable& acme) { acme.properties = {{"country", "CH"}}; });
  EXPECT_EQ(Directory(), "s3://lake/main.sales/orders");
}

TEST_F(DirectoryAccessTest, EndsWithTheOwnersAccess) {
  ASSERT_THAT(Lend(), IsOk());
  world.TakeAll(world.ada, Kind::kCatalog, "main");
  EXPECT_THAT(resolver.FindTable(world.PrincipalOf("acme"), {"s", "sales", "orders"}),
              IsError(Code::kPermissionDenied));
}

}  // namespace
}  // namespace sluice::catalog
