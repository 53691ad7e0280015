#include "catalog/row_store.h"

#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"
#include "catalog/access.h"
#include "catalog/access_tokens.h"
#include "catalog/row_json.h"
#include "catalog/sessions.h"
#include "db/testing/each_driver.h"

namespace sluice::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsError;
using testing::IsOk;

// A database on the disk that catalogs are opened on, one after the other or several at a time.
class RowStoreTest : public db::testing::EachDriver {
 protected:
  struct Opened {
    std::unique_ptr<db::Database> database;
    std::unique_ptr<RowStore> rows;
    std::unique_ptr<Catalog> catalog;
    Catalog* operator->() const { return catalog.get(); }
  };

  Opened Open() {
    Opened opened;
    auto database = db::Database::Open(place_->path());
    EXPECT_TRUE(database.has_value());
    opened.database = *std::move(database);
    EXPECT_TRUE(opened.database->Migrate(Migrations()).has_value());
    opened.rows = std::make_unique<RowStore>(*opened.database);
    auto catalog = Catalog::Open(*opened.rows, clock_, random_, std::string(32, 'k'));
    EXPECT_TRUE(catalog.has_value());
    opened.catalog = *std::move(catalog);
    return opened;
  }

  testing::ManualClock clock_{FromUnixMillis(1'700'000'000'000)};
  SecureRandom random_;
  const Caller server_{.principal = {}, .name = "sluice"};
};

INSTANTIATE_TEST_SUITE_P(Each, RowStoreTest, db::testing::Drivers(), db::testing::DriverName);

// One securable of each kind with every field set to something.
std::vector<Securable> Everything(const Id& metastore) {
  const auto later = FromUnixMillis(1'800'000'000'123);
  const auto hash = crypto::Sha256("x");
  const RecipientToken token{.id = "t",
                             .hash = hash,
                             .activation = {"sealed"},
                             .activation_hash = crypto::Sha256("y"),
                             .activation_expires_at = later,
                             .created_at = later,
                             .created_by = "ada",
                             .updated_at = later,
                             .updated_by = "bob",
                             .expires_at = later};
  const PartitionTerm term{.column = "region",
                           .op = PartitionOp::kIn,
                           .values = {"SE", "NO"},
                           .recipient_property_key = "country"};
  const SharedObject object{.id = "o",
                            .kind = Kind::kSchema,
                            .object = "s",
                            .shared_as = "a.b",
                            .comment = "c",
                            .partitions = {.tuples = {{term}, {term, term}}},
                            .cdf_enabled = true,
                            .history = true,
                            .start_version = 7,
                            .starts_after = true,
                            .added_at = later,
                            .added_by = "ada"};
  const Column column{.name = "amount",
                      .type_text = "decimal(10,2)",
                      .type_name = "DECIMAL",
                      .type_json = "{\"a\":\"\\u0000\"}",
                      .type_precision = 10,
                      .type_scale = 2,
                      .position = 3,
                      .partition_index = 1,
                      .nullable = false,
                      .comment = "ü"};
  std::vector<Details> details = {
      StorageCredential{.type = CredentialType::kS3AccessKey,
                        .settings = {{"region", "eu"}},
                        .secret = {"sealed"},
                        .read_only = true},
      ExternalLocation{
          .url = "s3://lake/a", .credential = "c", .read_only = true, .fallback = true},
      CatalogDetails{.storage_root = "s3://lake/c"},
      SchemaDetails{.storage_root = "s3://lake/s"},
      Table{.type = TableType::kManaged, .storage_location = "s3://lake/t", .columns = {column}},
      Share{.objects = {object, object}, .storage_root = "s3://lake/h"},
      Recipient{.authentication_type = AuthenticationType::kDatabricks,
                .tokens = {token, token},
                .allowed_ip_addresses = {"10.0.0.0/8"},
                .denied_ip_addresses = {"10.1.0.0/16"},
                .expires_at = later,
                .requests_per_second = 25,
                .links_void_before = later,
                .data_recipient_global_metastore_id = "aws:eu:id",
                .sharing_code = "code"},
      Provider{.authentication_type = AuthenticationType::kToken,
               .endpoint = "https://x",
               .share_credentials_version = 2,
               .profile = {"sealed"},
               .data_provider_global_metastore_id = "gcp:us:id"},
  };
  std::vector<Securable> all;
  for (Details& one : details) {
    Securable securable{.parent = metastore,
                        .name = "Name " + std::to_string(one.index()),
                        .owner = "12",
                        .comment = "it's",
                        .properties = {{"k", "v\n"}, {"ä", ""}},
                        .details = std::move(one)};
    securable.grants = {{"1", Privilege::kSelect, {}}, {"2", Privilege::kManage, later}};
    all.push_back(std::move(securable));
  }
  return all;
}

