// What a console shows of tables, what recipients get, and their own side of it.
#include <gmock/gmock.h>

#include "base/testing/matchers.h"
#include "unity/testing/share_api.h"

namespace sluice::unity {
namespace {

using catalog::Kind;
using catalog::Privilege;
using delta::testing::AddLine;
using delta::testing::RemoveLine;
using testing::ApiAnswer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Three versions of main.sales.orders, each with one more file than the one before.
class InsightRoutes : public ::testing::Test, protected testing::ShareApi {
 protected:
  InsightRoutes() {
    table_.Start({AddLine("a", 1)});
    table_.Commit(1, {AddLine("b", 2)});
    table_.Commit(2, {AddLine("c", 3)});
    Place("main.sales.orders", table_);
  }
  ApiAnswer Orders(const catalog::Caller& who, std::string_view what) {
    return Get(who, "tables/main.sales.orders/" + std::string(what));
  }

  delta::testing::TestTable table_;
};

using Versions = std::vector<std::string>;

TEST_F(InsightRoutes, WhoMayNotSeeATableIsToldThatThereIsNone) {
  for (const std::string_view what : {"versions", "statistics", "partitions", "sample", "shares"}) {
    const ApiAnswer answer = Orders(bob, what);
    EXPECT_EQ(answer.status, 404) << what << answer.text;
    EXPECT_EQ(answer.Text("error_code"), "TABLE_DOES_NOT_EXIST");
    // The same words as of one that nobody ever made.
    std::string never = Get(bob, "tables/main.sales.never/" + std::string(what)).text;
    never.replace(never.find("never"), 5, "orders");
    EXPECT_EQ(answer.text, never);
  }
}

TEST_F(InsightRoutes, MetadataIsForWhoSeesATableAndDataForWhoReadsIt) {
  GrantTo(bob, Privilege::kUseCatalog, Kind::kCatalog, "main");
  GrantTo(bob, Privilege::kUseSchema, Kind::kSchema, "main.sales");
  GrantTo(bob, Privilege::kModify, Kind::kTable, "main.sales.orders");
  EXPECT_EQ(Orders(bob, "versions").status, 200);
  EXPECT_EQ(Orders(bob, "shares").status, 200);
  for (const std::string_view what : {"statistics", "partitions", "sample"}) {
    const ApiAnswer answer = Orders(bob, what);
    EXPECT_EQ(answer.status, 403) << what << answer.text;
    EXPECT_THAT(answer.Text("message"), HasSubstr("SELECT"));
  }
  GrantTo(bob, Privilege::kSelect, Kind::kTable, "main.sales.orders");
  EXPECT_EQ(Orders(bob, "statistics").status, 200);
}

TEST_F(InsightRoutes, VersionsComeInPagesTheNewestFirst) {
  const ApiAnswer first = Orders(ada, "versions?max_results=2");
  EXPECT_EQ(Each(first, "versions", "version"), (Versions{"2", "1"}));
  EXPECT_EQ(first.Text("latest_version"), "2");
  const std::string behind = "page_token=" + first.Text("next_page_token");
  // What comes meanwhile shifts nothing.
  table_.Commit(3, {RemoveLine("a")});
  const ApiAnswer second = Orders(ada, "versions?max_results=2&" + behind);
  EXPECT_EQ(Each(second, "versions", "version"), (Versions{"0"}));
  EXPECT_EQ(second.Text("next_page_token"), "(none)");
  EXPECT_EQ(Each(Orders(ada, "versions"), "versions", "num_removed_files"),
            (Versions{"1", "0", "0", "0"}));
  // A token is for its list.
  EXPECT_EQ(Orders(ada, "partitions?" + behind).status, 400);
  EXPECT_EQ(Get(ada, "tables/main.sales.customers/versions?" + behind).status, 400);
}

TEST_F(InsightRoutes, StatisticsOfAnyVersion) {
  const ApiAnswer now = Orders(ada, "statistics");
  EXPECT_EQ(now.Text("version"), "2");
  EXPECT_EQ(now.Text("num_files"), "3");
  EXPECT_EQ(now.Text("size_bytes"), "6");
  EXPECT_EQ(now.Text("num_records"), "30");
  const ApiAnswer before = Orders(ada, "statistics?version=0");
  EXPECT_EQ(before.Text("num_files"), "1");
  EXPECT_EQ(before.Text("columns_truncated"), "false");
  EXPECT_EQ(Orders(ada, "statistics?version=").Text("version"), "2");
}

TEST_F(InsightRoutes, APageOfPartitionsStaysAtItsVersion) {
  EXPECT_EQ(Each(Orders(ada, "partitions"), "partitions", "num_files"), (Versions{"3"}));
  EXPECT_EQ(Orders(ada, "partitions?version=1").Text("version"), "1");
  EXPECT_EQ(Each(Orders(ada, "partitions?version=1"), "partitions", "num_files"), (Versions{"2"}));
}

TEST_F(InsightRoutes, RefuseWhatIsNoNumber) {
  for (const std::string_view bad :
       {"statistics?version=-1", "statistics?version=1.0", "statistics?version=99",
        "statistics?version=9223372036854775808", "partitions?version=x", "sample?version=+1",
        "sample?limit=1001", "sample?limit=-1", "sample?limit=", "versions?max_results=-1",
        "versions?page_token=AAAA", "sample?columns=[1]", "sample?columns=["}) {
    const ApiAnswer answer = Orders(ada, bad);
    EXPECT_EQ(answer.status, 400) << bad << answer.text;
    EXPECT_EQ(answer.Text("error_code"), "INVALID_PARAMETER_VALUE") << bad << answer.text;
  }
  EXPECT_THAT(Orders(ada, "sample?columns=" + std::string(10'001, ',')).text,
              HasSubstr("Too many columns"));
  // Nothing shows rows here: what is refused above is refused before.
  EXPECT_THAT(Orders(ada, "sample?columns=a,b").text, HasSubstr("shows no rows"));
}

TEST_F(InsightRoutes, ABrokenTableIsNoFaultOfTheServer) {
  table_.RemoveCommit(0);
  const ApiAnswer broken = Orders(ada, "statistics");
  EXPECT_EQ(broken.status, 422) << broken.text;
  const delta::testing::TestTable none;
  Place("main.sales.orders", none);
  for (const std::string_view what : {"versions", "statistics", "partitions"}) {
    const ApiAnswer answer = Orders(ada, what);
    EXPECT_EQ(answer.status, 422) << answer.text;
    EXPECT_THAT(answer.text, Not(HasSubstr(none.location())));
  }
}

// ---- the shares of a table

TEST_F(InsightRoutes, TheSharesOfATableAndOnlyThoseOneSees) {
  MakeShare("retail", {{.name = "main.sales.orders", .shared_as = "shop.all", .history = true}});
  MakeShare("whole", {{.name = "main.sales", .type = "SCHEMA"}});
  GiveShare("retail", "acme");
  GiveShare("retail", "umbrella", clock.Now() + std::chrono::hours(1));
  const ApiAnswer told = Orders(root, "shares");
  EXPECT_THAT(Each(told, "shares", "shared_as"), ElementsAre("shop.all", "sales.orders"));
  EXPECT_THAT(Each(told, "shares", "shared_through"), ElementsAre("TABLE", "SCHEMA"));
  EXPECT_THAT(Each(told, "shares", "num_recipients"), ElementsAre("2", "0"));
  EXPECT_THAT(Each(told, "shares", "recipients"), ElementsAre(R"(["acme","umbrella"])", "[]"));
  // ada owns the shares, and may see no recipient.
  EXPECT_THAT(Each(Orders(ada, "shares"), "shares", "recipients"), ElementsAre("[]", "[]"));
  clock.Advance(std::chrono::hours(1));
  EXPECT_THAT(Each(Orders(root, "shares"), "shares", "num_recipients"), ElementsAre("1", "0"));
  TakeAll(ada, Kind::kCatalog, "main");
  EXPECT_THAT(Each(Orders(root, "shares"), "shares", "status"),
              ElementsAre("PERMISSION_DENIED", "PERMISSION_DENIED"));
  // bob reads the table, and no share is his.
  for (const auto one : {Privilege::kUseCatalog, Privilege::kUseSchema, Privilege::kSelect}) {
    GrantTo(bob, one, Kind::kCatalog, "main");
  }
  EXPECT_THAT(Each(Orders(bob, "shares"), "shares", "share"), IsEmpty());
}

// ---- what a recipient gets, as others see it

class SeeAs : public InsightRoutes {
 protected:
  SeeAs() {
    MakeShare("retail", {{.name = "main.sales.orders"}, {.name = "main.hr.people"}});
    GiveShare("retail", "acme");
  }
  const std::string preview_ = "recipients/acme/tables/retail.sales.orders/preview";
};

TEST_F(SeeAs, NeedsTheRightToSeeARecipientsGrants) {
  EXPECT_EQ(Get(bob, "recipients/acme/tables").Text("error_code"), "RECIPIENT_DOES_NOT_EXIST");
  EXPECT_EQ(Get(bob, preview_).Text("error_code"), "RECIPIENT_DOES_NOT_EXIST");
  EXPECT_EQ(Get(root, "recipients/nobody/tables").status, 404);
  EXPECT_THAT(Each(Get(root, "recipients/ACME/tables"), "tables", "table"),
              ElementsAre("people", "orders"));
  EXPECT_THAT(Each(Get(root, "recipients/umbrella/tables"), "tables", "table"), IsEmpty());
}

TEST_F(SeeAs, WhoMayNotSeeATableIsNotToldItsName) {
  Alter(Kind::kRecipient, "acme", [&](catalog::Securable& one) { one.owner = bob.principal; });
  const ApiAnswer tables = Get(bob, "recipients/acme/tables");
  EXPECT_THAT(Each(tables, "tables", "table"), ElementsAre("people", "orders"));
  EXPECT_THAT(Each(tables, "tables", "full_name"), ElementsAre("(none)", "(none)"));
  const ApiAnswer rows = Get(bob, preview_);
  EXPECT_EQ(rows.status, 403);
  EXPECT_THAT(rows.text, Not(HasSubstr("main")));
  // Sees it, and may not read it: he is told what is missing.
  GrantTo(bob, Privilege::kUseCatalog, Kind::kCatalog, "main");
  GrantTo(bob, Privilege::kUseSchema, Kind::kSchema, "main.sales");
  GrantTo(bob, Privilege::kModify, Kind::kTable, "main.sales.orders");
  EXPECT_THAT(Get(bob, preview_).text, HasSubstr("SELECT"));
  EXPECT_THAT(Each(Get(bob, "recipients/acme/tables"), "tables", "full_name"),
              ElementsAre("(none)", "main.sales.orders"));
}

TEST_F(SeeAs, ComesInPages) {
  const ApiAnswer first = Get(root, "recipients/acme/tables?max_results=1");
  EXPECT_THAT(Each(first, "tables", "table"), ElementsAre("people"));
  const std::string behind = "tables?max_results=1&page_token=" + first.Text("next_page_token");
  const ApiAnswer second = Get(root, "recipients/acme/" + behind);
  EXPECT_THAT(Each(second, "tables", "table"), ElementsAre("orders"));
  EXPECT_EQ(second.Text("next_page_token"), "(none)");
  EXPECT_EQ(Get(root, "recipients/umbrella/" + behind).status, 400);
}

TEST_F(SeeAs, TellsWhatTheRecipientWouldBeRefused) {
  TakeAll(ada, Kind::kCatalog, "main");
  const ApiAnswer tables = Get(root, "recipients/acme/tables");
  EXPECT_THAT(Each(tables, "tables", "status"),
              ElementsAre("PERMISSION_DENIED", "PERMISSION_DENIED"));
  Alter(Kind::kTable, "main.sales.orders",
        [&](catalog::Securable& one) { one.owner = root.principal; });
  EXPECT_EQ(Get(root, preview_).status, 403);
  EXPECT_EQ(Get(root, "recipients/acme/tables/retail.sales.nothing/preview").status, 404);
  EXPECT_EQ(Get(root, "recipients/acme/tables/retail.sales/preview").status, 400);
  EXPECT_EQ(Get(root, preview_ + "?limit=1001").status, 400);
}

TEST_F(SeeAs, FilesAreToldWhereRowsCannotBe) {
  for (const auto one : {Privilege::kUseCatalog, Privilege::kUseSchema, Privilege::kSelect}) {
    GrantTo(root, one, Kind::kCatalog, "main");
  }
  const ApiAnswer told = Get(root, preview_);
  EXPECT_EQ(told.status, 200) << told.text;
  EXPECT_EQ(told.Text("num_files"), "3");
  EXPECT_THAT(Each(told, "files", "size"), ElementsAre("1", "2", "3"));
  EXPECT_EQ(told.Text("sample_error"), "This server shows no rows.");
  EXPECT_THAT(told.Text("sample"), HasSubstr(R"("rows":[])"));
}

TEST_F(SeeAs, AnEndedGrantGivesNothing) {
  GiveShare("retail", "umbrella", clock.Now() + std::chrono::hours(1));
  EXPECT_THAT(Each(Get(root, "recipients/umbrella/tables"), "tables", "expiration_time"),
              ElementsAre("1700003600000", "1700003600000"));
  clock.Advance(std::chrono::hours(1));
  EXPECT_THAT(Each(Get(root, "recipients/umbrella/tables"), "tables", "table"), IsEmpty());
  EXPECT_EQ(Get(root, "recipients/umbrella/tables/retail.sales.orders/preview").status, 404);
}

// ---- the recipient's own side

TEST_F(SeeAs, ARecipientSeesItselfAndNothingOfTheProvider) {
  const ApiAnswer home = GetAs("acme", "recipient/home");
  EXPECT_EQ(home.text,
            R"({"name":"acme","tokens":[],"num_shares":1,"num_tables":2,"ending_shares":[]})");
  EXPECT_EQ(GetAs("umbrella", "recipient/home").Text("num_tables"), "0");
  // A user that came past the router's check has no such page.
  EXPECT_EQ(Get(root, "recipient/home").status, 403);
  EXPECT_EQ(As("recipient:gone", net::Method::kGet, "/2.1/sluice/recipient/home").status, 403);
}

TEST_F(SeeAs, ARecipientSeesWhichSharesEnd) {
  GiveShare("retail", "umbrella", clock.Now() + std::chrono::hours(1));
  EXPECT_EQ(GetAs("umbrella", "recipient/home").Text("ending_shares"),
            R"([{"share":"retail","expiration_time":1700003600000}])");
  clock.Advance(std::chrono::hours(1));
  EXPECT_EQ(GetAs("umbrella", "recipient/home").Text("ending_shares"), "[]");
}

TEST_F(SeeAs, ARecipientsTokensAreThoseThatWork) {
  Alter(Kind::kRecipient, "acme", [&](catalog::Securable& recipient) {
    auto& tokens = recipient.As<catalog::Recipient>().tokens;
    tokens.push_back({.id = "unopened"});
    tokens.push_back({.id = "ended", .expires_at = clock.Now()});
    tokens.back().hash = crypto::Sha256("e");
    tokens.push_back({.id = "works", .expires_at = clock.Now() + std::chrono::seconds(1)});
    tokens.back().hash = crypto::Sha256("w");
  });
  const ApiAnswer home = GetAs("acme", "recipient/home");
  EXPECT_THAT(Each(home, "tokens", "expiration_time"), ElementsAre("1700000001000"));
  EXPECT_THAT(home.text, Not(HasSubstr("works")));
}

TEST_F(SeeAs, WhatIsNotGrantedDoesNotExistForARecipient) {
  for (const std::string_view what : {"sample", "versions"}) {
    const std::string path = "recipient/tables/retail.sales.orders/" + std::string(what);
    EXPECT_EQ(GetAs("umbrella", path).status, 404) << what;
    EXPECT_EQ(GetAs("acme", "recipient/tables/retail.sales.no/" + std::string(what)).status, 404);
    EXPECT_EQ(GetAs("acme", "recipient/tables/retail.sales/" + std::string(what)).status, 400);
    EXPECT_EQ(GetAs("acme", path + "?limit=x&max_results=x").status, 400);
  }
}

TEST_F(SeeAs, WithoutHistoryOnlyTheVersionOfNow) {
  const ApiAnswer told = GetAs("acme", "recipient/tables/retail.sales.orders/versions");
  EXPECT_EQ(told.Text("history_shared"), "false");
  EXPECT_THAT(Each(told, "versions", "version"), ElementsAre("2"));
}

TEST_F(SeeAs, HistoryBeginsWhereItIsShared) {
  Alter(Kind::kShare, "retail", [&](catalog::Securable& share) {
    for (auto& object : share.As<catalog::Share>().objects) {
      object.history = true;
      object.start_version = 1;
    }
  });
  const std::string path = "recipient/tables/retail.sales.orders/versions";
  EXPECT_THAT(Each(GetAs("acme", path), "versions", "version"), ElementsAre("2", "1"));
  const ApiAnswer first = GetAs("acme", path + "?max_results=1");
  EXPECT_THAT(Each(first, "versions", "version"), ElementsAre("2"));
  const ApiAnswer second =
      GetAs("acme", path + "?max_results=1&page_token=" + first.Text("next_page_token"));
  EXPECT_THAT(Each(second, "versions", "version"), ElementsAre("1"));
  EXPECT_EQ(second.Text("next_page_token"), "(none)");
}

TEST_F(SeeAs, AServerThatSharesNothingShowsNothing) {
  services_.sharing = nullptr;
  EXPECT_THAT(Get(root, "recipients/acme/tables").text, HasSubstr("does not show"));
  EXPECT_THAT(Get(root, preview_).text, HasSubstr("does not show"));
  EXPECT_THAT(GetAs("acme", "recipient/home").text, HasSubstr("does not show"));
  EXPECT_THAT(GetAs("acme", "recipient/tables/retail.sales.orders/sample").text,
              HasSubstr("does not show"));
}

}  // namespace
}  // namespace sluice::unity
