// Who read how much, what of it is out of the ordinary, and search.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "audit/file_log.h"
#include "audit/testing/events.h"
#include "audit/testing/temp_folder.h"
#include "base/testing/matchers.h"
#include "unity/testing/share_api.h"

namespace sluice::unity {
namespace {

using namespace std::chrono_literals;
using catalog::Kind;
using catalog::Privilege;
using sluice::testing::IsOk;
using testing::ApiAnswer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// ada owns the share retail; the recipients are root's.
class UsageRoutesTest : public ::testing::Test, protected testing::ShareApi {
 protected:
  UsageRoutesTest() {
    log_ = audit::FileLog::Open({.folder = folder_.log()}, clock, nullptr).value();
    book_ = audit::UsageBook::Open(folder_.log()).value();
    services_.usage = book_.get();
    MakeShare("retail", {{.name = "main.sales.orders"}});
  }
  void Append(const audit::Event& event) {
    ASSERT_THAT(log_->Append(event, audit::Sync::kNow), IsOk());
  }
  void Read(const std::string& recipient, const std::string& share, int64_t bytes, Millis ago = 0ms,
            const std::string& ip = "192.0.2.7") {
    audit::Event event =
        audit::testing::ReadEvent(recipient, share, "sales.orders", bytes, clock.Now() - ago);
    event.source_ip = ip;
    Append(event);
  }
  static std::string Total(const ApiAnswer& answer, std::string_view what) {
    const json::Value* totals = answer.body.as_object().if_contains("totals");
    return totals == nullptr ? answer.text : json::Serialize(totals->as_object().at(what));
  }
  // What is there has its names for longer than the log goes back.
  void GrowOld() { clock.Advance(60 * 24h); }
  std::vector<std::string> Rules(const catalog::Caller& who) {
    return Each(Get(who, "usage/findings"), "findings", "rule");
  }

