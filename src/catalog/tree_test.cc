// Catalogs, schemas, tables and what they have in common (securables).
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>

#include "base/testing/matchers.h"
#include "catalog/catalogs.h"
#include "catalog/credentials.h"
#include "catalog/external_locations.h"
#include "catalog/locations.h"
#include "catalog/principals.h"
#include "catalog/providers.h"
#include "catalog/securables.h"
#include "catalog/tables.h"
#include "catalog/testing/tree_catalog.h"

namespace sluice::catalog {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;

class TreeTest : public ::testing::Test, public testing::TreeCatalog {
 protected:
  TreeTest() {
    EXPECT_THAT(CreateCatalog(*catalog, root, roots_, {.name = "sales"}), IsOk());
    EXPECT_THAT(CreateSchema(*catalog, root, roots_, {.name = "public", .catalog_name = "sales"}),
                IsOk());
  }

  NewTable TableAt(const std::string& name, const std::string& location) {
    return {.name = name,
            .catalog_name = "sales",
            .schema_name = "public",
            .storage_location = location};
  }
  Result<Id> Make(const Caller& who, const NewTable& table) {
    const TablePlan plan = TRY(PlanTable(*catalog, who, roots_, table));
    return CreateTable(*catalog, who, plan, {});
  }
  Result<Id> MakeTable(const Caller& who, const std::string& name) {
    return Make(who, TableAt(name, (folder_ / name).string()));
  }

