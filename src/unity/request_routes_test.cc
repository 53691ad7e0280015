// Asking and answering over REST.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/testing/matchers.h"
#include "unity/testing/share_api.h"

namespace sluice::unity {
namespace {

using catalog::Kind;
using catalog::Privilege;
using testing::ApiAnswer;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::string_view kForTable =
    R"({"kind":"access","securable_type":"table","full_name":"main.sales.orders",)"
    R"("privileges":["SELECT"],"comment":"please"})";

class RequestRoutes : public ::testing::Test, protected testing::ShareApi {
 protected:
  ApiAnswer Ask(std::string_view body) { return Post(ada, "requests", std::string(body)); }
  ApiAnswer AskAs(std::string_view recipient, std::string_view body) {
    return PostAs(recipient, "requests", std::string(body));
  }
  ApiAnswer Reply(const catalog::Caller& who, const std::string& id, std::string_view body) {
    return Call(who, net::Method::kPatch, "/2.1/sluice/requests/" + id, std::string(body));
  }
};

TEST_F(RequestRoutes, AreForWhoAskedAndWhoMayAnswer) {
  const ApiAnswer made = Ask(kForTable);
  ASSERT_EQ(made.status, 200) << made.text;
  EXPECT_EQ(made.Text("asked_by"), "ada@example.org");
  EXPECT_EQ(made.Text("full_name"), "main.sales.orders");
  EXPECT_EQ(made.Text("privileges"), R"(["SELECT"])");
  EXPECT_EQ(made.Text("may_answer"), "false");
  const std::string id = made.Text("id");
  EXPECT_EQ(Get(ada, "requests/" + id).text, made.text);
  EXPECT_EQ(Get(root, "requests/" + id).Text("may_answer"), "true");
  // Others are told the same as of one that never was.
  const ApiAnswer unseen = Get(bob, "requests/" + id);
  EXPECT_EQ(unseen.status, 404);
  std::string never = Get(bob, "requests/never").text;
  never.replace(never.find("never"), 5, id);
  EXPECT_EQ(unseen.text, never);
  EXPECT_EQ(Reply(bob, id, R"({"status":"DENIED"})").status, 404);
  EXPECT_EQ(GetAs("acme", "requests/" + id).status, 404);
  EXPECT_THAT(Each(Get(bob, "requests"), "requests", "id"), IsEmpty());
  EXPECT_THAT(Each(GetAs("acme", "requests"), "requests", "id"), IsEmpty());
}

TEST_F(RequestRoutes, NameNothingThatWhoAsksMayNotSee) {
  const ApiAnswer unseen = Post(bob, "requests", std::string(kForTable));
  EXPECT_EQ(unseen.status, 404);
  EXPECT_EQ(unseen.Text("error_code"), "TABLE_DOES_NOT_EXIST");
  const std::string id = Ask(kForTable).Text("id");
  // Lost sight of since: what it is called by now is not told.
  TakeAll(ada, Kind::kCatalog, "main");
  Alter(Kind::kTable, "main.sales.orders", [](auto& table) { table.name = "secret"; });
  EXPECT_EQ(Get(ada, "requests/" + id).Text("full_name"), "(none)");
  EXPECT_THAT(Get(ada, "requests").text, Not(HasSubstr("secret")));
  EXPECT_EQ(Get(root, "requests/" + id).Text("full_name"), "main.sales.secret");
}

TEST_F(RequestRoutes, OfRecipientsSayNothingOfWhatIsThere) {
  MakeShare("retail", {{.name = "main.sales.orders"}});
  constexpr std::string_view kBody = R"({{"kind":"access","share":"{}","comment":"c"}})";
  ApiAnswer there = AskAs("acme", fmt::format(kBody, "retail"));
  ApiAnswer none = AskAs("acme", fmt::format(kBody, "nothing"));
  ASSERT_EQ(there.status, 200) << there.text;
  for (const char* const name : {"id", "share"}) {
    there.body.as_object().erase(name);
    none.body.as_object().erase(name);
  }
  EXPECT_EQ(there.body, none.body);
  // ada owns the share, and answers for that one alone.
  EXPECT_THAT(Each(Get(ada, "requests"), "requests", "share"), ElementsAre("retail"));
  EXPECT_THAT(Each(Get(root, "requests"), "requests", "share"), SizeIs(2));
  EXPECT_THAT(Each(Get(root, "requests?mine=true"), "requests", "share"), IsEmpty());
}

TEST_F(RequestRoutes, ARecipientIsNotToldWhoAnswered) {
  MakeShare("retail", {{.name = "main.sales.orders"}});
  const std::string id = AskAs("acme", R"({"kind":"access","share":"retail"})").Text("id");
  const ApiAnswer given = Reply(root, id, R"({"status":"APPROVED","grant":true,"answer":"yes"})");
  ASSERT_EQ(given.status, 200) << given.text;
  EXPECT_EQ(given.Text("answered_by"), "root@example.org");
  const ApiAnswer told = GetAs("acme", "requests/" + id);
  EXPECT_EQ(told.Text("status"), "APPROVED");
  EXPECT_EQ(told.Text("granted"), "true");
  EXPECT_THAT(told.text, Not(HasSubstr("root")));
  EXPECT_EQ(GetAs("acme", "recipient/home").Text("num_shares"), "1");
  EXPECT_EQ(Reply(root, id, R"({"status":"DENIED"})").status, 409);
}

TEST_F(RequestRoutes, AGrantThatFailsAnswersNothing) {
  MakeShare("retail", {{.name = "main.sales.orders"}});
  const std::string id = AskAs("acme", R"({"kind":"access","share":"retail"})").Text("id");
  // ada may give the share away, but not to a recipient that is not hers.
  const ApiAnswer refused = Reply(ada, id, R"({"status":"APPROVED","grant":true})");
  EXPECT_THAT(refused.status, ::testing::AnyOf(403, 404)) << refused.text;
  EXPECT_EQ(Get(root, "requests/" + id).Text("status"), "OPEN");
}

TEST_F(RequestRoutes, WhoAskedClosesAndNoMore) {
  const std::string id = Ask(kForTable).Text("id");
  EXPECT_EQ(Reply(ada, id, R"({"status":"APPROVED"})").status, 403);
  EXPECT_EQ(Reply(ada, id, R"({"status":"APPROVED","grant":true})").status, 403);
  for (const std::string_view bad :
       {R"({"status":"OPEN"})", R"({"status":"closed"})", R"({})", R"({"status":7})",
        R"({"status":"DENIED","grant":true})", R"({"status":"CLOSED","grant":"yes"})"}) {
    EXPECT_EQ(Reply(ada, id, bad).status, 400) << bad;
  }
  const std::string long_answer(2001, 'a');
  EXPECT_EQ(Reply(root, id, R"({"status":"DENIED","answer":")" + long_answer + "\"}").status, 400);
  EXPECT_EQ(Reply(ada, id, R"({"status":"CLOSED"})").Text("status"), "CLOSED");
  EXPECT_THAT(Each(Get(ada, "requests?status=OPEN"), "requests", "id"), IsEmpty());
  EXPECT_THAT(Each(Get(ada, "requests?status=CLOSED"), "requests", "id"), ElementsAre(id));
}

TEST_F(RequestRoutes, AreCheckedForWhoAsks) {
  for (const std::string_view bad :
       {R"({})", R"({"kind":"wish"})", R"({"kind":"access"})",
        R"({"kind":"access","securable_type":"table","full_name":"main.sales.orders"})",
        R"({"kind":"access","securable_type":"table","full_name":"main.sales.orders",)"
        R"("privileges":["CREATE_SHARE"]})",
        R"({"kind":"access","securable_type":"poem","full_name":"x"})",
        R"({"kind":"access","share":"retail"})", R"({"kind":"renewal"})",
        R"({"kind":"feedback"})"}) {
    EXPECT_EQ(Ask(bad).Text("error_code"), "INVALID_PARAMETER_VALUE") << bad;
  }
  for (const std::string_view bad : std::initializer_list<std::string_view>{
           R"({"kind":"access"})", R"({"kind":"feedback"})", kForTable,
           R"({"kind":"access","share":"s","privileges":["SELECT"]})"}) {
    EXPECT_EQ(AskAs("acme", bad).Text("error_code"), "INVALID_PARAMETER_VALUE") << bad;
  }
  const std::string long_name(256, 's');
  EXPECT_EQ(AskAs("acme", R"({"kind":"access","share":")" + long_name + "\"}").status, 400);
  // Characters are counted, not bytes.
  std::string words;
  for (int i = 0; i < 200; ++i) words += "ä";
  constexpr std::string_view kBody = R"({{"kind":"access","share":"s","comment":"{}"}})";
  EXPECT_EQ(AskAs("acme", fmt::format(kBody, words)).status, 200);
  EXPECT_EQ(AskAs("acme", fmt::format(kBody, words + "ä")).status, 400);
}

