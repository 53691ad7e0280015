#include "catalog/catalog_resolver.h"

#include <thread>

#include "base/testing/matchers.h"
#include "catalog/testing/share_catalog.h"

namespace sluice::catalog {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::ShareCatalog;

class Resolving : public ::testing::Test {
 protected:
  std::vector<std::string> Shares(std::string_view recipient) const {
    std::vector<std::string> names;
    for (const auto& share : resolver.Shares(world.PrincipalOf(recipient))) {
      names.push_back(share.name);
    }
    return names;
  }
  // All that a share lists: "schema.table", and "schema." of one that is empty.
  std::vector<std::string> Listed(std::string_view recipient, std::string_view share) const {
    std::vector<std::string> names;
    const auto found = resolver.FindShare(world.PrincipalOf(recipient), share);
    if (!found) return {found.error().message};
    for (const SharedSchema& schema : (*found)->schemas) {
      if (schema.tables.empty()) names.push_back(schema.name + '.');
      for (const auto& table : schema.tables) names.push_back(schema.name + '.' + table->name);
    }
    return names;
  }
  Result<std::shared_ptr<const SharedTable>> Table(const TableName& name,
                                                   std::string_view recipient = "acme") const {
    return resolver.FindTable(world.PrincipalOf(recipient), name);
  }
  Result<std::shared_ptr<const SharedTable>> ById(std::string_view id,
                                                  std::string_view recipient = "acme") const {
    return resolver.FindTableById(world.PrincipalOf(recipient), id);
  }

