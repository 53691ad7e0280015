#include "catalog/locations.h"

#include <gmock/gmock.h>

#include "base/testing/matchers.h"
#include "catalog/credentials.h"
#include "catalog/errors.h"
#include "catalog/external_locations.h"
#include "catalog/testing/tree_catalog.h"

namespace sluice::catalog {
namespace {

namespace fs = std::filesystem;
using sluice::testing::IsError;
using sluice::testing::IsOk;
using sluice::testing::IsOkAnd;
using ::testing::HasSubstr;
using ::testing::Not;

class LocationsTest : public ::testing::Test, public testing::TreeCatalog {
 protected:
  LocationsTest() {
    for (const std::string_view name : {"lake/in", "lake2", "other"}) {
      fs::create_directories(folder_ / name);
    }
    roots_ = LocalRoots::Resolve({Path("lake"), Path("other")}).value();
  }
  std::string Path(std::string_view name) const { return (folder_ / name).string(); }
  Result<std::string> Normal(std::string_view url) { return NormalUrl(url, roots_, AccessOf(ada)); }
  void MakeCredential(const std::string& name, CredentialType type) {
    ASSERT_THAT(CreateCredential(*catalog, root, {.name = name, .content = {.type = type}}),
                IsOk());
  }
  Result<Id> MakeLocation(const std::string& name, const std::string& url,
                          const std::string& credential = "keys") {
    return CreateLocation(*catalog, root, roots_,
                          {.name = name, .url = url, .credential_name = credential});
  }