  testing::LakeFolder folder_;
  LocalRoots roots_ = LocalRoots::Resolve({folder_.path().string()}).value();
};

TEST_F(TreeTest, NamesAreUnityCatalogs) {
  for (const std::string_view good : {"a", "ü-1_x", "A$b"}) EXPECT_THAT(CheckName(good), IsOk());
  EXPECT_THAT(CheckName(std::string(255, 'a')), IsOk());
  std::string umlauts;
  for (int i = 0; i < 255; ++i) umlauts += "ü";
  EXPECT_THAT(CheckName(umlauts), IsOk());
  for (const std::string& bad :
       {std::string(), std::string("a.b"), std::string("a b"), std::string("a/b"),
        std::string("a\nb"), std::string("a\x7f"), std::string("a\0b", 3), std::string(256, 'a')}) {
    EXPECT_THAT(CheckName(bad), IsError(Code::kInvalidArgument)) << bad;
  }
}

TEST_F(TreeTest, WhatIsNotVisibleDoesNotExist) {
  EXPECT_THAT(UpdateSecurable(*catalog, bob, {Kind::kCatalog, "sales"}, {.comment = "x"}),
              IsError(Code::kNotFound, "Catalog 'sales' does not exist"));
  EXPECT_THAT(DeleteCatalog(*catalog, bob, "sales", Force::kYes), IsError(Code::kNotFound));
  EXPECT_THAT(DeleteSchema(*catalog, bob, "sales.public", Force::kYes), IsError(Code::kNotFound));
  EXPECT_THAT(DeleteTable(*catalog, bob, "sales.public.none"), IsError(Code::kNotFound));
  EXPECT_THAT(CreateSchema(*catalog, bob, roots_, {.name = "mine", .catalog_name = "sales"}),
              IsError(Code::kNotFound));
  EXPECT_THAT(MakeTable(bob, "t"), IsError(Code::kNotFound));
  // Who sees it is told what is missing.
  Grant(bob, Privilege::kUseCatalog, Kind::kCatalog, "sales");
  EXPECT_THAT(DeleteCatalog(*catalog, bob, "sales", Force::kYes), IsError(Code::kPermissionDenied));
  EXPECT_THAT(UpdateSecurable(*catalog, bob, {Kind::kCatalog, "sales"}, {.comment = "x"}),
              IsError(Code::kPermissionDenied));
}

TEST_F(TreeTest, CreatingNeedsThePrivilegesOfEachLevel) {
  EXPECT_THAT(CreateCatalog(*catalog, ada, roots_, {.name = "mine"}),
              IsError(Code::kPermissionDenied, "CREATE CATALOG"));
  GrantOnMetastore(ada, Privilege::kCreateCatalog);
  EXPECT_THAT(CreateCatalog(*catalog, ada, roots_, {.name = "mine"}), IsOk());
  EXPECT_EQ(Find(Kind::kCatalog, "mine")->owner, ada.principal);
  EXPECT_NE(Find(Kind::kSchema, "mine.default"), nullptr);
  EXPECT_THAT(CreateCatalog(*catalog, ada, roots_, {.name = "MINE"}),
              IsError(Code::kAlreadyExists, "Catalog 'MINE' already exists"));

  Grant(ada, Privilege::kUseCatalog, Kind::kCatalog, "sales");
  EXPECT_THAT(CreateSchema(*catalog, ada, roots_, {.name = "s", .catalog_name = "sales"}),
              IsError(Code::kPermissionDenied, "CREATE SCHEMA"));
  Grant(ada, Privilege::kUseSchema, Kind::kSchema, "sales.public");
  EXPECT_THAT(MakeTable(ada, "t"), IsError(Code::kPermissionDenied, "CREATE TABLE"));
  Grant(ada, Privilege::kCreateTable, Kind::kSchema, "sales.public");
  EXPECT_THAT(MakeTable(ada, "t"), IsError(Code::kPermissionDenied, "CREATE EXTERNAL TABLE"));
  Grant(ada, Privilege::kCreateExternalTable, Kind::kStorageCredential, "local");
  EXPECT_THAT(MakeTable(ada, "t"), IsOk());
  EXPECT_THAT(MakeTable(ada, "T"), IsError(Code::kAlreadyExists));
}

TEST_F(TreeTest, ChangesWhatIsCommon) {
  const Target target{Kind::kCatalog, "sales"};
  EXPECT_THAT(UpdateSecurable(*catalog, root, target,
                              {.new_name = "Sales", .comment = "c", .properties = {{{"k", "v"}}}}),
              IsOk());
  const Securable* changed = Find(Kind::kCatalog, "sales");
  EXPECT_EQ(changed->name, "Sales");
  EXPECT_EQ(changed->comment, "c");
  EXPECT_EQ(changed->properties, (Properties{{"k", "v"}}));
  EXPECT_THAT(UpdateSecurable(*catalog, root, target, {.new_name = "a b"}),
              IsError(Code::kInvalidArgument));
  EXPECT_THAT(CreateCatalog(*catalog, root, roots_, {.name = "other"}), IsOk());
  EXPECT_THAT(UpdateSecurable(*catalog, root, target, {.new_name = "OTHER"}),
              IsError(Code::kAlreadyExists));
  // All of it or nothing.
  EXPECT_THAT(UpdateSecurable(*catalog, root, target, {.owner = "nobody", .comment = "d"}),
              IsError(Code::kNotFound, "Could not find principal with name nobody"));
  EXPECT_EQ(Find(Kind::kCatalog, "sales")->comment, "c");
}

TEST_F(TreeTest, ANewOwnerMayDoAll) {
  EXPECT_THAT(UpdateSecurable(*catalog, ada, {Kind::kSchema, "sales.public"}, {.comment = "x"}),
              IsError(Code::kNotFound));
  EXPECT_THAT(
      UpdateSecurable(*catalog, root, {Kind::kCatalog, "sales"}, {.owner = "ADA@example.org"}),
      IsOk());
  EXPECT_THAT(UpdateSecurable(*catalog, ada, {Kind::kSchema, "sales.public"}, {.comment = "x"}),
              IsOk());
  EXPECT_THAT(DeleteSchema(*catalog, ada, "sales.public", Force::kNo), IsOk());
}

TEST_F(TreeTest, WhatIsNotEmptyNeedsForce) {
  ASSERT_THAT(MakeTable(root, "t"), IsOk());
  const auto refused = DeleteSchema(*catalog, root, "sales.public", Force::kNo);
  EXPECT_THAT(refused, IsError(Code::kInvalidArgument, "Schema 'sales.public' is not empty"));
  EXPECT_EQ(refused.error().reason, "INVALID_STATE");
  EXPECT_THAT(DeleteCatalog(*catalog, root, "sales", Force::kNo), IsError(Code::kInvalidArgument));
  EXPECT_THAT(DeleteCatalog(*catalog, root, "sales", Force::kYes), IsOk());
  EXPECT_EQ(Find(Kind::kCatalog, "sales"), nullptr);
  EXPECT_EQ(catalog->Now()->LocationBelow(Kind::kTable, LocalUrl(folder_.path().string())),
            nullptr);
  // An empty "default" is nothing.
  EXPECT_THAT(CreateCatalog(*catalog, root, roots_, {.name = "fresh"}), IsOk());
  EXPECT_THAT(DeleteCatalog(*catalog, root, "fresh", Force::kNo), IsOk());
}

TEST_F(TreeTest, WhatIsSharedStays) {
  ASSERT_THAT(MakeTable(root, "t"), IsOk());
  ASSERT_THAT(MakeTable(root, "u"), IsOk());
  Share("secret", root, Kind::kTable, "sales.public.t");
  Share("open", ada, Kind::kTable, "sales.public.t");
  EXPECT_THAT(
      UpdateSecurable(*catalog, root, {Kind::kCatalog, "sales"}, {.owner = "ada@example.org"}),
      IsOk());
  const auto refused = DeleteTable(*catalog, ada, "sales.public.t");
  ASSERT_THAT(refused, IsError(Code::kInvalidArgument, "'open', 1 other(s)"));
  EXPECT_EQ(refused.error().reason, "DELTA_SHARING_SECURABLE_DELETE_BLOCKED");
  EXPECT_THAT(refused.error().message, Not(HasSubstr("secret")));
  // Force does not override it.
  EXPECT_THAT(DeleteSchema(*catalog, ada, "sales.public", Force::kYes),
              IsError(Code::kInvalidArgument, "sales.public.t"));
  EXPECT_THAT(DeleteCatalog(*catalog, ada, "sales", Force::kYes), IsError(Code::kInvalidArgument));
  EXPECT_THAT(DeleteTable(*catalog, ada, "sales.public.u"), IsOk());
}

TEST_F(TreeTest, ATableOfASharedSchemaMayGoTheSchemaNot) {
  ASSERT_THAT(MakeTable(root, "t"), IsOk());
  Share("all", root, Kind::kSchema, "sales.public");
  EXPECT_THAT(DeleteTable(*catalog, root, "sales.public.t"), IsOk());
  EXPECT_THAT(DeleteSchema(*catalog, root, "sales.public", Force::kYes),
              IsError(Code::kInvalidArgument, "'all'"));
}

TEST_F(TreeTest, TablesDoNotOverlap) {
  const std::string base = (folder_ / "x").string();
  ASSERT_THAT(Make(root, TableAt("t", base + "/t")), IsOk());
  for (const std::string& place : {base + "/t", base + "/t/", base + "/t/sub", base,
                                   base + "/u/../t", "file://" + base + "/t"}) {
    EXPECT_THAT(Make(root, TableAt("v", place)),
                IsError(Code::kInvalidArgument, "LOCATION_OVERLAP"))
        << place;
  }
  EXPECT_THAT(Make(root, TableAt("v", base + "/t2")), IsOk());
  EXPECT_THAT(DeleteTable(*catalog, root, "sales.public.t"), IsOk());
  EXPECT_THAT(Make(root, TableAt("w", base + "/t")), IsOk());
}

TEST_F(TreeTest, ManagedTablesLieBelowTheNextStorageRoot) {
  NewTable managed = TableAt("m", "");
  managed.type = TableType::kManaged;
  EXPECT_THAT(Make(root, managed), IsError(Code::kInvalidArgument, "storage root"));
  EXPECT_THAT(UpdateMetastore(*catalog, root, roots_, "sluice",
                              {.storage_root = (folder_ / "meta").string()}),
              IsOk());
  ASSERT_THAT(Make(root, managed), IsOk());
  EXPECT_THAT(Find(Kind::kTable, "sales.public.m")->As<Table>().storage_location,
              HasSubstr("/meta/__unitystorage/metastores/"));
  EXPECT_THAT(
      CreateSchema(
          *catalog, root, roots_,
          {.name = "own", .catalog_name = "sales", .storage_root = (folder_ / "own").string()}),
      IsOk());
  managed.schema_name = "own";
  ASSERT_THAT(Make(root, managed), IsOk());
  EXPECT_THAT(Find(Kind::kTable, "sales.own.m")->As<Table>().storage_location,
              HasSubstr("/own/__unitystorage/schemas/"));
  managed.name = "n";
  managed.storage_location = (folder_ / "mine").string();
  EXPECT_THAT(Make(root, managed), IsError(Code::kInvalidArgument));
  // The root itself needs the right to store there.
  GrantOnMetastore(ada, Privilege::kCreateCatalog);
  EXPECT_THAT(
      CreateCatalog(*catalog, ada, roots_, {.name = "c", .storage_root = (folder_ / "c").string()}),
      IsError(Code::kPermissionDenied));
}

TEST_F(TreeTest, NobodyMakesMoreThanTheQuotas) {
  constexpr const char* kProfile =
      R"({"shareCredentialsVersion":1,"endpoint":"https://x.example","bearerToken":"t"})";
  const auto all = [&](const std::string& suffix) {
    return std::map<std::string_view, Result<Id>>{
        {"Storage Credential",
         CreateCredential(
             *catalog, root,
             {.name = "key" + suffix, .content = {.type = CredentialType::kAzureManagedIdentity}})},
        {"External Location", CreateLocation(*catalog, root, roots_,
                                             {.name = "place" + suffix,
                                              .url = (folder_ / ("place" + suffix)).string(),
                                              .credential_name = "local"})},
        {"Provider",
         CreateProvider(*catalog, root, {.name = "provider" + suffix, .profile = kProfile})},
        {"Table", MakeTable(root, "table" + suffix)},
        {"Schema", CreateSchema(*catalog, root, roots_,
                                {.name = "schema" + suffix, .catalog_name = "sales"})},
        {"Catalog", CreateCatalog(*catalog, root, roots_, {.name = "catalog" + suffix})}};
  };
  for (const auto& [kind, made] : all("1")) EXPECT_THAT(made, IsOk()) << kind;
  // With "local", the catalog "sales" and its schemas "default" and "public".
  catalog->SetQuotas({.storage_credentials = 3,
                      .external_locations = 2,
                      .catalogs = 3,
                      .providers = 2,
                      .schemas_per_catalog = 4,
                      .tables_per_schema = 2});
  for (const auto& [kind, made] : all("2")) EXPECT_THAT(made, IsOk()) << kind;
  const auto before = catalog->Now();
  for (const auto& [kind, made] : all("3")) {
    ASSERT_THAT(made, IsError(Code::kInvalidArgument, fmt::format("Cannot create 1 {}(s)", kind)));
    EXPECT_EQ(made.error().reason, "QUOTA_EXCEEDED") << kind;
  }
  EXPECT_EQ(catalog->Now(), before);
  // Who deletes one may make another.
  EXPECT_THAT(DeleteTable(*catalog, root, "sales.public.table1"), IsOk());
  EXPECT_THAT(MakeTable(root, "table3"), IsOk());
  catalog->SetQuotas({.tables = 2});
  EXPECT_THAT(MakeTable(root, "table4"), IsError(Code::kInvalidArgument, "in Metastore"));
}

TEST_F(TreeTest, TheMetastoreIsGivenToWhoCanAdministerIt) {
  const auto give = [&](const std::string& owner) {
    return UpdateMetastore(*catalog, root, roots_, "sluice", {.common = {.owner = owner}});
  };
  const auto crew =
      CreatePrincipal(*catalog, root, {.kind = PrincipalKind::kGroup, .name = "crew"});
  ASSERT_THAT(crew, IsOk());
  constexpr std::string_view kWhy = "must have an active user";
  EXPECT_THAT(give("crew"), IsError(Code::kInvalidArgument, kWhy));
  EXPECT_THAT(give(std::string(kAllUsers)), IsError(Code::kInvalidArgument, kWhy));
  EXPECT_THAT(give(std::string(kAdmins)), IsOk());
  EXPECT_THAT(UpdatePrincipal(*catalog, root, {PrincipalKind::kGroup, crew->id},
                              [&](Principal& changed) -> Status {
                                changed.members = {ada.principal};
                                return {};
                              }),
              IsOk());
  EXPECT_THAT(give("crew"), IsOk());
  EXPECT_TRUE(AccessOf(ada).IsMetastoreAdmin());
}

TEST_F(TreeTest, TheMetastoreKeepsToItsLimits) {
  using std::chrono::seconds;
  const auto update = [&](const Caller& who, const MetastoreChange& change) {
    return UpdateMetastore(*catalog, who, roots_, catalog->Now()->metastore().id, change);
  };
  EXPECT_THAT(update(ada, {.sharing_scope = "INTERNAL"}), IsError(Code::kPermissionDenied));
  EXPECT_THAT(update(root, {.sharing_scope = "ALL"}), IsError(Code::kInvalidArgument));
  EXPECT_THAT(update(root, {.recipient_token_lifetime = seconds(-1)}),
              IsError(Code::kInvalidArgument));
  EXPECT_THAT(update(root, {.recipient_token_lifetime = seconds(31'536'001)}),
              IsError(Code::kInvalidArgument));
  EXPECT_THAT(update(root, {.organization_name = std::string(256, 'o')}),
              IsError(Code::kInvalidArgument));
  EXPECT_THAT(update(root, {.organization_name = std::string(255, 'o')}), IsOk());
  EXPECT_THAT(update(root, {.common = {.new_name = "lake"},
                            .sharing_scope = "INTERNAL",
                            .organization_name = "ACME",
                            .recipient_token_lifetime = seconds(31'536'000)}),
              IsOk());
  const auto now = catalog->Now();
  EXPECT_EQ(now->metastore().name, "lake");
  EXPECT_EQ(now->metastore().As<Metastore>().recipient_token_lifetime, seconds(31'536'000));
  EXPECT_THAT(UpdateMetastore(*catalog, root, roots_, "other", {}), IsError(Code::kNotFound));
}

}  // namespace
}  // namespace sluice::catalog
