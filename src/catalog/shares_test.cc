#include "catalog/shares.h"

#include "base/testing/matchers.h"
#include "catalog/securables.h"
#include "catalog/shared_objects.h"
#include "catalog/testing/share_catalog.h"

namespace sluice::catalog {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::ShareCatalog;
using ::testing::SizeIs;

class Shares : public ::testing::Test {
 protected:
  Result<SecurablePtr> Update(const std::string& share, ObjectAction action, ObjectSpec object,
                              const Caller* who = nullptr) {
    ShareChange change;
    change.updates.push_back({action, std::move(object)});
    return UpdateShare(*world.catalog, who == nullptr ? world.ada : *who, share, change);
  }
  Result<SecurablePtr> Add(ObjectSpec object) {
    return Update("s", ObjectAction::kAdd, std::move(object));
  }
  Result<SecurablePtr> Alter(ObjectSpec object) {
    return Update("s", ObjectAction::kUpdate, std::move(object));
  }
  Result<SecurablePtr> Remove(ObjectSpec object) {
    return Update("s", ObjectAction::kRemove, std::move(object));
  }
  const std::vector<SharedObject>& Objects() const {
    return world.ShareOf("s").As<Share>().objects;
  }
  // What recipients would see, and schemas in brackets.
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    const auto picture = world.Now();
    for (const SharedObject& object : Objects()) {
      names.push_back(object.kind == Kind::kSchema ? '[' + SourceName(*picture, object) + ']'
                                                   : NameOf(*picture, object)->Full());
    }
    return names;
  }

  ShareCatalog world;
};

PartitionFilter In(const std::string& country) {
  return {.tuples = {{{.column = "country", .values = {country}, .recipient_property_key = ""}}},
          .hash = {}};
}

TEST_F(Shares, AreMadeByWhoMayMakeThem) {
  const auto made = CreateShare(*world.catalog, world.ada, {.name = "s", .comment = "c"});
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ((*made)->owner, world.ada.principal);
  EXPECT_EQ((*made)->comment, "c");
  EXPECT_EQ((*made)->created_by, "ada@example.org");
  EXPECT_THAT(CreateShare(*world.catalog, world.root, {.name = "by-the-administrator"}), IsOk());
  EXPECT_THAT(CreateShare(*world.catalog, world.bob, {.name = "b"}),
              IsError(Code::kPermissionDenied, "CREATE SHARE"));
}

TEST_F(Shares, HaveNamesOfTheirOwn) {
  world.MakeShare("s", {});
  const auto taken = CreateShare(*world.catalog, world.ada, {.name = "S"});
  ASSERT_THAT(taken, IsError(Code::kAlreadyExists, "Share 'S' already exists"));
  EXPECT_EQ(taken.error().reason, "SHARE_ALREADY_EXISTS");
  EXPECT_THAT(CreateShare(*world.catalog, world.ada, {.name = "a b"}),
              IsError(Code::kInvalidArgument));
  EXPECT_THAT(CreateShare(*world.catalog, world.ada, {.name = ""}),
              IsError(Code::kInvalidArgument));
}

TEST_F(Shares, AreNotThereForWhoMayNotSeeThem) {
  world.MakeShare("s", {});
  EXPECT_THAT(UpdateShare(*world.catalog, world.bob, "s", {.comment = "x"}),
              IsError(Code::kNotFound, "Share 's' does not exist"));
  EXPECT_THAT(DeleteShare(*world.catalog, world.bob, "s"), IsError(Code::kNotFound));
  world.GrantTo(world.bob, Privilege::kUseShare, Kind::kMetastore, "sluice");
  EXPECT_THAT(UpdateShare(*world.catalog, world.bob, "s", {.comment = "x"}),
              IsError(Code::kPermissionDenied));
  EXPECT_THAT(DeleteShare(*world.catalog, world.bob, "s"), IsError(Code::kPermissionDenied));
  EXPECT_EQ(world.ShareOf("s").comment, "");
}