TEST_F(RequestRoutes, OfOneAskerAreBounded) {
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(AskAs("acme", R"({"kind":"feedback","comment":"c"})").status, 200);
  }
  const ApiAnswer more = AskAs("acme", R"({"kind":"feedback","comment":"c"})");
  EXPECT_EQ(more.status, 400);
  EXPECT_EQ(more.Text("error_code"), "QUOTA_EXCEEDED");
  EXPECT_EQ(AskAs("umbrella", R"({"kind":"feedback","comment":"c"})").status, 200);
  // A privilege that is named often is asked for once.
  std::string names = R"("SELECT")";
  for (int i = 0; i < 1000; ++i) names += R"(,"select")";
  const ApiAnswer made = Ask(
      fmt::format(R"({{"kind":"access","securable_type":"table","full_name":"main.sales.orders",)"
                  R"("privileges":[{}]}})",
                  names));
  EXPECT_EQ(made.Text("privileges"), R"(["SELECT"])") << made.text;
}

TEST_F(RequestRoutes, ComeInPagesTheNewestFirst) {
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(AskAs("acme", R"({"kind":"feedback","comment":"c"})").Text("id"));
    clock.Advance(std::chrono::seconds(1));
  }
  const ApiAnswer first = GetAs("acme", "requests?max_results=2");
  EXPECT_THAT(Each(first, "requests", "id"), ElementsAre(ids[2], ids[1]));
  const std::string behind = "page_token=" + first.Text("next_page_token");
  const ApiAnswer second = GetAs("acme", "requests?max_results=2&" + behind);
  EXPECT_THAT(Each(second, "requests", "id"), ElementsAre(ids[0]));
  EXPECT_EQ(second.Text("next_page_token"), "(none)");
  EXPECT_EQ(GetAs("acme", "requests?status=OPEN&" + behind).status, 400);
  // Another who takes the token sees nothing of others for it.
  EXPECT_THAT(Each(GetAs("umbrella", "requests?" + behind), "requests", "id"), IsEmpty());
  EXPECT_EQ(GetAs("acme", "requests?status=open").status, 400);
  EXPECT_EQ(GetAs("acme", "requests?mine=yes").status, 400);
}

TEST_F(RequestRoutes, OutliveWhoAsked) {
  AskAs("acme", R"({"kind":"renewal"})");
  Erase(Kind::kRecipient, "acme");
  EXPECT_THAT(Each(Get(root, "requests"), "requests", "asked_by"), Not(Contains("")));
}

}  // namespace
}  // namespace sluice::unity