std::map<Id, Securable> Contents(const Picture& picture) {
  std::map<Id, Securable> contents;
  picture.VisitSecurables([&](const SecurablePtr& securable) {
    contents.emplace(securable->id, *securable);
    return true;
  });
  return contents;
}

TEST_P(RowStoreTest, TheFirstStartMakesWhatEveryCatalogHas) {
  const Opened catalog = Open();
  const auto picture = catalog->Now();
  ASSERT_TRUE(picture->has_metastore());
  EXPECT_NE(picture->FindPrincipalByName(kAdmins), nullptr);
  EXPECT_NE(picture->FindPrincipalByName("Account Users"), nullptr);
  EXPECT_NE(picture->FindByName(Kind::kStorageCredential, "local"), nullptr);
  EXPECT_EQ(Open()->Now()->metastore(), picture->metastore()) << "made once";
}

TEST_P(RowStoreTest, EveryFieldOfEveryKindIsThereAfterARestart) {
  std::map<Id, Securable> before;
  {
    const Opened catalog = Open();
    ASSERT_TRUE(catalog->Change(server_, [](Edit& edit) -> Status {
      for (Securable& one : Everything(edit.picture().metastore().id)) edit.Create(std::move(one));
      return {};
    }));
    before = Contents(*catalog->Now());
    EXPECT_EQ(before.size(), 10U);
  }
  EXPECT_EQ(Contents(*Open()->Now()), before);
}

TEST_P(RowStoreTest, ChangesAndRemovalsAreThereAfterARestart) {
  Id share;
  {
    const Opened catalog = Open();
    const auto change = [&](const std::function<void(Edit&)>& what) {
      clock_.Advance(Millis(5));
      ASSERT_TRUE(catalog->Change(server_, [&](Edit& edit) -> Status {
        what(edit);
        return {};
      }));
    };
    change([&](Edit& edit) {
      share = edit.Create(
          Securable{.parent = edit.picture().metastore().id,
                    .name = "a",
                    .grants = {{"r1", Privilege::kSelect, {}}, {"r2", Privilege::kSelect, {}}},
                    .details = Share{}});
      edit.Create(
          Securable{.parent = edit.picture().metastore().id, .name = "b", .details = Share{}});
    });
    change([&](Edit& edit) {
      edit.EraseSecurable(edit.picture().FindByName(Kind::kShare, "B")->id);
      Securable changed = *edit.picture().Find(share);
      changed.name = "B";
      changed.grants = {{"r2", Privilege::kSelect, FromUnixMillis(9)},
                        {"r3", Privilege::kSelect, {}}};
      edit.Update(std::move(changed));
    });
  }
  const Opened catalog = Open();
  const auto picture = catalog->Now();
  EXPECT_EQ(picture->FindByName(Kind::kShare, "a"), nullptr);
  const Securable* found = picture->FindByName(Kind::kShare, "b");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->id, share);
  EXPECT_THAT(found->grants, ElementsAre(Grant{"r2", Privilege::kSelect, FromUnixMillis(9)},
                                         Grant{"r3", Privilege::kSelect, {}}));
  size_t of_r1 = 0;
  picture->VisitSharesOf("r1", [&](const Securable&) { return ++of_r1 > 0; });
  EXPECT_EQ(of_r1, 0U);
}