TEST_F(Shares, OfOthersAnAdministratorMayOnlyGiveToAnotherOwner) {
  world.MakeShare("s", {});
  EXPECT_THAT(
      UpdateShare(*world.catalog, world.root, "s", {.owner = "bob@example.org", .comment = "x"}),
      IsError(Code::kPermissionDenied));
  EXPECT_THAT(UpdateShare(*world.catalog, world.root, "s", {.owner = "bob@example.org"}), IsOk());
  EXPECT_EQ(world.ShareOf("s").owner, world.bob.principal);
  EXPECT_THAT(UpdateShare(*world.catalog, world.bob, "s", {.owner = "nobody@example.org"}),
              IsError(Code::kNotFound, "nobody@example.org"));
  EXPECT_THAT(UpdateShare(*world.catalog, world.ada, "s", {.comment = "x"}),
              IsError(Code::kNotFound));
}

TEST_F(Shares, AreRenamedByOwnersWhoMayMakeShares) {
  world.MakeShare("s", {{.name = "main.sales.orders"}});
  world.MakeShare("t", {});
  world.GiveShare("s", "acme");
  EXPECT_THAT(UpdateShare(*world.catalog, world.ada, "s", {.new_name = "T"}),
              IsError(Code::kAlreadyExists));
  EXPECT_THAT(UpdateShare(*world.catalog, world.ada, "s", {.new_name = "a/b"}),
              IsError(Code::kInvalidArgument));
  EXPECT_THAT(UpdateShare(*world.catalog, world.ada, "s", {.new_name = "S"}), IsOk());
  EXPECT_THAT(UpdateShare(*world.catalog, world.ada, "s", {.new_name = "u"}), IsOk());
  EXPECT_EQ(world.Now()->FindByName(Kind::kShare, "s"), nullptr);
  EXPECT_THAT(world.ShareOf("u").grants, SizeIs(1));
  world.TakeAll(world.ada, Kind::kMetastore, "sluice");
  EXPECT_THAT(UpdateShare(*world.catalog, world.ada, "u", {.new_name = "v"}),
              IsError(Code::kPermissionDenied, "CREATE SHARE"));
}

TEST_F(Shares, TakeTheirGrantsWithThem) {
  world.MakeShare("s", {{.name = "main.sales.orders"}});
  world.GiveShare("s", "acme");
  const Id table = world.Now()->FindByName(Kind::kTable, "main.sales.orders")->id;
  EXPECT_THAT(world.Now()->SharesWith(table), SizeIs(1));
  ASSERT_THAT(DeleteShare(*world.catalog, world.ada, "s"), IsOk());
  EXPECT_THAT(world.Now()->SharesWith(table), IsEmpty());
  size_t left = 0;
  world.Now()->VisitSharesOf(world.Now()->FindByName(Kind::kRecipient, "acme")->id,
                             [&](const Securable&) { return ++left; });
  EXPECT_EQ(left, 0U);
  EXPECT_THAT(DeleteShare(*world.catalog, world.ada, "s"), IsError(Code::kNotFound));
}

TEST_F(Shares, NameTablesAfterTheirSourceOrByAnAlias) {
  world.MakeShare("s", {{.name = "main.sales.orders"},
                        {.name = "MAIN.sales.Customers", .shared_as = "clients"},
                        {.name = "main.hr.people", .shared_as = "staff.all"}});
  EXPECT_THAT(Names(), ElementsAre("sales.orders", "sales.clients", "staff.all"));
  EXPECT_EQ(Objects()[0].added_by, "ada@example.org");
  EXPECT_EQ(Objects()[0].added_at, world.clock.Now());
  EXPECT_FALSE(Objects()[0].history);
  EXPECT_THAT(Add({.name = "other.sales.orders", .shared_as = "main.sales.orders"}),
              IsError(Code::kInvalidArgument, "<schema>.<table>"));
  EXPECT_THAT(Add({.name = "other.sales.orders", .shared_as = "sa les.o"}),
              IsError(Code::kInvalidArgument));
  EXPECT_THAT(Add({.name = "other.sales.orders", .shared_as = ".o"}),
              IsError(Code::kInvalidArgument));
  EXPECT_THAT(Add({.name = "other.sales.orders", .shared_as = "o."}),
              IsError(Code::kInvalidArgument));
}