  ShareCatalog world;
  CatalogResolver resolver{*world.catalog};
};

TEST_F(Resolving, GivesWhatIsGranted) {
  world.MakeShare("Zulu", {});
  world.MakeShare("retail", {{.name = "main.sales.orders", .history = true, .start_version = 4}});
  world.MakeShare("secret", {{.name = "main.hr.people"}});
  world.GiveShare("Zulu", "acme");
  world.GiveShare("retail", "acme");
  world.GiveShare("secret", "umbrella");
  EXPECT_THAT(Shares("acme"), ElementsAre("retail", "Zulu"));
  EXPECT_THAT(Shares("umbrella"), ElementsAre("secret"));
  const auto table = Table({"RETAIL", "Sales", "ORDERS"});
  ASSERT_THAT(table, IsOk());
  EXPECT_EQ((*table)->share, "retail");
  EXPECT_EQ((*table)->schema, "sales");
  EXPECT_EQ((*table)->name, "orders");
  EXPECT_EQ((*table)->location, "s3://lake/main.sales/orders");
  EXPECT_EQ((*table)->directory, "");
  EXPECT_TRUE((*table)->history_shared);
  EXPECT_EQ((*table)->start_version, 4);
  EXPECT_EQ((*table)->first_change(), 4);
  EXPECT_EQ((*table)->share_id, world.ShareOf("retail").id);
  EXPECT_EQ((*table)->id, world.ShareOf("retail").As<Share>().objects[0].id);
  EXPECT_THAT(ById((*table)->id), IsOk());
}

TEST_F(Resolving, HidesWhatIsNotGranted) {
  world.MakeShare("s", {{.name = "main.sales.orders"}});
  world.GiveShare("s", "umbrella");
  EXPECT_THAT(Shares("acme"), IsEmpty());
  EXPECT_THAT(resolver.FindShare(world.PrincipalOf("acme"), "s"),
              IsError(Code::kNotFound, "share 's' not found"));
  EXPECT_THAT(Table({"s", "sales", "orders"}),
              IsError(Code::kNotFound, "'s/sales/orders' does not exist"));
  const Id id = world.ShareOf("s").As<Share>().objects[0].id;
  EXPECT_THAT(ById(id), IsError(Code::kNotFound));
  EXPECT_THAT(ById(id, "umbrella"), IsOk());
  EXPECT_THAT(ById(id), IsError(Code::kNotFound));  // also now that the table is kept
  EXPECT_THAT(Table({"s", "sales", "customers"}, "umbrella"), IsError(Code::kNotFound));
  EXPECT_THAT(Table({"s", "nothing", "orders"}, "umbrella"), IsError(Code::kNotFound));
  EXPECT_THAT(ById("nothing", "umbrella"), IsError(Code::kNotFound));
}

TEST_F(Resolving, KnowsRecipientsOnly) {
  world.MakeShare("s", {{.name = "main.sales.orders"}});
  world.GiveShare("s", "acme");
  const Id id = world.Now()->FindByName(Kind::kRecipient, "acme")->id;
  const std::vector<std::string> others = {"",
                                           id,
                                           "user:" + id,
                                           "recipient:",
                                           "user:" + world.ada.principal,
                                           "recipient:" + world.ShareOf("s").id};
  for (const std::string& who : others) {
    EXPECT_THAT(resolver.Shares(who), IsEmpty()) << who;
    EXPECT_THAT(resolver.FindTable(who, {"s", "sales", "orders"}), IsError(Code::kNotFound)) << who;
  }
}

TEST_F(Resolving, EndsWithTheGrantAtOnce) {
  world.MakeShare("s", {{.name = "main.sales.orders"}});
  world.GiveShare("s", "acme");
  const auto table = Table({"s", "sales", "orders"});
  ASSERT_THAT(table, IsOk());
  ASSERT_THAT(UpdateSharePermissions(*world.catalog, world.ada, "s",
                                     {{.recipient = "acme", .remove = {"SELECT"}}}),
              IsOk());
  EXPECT_THAT(Table({"s", "sales", "orders"}), IsError(Code::kNotFound));
  EXPECT_THAT(ById((*table)->id), IsError(Code::kNotFound));
  EXPECT_THAT(Shares("acme"), IsEmpty());
}

TEST_F(Resolving, EndsWhenTheGrantDoes) {
  world.MakeShare("s", {{.name = "main.sales.orders"}});
  world.GiveShare("s", "acme", world.clock.Now() + std::chrono::seconds(10));
  const auto table = Table({"s", "sales", "orders"});
  ASSERT_THAT(table, IsOk());
  world.clock.Advance(Millis(9'999));
  EXPECT_THAT(Table({"s", "sales", "orders"}), IsOk());
  world.clock.Advance(Millis(1));
  EXPECT_THAT(Table({"s", "sales", "orders"}), IsError(Code::kNotFound));
  EXPECT_THAT(ById((*table)->id), IsError(Code::kNotFound));
  EXPECT_THAT(Shares("acme"), IsEmpty());
}

TEST_F(Resolving, EndsWithTheRecipient) {
  world.MakeShare("s", {{.name = "main.sales.orders"}});
  world.GiveShare("s", "acme");
  const std::string principal = world.PrincipalOf("acme");
  ASSERT_THAT(resolver.FindTable(principal, {"s", "sales", "orders"}), IsOk());
  world.Erase(Kind::kRecipient, "acme");
  EXPECT_THAT(resolver.FindTable(principal, {"s", "sales", "orders"}), IsError(Code::kNotFound));
  EXPECT_THAT(resolver.Shares(principal), IsEmpty());
}

TEST_F(Resolving, FollowsTheShareAndItsSources) {
  world.MakeShare(
      "s", {{.name = "main.sales.orders"}, {.name = "main.hr.people", .shared_as = "staff.all"}});
  world.GiveShare("s", "acme");
  EXPECT_THAT(Listed("acme", "s"), ElementsAre("sales.orders", "staff.all"));
  world.Alter(Kind::kTable, "main.sales.orders", [](Securable& table) { table.name = "sold"; });
  world.Alter(Kind::kTable, "main.hr.people", [](Securable& table) { table.name = "humans"; });
  EXPECT_THAT(Listed("acme", "s"), ElementsAre("sales.sold", "staff.all"));
  world.Alter(Kind::kTable, "main.sales.sold", [](Securable& table) {
    table.As<catalog::Table>().storage_location = "s3://elsewhere/orders";
  });
  const auto moved = Table({"s", "sales", "sold"});
  ASSERT_THAT(moved, IsOk());
  EXPECT_EQ((*moved)->location, "s3://elsewhere/orders");
  world.Erase(Kind::kTable, "main.sales.sold");
  EXPECT_THAT(Listed("acme", "s"), ElementsAre("staff.all"));
  ASSERT_THAT(UpdateShare(*world.catalog, world.ada, "s", {.new_name = "t"}), IsOk());
  EXPECT_THAT(Listed("acme", "t"), ElementsAre("staff.all"));
  EXPECT_THAT(Table({"s", "staff", "all"}), IsError(Code::kNotFound));
  EXPECT_EQ((*Table({"t", "staff", "all"}))->share, "t");
  ASSERT_THAT(DeleteShare(*world.catalog, world.ada, "t"), IsOk());
  EXPECT_THAT(Table({"t", "staff", "all"}), IsError(Code::kNotFound));
}

TEST_F(Resolving, GivesAllTablesOfASchemaNowAndLater) {
  world.MakeShare("s", {{.name = "main.sales", .type = "SCHEMA"}});
  world.GiveShare("s", "acme");
  EXPECT_THAT(Listed("acme", "s"), ElementsAre("sales.customers", "sales.orders"));
  const auto orders = Table({"s", "sales", "orders"});
  ASSERT_THAT(orders, IsOk());
  EXPECT_TRUE((*orders)->history_shared);
  world.AddTable("main.sales", "Refunds");
  EXPECT_THAT(Listed("acme", "s"), ElementsAre("sales.customers", "sales.orders", "sales.Refunds"));
  // The ids stay, and are those of no other share.
  EXPECT_EQ((*Table({"s", "sales", "orders"}))->id, (*orders)->id);
  EXPECT_NE((*Table({"s", "sales", "refunds"}))->id, (*orders)->id);
  EXPECT_THAT(ById((*orders)->id), IsOk());
  world.MakeShare("t", {{.name = "main.sales", .type = "SCHEMA"}});
  world.GiveShare("t", "acme");
  EXPECT_NE((*Table({"t", "sales", "orders"}))->id, (*orders)->id);
  world.Erase(Kind::kTable, "main.sales.orders");
  EXPECT_THAT(Listed("acme", "s"), ElementsAre("sales.customers", "sales.Refunds"));
  EXPECT_THAT(ById((*orders)->id), IsError(Code::kNotFound));
}

TEST_F(Resolving, ListsASchemaThatIsEmpty) {
  world.MakeShare("s", {{.name = "main.hr", .type = "SCHEMA"}});
  world.GiveShare("s", "acme");
  world.Erase(Kind::kTable, "main.hr.people");
  EXPECT_THAT(Listed("acme", "s"), ElementsAre("hr."));
}

TEST_F(Resolving, PrefersTheTableThatWasNamed) {
  world.MakeShare("s", {{.name = "main.hr.people", .shared_as = "sales.later"},
                        {.name = "main.sales", .type = "SCHEMA"}});
  world.GiveShare("s", "acme");
  world.AddTable("main.sales", "later");
  EXPECT_THAT(Listed("acme", "s"), ElementsAre("sales.customers", "sales.later", "sales.orders"));
  EXPECT_EQ((*Table({"s", "sales", "later"}))->location, "s3://lake/main.hr/people");
}

TEST_F(Resolving, GivesTheTablesOfASchemaThatTheOwnerMayRead) {
  world.TakeAll(world.ada, Kind::kCatalog, "main");
  world.GrantTo(world.ada, Privilege::kUseCatalog, Kind::kCatalog, "main");
  const auto own = [&](Securable& one) { one.owner = world.ada.principal; };
  world.Alter(Kind::kSchema, "main.sales", own);
  world.Alter(Kind::kTable, "main.sales.orders", own);
  world.MakeShare("s", {{.name = "main.sales", .type = "SCHEMA"}});
  world.GiveShare("s", "acme");
  EXPECT_THAT(Listed("acme", "s"), ElementsAre("sales.orders"));
  EXPECT_THAT(Table({"s", "sales", "customers"}), IsError(Code::kPermissionDenied));
  world.GrantTo(world.ada, Privilege::kSelect, Kind::kTable, "main.sales.customers",
                world.clock.Now() + std::chrono::seconds(10));
  EXPECT_THAT(Listed("acme", "s"), ElementsAre("sales.customers", "sales.orders"));
  const auto customers = Table({"s", "sales", "customers"});
  ASSERT_THAT(customers, IsOk());
  world.clock.Advance(std::chrono::seconds(10));
  EXPECT_THAT(Listed("acme", "s"), ElementsAre("sales.orders"));
  EXPECT_THAT(ById((*customers)->id), IsError(Code::kPermissionDenied));
  // None is left: as if the owner had lost the schema.
  world.Alter(Kind::kTable, "main.sales.orders",
              [&](Securable& one) { one.owner = world.root.principal; });
  EXPECT_THAT(Listed("acme", "s"), IsEmpty());
  EXPECT_THAT(Table({"s", "sales", "orders"}), IsError(Code::kPermissionDenied));
  world.GrantTo(world.ada, Privilege::kSelect, Kind::kSchema, "main.sales");
  EXPECT_THAT(Listed("acme", "s"), ElementsAre("sales.customers", "sales.orders"));
}

TEST_F(Resolving, LivesOnTheRightsOfTheOwner) {
  world.MakeShare("s", {{.name = "main.sales.orders"},
                        {.name = "other.sales.orders", .shared_as = "x.orders"},
                        {.name = "main.hr", .type = "SCHEMA"}});
  world.GiveShare("s", "acme");
  const auto orders = Table({"s", "sales", "orders"});
  const auto people = Table({"s", "hr", "people"});
  ASSERT_THAT(orders, IsOk());
  ASSERT_THAT(people, IsOk());
  world.TakeAll(world.ada, Kind::kCatalog, "main");
  EXPECT_THAT(Shares("acme"), ElementsAre("s"));
  EXPECT_THAT(Listed("acme", "s"), ElementsAre("x.orders"));
  EXPECT_THAT(Table({"s", "sales", "orders"}),
              IsError(Code::kPermissionDenied, "owner of share 's' has no access"));
  EXPECT_THAT(Table({"s", "hr", "people"}), IsError(Code::kPermissionDenied));
  EXPECT_THAT(ById((*orders)->id), IsError(Code::kPermissionDenied));
  EXPECT_THAT(ById((*people)->id), IsError(Code::kPermissionDenied));
  EXPECT_THAT(Table({"s", "x", "orders"}), IsOk());
  for (const Privilege privilege :
       {Privilege::kUseCatalog, Privilege::kUseSchema, Privilege::kSelect}) {
    world.GrantTo(world.ada, privilege, Kind::kCatalog, "main");
  }
  EXPECT_THAT(Listed("acme", "s"), ElementsAre("hr.people", "sales.orders", "x.orders"));
  EXPECT_THAT(ById((*people)->id), IsOk());
}

TEST_F(Resolving, LosesWhatTheOwnerHadThroughAGroup) {
  world.MakeShare("s", {{.name = "main.sales.orders"}});
  world.GiveShare("s", "acme");
  world.TakeAll(world.ada, Kind::kCatalog, "main");
  Id group;
  world.Change([&](Edit& edit) {
    group = edit.Create(Principal{
        .kind = PrincipalKind::kGroup, .name = "readers", .members = {world.ada.principal}});
  });
  for (const Privilege privilege :
       {Privilege::kUseCatalog, Privilege::kUseSchema, Privilege::kSelect}) {
    world.GrantTo({.principal = group, .name = {}}, privilege, Kind::kCatalog, "main");
  }
  EXPECT_THAT(Table({"s", "sales", "orders"}), IsOk());
  world.Change([&](Edit& edit) {
    Principal emptied = *edit.picture().FindPrincipal(group);
    emptied.members.clear();
    edit.Update(std::move(emptied));
  });
  EXPECT_THAT(Table({"s", "sales", "orders"}), IsError(Code::kPermissionDenied));
}

TEST_F(Resolving, EndsWithTheOwner) {
  world.MakeShare("s", {{.name = "main.sales.orders"}});
  world.GiveShare("s", "acme");
  ASSERT_THAT(Table({"s", "sales", "orders"}), IsOk());
  world.Change([&](Edit& edit) {
    Principal gone = *edit.picture().FindPrincipal(world.ada.principal);
    gone.active = false;
    edit.Update(std::move(gone));
  });
  EXPECT_THAT(Table({"s", "sales", "orders"}), IsError(Code::kPermissionDenied));
  ASSERT_THAT(UpdateShare(*world.catalog, world.root, "s", {.owner = "bob@example.org"}), IsOk());
  EXPECT_THAT(Table({"s", "sales", "orders"}), IsError(Code::kPermissionDenied));
  for (const Privilege privilege :
       {Privilege::kUseCatalog, Privilege::kUseSchema, Privilege::kSelect}) {
    world.GrantTo(world.bob, privilege, Kind::kCatalog, "main");
  }
  EXPECT_THAT(Table({"s", "sales", "orders"}), IsOk());
}

TEST_F(Resolving, LosesWhatTheOwnerHadForATime) {
  world.MakeShare("s", {{.name = "main.sales.orders"}, {.name = "main.hr", .type = "SCHEMA"}});
  world.GiveShare("s", "acme");
  world.TakeAll(world.ada, Kind::kCatalog, "main");
  const TimePoint now = world.clock.Now();
  world.GrantTo(world.ada, Privilege::kUseCatalog, Kind::kCatalog, "main");
  world.GrantTo(world.ada, Privilege::kUseSchema, Kind::kCatalog, "main",
                now + std::chrono::seconds(20));
  world.GrantTo(world.ada, Privilege::kSelect, Kind::kTable, "main.sales.orders",
                now + std::chrono::seconds(10));
  world.GrantTo(world.ada, Privilege::kSelect, Kind::kSchema, "main.hr");
  EXPECT_THAT(Listed("acme", "s"), ElementsAre("hr.people", "sales.orders"));
  world.clock.Advance(std::chrono::seconds(10));
  EXPECT_THAT(Listed("acme", "s"), ElementsAre("hr.people"));
  world.clock.Advance(std::chrono::seconds(10));
  EXPECT_THAT(Listed("acme", "s"), IsEmpty());
}

TEST_F(Resolving, BindsThePartitionsToWhoAsks) {
  const auto only = [](std::vector<std::string> values, std::string property) {
    return PartitionFilter{.tuples = {{{.column = "country",
                                        .values = std::move(values),
                                        .recipient_property_key = std::move(property)}}},
                           .hash = {}};
  };
  world.MakeShare("fixed", {{.name = "main.sales.orders", .partitions = only({"CH"}, "")}});
  world.GiveShare("fixed", "acme");
  const auto table = Table({"fixed", "sales", "orders"});
  ASSERT_TRUE(table.has_value());
  ASSERT_NE((*table)->filter, nullptr);
  EXPECT_THAT((*table)->filter->tuples.at(0).at(0).values, ElementsAre("CH"));
  EXPECT_FALSE((*table)->filter->hash.empty());
  const auto by_id = ById(world.ShareOf("fixed").As<Share>().objects[0].id);
  ASSERT_TRUE(by_id.has_value());
  EXPECT_EQ((*by_id)->filter->hash, (*table)->filter->hash);

  // A property that the recipient does not have gives an error, never the whole table.
  world.MakeShare("own", {{.name = "main.sales.orders", .partitions = only({}, "country")}});
  world.GiveShare("own", "acme");
  EXPECT_THAT(Table({"own", "sales", "orders"}), IsError(Code::kPermissionDenied));
  EXPECT_THAT(ById(world.ShareOf("own").As<Share>().objects[0].id),
              IsError(Code::kPermissionDenied));
}

TEST_F(Resolving, KeepsWhatHolds) {
  world.MakeShare("s", {{.name = "main.sales.orders"}});
  world.GiveShare("s", "acme");
  const auto before = Table({"s", "sales", "orders"});
  ASSERT_THAT(before, IsOk());
  // Another catalog, another share, another's grant: nothing of ours.
  world.AddTable("other.sales", "more");
  world.MakeShare("t", {});
  world.GiveShare("t", "umbrella");
  EXPECT_EQ(*Table({"s", "sales", "orders"}), *before);
  // What a principal is called decides nothing; who is in a group may.
  const auto alter = [&](std::string_view name, const std::function<void(Principal&)>& change) {
    world.Change([&](Edit& edit) {
      Principal changed = *edit.picture().FindPrincipalByName(name);
      change(changed);
      edit.Update(std::move(changed));
    });
  };
  alter("ada@example.org", [](Principal& ada) { ada.display_name = "Ada"; });
  EXPECT_EQ(*Table({"s", "sales", "orders"}), *before);
  alter(kAdmins, [&](Principal& admins) { admins.members.push_back(world.bob.principal); });
  const auto after = Table({"s", "sales", "orders"});
  EXPECT_NE(*after, *before);
  world.AddTable("main.sales", "more");
  EXPECT_NE(*Table({"s", "sales", "orders"}), *after);
}

TEST_F(Resolving, NamesOfSharesNeedNoTables) {
  world.MakeShare("s", {{.name = "main.sales", .type = "SCHEMA"}});
  world.GiveShare("s", "acme");
  EXPECT_THAT(Shares("acme"), ElementsAre("s"));
  EXPECT_EQ(resolver.tables_kept(), 0U);
}

TEST_F(Resolving, KeepsNoMoreThanItMay) {
  for (const std::string share : {"a", "b", "c"}) {
    world.MakeShare(share, {{.name = "main.sales.orders"}, {.name = "main.hr.people"}});
    world.GiveShare(share, "acme");
  }
  const CatalogResolver small(*world.catalog, 4);
  const std::string acme = world.PrincipalOf("acme");
  const auto a = *small.FindTable(acme, {"a", "sales", "orders"});
  const auto b = *small.FindTable(acme, {"b", "sales", "orders"});
  EXPECT_EQ(*small.FindTable(acme, {"a", "sales", "orders"}), a);
  const auto c = *small.FindTable(acme, {"c", "sales", "orders"});
  EXPECT_EQ(small.tables_kept(), 4U);
  // b was asked for least recently.
  EXPECT_EQ(*small.FindTable(acme, {"a", "sales", "orders"}), a);
  EXPECT_EQ(*small.FindTable(acme, {"c", "sales", "orders"}), c);
  EXPECT_NE(*small.FindTable(acme, {"b", "sales", "orders"}), b);
  for (const auto& table : {a, b, c}) {
    EXPECT_THAT(small.FindTableById(acme, table->id), IsOk());
  }
  EXPECT_LE(small.tables_kept(), 4U);
}

TEST_F(Resolving, AnswersWhileTheCatalogChanges) {
  world.MakeShare("s", {{.name = "main.sales", .type = "SCHEMA"}});
  world.GiveShare("s", "acme");
  const std::string acme = world.PrincipalOf("acme");
  std::atomic<bool> done = false;
  std::atomic<size_t> wrong = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        const auto table = resolver.FindTable(acme, {"s", "sales", "orders"});
        if (!table || !resolver.FindTableById(acme, (*table)->id)) ++wrong;
        if (resolver.Shares(acme).size() != 1) ++wrong;
      }
    });
  }
  for (int i = 0; i < 50; ++i) world.AddTable("main.sales", "t" + std::to_string(i));
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(Listed("acme", "s").size(), 52U);
}

}  // namespace
}  // namespace sluice::catalog