  audit::testing::TempFolder folder_;
  std::unique_ptr<audit::FileLog> log_;
  std::unique_ptr<audit::UsageBook> book_;
};

TEST_F(UsageRoutesTest, TellsOfWhatOneOwns) {
  Read("acme", "retail", 10);
  Read("umbrella", "RETAIL", 20);
  Read("acme", "other", 400);
  EXPECT_EQ(Total(Get(root, "usage"), "bytes_read"), "430");
  EXPECT_EQ(Total(Get(ada, "usage"), "bytes_read"), "30");
  EXPECT_EQ(Total(Get(bob, "usage"), "bytes_read"), "0");
  // To ask for it by name tells no more.
  EXPECT_EQ(Total(Get(bob, "usage?share=retail"), "reads"), "0");
  EXPECT_EQ(Total(Get(ada, "usage?share=other"), "reads"), "0");
  EXPECT_THAT(Each(Get(ada, "usage?group_by=share"), "series", "share"), ElementsAre("retail"));
  EXPECT_THAT(Each(Get(root, "usage?group_by=share"), "series", "share"),
              ElementsAre("other", "retail"));
  // The owner of a recipient, of all that it reads.
  Alter(Kind::kRecipient, "acme", [&](catalog::Securable& one) { one.owner = bob.principal; });
  EXPECT_EQ(Total(Get(bob, "usage"), "bytes_read"), "410");
  EXPECT_THAT(Each(Get(bob, "usage?group_by=recipient"), "series", "recipient"),
              ElementsAre("acme"));
}

TEST_F(UsageRoutesTest, TellsWhoTakesANameNothingOfWhoHadIt) {
  GrowOld();
  Read("acme", "retail", 10, 2h);
  Read("acme", "retail", 20);
  EXPECT_EQ(Total(Get(ada, "usage"), "bytes_read"), "30");
  EXPECT_EQ(Total(Get(ada, "usage?share=retail&group_by=table"), "reads"), "2");
  clock.Advance(5min);
  ASSERT_THAT(catalog::DeleteShare(*catalog, ada, "retail"), IsOk());
  MakeShare("retail", {});
  EXPECT_EQ(Total(Get(ada, "usage"), "bytes_read"), "0");
  EXPECT_EQ(Get(ada, "usage?group_by=recipient").Text("series"), "[]");
  EXPECT_EQ(Total(Get(root, "usage"), "bytes_read"), "30");
  // In the same hour what was read before cannot be told from what came after; later it can.
  Read("acme", "retail", 40);
  EXPECT_EQ(Total(Get(ada, "usage"), "bytes_read"), "0");
  Read("umbrella", "retail", 80);
  EXPECT_EQ(Total(Get(ada, "usage"), "bytes_read"), "80");
  clock.Advance(1h);
  Read("acme", "retail", 160);
  EXPECT_EQ(Total(Get(ada, "usage"), "bytes_read"), "240");
}

TEST_F(UsageRoutesTest, TellsWhoRenamesAShareNothingOfWhoHadItsName) {
  GrowOld();
  MakeShare("mine", {});
  Alter(Kind::kShare, "retail", [&](catalog::Securable& one) { one.owner = root.principal; });
  clock.Advance(2h);
  Read("acme", "retail", 10);
  clock.Advance(2h);
  ASSERT_THAT(catalog::DeleteShare(*catalog, root, "retail"), IsOk());
  ASSERT_THAT(catalog::UpdateShare(*catalog, ada, "mine", {.new_name = "retail"}), IsOk());
  EXPECT_EQ(Total(Get(ada, "usage"), "bytes_read"), "0");
  clock.Advance(1h);
  Read("acme", "retail", 20);
  EXPECT_EQ(Total(Get(ada, "usage"), "bytes_read"), "20");
  // Another spelling is the same name.
  ASSERT_THAT(catalog::UpdateShare(*catalog, ada, "retail", {.new_name = "Retail"}), IsOk());
  EXPECT_EQ(Total(Get(ada, "usage"), "bytes_read"), "20");
}

TEST_F(UsageRoutesTest, FindsNothingInWhatAnotherRecipientOfTheNameDid) {
  GrowOld();
  for (int i = 0; i < 10; ++i) Append(audit::testing::DenialEvent("acme", 403, clock.Now()));
  Read("acme", "retail", 1);
  Read("acme", "retail", 1, 48h, "192.0.2.1");
  Erase(Kind::kRecipient, "acme");
  clock.Advance(1min);
  AddRecipient("acme");
  Alter(Kind::kRecipient, "acme", [&](catalog::Securable& one) { one.owner = bob.principal; });
  EXPECT_THAT(Rules(bob), IsEmpty());
  EXPECT_THAT(Rules(root), ElementsAre("refused_often", "new_address"));
}

TEST_F(UsageRoutesTest, CountsWithinTheTimeThatIsAskedFor) {
  Read("acme", "retail", 1);
  Read("acme", "retail", 2, 3h);
  Read("acme", "retail", 4, 8 * 24h);
  EXPECT_EQ(Total(Get(root, "usage"), "bytes_read"), "3");
  const int64_t now = ToUnixMillis(clock.Now());
  const auto since = [&](Millis ago, std::string_view bucket) {
    return Get(root, fmt::format("usage?bucket={}&start_time={}", bucket, now - ago.count()));
  };
  EXPECT_EQ(Total(since(0ms, "hour"), "bytes_read"), "1");
  EXPECT_EQ(Total(since(9 * 24h, "day"), "bytes_read"), "7");
  EXPECT_EQ(since(31 * 24h + 1h, "hour").status, 400);
  EXPECT_EQ(since(31 * 24h + 1h, "day").status, 200);
  EXPECT_EQ(since(-2h, "day").status, 400);
}

TEST_F(UsageRoutesTest, TimesHaveLimits) {
  for (const std::string_view bad :
       {"bucket=week", "group_by=owner", "start_time=-1", "start_time=x", "end_time=1.5",
        "start_time=0", "end_time=253402300800000", "end_time=9223372036854775807",
        "start_time=2&end_time=3600001&bucket=minute", "start_time=7200000&end_time=1"}) {
    EXPECT_EQ(Get(root, "usage?" + std::string(bad)).Text("error_code"), "INVALID_PARAMETER_VALUE")
        << bad;
  }
  // The week before the epoch is none.
  const ApiAnswer first = Get(root, "usage?end_time=0");
  EXPECT_EQ(first.Text("start_time"), "0") << first.text;
  EXPECT_EQ(first.Text("end_time"), "0");
  EXPECT_EQ(Get(root, "usage?end_time=3600000").Text("start_time"), "0");
  EXPECT_EQ(Get(root, "usage?end_time=253402300799999").status, 200);
}

TEST_F(UsageRoutesTest, WithoutALogThereIsNothingToCount) {
  services_.usage = nullptr;
  EXPECT_EQ(Get(root, "usage").status, 503);
  EXPECT_EQ(Get(root, "usage/findings").status, 503);
}

TEST_F(UsageRoutesTest, FindsRefusalsForWhoOwnsTheRecipient) {
  clock.Advance(1h);
  for (int i = 0; i < 9; ++i) Append(audit::testing::DenialEvent("acme", 403, clock.Now()));
  EXPECT_THAT(Rules(root), IsEmpty());
  Append(audit::testing::DenialEvent("acme", 403, clock.Now()));
  EXPECT_THAT(Rules(root), ElementsAre("refused_often"));
  // ada owns a share that acme was refused, not acme.
  EXPECT_THAT(Rules(ada), IsEmpty());
  Alter(Kind::kRecipient, "acme", [&](catalog::Securable& one) { one.owner = bob.principal; });
  EXPECT_THAT(Rules(bob), ElementsAre("refused_often"));
  // Few among many are usual: a fifth is not.
  for (int i = 0; i < 41; ++i) Read("acme", "retail", 1);
  EXPECT_THAT(Rules(bob), Not(::testing::Contains("refused_often")));
}

TEST_F(UsageRoutesTest, FindsNewAddressesButNotTheFirst) {
  Read("acme", "retail", 1);
  EXPECT_THAT(Rules(root), IsEmpty());
  Read("acme", "retail", 1, 48h, "192.0.2.1");
  const ApiAnswer found = Get(root, "usage/findings");
  EXPECT_THAT(Each(found, "findings", "address"), ElementsAre("192.0.2.7")) << found.text;
  EXPECT_THAT(Rules(ada), IsEmpty());
}

TEST_F(UsageRoutesTest, FindsMuchMoreThanUsual) {
  for (int day = 1; day <= 7; ++day) {
    for (int i = 0; i < 4; ++i) Read("acme", "retail", 10, day * 24h);
  }
  for (int i = 0; i < 19; ++i) Read("acme", "retail", 10);
  EXPECT_THAT(Rules(root), IsEmpty());
  Read("acme", "retail", 10);
  EXPECT_THAT(Rules(root), ElementsAre("read_much_more"));
  EXPECT_THAT(Rules(bob), IsEmpty());
}

TEST_F(UsageRoutesTest, FindsWhatNobodyReadsForItsOwner) {
  GiveShare("retail", "acme");
  Alter(Kind::kShare, "retail", [&](catalog::Securable& share) {
    share.As<catalog::Share>().objects[0].added_at = clock.Now();
  });
  EXPECT_THAT(Rules(ada), IsEmpty());
  clock.Advance(31 * 24h);
  const ApiAnswer found = Get(ada, "usage/findings");
  EXPECT_THAT(Each(found, "findings", "rule"), ElementsAre("unread_table"));
  EXPECT_THAT(Each(found, "findings", "table"), ElementsAre("sales.orders"));
  EXPECT_THAT(Rules(bob), IsEmpty());
  // In other letters it is the same table.
  audit::Event event = audit::testing::ReadEvent("acme", "Retail", "SALES.Orders", 1, clock.Now());
  Append(event);
  EXPECT_THAT(Rules(ada), IsEmpty());
}

// ---- search

TEST_F(UsageRoutesTest, SearchFindsWhatOneMaySee) {
  EXPECT_THAT(Each(Get(ada, "search?query=orders"), "results", "full_name"),
              ElementsAre("main.sales.orders", "other.sales.orders"));
  EXPECT_THAT(Each(Get(bob, "search?query=orders"), "results", "full_name"), IsEmpty());
  EXPECT_EQ(Get(bob, "search?query=orders").text, Get(bob, "search?query=no.such.thing").text);
  EXPECT_THAT(Each(Get(ada, "search?query=acme"), "results", "full_name"), IsEmpty());
  EXPECT_THAT(Each(Get(root, "search?query=acme"), "results", "securable_type"),
              ElementsAre("recipient"));
}

TEST_F(UsageRoutesTest, SearchKeepsToKinds) {
  EXPECT_THAT(Each(Get(root, "search?query=sales&types=schema"), "results", "full_name"),
              UnorderedElementsAre("main.sales", "other.sales"));
  EXPECT_THAT(Each(Get(root, "search?query=retail&types=share,TABLE"), "results", "full_name"),
              ElementsAre("retail"));
  EXPECT_EQ(Get(root, "search?query=x&types=poem").status, 400);
  EXPECT_EQ(Get(root, "search?query=x&types=,").status, 400);
}

TEST_F(UsageRoutesTest, SearchComesInPagesAndHasLimits) {
  const ApiAnswer first = Get(root, "search?query=orders&max_results=1");
  EXPECT_THAT(Each(first, "results", "full_name"), ElementsAre("main.sales.orders"));
  const std::string behind = "&page_token=" + first.Text("next_page_token");
  const ApiAnswer second = Get(root, "search?query=orders&max_results=1" + behind);
  EXPECT_THAT(Each(second, "results", "full_name"), ElementsAre("other.sales.orders"));
  EXPECT_EQ(second.Text("next_page_token"), "(none)");
  EXPECT_EQ(Get(root, "search?query=order" + behind).status, 400);
  // A token counts what its holder sees.
  EXPECT_THAT(Each(Get(bob, "search?query=orders" + behind), "results", "full_name"), IsEmpty());
  for (const std::string& bad : {std::string("search"), std::string("search?query="),
                                 "search?query=" + std::string(256, 'x')}) {
    EXPECT_EQ(Get(root, bad).Text("error_code"), "INVALID_PARAMETER_VALUE") << bad.substr(0, 20);
  }
  EXPECT_EQ(Get(root, "search?query=" + std::string(255, 'x')).text, R"({"results":[]})");
  EXPECT_EQ(Get(root, "search?query=%20%09").text, R"({"results":[]})");
}

}  // namespace
}  // namespace sluice::unity