TEST_F(Shares, HaveEachNameOnce) {
  world.MakeShare("s", {{.name = "main.sales.orders"}});
  const auto same = Add({.name = "main.sales.orders"});
  ASSERT_THAT(same, IsError(Code::kAlreadyExists, "Shared Table 'sales.orders' already exists"));
  EXPECT_EQ(same.error().reason, "RESOURCE_ALREADY_EXISTS");
  EXPECT_THAT(same.error().message, Not(HasSubstr("OR")));
  EXPECT_THAT(Add({.name = "other.sales.orders"}), IsError(Code::kAlreadyExists));
  EXPECT_THAT(Add({.name = "main.hr.people", .shared_as = "SALES.Orders"}),
              IsError(Code::kAlreadyExists));
  EXPECT_THAT(Add({.name = "other.sales.orders", .shared_as = "sales2.orders"}), IsOk());
  EXPECT_THAT(Alter({.name = "other.sales.orders", .shared_as = "sales.orders"}),
              IsError(Code::kAlreadyExists));
  EXPECT_THAT(Names(), ElementsAre("sales.orders", "sales2.orders"));
}

TEST_F(Shares, SayHowToShareSeveralPartitionsOfOneTable) {
  world.MakeShare("s", {{.name = "main.sales.orders", .partitions = In("CH")}});
  EXPECT_THAT(Add({.name = "main.sales.orders", .partitions = In("AT")}),
              IsError(Code::kAlreadyExists, "joined with OR"));
}

TEST_F(Shares, TakeOnlyWhatTheirOwnerMayRead) {
  world.MakeShare("s", {});
  EXPECT_THAT(Add({.name = "main.sales.nothing"}), IsError(Code::kNotFound, "main.sales.nothing"));
  world.TakeAll(world.ada, Kind::kCatalog, "main");
  EXPECT_THAT(Add({.name = "main.sales.orders"}), IsError(Code::kNotFound));
  EXPECT_THAT(Add({.name = "main.sales", .type = "SCHEMA"}), IsError(Code::kNotFound));
  world.GrantTo(world.ada, Privilege::kBrowse, Kind::kCatalog, "main");
  EXPECT_THAT(Add({.name = "main.sales.orders"}), IsError(Code::kPermissionDenied, "SELECT"));
  world.GrantTo(world.ada, Privilege::kUseCatalog, Kind::kCatalog, "main");
  world.GrantTo(world.ada, Privilege::kUseSchema, Kind::kSchema, "main.sales");
  world.GrantTo(world.ada, Privilege::kSelect, Kind::kTable, "main.sales.orders");
  EXPECT_THAT(Add({.name = "main.sales.orders"}), IsOk());
  EXPECT_THAT(Add({.name = "main.sales", .type = "SCHEMA"}),
              IsError(Code::kPermissionDenied, "SELECT"));
  EXPECT_THAT(Add({.name = "main.sales.customers"}), IsError(Code::kPermissionDenied));
}

TEST_F(Shares, AreNotFilledByTheRightsOfTheNextOwner) {
  world.MakeShare("s", {});
  world.TakeAll(world.ada, Kind::kCatalog, "main");
  ShareChange change{.owner = "root@example.org"};
  change.updates.push_back({ObjectAction::kAdd, {.name = "main.sales.orders"}});
  EXPECT_THAT(UpdateShare(*world.catalog, world.ada, "s", change), IsError(Code::kNotFound));
  EXPECT_EQ(world.ShareOf("s").owner, world.ada.principal);
}