TEST_P(RowStoreTest, PrincipalsAndTokensAreThereAfterARestart) {
  Principal group{.kind = PrincipalKind::kGroup,
                  .name = "analysts",
                  .display_name = "Analysts",
                  .external_id = "x",
                  .emails = {"a@example.org"},
                  .active = false,
                  .members = {"5", "6"}};
  AccessToken token;
  {
    const Opened catalog = Open();
    ASSERT_TRUE(catalog->Change(server_, [&](Edit& edit) -> Status {
      group.id = edit.Create(group);
      token = MakeAccessToken(edit, group.id, "c", std::chrono::seconds(60)).info;
      return {};
    }));
    group = *catalog->Now()->FindPrincipal(group.id);
  }
  const Opened catalog = Open();
  const auto picture = catalog->Now();
  EXPECT_EQ(*picture->FindPrincipal(group.id), group);
  EXPECT_THAT(picture->GroupsOf("5"), ElementsAre(group.id));
  ASSERT_NE(picture->FindAccessToken(token.hash), nullptr);
  EXPECT_EQ(*picture->FindAccessToken(token.hash), token);
}

TEST_P(RowStoreTest, AChangeThatFailsLeavesNoTrace) {
  const Opened catalog = Open();
  const auto before = catalog->Now();
  const Status failed = catalog->Change(server_, [](Edit& edit) -> Status {
    edit.Create(
        Securable{.parent = edit.picture().metastore().id, .name = "a", .details = Share{}});
    return Fail(Code::kInvalidArgument, "no");
  });
  EXPECT_THAT(failed, IsError(Code::kInvalidArgument));
  EXPECT_EQ(catalog->Now(), before);
  EXPECT_EQ(Contents(*Open()->Now()), Contents(*before));
}

TEST_P(RowStoreTest, TwoNamesAreRefusedByTheDatabaseToo) {
  const Opened catalog = Open();
  const auto before = Contents(*catalog->Now());
  const Status failed = catalog->Change(server_, [](Edit& edit) -> Status {
    const Id metastore = edit.picture().metastore().id;
    edit.Create(Securable{.parent = metastore, .name = "a", .details = Share{}});
    edit.Create(Securable{.parent = metastore, .name = "A", .details = Share{}});
    return {};
  });
  EXPECT_THAT(failed, IsError(Code::kAlreadyExists));
  EXPECT_EQ(Contents(*catalog->Now()), before);
}

TEST_P(RowStoreTest, WhatAnotherProcessWroteIsTakenOver) {
  const Opened one = Open();
  const Opened other = Open();
  const auto create = [&](const Opened& where, const std::string& name) {
    return where->Change(server_, [&](Edit& edit) -> Status {
      edit.Create(
          Securable{.parent = edit.picture().metastore().id, .name = name, .details = Share{}});
      return {};
    });
  };
  ASSERT_TRUE(create(one, "a"));
  EXPECT_EQ(other->Now()->FindByName(Kind::kShare, "a"), nullptr);
  ASSERT_TRUE(other->Refresh());
  EXPECT_NE(other->Now()->FindByName(Kind::kShare, "a"), nullptr);
  // A change on what is out of date runs again on what is there.
  ASSERT_TRUE(create(other, "b"));
  ASSERT_TRUE(create(one, "c"));
  EXPECT_NE(one->Now()->FindByName(Kind::kShare, "b"), nullptr);
  ASSERT_TRUE(one->Refresh());
  EXPECT_EQ(Contents(*one->Now()), Contents(*Open()->Now()));
}

