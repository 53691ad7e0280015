#include "notify/notifier.h"

#include <map>
#include <optional>
#include <set>

#include "base/testing/matchers.h"
#include "catalog/recipients.h"
#include "catalog/requests.h"
#include "catalog/testing/share_catalog.h"
#include "db/testing/each_driver.h"
#include "notify/testing/fake_transport.h"

namespace sluice::notify {
namespace {

using namespace std::chrono_literals;
using ::sluice::testing::IsError;
using ::sluice::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class NotifierTest : public db::testing::EachDriver, protected catalog::testing::ShareCatalog {
 protected:
  void Prepare() override { Reopen(); }
  ~NotifierTest() override {
    notifier_.reset();
    database_.reset();
  }

  // As after a crash: nothing but the database is left.
  void Reopen() {
    notifier_.reset();
    database_.reset();
    database_ = db::Database::Open(place_->path()).value();
    ASSERT_THAT(database_->Migrate(Migrations()), IsOk());
    notifier_ = Notifier::Open(*database_, *catalog, transport_,
                               [this](const std::string& location) -> Result<TableLook> {
                                 const auto found = tables_.find(location);
                                 if (found == tables_.end()) return Fail(Code::kUnavailable, "off");
                                 return found->second;
                               },
                               {})
                    .value();
  }
  void Look() { ASSERT_THAT(notifier_->CompareCatalog(), IsOk()); }

  std::string RecipientId(std::string_view name) const {
    return Now()->FindByName(catalog::Kind::kRecipient, name)->id;
  }
  std::vector<std::string> Kinds(const std::string& holder) {
    std::vector<std::string> kinds;
    const auto inbox = notifier_->Inbox(holder, Unread::kAll, "", 1000).value();
    for (const Notification& one : inbox) {
      kinds.emplace_back(KindName(one.fact.kind));
    }
    return kinds;
  }
  // A webhook for these kinds.
  std::string Hook(std::vector<Kind> kinds, const std::string& url = "https://hooks.example/x") {
    const auto made =
        notifier_->CreateDestination({.display_name = "hook", .webhook = true, .url = url});
    EXPECT_THAT(made, IsOk());
    const std::string id = made->destination.id;
    EXPECT_THAT(notifier_->Subscribe({.destination = id, .kinds = std::move(kinds)}), IsOk());
    return id;
  }
  void Deliver() { ASSERT_THAT(notifier_->Deliver(), IsOk()); }
  // acme's token was fetched and ends then.
  void GiveToken(std::optional<TimePoint> expires_at, const std::string& id = "t1") {
    Alter(catalog::Kind::kRecipient, "acme", [&](catalog::Securable& recipient) {
      catalog::RecipientToken token{.id = id, .expires_at = expires_at};
      token.hash = crypto::Sha256(id);
      recipient.As<catalog::Recipient>().tokens.push_back(token);
    });
  }

  testing::FakeTransport transport_;
  std::map<std::string, TableLook> tables_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<Notifier> notifier_;
};

INSTANTIATE_TEST_SUITE_P(Each, NotifierTest, db::testing::Drivers(), db::testing::DriverName);

TEST_P(NotifierTest, WhatWasThereAtTheFirstLookIsNotTold) {
  MakeShare("numbers", {});
  GiveShare("numbers", "acme");
  Look();
  EXPECT_THAT(Kinds(RecipientId("acme")), IsEmpty());
  GiveShare("numbers", "umbrella");
  Look();
  EXPECT_THAT(Kinds(RecipientId("acme")), IsEmpty());
  EXPECT_THAT(Kinds(RecipientId("umbrella")), ElementsAre("access_granted"));
}

TEST_P(NotifierTest, EachGrantAndItsEndIsToldOnce) {
  MakeShare("numbers", {});
  Look();
  GiveShare("numbers", "acme");
  for (int i = 0; i < 3; ++i) Look();
  Reopen();
  Look();
  EXPECT_THAT(Kinds(RecipientId("acme")), ElementsAre("access_granted"));
  clock.Advance(1h);
  Alter(catalog::Kind::kShare, "numbers", [](auto& share) { share.grants.clear(); });
  Look();
  Look();
  EXPECT_THAT(Kinds(RecipientId("acme")), ElementsAre("access_revoked", "access_granted"));
  clock.Advance(1h);
  GiveShare("numbers", "acme");
  Look();
  EXPECT_THAT(Kinds(RecipientId("acme")), SizeIs(3)) << "granted anew";
}

TEST_P(NotifierTest, WhatHappenedWhileNobodyLookedIsToldAfterwards) {
  MakeShare("numbers", {});
  GiveShare("numbers", "acme");
  Look();
  // Killed before it looked again.
  GiveShare("numbers", "umbrella");
  Erase(catalog::Kind::kShare, "numbers");
  Reopen();
  Look();
  EXPECT_THAT(Kinds(RecipientId("acme")), ElementsAre("access_revoked"));
  const auto told = notifier_->Inbox(RecipientId("acme"), Unread::kAll, "", 10).value();
  EXPECT_EQ(told.at(0).fact.share, "numbers") << "the name is known though the share is gone";
}

TEST_P(NotifierTest, TokensThatEndAreToldTwice) {
  Look();
  GiveToken(clock.Now() + 24h * 8);
  Look();
  EXPECT_THAT(Kinds(RecipientId("acme")), IsEmpty());
  clock.Advance(25h);
  Look();
  Look();
  EXPECT_THAT(Kinds(RecipientId("acme")), ElementsAre("token_expiring"));
  EXPECT_THAT(Kinds(root.principal), ElementsAre("token_expiring")) << "its owner";
  EXPECT_THAT(Kinds(bob.principal), IsEmpty());
  clock.Advance(24h * 6 + 1h);
  Look();
  Look();
  EXPECT_THAT(Kinds(RecipientId("acme")), SizeIs(2));
  clock.Advance(24h * 3);
  Look();
  EXPECT_THAT(Kinds(RecipientId("acme")), SizeIs(2));
}

TEST_P(NotifierTest, GrantsThatEndAreTold) {
  MakeShare("numbers", {});
  Look();
  GiveShare("numbers", "acme", clock.Now() + 24h * 5);
  Look();
  EXPECT_THAT(Kinds(RecipientId("acme")), UnorderedElementsAre("access_granted", "grant_expiring"));
  EXPECT_THAT(Kinds(ada.principal), ElementsAre("grant_expiring")) << "the owner of the share";
  clock.Advance(24h * 4 + 1h);
  Look();
  EXPECT_THAT(Kinds(RecipientId("acme")), SizeIs(3));
}

TEST_P(NotifierTest, ARotationIsToldAndAFirstTokenIsNot) {
  Look();
  GiveToken({}, "t1");
  Look();
  EXPECT_THAT(Kinds(RecipientId("acme")), IsEmpty());
  GiveToken({}, "t2");
  Look();
  EXPECT_THAT(Kinds(RecipientId("acme")), ElementsAre("token_rotated"));
}

TEST_P(NotifierTest, ALinkThatNobodyOpensIsToldToTheOwner) {
  Look();
  ASSERT_THAT(catalog::CreateRecipient(*catalog, root, {.name = "late"}), IsOk());
  Look();
  EXPECT_THAT(Kinds(root.principal), IsEmpty());
  clock.Advance(50h);
  Look();
  Look();
  EXPECT_THAT(Kinds(root.principal), ElementsAre("link_unopened"));
  EXPECT_THAT(Kinds(RecipientId("late")), IsEmpty());
}

TEST_P(NotifierTest, RequestsAndTheirAnswers) {
  Look();
  const auto request = catalog::CreateRequest(*catalog, {RecipientId("acme"), true},
                                              {.share = "numbers", .comment = "for the report"});
  ASSERT_THAT(request, IsOk());
  Look();
  const auto made = notifier_->Inbox(root.principal, Unread::kAll, "", 10).value();
  ASSERT_THAT(made, SizeIs(1));
  EXPECT_EQ(made[0].fact.title, "acme asks for access to share numbers");
  EXPECT_EQ(made[0].fact.text, "for the report");
  EXPECT_EQ(made[0].fact.request_id, (*request)->id);
  ASSERT_THAT(catalog::AnswerRequest(
                  *catalog, {root.principal, false}, (*request)->id,
                  {.status = catalog::RequestStatus::kDenied, .answer = "not this year"}),
              IsOk());
  Look();
  Look();
  const auto answered = notifier_->Inbox(RecipientId("acme"), Unread::kAll, "", 10).value();
  ASSERT_THAT(answered, SizeIs(1));
  EXPECT_EQ(answered[0].fact.title, "Your request was denied");
  EXPECT_EQ(answered[0].fact.text, "not this year");
  EXPECT_THAT(Kinds(root.principal), SizeIs(1));
}

TEST_P(NotifierTest, AnObjectThatTheOwnerLostIsToldUntilItHeals) {
  MakeShare("numbers", {{.name = "main.sales.orders"}});
  Look();
  TakeAll(ada, catalog::Kind::kCatalog, "main");
  ASSERT_THAT(notifier_->CompareCatalog(Broken::kLeftOut), IsOk());
  EXPECT_THAT(Kinds(ada.principal), IsEmpty());
  Look();
  ASSERT_THAT(notifier_->CompareCatalog(Broken::kLeftOut), IsOk());
  Look();
  EXPECT_THAT(Kinds(ada.principal), ElementsAre("share_object_broken"));
}

TEST_P(NotifierTest, ARecipientThatIsRefusedAgainAndAgain) {
  Look();
  notifier_->Denied("acme");
  notifier_->Denied("nobody");
  ASSERT_THAT(notifier_->PostTold(), IsOk());
  ASSERT_THAT(notifier_->PostTold(), IsOk());
  EXPECT_THAT(Kinds(root.principal), ElementsAre("recipient_denied_repeatedly"));
}

TEST_P(NotifierTest, AQueryThatFailedIsToldOnceAnHour) {
  MakeShare("numbers", {{.name = "main.sales.orders", .shared_as = "s.orders"}});
  Look();
  const std::string acme = RecipientId("acme");
  const FailedQuery query{acme, "numbers", "s.orders", "the table's log is broken"};
  for (const FailedQuery& failed : {query, query, FailedQuery{"gone", "numbers", "s.orders", "x"},
                                    FailedQuery{acme, "gone", "s.orders", "x"}}) {
    notifier_->QueryFailed(failed);
  }
  ASSERT_THAT(notifier_->PostTold(), IsOk());
  ASSERT_THAT(notifier_->PostTold(), IsOk());
  EXPECT_THAT(Kinds(ada.principal), ElementsAre("query_failed"));
  EXPECT_THAT(Kinds(acme), ElementsAre("query_failed"));
  clock.Advance(std::chrono::hours(1));
  notifier_->QueryFailed(query);
  ASSERT_THAT(notifier_->PostTold(), IsOk());
  EXPECT_THAT(Kinds(acme), ElementsAre("query_failed", "query_failed"));
}

std::string Schema(const std::string& fields) {
  return R"({"type":"struct","fields":[)" + fields + "]}";
}
const std::string kId = R"({"name":"id","type":"long","nullable":true,"metadata":{}})";
const std::string kName = R"({"name":"name","type":"string","nullable":true,"metadata":{}})";

TEST_P(NotifierTest, TablesAreToldOfAtMostOnceAnHour) {
  MakeShare("numbers", {{.name = "main.sales.orders", .shared_as = "s.orders"}});
  GiveShare("numbers", "acme");
  Look();
  TableLook& table = tables_["s3://lake/main.sales/orders"];
  table = {3, Schema(kId)};
  ASSERT_THAT(notifier_->LookAtTables(), IsOk());
  table.version = 4;
  ASSERT_THAT(notifier_->LookAtTables(), IsOk());
  EXPECT_THAT(Kinds(RecipientId("acme")), IsEmpty()) << "nobody subscribed";

  Hook({Kind::kTableChanged, Kind::kSchemaChanged});
  ASSERT_THAT(notifier_->LookAtTables(), IsOk());
  EXPECT_THAT(Kinds(RecipientId("acme")), IsEmpty()) << "the first look";
  for (int i = 0; i < 5; ++i) {
    ++table.version;
    ASSERT_THAT(notifier_->LookAtTables(), IsOk());
  }
  Reopen();
  ASSERT_THAT(notifier_->LookAtTables(), IsOk());
  EXPECT_THAT(Kinds(RecipientId("acme")), ElementsAre("table_changed"));
  clock.Advance(1h);
  ASSERT_THAT(notifier_->LookAtTables(), IsOk());
  const auto told = notifier_->Inbox(RecipientId("acme"), Unread::kAll, "", 10).value();
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_EQ(told[0].fact.text, "It is at version 9, from 5.");
  EXPECT_EQ(told[0].fact.table, "s.orders");

  clock.Advance(1min);
  table = {10, Schema(kId + "," + kName)};
  ASSERT_THAT(notifier_->LookAtTables(), IsOk());
  const auto schema = notifier_->Inbox(RecipientId("acme"), Unread::kAll, "", 1).value();
  EXPECT_EQ(schema[0].fact.kind, Kind::kSchemaChanged) << "without waiting";
  EXPECT_THAT(schema[0].fact.text, HasSubstr("added: name string"));
  Deliver();
  EXPECT_THAT(transport_.sent, SizeIs(3));
}

TEST_P(NotifierTest, InboxesAreReadPageByPage) {
  MakeShare("numbers", {});
  Look();
  for (int i = 0; i < 5; ++i) {
    clock.Advance(1s);
    GiveShare("numbers", "acme");
    Look();
    clock.Advance(1s);
    Alter(catalog::Kind::kShare, "numbers", [](auto& share) { share.grants.clear(); });
    Look();
  }
  const std::string acme = RecipientId("acme");
  std::set<std::string> seen;
  std::string after;
  for (int page = 0; page < 5; ++page) {
    const auto found = notifier_->Inbox(acme, Unread::kAll, after, 2).value();
    ASSERT_THAT(found, SizeIs(2));
    for (const Notification& one : found) seen.insert(one.id);
    after = found.back().place;
  }
  EXPECT_THAT(seen, SizeIs(10));
  EXPECT_THAT(notifier_->Inbox(acme, Unread::kAll, after, 2).value(), IsEmpty());

  ASSERT_THAT(notifier_->MarkAsRead(RecipientId("umbrella"), std::nullopt), IsOk());
  EXPECT_EQ(notifier_->UnreadCount(acme).value(), 10) << "another's inbox";
  ASSERT_THAT(notifier_->MarkAsRead(acme, {{*seen.begin()}}), IsOk());
  EXPECT_EQ(notifier_->UnreadCount(acme).value(), 9);
  EXPECT_THAT(notifier_->Inbox(acme, Unread::kOnly, "", 100).value(), SizeIs(9));
  ASSERT_THAT(notifier_->MarkAsRead(acme, std::nullopt), IsOk());
  EXPECT_EQ(notifier_->UnreadCount(acme).value(), 0);

  clock.Advance(24h * 89);
  ASSERT_THAT(notifier_->DropOld(), IsOk());
  EXPECT_THAT(Kinds(acme), SizeIs(10));
  clock.Advance(24h * 2);
  ASSERT_THAT(notifier_->DropOld(), IsOk());
  EXPECT_THAT(Kinds(acme), IsEmpty());
}

class DeliveryTest : public NotifierTest {
 protected:
  void Prepare() override {
    NotifierTest::Prepare();
    MakeShare("numbers", {});
    Look();
  }
  // Something that subscriptions to access_granted hear of.
  void Happen(const std::string& recipient = "acme") {
    GiveShare("numbers", recipient);
    Look();
  }
};

INSTANTIATE_TEST_SUITE_P(Each, DeliveryTest, db::testing::Drivers(), db::testing::DriverName);

TEST_P(DeliveryTest, AMessageGoesOutOnce) {
  Hook({Kind::kAccessGranted});
  Hook({Kind::kAccessRevoked}, "https://hooks.example/other");
  Happen();
  Deliver();
  Deliver();
  ASSERT_THAT(transport_.sent, SizeIs(1));
  EXPECT_EQ(transport_.sent[0].to, "https://hooks.example/x");
  EXPECT_THAT(transport_.sent[0].body, HasSubstr(R"("type":"access_granted")"));
  EXPECT_THAT(transport_.sent[0].key, SizeIs(32));
}

TEST_P(DeliveryTest, WhatFailsIsTriedAgainUnderTheSameId) {
  Hook({Kind::kAccessGranted});
  Happen();
  transport_.failing = true;
  Deliver();
  Deliver();
  ASSERT_THAT(transport_.failed, SizeIs(1)) << "not at once";
  Reopen();
  clock.Advance(3s);
  Deliver();
  ASSERT_THAT(transport_.failed, SizeIs(2));
  transport_.failing = false;
  clock.Advance(1h);
  Deliver();
  ASSERT_THAT(transport_.sent, SizeIs(1));
  EXPECT_EQ(transport_.sent[0].id, transport_.failed[0].id);
  EXPECT_EQ(transport_.failed[1].id, transport_.failed[0].id);
  clock.Advance(24h);
  Deliver();
  EXPECT_THAT(transport_.sent, SizeIs(1));
}

TEST_P(DeliveryTest, AfterADayItIsGivenUpAndTold) {
  Hook({Kind::kAccessGranted, Kind::kDeliveryFailed});
  Happen();
  transport_.failing = true;
  for (int i = 0; i < 40; ++i) {
    Deliver();
    clock.Advance(2h);
  }
  EXPECT_THAT(Kinds(root.principal), ElementsAre("delivery_failed"));
  EXPECT_LT(transport_.failed.size(), 15U);
  transport_.failing = false;
  Deliver();
  EXPECT_THAT(transport_.sent, IsEmpty()) << "nor a message about it";
}

TEST_P(DeliveryTest, OneDeadDestinationIsNotAskedForEachMessage) {
  Hook({Kind::kAccessGranted});
  Happen("acme");
  Happen("umbrella");
  transport_.failing = true;
  Deliver();
  EXPECT_THAT(transport_.failed, SizeIs(1));
}

TEST_P(DeliveryTest, SubscriptionsToOneShareOrRecipient) {
  const auto made =
      notifier_->CreateDestination({.display_name = "mail", .addresses = {{"ada@example.org"}}});
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->signing_key, "");
  const auto subscription = notifier_->Subscribe({.destination = made->destination.id,
                                                  .kinds = {Kind::kAccessGranted},
                                                  .recipient_id = RecipientId("umbrella")});
  ASSERT_THAT(subscription, IsOk());
  Happen("acme");
  Happen("umbrella");
  Deliver();
  ASSERT_THAT(transport_.sent, SizeIs(1));
  EXPECT_EQ(transport_.sent[0].to, "ada@example.org");
  EXPECT_THAT(transport_.sent[0].body, HasSubstr("umbrella"));
  ASSERT_THAT(notifier_->Unsubscribe(subscription->id), IsOk());
  EXPECT_THAT(notifier_->Unsubscribe(subscription->id), IsError(Code::kNotFound));
}

TEST_P(DeliveryTest, ADestinationGoesWithAllThatWaits) {
  const std::string id = Hook({Kind::kAccessGranted});
  Happen();
  ASSERT_THAT(notifier_->DeleteDestination(id), IsOk());
  Deliver();
  EXPECT_THAT(transport_.sent, IsEmpty());
  EXPECT_THAT(notifier_->DeleteDestination(id), IsError(Code::kNotFound));
  EXPECT_THAT(notifier_->Subscriptions().value(), IsEmpty());
}

TEST_P(DeliveryTest, SecretsAreSealed) {
  const auto made = notifier_->CreateDestination({.display_name = "hook",
                                                  .webhook = true,
                                                  .url = "https://hooks.example/secret-path",
                                                  .username = "ada",
                                                  .password = "secret-password"});
  ASSERT_THAT(made, IsOk());
  EXPECT_THAT(made->signing_key, HasSubstr("whsec_"));
  EXPECT_THAT(made->destination.webhook.text, ::testing::Not(HasSubstr("secret")));
  ASSERT_THAT(notifier_->UpdateDestination(made->destination.id,
                                           {.webhook = true, .url = "https://hooks.example/b"}),
              IsOk());
  ASSERT_THAT(notifier_->TestDestination(made->destination.id), IsOk());
  ASSERT_THAT(transport_.sent, SizeIs(1));
  EXPECT_EQ(transport_.sent[0].to, "https://hooks.example/b");
  EXPECT_THAT(transport_.sent[0].body, HasSubstr(R"("type":"test")"));
}

TEST_P(DeliveryTest, WhatIsNoDestination) {
  const auto refused = [&](const DestinationChange& wanted) {
    EXPECT_THAT(notifier_->CreateDestination(wanted), IsError(Code::kInvalidArgument));
  };
  refused({.display_name = "x"});
  refused({.addresses = {{"ada@example.org"}}});
  refused({.display_name = "x",
           .addresses = {{"ada@example.org"}},
           .webhook = true,
           .url = "https://h"});
  refused({.display_name = "x", .webhook = true});
  for (const std::string url : {"ftp://h/", "https://", "https:///x", "https://u:p@h/", "h", "",
                                "https://h/ x", "file:///etc/passwd"}) {
    refused({.display_name = "x", .webhook = true, .url = url});
  }
  for (const std::string address : {"", "ada", "@h", "ada@", "a@b@c", "a\r\nBcc: b@c", "<a@b>"}) {
    refused({.display_name = "x", .addresses = {{address}}});
  }
  EXPECT_THAT(notifier_->Subscribe({.destination = "none", .kinds = {Kind::kTableChanged}}),
              IsError(Code::kNotFound));
}

TEST(Backoff, GrowsUpToAnHourAndIsNeverTheSame) {
  SecureRandom random;
  for (int64_t attempts = 1; attempts < 40; ++attempts) {
    const Millis wait = Backoff(attempts, random);
    EXPECT_GE(wait, 1500ms);
    EXPECT_LE(wait, 75min);
    EXPECT_GE(wait, attempts > 7 ? Millis(45min) : Millis(0));
  }
}

}  // namespace
}  // namespace sluice::notify