TEST_F(Shares, RefuseWhatIsNeitherTableNorSchema) {
  world.MakeShare("s", {});
  EXPECT_THAT(Add({.name = "main.sales.v", .type = "VIEW"}),
              IsError(Code::kInvalidArgument, "not supported yet"));
  EXPECT_THAT(Add({.name = "main.sales.v", .type = "SPREADSHEET"}),
              IsError(Code::kInvalidArgument, "not a data_object_type"));
  EXPECT_THAT(Add({.name = ""}), IsError(Code::kInvalidArgument, "data_object.name"));
  EXPECT_THAT(Add({.name = "main.sales.orders", .start_version = -1}),
              IsError(Code::kInvalidArgument, "start_version"));
  EXPECT_THAT(
      Add({.name = "main.sales.orders", .partitions = PartitionFilter{.tuples = {{}}, .hash = {}}}),
      IsError(Code::kInvalidArgument));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(Shares, TakeWholeSchemas) {
  world.MakeShare("s", {{.name = "main.sales", .type = "SCHEMA"}});
  EXPECT_THAT(Names(), ElementsAre("[main.sales]"));
  EXPECT_TRUE(Objects()[0].history);
  EXPECT_THAT(Add({.name = "main.sales", .type = "SCHEMA"}),
              IsError(Code::kAlreadyExists, "Shared Schema 'sales' already exists"));
  EXPECT_THAT(Add({.name = "other.sales", .type = "SCHEMA"}),
              IsError(Code::kAlreadyExists, "cannot both be shared"));
  EXPECT_THAT(Add({.name = "main.sales.orders"}), IsError(Code::kAlreadyExists, "with its schema"));
  EXPECT_THAT(Add({.name = "other.sales.orders"}), IsError(Code::kAlreadyExists));
  // Under another name in the share, with settings of its own.
  EXPECT_THAT(Add({.name = "main.sales.orders", .shared_as = "part.orders"}), IsOk());
  EXPECT_THAT(Alter({.name = "main.sales.orders", .shared_as = "sales.customers"}),
              IsError(Code::kAlreadyExists));
}

TEST_F(Shares, ShareSchemasAsTheyAre) {
  world.MakeShare("s", {});
  EXPECT_THAT(Add({.name = "main.sales", .type = "SCHEMA", .shared_as = "x"}),
              IsError(Code::kInvalidArgument, "shared_as"));
  EXPECT_THAT(Add({.name = "main.sales", .type = "SCHEMA", .partitions = In("CH")}),
              IsError(Code::kInvalidArgument, "partitions"));
  EXPECT_THAT(Add({.name = "main.sales", .type = "SCHEMA", .start_version = 1}),
              IsError(Code::kInvalidArgument, "start_version"));
  EXPECT_THAT(Add({.name = "main.nothing", .type = "SCHEMA"}), IsError(Code::kNotFound));
  EXPECT_THAT(Add({.name = "main.sales", .type = "SCHEMA", .comment = "c", .history = false}),
              IsOk());
  EXPECT_FALSE(Objects()[0].history);
}

TEST_F(Shares, DropWhatWasSaidOfTablesWhenTheirSchemaIsAdded) {
  world.MakeShare("s", {{.name = "main.sales.orders", .shared_as = "x.y", .partitions = In("CH")},
                        {.name = "main.hr.people"}});
  EXPECT_THAT(Add({.name = "main.sales", .type = "SCHEMA"}), IsOk());
  EXPECT_THAT(Names(), ElementsAre("hr.people", "[main.sales]"));
}

TEST_F(Shares, KeepAnAliasOutOfTheWayOfASchema) {
  world.MakeShare("s", {{.name = "main.hr.people", .shared_as = "sales.orders"}});
  EXPECT_THAT(Add({.name = "main.sales", .type = "SCHEMA"}),
              IsError(Code::kAlreadyExists, "Shared Table 'sales.orders' already exists"));
  EXPECT_THAT(Names(), ElementsAre("sales.orders"));
}

TEST_F(Shares, ChangeOnlyWhatIsGiven) {
  world.MakeShare("s", {{.name = "main.sales.orders",
                         .comment = "c",
                         .partitions = In("CH"),
                         .history = true,
                         .start_version = 3}});
  const Id id = Objects()[0].id;
  EXPECT_THAT(Alter({.name = "main.sales.orders", .cdf_enabled = true}), IsOk());
  EXPECT_EQ(Objects()[0].id, id);
  EXPECT_EQ(Objects()[0].comment, "c");
  EXPECT_THAT(Objects()[0].partitions.tuples, SizeIs(1));
  EXPECT_TRUE(Objects()[0].history);
  EXPECT_TRUE(Objects()[0].cdf_enabled);
  EXPECT_EQ(Objects()[0].start_version, 3);
  EXPECT_THAT(Alter({.name = "main.sales.orders", .comment = "", .partitions = PartitionFilter{}}),
              IsOk());
  EXPECT_EQ(Objects()[0].comment, "");
  EXPECT_THAT(Objects()[0].partitions.tuples, IsEmpty());
}

TEST_F(Shares, BeginAHistoryWhereNobodySaysOtherwiseWithTheVersionOfNow) {
  int64_t version = 7;
  std::vector<std::string> asked;
  const auto update = [&](ObjectAction action, ObjectSpec object) {
    ShareChange change;
    change.updates.push_back({action, std::move(object)});
    return UpdateShare(*world.catalog, world.ada, "s", change, [&](const std::string& location) {
      asked.push_back(location);
      return Result<int64_t>(version);
    });
  };
  const auto start = [&](size_t at) { return Objects()[at].start_version; };
  const auto after = [&](size_t at) { return Objects()[at].starts_after; };
  world.MakeShare("s", {});
  EXPECT_THAT(update(ObjectAction::kAdd, {.name = "main.sales.orders", .history = true}), IsOk());
  EXPECT_EQ(start(0), 7);
  EXPECT_THAT(asked, ElementsAre("s3://lake/main.sales/orders"));
  // Later changes leave it.
  version = 8;
  EXPECT_THAT(update(ObjectAction::kUpdate, {.name = "main.sales.orders", .comment = "c"}), IsOk());
  EXPECT_EQ(start(0), 7);
  // Nor does who says again what is so choose anything.
  EXPECT_THAT(update(ObjectAction::kUpdate, {.name = "main.sales.orders", .start_version = 7}),
              IsOk());
  EXPECT_TRUE(after(0));
  // What is said counts, and nobody is asked; nor without history.
  EXPECT_THAT(update(ObjectAction::kUpdate, {.name = "main.sales.orders", .start_version = 0}),
              IsOk());
  EXPECT_EQ(start(0), 0);
  EXPECT_FALSE(after(0));
  EXPECT_THAT(update(ObjectAction::kAdd,
                     {.name = "main.sales.customers", .history = true, .start_version = 2}),
              IsOk());
  EXPECT_EQ(start(1), 2);
  EXPECT_FALSE(after(1));
  EXPECT_THAT(update(ObjectAction::kAdd, {.name = "main.hr.people"}), IsOk());
  EXPECT_EQ(start(2), std::nullopt);
  EXPECT_THAT(asked, SizeIs(1));
  // History that begins later begins then.
  EXPECT_THAT(update(ObjectAction::kUpdate, {.name = "main.hr.people", .history = true}), IsOk());
  EXPECT_EQ(start(2), 8);
  // A schema has no versions.
  EXPECT_THAT(update(ObjectAction::kAdd, {.name = "other.sales", .type = "SCHEMA"}),
              IsError(Code::kAlreadyExists));
  EXPECT_THAT(update(ObjectAction::kRemove, {.name = "main.sales.orders"}), IsOk());
  EXPECT_THAT(update(ObjectAction::kAdd, {.name = "other.sales", .type = "SCHEMA"}), IsOk());
  EXPECT_EQ(Objects().back().start_version, std::nullopt);
  EXPECT_THAT(asked, SizeIs(2));
}

TEST_F(Shares, ChangesWithoutHistoryBeginNow) {
  int64_t version = 7;
  const auto update = [&](ObjectAction action, ObjectSpec object, bool asks = true) {
    ShareChange change;
    change.updates.push_back({action, std::move(object)});
    const NewestVersion newest = [&](const std::string& /*location*/) {
      return Result<int64_t>(version);
    };
    return UpdateShare(*world.catalog, world.ada, "s", change, asks ? newest : NewestVersion());
  };
  world.MakeShare("s", {});
  EXPECT_THAT(update(ObjectAction::kAdd, {.name = "main.sales.orders", .cdf_enabled = true}),
              IsOk());
  EXPECT_EQ(Objects()[0].start_version, 7);
  EXPECT_TRUE(Objects()[0].starts_after);
  EXPECT_TRUE(SharesChanges(Objects()[0]));
  // Of a share that was made when nobody looked, no change is told until somebody does.
  EXPECT_THAT(update(ObjectAction::kAdd, {.name = "main.hr.people", .cdf_enabled = true}, false),
              IsOk());
  EXPECT_EQ(Objects()[1].start_version, std::nullopt);
  EXPECT_FALSE(SharesChanges(Objects()[1]));
  version = 9;
  EXPECT_THAT(update(ObjectAction::kUpdate, {.name = "main.hr.people", .history = true}), IsOk());
  EXPECT_EQ(Objects()[1].start_version, 9);
  // All of a history stays all of it; its changes alone begin now.
  EXPECT_THAT(update(ObjectAction::kAdd, {.name = "main.sales.customers", .history = true}, false),
              IsOk());
  EXPECT_THAT(update(ObjectAction::kUpdate, {.name = "main.sales.customers", .comment = "c"}),
              IsOk());
  EXPECT_EQ(Objects()[2].start_version, std::nullopt);
  EXPECT_THAT(update(ObjectAction::kUpdate,
                     {.name = "main.sales.customers", .cdf_enabled = true, .history = false}),
              IsOk());
  EXPECT_EQ(Objects()[2].start_version, 9);
}

TEST_F(Shares, AskStorageOnlyForWhomMayShare) {
  world.MakeShare("s", {});
  ShareChange change;
  change.updates.push_back({ObjectAction::kAdd, {.name = "main.hr.people", .history = true}});
  size_t asked = 0;
  const auto fails = [&](const std::string& /*location*/) -> Result<int64_t> {
    ++asked;
    return Fail(Code::kUnavailable, "The storage does not answer.");
  };
  EXPECT_THAT(UpdateShare(*world.catalog, world.bob, "s", change, fails), IsError(Code::kNotFound));
  EXPECT_EQ(asked, 0U);
  EXPECT_THAT(UpdateShare(*world.catalog, world.ada, "s", change, fails),
              IsError(Code::kUnavailable, "'main.hr.people'"));
  EXPECT_EQ(asked, 1U);
  EXPECT_THAT(Objects(), IsEmpty());
  // In the time that storage takes, the table may have become another.
  const auto meanwhile = [&](const std::string& /*location*/) -> Result<int64_t> {
    world.Erase(Kind::kTable, "main.hr.people");
    world.AddTable("main.hr", "people");
    return 5;
  };
  EXPECT_THAT(UpdateShare(*world.catalog, world.ada, "s", change, meanwhile),
              IsError(Code::kConflict));
  EXPECT_THAT(Objects(), IsEmpty());
}

TEST_F(Shares, HaveAStorageRootOfBoundedLength) {
  const std::string longest = "s3://" + std::string(4091, 'x');
  EXPECT_THAT(CreateShare(*world.catalog, world.ada, {.name = "s", .storage_root = longest + "x"}),
              IsError(Code::kInvalidArgument, "storage_root"));
  EXPECT_THAT(CreateShare(*world.catalog, world.ada, {.name = "s", .storage_root = longest}),
              IsOk());
  EXPECT_THAT(UpdateShare(*world.catalog, world.ada, "s", {.storage_root = longest + "x"}),
              IsError(Code::kInvalidArgument, "storage_root"));
}

TEST_F(Shares, HaveCommentsOfBoundedLength) {
  const std::string longest(65'536, 'c');
  EXPECT_THAT(CreateShare(*world.catalog, world.ada, {.name = "s", .comment = longest + "c"}),
              IsError(Code::kInvalidArgument, "comment"));
  EXPECT_THAT(CreateShare(*world.catalog, world.ada, {.name = "s", .comment = longest}), IsOk());
  EXPECT_THAT(Add({.name = "main.sales.orders", .comment = longest + "c"}),
              IsError(Code::kInvalidArgument, "comment"));
  EXPECT_THAT(Objects(), IsEmpty());
  EXPECT_THAT(Add({.name = "main.sales.orders", .comment = longest}), IsOk());
}

TEST_F(Shares, AreAskedWhichOneIsMeant) {
  world.MakeShare(
      "s", {{.name = "main.sales.orders"}, {.name = "main.sales.orders", .shared_as = "x.orders"}});
  EXPECT_THAT(Remove({.name = "main.sales.orders"}),
              IsError(Code::kInvalidArgument, "more than once"));
  EXPECT_THAT(Remove({.name = "main.sales.orders", .shared_as = "X.orders"}), IsOk());
  EXPECT_THAT(Names(), ElementsAre("sales.orders"));
  const auto unknown = Remove({.name = "main.sales.customers"});
  ASSERT_THAT(unknown, IsError(Code::kNotFound, "main.sales.customers"));
  EXPECT_EQ(unknown.error().reason, "RESOURCE_DOES_NOT_EXIST");
  EXPECT_THAT(Remove({.name = "main.sales.orders", .type = "SCHEMA"}), IsError(Code::kNotFound));
  EXPECT_THAT(Alter({.name = "main.hr.people", .comment = "x"}), IsError(Code::kNotFound));
}

TEST_F(Shares, LoseNothingElseToARemovalThatComesTwice) {
  world.MakeShare("s", {{.name = "main.sales.orders", .shared_as = "x.p1"},
                        {.name = "main.sales.orders", .shared_as = "x.p2"}});
  EXPECT_THAT(Remove({.name = "main.sales.orders", .shared_as = "x.p1"}), IsOk());
  EXPECT_THAT(Remove({.name = "main.sales.orders", .shared_as = "x.p1"}), IsError(Code::kNotFound));
  EXPECT_THAT(Names(), ElementsAre("x.p2"));
  // An update says by it what the name shall be.
  EXPECT_THAT(Alter({.name = "main.sales.orders", .shared_as = "x.p3"}), IsOk());
  EXPECT_THAT(Names(), ElementsAre("x.p3"));
}

TEST_F(Shares, TakeASchemaFromItsOwnerWhoMayReadInIt) {
  world.TakeAll(world.ada, Kind::kCatalog, "main");
  world.GrantTo(world.ada, Privilege::kUseCatalog, Kind::kCatalog, "main");
  world.MakeShare("s", {});
  EXPECT_THAT(Add({.name = "main.sales", .type = "SCHEMA"}), IsError(Code::kNotFound));
  const auto own = [&](Securable& one) { one.owner = world.ada.principal; };
  world.Alter(Kind::kSchema, "main.sales", own);
  EXPECT_THAT(Add({.name = "main.sales", .type = "SCHEMA"}),
              IsError(Code::kPermissionDenied, "SELECT on schema 'main.sales'"));
  world.Alter(Kind::kTable, "main.sales.orders", own);
  EXPECT_THAT(Add({.name = "main.sales", .type = "SCHEMA"}), IsOk());
  // One that is empty so far is the owner's to share.
  world.Alter(Kind::kSchema, "main.hr", own);
  world.Erase(Kind::kTable, "main.hr.people");
  EXPECT_THAT(Add({.name = "main.hr", .type = "SCHEMA"}), IsOk());
}

TEST_F(Shares, KeepTheirNamesWhenSourcesAreRenamed) {
  const auto rename = [&](Kind kind, std::string_view name, std::string to) {
    return UpdateSecurable(*world.catalog, world.bob, {kind, name}, {.new_name = std::move(to)});
  };
  const auto own = [&](Securable& one) { one.owner = world.bob.principal; };
  world.AddSchema("other", "stuff");
  world.AddTable("other.stuff", "orders");
  world.AddTable("other.stuff", "rest");
  world.Alter(Kind::kCatalog, "main", own);
  world.Alter(Kind::kCatalog, "other", own);
  ASSERT_THAT(rename(Kind::kSchema, "other.sales", "old"), IsOk());
  world.MakeShare("s", {{.name = "main.sales", .type = "SCHEMA"},
                        {.name = "other.stuff.orders"},
                        {.name = "main.hr.people", .shared_as = "stuff.people"},
                        {.name = "other.old.orders", .shared_as = "sales.more"}});
  // A table by name would take the place of one that comes with its schema.
  const auto refused = rename(Kind::kSchema, "other.stuff", "Sales");
  ASSERT_THAT(refused, IsError(Code::kAlreadyExists, "in these shares: 1 other(s)"));
  EXPECT_EQ(refused.error().reason, "RESOURCE_ALREADY_EXISTS");
  world.GrantTo(world.bob, Privilege::kUseShare, Kind::kMetastore, "sluice");
  EXPECT_THAT(rename(Kind::kSchema, "other.stuff", "Sales"),
              IsError(Code::kAlreadyExists, "in these shares: 's'"));
  // So it is with one of two tables by name, of two schemas, and with an alias.
  EXPECT_THAT(rename(Kind::kTable, "other.stuff.orders", "people"), IsError(Code::kAlreadyExists));
  EXPECT_THAT(rename(Kind::kTable, "main.sales.customers", "more"), IsError(Code::kAlreadyExists));
  EXPECT_THAT(rename(Kind::kSchema, "main.sales", "stuff"), IsError(Code::kAlreadyExists));
  EXPECT_EQ(world.Now()->FindByName(Kind::kSchema, "main.stuff"), nullptr);
  // What meets no other name goes on.
  EXPECT_THAT(rename(Kind::kTable, "other.stuff.rest", "people"), IsOk());
  EXPECT_THAT(rename(Kind::kSchema, "other.stuff", "STUFF"), IsOk());
  EXPECT_THAT(rename(Kind::kTable, "other.stuff.orders", "others"), IsOk());
  EXPECT_THAT(rename(Kind::kTable, "main.hr.people", "orders"), IsOk());
  EXPECT_THAT(rename(Kind::kSchema, "main.sales", "trade"), IsOk());
}

TEST_F(Shares, HoldOneSchemaOfAName) {
  world.AddSchema("other", "stuff");
  world.MakeShare(
      "s", {{.name = "main.sales", .type = "SCHEMA"}, {.name = "other.stuff", .type = "SCHEMA"}});
  world.Alter(Kind::kCatalog, "main", [&](Securable& one) { one.owner = world.bob.principal; });
  EXPECT_THAT(UpdateSecurable(*world.catalog, world.bob, {Kind::kSchema, "main.sales"},
                              {.new_name = "stuff"}),
              IsError(Code::kAlreadyExists));
}

TEST_F(Shares, TakeOutWhatTheirOwnerCannotReadOrFindAnyMore) {
  world.MakeShare("s", {{.name = "main.sales.orders"}, {.name = "main.hr.people"}});
  const Id people = Objects()[1].object;
  world.TakeAll(world.ada, Kind::kCatalog, "main");
  EXPECT_THAT(Remove({.name = "main.sales.orders"}), IsOk());
  world.Erase(Kind::kTable, "main.hr.people");
  EXPECT_THAT(Remove({.name = people}), IsOk());
  EXPECT_THAT(Objects(), IsEmpty());
}

TEST_F(Shares, ChangeAsAWholeOrNotAtAll) {
  world.MakeShare("s", {});
  ShareChange change{.comment = "x"};
  change.updates.push_back({ObjectAction::kAdd, {.name = "main.sales.orders"}});
  change.updates.push_back({ObjectAction::kAdd, {.name = "main.sales.nothing"}});
  EXPECT_THAT(UpdateShare(*world.catalog, world.ada, "s", change), IsError(Code::kNotFound));
  EXPECT_THAT(Objects(), IsEmpty());
  EXPECT_EQ(world.ShareOf("s").comment, "");
  change.updates.pop_back();
  change.updates.push_back({ObjectAction::kRemove, {.name = "main.sales.orders"}});
  change.updates.push_back({ObjectAction::kAdd, {.name = "main.sales.orders", .comment = "2"}});
  EXPECT_THAT(UpdateShare(*world.catalog, world.ada, "s", change), IsOk());
  EXPECT_THAT(Names(), ElementsAre("sales.orders"));
}

TEST_F(Shares, TakeAHundredUpdatesAtOnce) {
  world.MakeShare("s", {});
  ShareChange change;
  for (int i = 0; i < 100; ++i) {
    change.updates.push_back(
        {ObjectAction::kAdd,
         {.name = "main.sales.orders", .shared_as = "x.t" + std::to_string(i)}});
  }
  EXPECT_THAT(UpdateShare(*world.catalog, world.ada, "s", change), IsOk());
  EXPECT_THAT(Objects(), SizeIs(100));
  for (ObjectUpdate& update : change.updates) update.action = ObjectAction::kRemove;
  change.updates.push_back({ObjectAction::kAdd, {.name = "main.hr.people"}});
  EXPECT_THAT(UpdateShare(*world.catalog, world.ada, "s", change),
              IsError(Code::kInvalidArgument, "At most 100"));
  EXPECT_THAT(Objects(), SizeIs(100));
}

TEST_F(Shares, HealWithTheRightsOfTheirOwner) {
  world.MakeShare("s", {{.name = "main.sales.orders"}, {.name = "main.hr", .type = "SCHEMA"}});
  const auto active = [&] {
    const auto picture = world.Now();
    const Access owner(*picture, world.ShareOf("s").owner, world.clock.Now());
    return std::pair(IsActive(*picture, owner, Objects()[0]),
                     IsActive(*picture, owner, Objects()[1]));
  };
  EXPECT_EQ(active(), std::pair(true, true));
  world.TakeAll(world.ada, Kind::kCatalog, "main");
  EXPECT_EQ(active(), std::pair(false, false));
  world.GrantTo(world.ada, Privilege::kUseCatalog, Kind::kCatalog, "main");
  world.GrantTo(world.ada, Privilege::kUseSchema, Kind::kCatalog, "main");
  world.GrantTo(world.ada, Privilege::kSelect, Kind::kSchema, "main.sales");
  EXPECT_EQ(active(), std::pair(true, false));
  // Who owns a schema does not have the data of others in it.
  world.Alter(Kind::kSchema, "main.hr", [&](Securable& hr) { hr.owner = world.ada.principal; });
  EXPECT_EQ(active(), std::pair(true, false));
  world.GrantTo(world.ada, Privilege::kSelect, Kind::kTable, "main.hr.people");
  EXPECT_EQ(active(), std::pair(true, true));
}

}  // namespace
}  // namespace sluice::catalog