TEST_P(RowStoreTest, ResettingTheAdminsTokenEndsTheOldOne) {
  const Opened catalog = Open();
  const auto first = ResetAdminToken(*catalog.catalog);
  ASSERT_TRUE(first.has_value());
  const auto second = ResetAdminToken(*catalog.catalog);
  ASSERT_TRUE(second.has_value());
  const auto picture = catalog->Now();
  EXPECT_EQ(picture->FindAccessToken(crypto::Sha256(first->token)), nullptr);
  const AccessToken* token = picture->FindAccessToken(crypto::Sha256(second->token));
  ASSERT_NE(token, nullptr);
  EXPECT_EQ(picture->PrincipalName(token->principal), "admin");
  EXPECT_THAT(picture->FindPrincipalByName(kAdmins)->members, ElementsAre(token->principal));
}

TEST_P(RowStoreTest, ResettingTheAdminsTokenMakesNoGroupAnAdministrator) {
  const Opened catalog = Open();
  const auto add = [&](Principal principal) {
    Id id;
    const Status made =
        catalog->Change({.principal = {}, .name = "sluice"}, [&](Edit& edit) -> Status {
          id = edit.Create(std::move(principal));
          return {};
        });
    EXPECT_THAT(made, IsOk());
    return id;
  };
  const Id mallory = add({.name = "mallory@example.org"});
  add({.kind = PrincipalKind::kGroup, .name = "Admin", .members = {mallory}});
  add({.name = "admin-2"});  // somebody else, who would get the rights as well
  const auto first = ResetAdminToken(*catalog.catalog);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->user, "admin-3");
  {
    const auto picture = catalog->Now();
    EXPECT_FALSE(Access(*picture, mallory, clock_.Now()).IsMetastoreAdmin());
  }
  // The same user the next time, and a token that opens.
  const auto second = ResetAdminToken(*catalog.catalog);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->user, "admin-3");
  const auto picture = catalog->Now();
  EXPECT_EQ(picture->FindAccessToken(crypto::Sha256(first->token)), nullptr);
  const AccessToken* token = picture->FindAccessToken(crypto::Sha256(second->token));
  ASSERT_NE(token, nullptr);
  EXPECT_THAT(picture->FindPrincipalByName(kAdmins)->members, ElementsAre(token->principal));
}

TEST(RowJson, WhatIsNotThereKeepsItsDefault) {
  const auto details = ReadDetails(Kind::kShare, "{}");
  ASSERT_TRUE(details.has_value());
  EXPECT_EQ(std::get<Share>(*details), Share{});
}

TEST(RowJson, AnotherTypeIsAnError) {
  for (const std::string_view bad :
       {"", "[]", R"({"objects":{}})", R"({"objects":[1]})", R"({"objects":[{"kind":"x"}]})",
        R"({"objects":[{"start_version":1.5}]})", R"({"storage_root":null})"}) {
    EXPECT_THAT(ReadDetails(Kind::kShare, bad), IsError(Code::kCorrupt)) << bad;
  }
}

TEST_P(RowStoreTest, KeepsSessionsUntilTheyEnd) {
  std::string token;
  Opened opened = Open();
  token = ResetAdminToken(*opened.catalog)->token;
  const SignIn sign_in{.token = token, .lifetime = std::chrono::hours(1)};
  const std::string first = BeginSession(*opened.catalog, sign_in)->secret;
  const std::string second = BeginSession(*opened.catalog, sign_in)->secret;
  ASSERT_TRUE(EndSession(*opened.catalog, first).has_value());
  const Opened again = Open();
  EXPECT_THAT(FindSession(*again.catalog, first, {}), IsError(Code::kUnauthenticated));
  const auto found = FindSession(*again.catalog, second, {});
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->holder.user->name, "admin");
  EXPECT_EQ(found->expires_at, clock_.Now() + std::chrono::hours(1));
  const auto hash = crypto::Sha256(second);
  EXPECT_EQ(*again->Now()->FindSession(hash), *opened->Now()->FindSession(hash));
}

}  // namespace
}  // namespace sluice::catalog
