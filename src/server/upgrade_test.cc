// A data directory of each older form is opened by this version: it has all that it had, and works.
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <map>

#include "audit/reader.h"
#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"
#include "catalog/activation.h"
#include "catalog/catalog_resolver.h"
#include "catalog/credentials.h"
#include "catalog/providers.h"
#include "db/testing/child.h"
#include "db/testing/each_driver.h"
#include "db/testing/statements.h"
#include "server/catalog_parts.h"
#include "server/testing/older_forms.h"
#include "storage/testing/temp_folder.h"

namespace sluice::server {
namespace {

using catalog::Kind;
using db::testing::Child;
using db::testing::Execute;
using db::testing::IsInstalled;
using db::testing::Number;
using db::testing::PostgresServer;
using db::testing::Where;
using sluice::testing::IsError;
using sluice::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::Pair;

const std::string kKey(testing::kMasterKeyOfForms);
constexpr std::string_view kCountSteps = "SELECT count(*) FROM sluice_migrations";

// A data directory that is as a program left it which knew the first `steps` migrations.
class OldDirectory {
 public:
  explicit OldDirectory(size_t steps, Where where = Where::kSqlite) {
    std::filesystem::permissions(folder_.path(), std::filesystem::perms::owner_all);
    if (where == Where::kPostgres) {
      place_ = PostgresServer::Running().NewSchema();
    }
    const auto database = Database();
    const auto forms = testing::OlderForms();
    for (size_t i = 0; i < steps; ++i) {
      EXPECT_THAT(database->Migrate(DatabaseMigrations().first(i + 1)), IsOk());
      for (const std::string_view rows : forms.at(i).rows) {
        EXPECT_THAT(Execute(*database, rows), IsOk());
      }
      if (forms.at(i).step == "noted events") has_noted_event_ = true;
      if (forms.at(i).step == "audit") {
        has_audit_log_ = true;
        folder_.Write("audit/" + std::string(testing::kAuditFile), testing::kAuditLog);
        std::filesystem::permissions(folder_ / "audit", std::filesystem::perms::owner_all);
      }
    }
  }

  std::unique_ptr<db::Database> Database() const {
    auto database = db::Database::Open(place_);
    EXPECT_THAT(database, IsOk());
    return *std::move(database);
  }
  // As a server starts.
  Result<std::unique_ptr<CatalogParts>> Open(const std::string& key = kKey) {
    DataDirectory directory = TRY(DataDirectory::Open(folder_.path()));
    if (db::IsUrl(place_)) TRY(directory.UseDatabase(place_));
    auto database = TRY(OpenDatabaseToServe(directory));
    return CatalogParts::Open(directory, {.database = std::move(database), .master_key = key},
                              clock_, random_);
  }
  std::string audit() const { return folder_ / "audit"; }
  bool has_audit_log() const { return has_audit_log_; }
  bool has_noted_event() const { return has_noted_event_; }
  const std::string& path() const { return place_; }