  testing::LakeFolder folder_;
  LocalRoots roots_;
};

TEST_F(LocationsTest, EachPlaceHasOneSpelling) {
  EXPECT_THAT(Normal("s3://lake/bronze/"), IsOkAnd("s3://lake/bronze"));
  EXPECT_THAT(Normal("S3A://lake/bronze"), IsOkAnd("s3://lake/bronze"));
  EXPECT_THAT(Normal("s3n://lake"), IsOkAnd("s3://lake"));
  EXPECT_THAT(Normal("abfss://c@a.dfs.core.windows.net/x/"),
              IsOkAnd("abfss://c@a.dfs.core.windows.net/x"));
  EXPECT_THAT(Normal("gs://b/x"), IsOkAnd("gs://b/x"));
  const std::string url = "file://" + Path("lake/in");
  for (const std::string& same :
       {Path("lake/in"), Path("lake/in/"), Path("lake/./in"), Path("lake/in/../in"), url,
        "file:" + Path("lake/in"), "FILE://localhost" + Path("lake/in")}) {
    EXPECT_THAT(Normal(same), IsOkAnd(url)) << same;
  }
  EXPECT_THAT(Normal(Path("lake/a b%")), IsOkAnd("file://" + Path("lake") + "/a%20b%25"));
  EXPECT_THAT(Normal("file://" + Path("lake") + "/a%20b%25"),
              IsOkAnd("file://" + Path("lake") + "/a%20b%25"));
}

TEST_F(LocationsTest, WhatIsNoUrlIsRefused) {
  for (const std::string_view bad :
       {"", "lake/in", "http://x/y", "s3://", "s3:///x", "s3:/x", "s3://b//x", "s3://b/../x",
        "s3://b/./x", "s3://b/x\n", "file://host/x", "file:x", "file:///%zz", "dbfs:/x"}) {
    EXPECT_THAT(Normal(bad), IsError(Code::kInvalidArgument)) << bad;
  }
  EXPECT_THAT(Normal("s3://b/" + std::string(5000, 'x')), IsError(Code::kInvalidArgument));
  const auto with_keys = Normal("s3://AKIA:secret@lake/x");
  ASSERT_THAT(with_keys, IsError(Code::kInvalidArgument, "storage credential"));
  EXPECT_THAT(with_keys.error().message, Not(HasSubstr("secret")));
}

TEST_F(LocationsTest, NothingOutsideOfTheLocalRoots) {
  fs::create_directory_symlink(folder_ / "lake2", folder_ / "lake/link");
  fs::create_directory_symlink("../../..", folder_ / "lake/up");
  for (const std::string& outside :
       {Path("lake2"), Path("lake/../lake2"), Path("lake/in/../../lake2/x"), Path("lake/link"),
        Path("lake/link/x"), Path("lake/up/etc"), Path("lake/none/../../lake2"), Path(""),
        std::string("/"), std::string("/etc"), "file://" + Path("lake") + "/%2e%2e/lake2",
        Path("lake") + std::string("\0", 1)}) {
    EXPECT_THAT(Normal(outside), IsError(Code::kInvalidArgument)) << outside;
  }
  EXPECT_THAT(Normal(Path("lake2")), IsError(Code::kInvalidArgument, "not inside any local root"));
  EXPECT_THAT(LocalRoots().Locate(Path("lake")), IsError(Code::kInvalidArgument));
  EXPECT_THAT(LocalRoots::Resolve({Path("none")}), IsError(Code::kInvalidArgument));
}

TEST_F(LocationsTest, LinksInsideAreResolved) {
  fs::create_directory_symlink(folder_ / "lake/in", folder_ / "lake/same");
  EXPECT_THAT(Normal(Path("lake/same/t")), IsOkAnd("file://" + Path("lake/in/t")));
}

TEST_F(LocationsTest, NobodyIsToldWhereTheRootsAre) {
  EXPECT_THAT(Normal("/etc").error().message, Not(HasSubstr(Path("lake"))));
  const std::string for_root = NormalUrl("/etc", roots_, AccessOf(root)).error().message;
  EXPECT_THAT(for_root, Not(HasSubstr(Path("lake"))));
  EXPECT_THAT(for_root, HasSubstr("--local-root"));
}

TEST_F(LocationsTest, LocationsDoNotOverlap) {
  MakeCredential("keys", CredentialType::kS3AccessKey);
  ASSERT_THAT(MakeLocation("a", "s3://lake/a"), IsOk());
  ASSERT_THAT(MakeLocation("ab", "s3://lake/ab"), IsOk());
  for (const std::string_view url : {"s3://lake/a/", "s3a://lake/a/b", "s3://lake"}) {
    EXPECT_THAT(MakeLocation("c", std::string(url)),
                IsError(Code::kInvalidArgument, "LOCATION_OVERLAP"));
  }
  // Its own place is free, another's is not.
  const auto move = [&](const std::string& url) {
    return UpdateLocation(*catalog, root, roots_, "a", {.url = url});
  };
  EXPECT_THAT(move("s3://lake/a/deeper"), IsOk());
  EXPECT_THAT(move("s3://lake"), IsError(Code::kInvalidArgument, "'ab'"));
  EXPECT_THAT(move("s3://lake/a"), IsOk());
  EXPECT_EQ(Find(Kind::kExternalLocation, "a")->As<ExternalLocation>().url, "s3://lake/a");
}

TEST_F(LocationsTest, ALocationNeedsTheCredentialAndARightOnBoth) {
  MakeCredential("keys", CredentialType::kS3AccessKey);
  const NewLocation wanted{.name = "l", .url = "s3://lake", .credential_name = "keys"};
  EXPECT_THAT(CreateLocation(*catalog, ada, roots_, wanted), IsError(Code::kPermissionDenied));
  GrantOnMetastore(ada, Privilege::kCreateExternalLocation);
  Grant(ada, Privilege::kReadFiles, Kind::kStorageCredential, "keys");
  EXPECT_THAT(CreateLocation(*catalog, ada, roots_, wanted),
              IsError(Code::kPermissionDenied, "on storage credential 'keys'"));
  Grant(ada, Privilege::kCreateExternalLocation, Kind::kStorageCredential, "keys");
  EXPECT_THAT(CreateLocation(*catalog, ada, roots_, wanted), IsOk());
  EXPECT_THAT(MakeLocation("m", "s3://x1", "none"),
              IsError(Code::kNotFound, "Storage Credential 'none' does not exist"));
  EXPECT_THAT(MakeLocation("m", "gs://x1"), IsError(Code::kInvalidArgument, "kind"));
  EXPECT_THAT(MakeLocation("m", "s3://x1", "local"), IsError(Code::kInvalidArgument, "kind"));
  EXPECT_THAT(MakeLocation("m", Path("lake"), "local"), IsOk());
}

TEST_F(LocationsTest, TheCredentialIsFoundByThePlace) {
  MakeCredential("keys", CredentialType::kS3AccessKey);
  ASSERT_THAT(MakeLocation("a", "s3://lake/a"), IsOk());
  const auto picture = catalog->Now();
  const StoragePlace place = ResolveStorage(*picture, "s3://lake/a/t/x").value();
  EXPECT_EQ(place.location->name, "a");
  EXPECT_EQ(place.credential->name, "keys");
  EXPECT_THAT(ResolveStorage(*picture, "s3://lake/ab"), IsError(Code::kInvalidArgument, "parent"));
  const StoragePlace local = ResolveStorage(*picture, LocalUrl(Path("lake"))).value();
  EXPECT_EQ(local.location, nullptr);
  EXPECT_EQ(local.credential->name, "local");
}

TEST_F(LocationsTest, WhoMayStoreTables) {
  MakeCredential("keys", CredentialType::kS3AccessKey);
  ASSERT_THAT(MakeLocation("a", "s3://lake/a"), IsOk());
  ASSERT_THAT(MakeLocation("in", Path("lake/in"), "local"), IsOk());
  const auto check = [&](const Caller& who, const std::string& url) {
    const auto picture = catalog->Now();
    return CheckMayStoreTable(*picture, Access(*picture, who.principal, clock.Now()), url);
  };
  EXPECT_THAT(check(root, "s3://lake/a/t"), IsOk());
  EXPECT_THAT(check(ada, "s3://lake/a/t"), IsError(Code::kPermissionDenied));
  Grant(ada, Privilege::kCreateExternalTable, Kind::kExternalLocation, "a");
  EXPECT_THAT(check(ada, "s3://lake/a/t"), IsOk());
  EXPECT_THAT(check(ada, "s3://lake/t"), IsError(Code::kInvalidArgument));

  EXPECT_THAT(check(ada, LocalUrl(Path("lake/t"))), IsError(Code::kPermissionDenied));
  Grant(ada, Privilege::kCreateExternalTable, Kind::kStorageCredential, "local");
  EXPECT_THAT(check(ada, LocalUrl(Path("lake/t"))), IsOk());
  // A location guards its place, from above as well.
  EXPECT_THAT(check(ada, LocalUrl(Path("lake/in/t"))), IsError(Code::kPermissionDenied));
  EXPECT_THAT(check(ada, LocalUrl(Path("lake"))), IsError(Code::kInvalidArgument, "contains"));
}

TEST_F(LocationsTest, SecretsAreSealedAndComeBackOnlyToTheServer) {
  ASSERT_THAT(CreateCredential(*catalog, root,
                               {.name = "keys",
                                .content = {.type = CredentialType::kS3AccessKey,
                                            .settings = {{"access_key_id", "AK"}},
                                            .secrets = {{"secret_access_key", "top-secret"}}}}),
              IsOk());
  const Securable* made = Find(Kind::kStorageCredential, "keys");
  EXPECT_THAT(made->As<StorageCredential>().secret.text, Not(HasSubstr("top-secret")));
  EXPECT_THAT(SecretsOf(*catalog, *made), IsOkAnd(Properties{{"secret_access_key", "top-secret"}}));
  // Bound to the credential: another row cannot borrow it.
  Securable thief = *made;
  thief.id = "other";
  EXPECT_THAT(SecretsOf(*catalog, thief), IsError(Code::kCorrupt));
}

TEST_F(LocationsTest, WhatIsInUseNeedsForce) {
  MakeCredential("keys", CredentialType::kS3AccessKey);
  ASSERT_THAT(MakeLocation("a", "s3://lake/a"), IsOk());
  EXPECT_THAT(DeleteCredential(*catalog, root, "keys", Force::kNo),
              IsError(Code::kInvalidArgument, "1 dependent"));
  EXPECT_THAT(UpdateCredential(*catalog, root, "keys",
                               {.content = {{.type = CredentialType::kGcpServiceAccount}}}),
              IsError(Code::kInvalidArgument));
  EXPECT_THAT(UpdateCredential(*catalog, root, "keys",
                               {.content = {{.type = CredentialType::kAwsIamRole}}}),
              IsOk());
  EXPECT_THAT(DeleteCredential(*catalog, root, "keys", Force::kYes), IsOk());
  // Its locations are dead then, not open.
  EXPECT_THAT(ResolveStorage(*catalog->Now(), "s3://lake/a/t"), IsError(Code::kPermissionDenied));
  EXPECT_THAT(DeleteLocation(*catalog, root, "a", Force::kNo), IsOk());
}

TEST_F(LocationsTest, LocalIsFixed) {
  EXPECT_THAT(DeleteCredential(*catalog, root, "local", Force::kYes),
              IsError(Code::kInvalidArgument, "built in"));
  EXPECT_THAT(UpdateCredential(*catalog, root, "local", {.common = {.new_name = "x"}}),
              IsError(Code::kInvalidArgument));
  EXPECT_THAT(UpdateCredential(*catalog, root, "local", {.read_only = true}),
              IsError(Code::kInvalidArgument));
  EXPECT_THAT(UpdateCredential(*catalog, root, "local", {.common = {.comment = "x"}}), IsOk());
  EXPECT_THAT(
      CreateCredential(*catalog, root, {.name = "l2", .content = {.type = CredentialType::kLocal}}),
      IsError(Code::kInvalidArgument));
}

}  // namespace
}  // namespace sluice::catalog