 private:
  storage::testing::TempFolder folder_;
  std::string place_ = folder_ / "sluice.db";
  bool has_audit_log_ = false;
  bool has_noted_event_ = false;
  sluice::testing::ManualClock clock_{FromUnixMillis(1'795'308'500'000)};
  SecureRandom random_;
};

void ExpectSecurables(const catalog::Picture& picture) {
  for (const auto& [kind, name] : {std::pair(Kind::kStorageCredential, "local"),
                                   {Kind::kStorageCredential, "keys"},
                                   {Kind::kExternalLocation, "lake"},
                                   {Kind::kCatalog, "main"},
                                   {Kind::kSchema, "main.sales"},
                                   {Kind::kTable, "main.sales.orders"},
                                   {Kind::kShare, "orders"},
                                   {Kind::kRecipient, "bob"},
                                   {Kind::kProvider, "other"}}) {
    EXPECT_NE(picture.FindByName(kind, name), nullptr) << name;
  }
  const catalog::Securable& main = *picture.FindByName(Kind::kCatalog, "main");
  EXPECT_THAT(main.properties, ElementsAre(Pair("k", "v")));
  EXPECT_EQ(picture.PrincipalName(main.owner), "admin");
  EXPECT_EQ(main.created_at, FromUnixMillis(1'795'308'466'339));
  EXPECT_EQ(main.updated_at, FromUnixMillis(1'795'308'466'380));
  EXPECT_THAT(main.grants,
              ElementsAre(catalog::Grant{"9546246559533684", catalog::Privilege::kUseCatalog, {}}));
  const auto& table = picture.FindByName(Kind::kTable, "main.sales.orders")->As<catalog::Table>();
  EXPECT_THAT(table.columns, ElementsAre(Field(&catalog::Column::type_text, "bigint")));
  EXPECT_EQ(picture.FindByName(Kind::kStorageCredential, "keys")->comment, "it's");
}

void ExpectPrincipals(const catalog::Picture& picture) {
  const catalog::Principal* ada = picture.FindPrincipalByName("ada@example.org");
  ASSERT_NE(ada, nullptr);
  EXPECT_THAT(ada->emails, ElementsAre("ada@example.org"));
  EXPECT_THAT(picture.GroupsOf(ada->id), ElementsAre("9546246559533684"));
  const catalog::AccessToken* token = picture.FindAccessToken(crypto::Sha256("slu_ada"));
  ASSERT_NE(token, nullptr);
  EXPECT_EQ(token->principal, ada->id);
  EXPECT_EQ(token->comment, "laptop");
  EXPECT_EQ(token->expires_at, FromUnixMillis(4'102'444'800'000));
  EXPECT_NE(picture.FindAccessToken(crypto::Sha256("slu_admin")), nullptr);
}

void ExpectSecrets(const catalog::Catalog& catalog) {
  const auto picture = catalog.Now();
  EXPECT_THAT(*catalog::SecretsOf(catalog, *picture->FindByName(Kind::kStorageCredential, "keys")),
              ElementsAre(Pair("secret_access_key", "SECRET")));
  const catalog::Id admin = picture->FindPrincipalByName("admin")->id;
  const auto provider = catalog::OpenProvider(catalog, {admin, "admin"}, "other");
  ASSERT_THAT(provider, IsOk());
  EXPECT_EQ(provider->bearer_token, "T");
  const auto waiting =
      picture->FindByName(Kind::kRecipient, "bob")->As<catalog::Recipient>().tokens;
  ASSERT_EQ(waiting.size(), 2U);
  EXPECT_TRUE(catalog::NonceOfToken(catalog, waiting[1]).has_value());
}

// What a recipient with the token that it got then may read.
void ExpectShared(const catalog::Catalog& catalog) {
  const auto bob = catalog.Now()->FindRecipientToken(crypto::Sha256("of bob"));
  ASSERT_TRUE(bob.has_value());
  const catalog::CatalogResolver resolver(catalog);
  const auto table =
      resolver.FindTable("recipient:" + bob->recipient->id, {"orders", "public", "orders"});
  ASSERT_THAT(table, IsOk());
  EXPECT_EQ((*table)->id, "0f6cf0cb-96a5-4fd3-8bd5-0a5a5e9cb0b5");
  EXPECT_EQ((*table)->location, "s3://lake/bronze/orders");
  EXPECT_EQ((*table)->start_version, 3);
  ASSERT_NE((*table)->filter, nullptr);
  EXPECT_EQ((*table)->filter->tuples.at(0).at(0).values, std::vector<std::string>{"7"});
}

void ExpectEverything(const catalog::Catalog& catalog) {
  ExpectSecurables(*catalog.Now());
  ExpectPrincipals(*catalog.Now());
  ExpectSecrets(catalog);
  ExpectShared(catalog);
}

// A change takes effect and is there after the next start.
void ExpectWorks(OldDirectory& directory) {
  {
    const auto parts = directory.Open();
    ASSERT_THAT(parts, IsOk());
    const catalog::Caller server{.principal = {}, .name = "sluice"};
    EXPECT_THAT((*parts)->catalog().Change(server,
                                           [](catalog::Edit& edit) -> Status {
                                             edit.Create(catalog::Securable{
                                                 .parent = edit.picture().metastore().id,
                                                 .name = "made after it",
                                                 .details = catalog::Share{}});
                                             return {};
                                           }),
                IsOk());
    audit::Event event;
    event.action = "createShare";
    EXPECT_THAT((*parts)->audit().Append(event, audit::Sync::kNow), IsOk());
  }
  const auto parts = directory.Open();
  ASSERT_THAT(parts, IsOk());
  EXPECT_NE((*parts)->catalog().Now()->FindByName(Kind::kShare, "made after it"), nullptr);
}

// The event of old is the first, and those of today follow it. The server has started: so the log
// led to what the database had on record.
void ExpectAuditLogGoesOn(const OldDirectory& directory) {
  const auto reader = audit::Reader::Open(directory.audit());
  ASSERT_THAT(reader, IsOk());
  const auto page = (*reader)->Read({}, 10, "");
  ASSERT_THAT(page, IsOk());
  std::vector<std::string> actions;
  actions.reserve(page->entries.size());
  for (const audit::Entry& entry : page->entries) actions.push_back(entry.event.action);
  std::vector<std::string> expected = {"createShare", "createUser"};
  if (directory.has_noted_event()) expected.insert(expected.begin() + 1, "resetAdminToken");
  EXPECT_EQ(actions, expected);
  EXPECT_EQ(page->entries.back().sequence, 1U);
}

TEST(Upgrade, EachMigrationHasItsForm) {
  const auto steps = DatabaseMigrations();
  const auto forms = testing::OlderForms();
  ASSERT_EQ(forms.size(), steps.size()) << "a new migration needs rows in older_forms.h";
  const OldDirectory directory(steps.size());
  const auto rows = db::testing::All(*directory.Database(),
                                     "SELECT name, sha256 FROM sluice_migrations ORDER BY number");
  ASSERT_THAT(rows, IsOk());
  for (size_t i = 0; i < steps.size(); ++i) {
    const db::Row released = {std::string(forms[i].step), std::string(forms[i].sha256)};
    EXPECT_EQ((*rows)[i], released) << "a migration that was released is never changed";
  }
}

// The steps of the rooms are listed one by one: none is left out.
TEST(Upgrade, AllRoomsStepsAreTakenInTheirOrder) {
  for (const auto room : {catalog::Migrations(), audit::Migrations()}) {
    auto at = DatabaseMigrations().begin();
    for (const db::Migration& step : room) {
      at = std::find_if(at, DatabaseMigrations().end(), [&](const db::Migration& one) {
        return one.name == step.name && one.statements == step.statements;
      });
      ASSERT_NE(at, DatabaseMigrations().end()) << step.name;
      ++at;
    }
  }
}

class UpgradeFrom : public ::testing::TestWithParam<std::tuple<size_t, Where>> {
 protected:
  void SetUp() override {
    if (!IsInstalled(std::get<1>(GetParam()))) GTEST_SKIP() << db::testing::kNotInstalled;
  }
};

TEST_P(UpgradeFrom, KeepsAllThatWasThereAndWorks) {
  const auto [steps, where] = GetParam();
  OldDirectory directory(steps, where);
  {
    const auto parts = directory.Open();
    ASSERT_THAT(parts, IsOk());
    EXPECT_EQ(Number(*directory.Database(), kCountSteps), DatabaseMigrations().size());
    EXPECT_EQ((*parts)->is_first_start(), steps == 0);
    if (steps > 0) ExpectEverything((*parts)->catalog());
  }
  ExpectWorks(directory);
  if (directory.has_audit_log()) ExpectAuditLogGoesOn(directory);
  // The key of the first start on this form, or that of the one before, is the only one.
  EXPECT_THAT(directory.Open(std::string(32, 'x')), IsError(Code::kInvalidArgument, "master key"));
}

INSTANTIATE_TEST_SUITE_P(
    Forms, UpgradeFrom,
    ::testing::Combine(::testing::Range<size_t>(0, DatabaseMigrations().size() + 1),
                       db::testing::Drivers()));

TEST(Upgrade, ADatabaseOfANewerVersionIsRefusedAndLeftAsItIs) {
  OldDirectory directory(DatabaseMigrations().size());
  std::vector<db::Migration> steps(DatabaseMigrations().begin(), DatabaseMigrations().end());
  steps.push_back({.name = "of tomorrow", .statements = {"ALTER TABLE grants ADD COLUMN more"}});
  ASSERT_THAT(directory.Database()->Migrate(steps), IsOk());
  const int64_t before = *directory.Database()->Generation();
  EXPECT_THAT(directory.Open(), IsError(Code::kUnsupported, "newer version of Sluice"));
  EXPECT_EQ(*directory.Database()->Generation(), before);
  EXPECT_EQ(Number(*directory.Database(), "SELECT count(*) FROM grants WHERE more IS NULL"), 2);
}

// Migrates in a process that the kernel kills when it writes beyond `limit` bytes into a file.
// Returns whether it lived.
bool MigrateWithin(const OldDirectory& directory, rlim_t limit) {
  Child child([&](Child&) {
    ::signal(SIGXFSZ, SIG_DFL);
    const rlimit no_core{0, 0};
    const rlimit most{limit, limit};
    const auto database = directory.Database();
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::setrlimit(RLIMIT_FSIZE, &most);
    return database->Migrate(DatabaseMigrations()) ? 0 : 1;
  });
  return child.Wait() == 0;
}

class KilledUpgradeFrom : public ::testing::TestWithParam<size_t> {};

TEST_P(KilledUpgradeFrom, LeavesAWholeForm) {
  const auto newest = static_cast<int64_t>(DatabaseMigrations().size());
  constexpr rlim_t kPage = 4096;
  std::map<int64_t, int> left;  // forms, and how often
  for (rlim_t limit = kPage / 2; left[newest] == 0; limit += kPage) {
    OldDirectory directory(GetParam());
    const bool lived = MigrateWithin(directory, limit);
    const int64_t form = Number(*directory.Database(), kCountSteps);
    ++left[form];
    ASSERT_TRUE(!lived || form == newest);
    ASSERT_THAT(db::CheckBackup(directory.path()), IsOk());
    const auto parts = directory.Open();
    ASSERT_THAT(parts, IsOk()) << "killed at " << limit << " bytes, in form " << form;
    if (GetParam() > 0) ExpectEverything((*parts)->catalog());
  }
  // Each step was cut short once at least, and what was there before it remained.
  for (auto form = static_cast<int64_t>(GetParam()); form < newest; ++form) {
    EXPECT_GT(left[form], 0) << form;
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, KilledUpgradeFrom,
                         ::testing::Range<size_t>(0, DatabaseMigrations().size()));

}  // namespace
}  // namespace sluice::server
