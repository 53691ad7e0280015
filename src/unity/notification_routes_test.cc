// Inboxes, and where notifications are sent, over REST.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "audit/testing/temp_folder.h"
#include "base/testing/matchers.h"
#include "notify/notifier.h"
#include "notify/testing/fake_transport.h"
#include "unity/testing/share_api.h"

namespace sluice::unity {
namespace {

using catalog::Kind;
using sluice::testing::IsOk;
using testing::ApiAnswer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class NotificationRoutes : public ::testing::Test, protected testing::ShareApi {
 protected:
  NotificationRoutes() {
    std::filesystem::create_directories(folder_.log());
    database_ = db::Database::Open(folder_.log() + "/sluice.db").value();
    EXPECT_THAT(database_->Migrate(notify::Migrations()), IsOk());
    const auto look = [](const std::string&) -> Result<notify::TableLook> {
      return Fail(Code::kUnavailable, "off");
    };
    notifier_ = notify::Notifier::Open(*database_, *catalog, transport_, look, {}).value();
    EXPECT_THAT(notifier_->CompareCatalog(), IsOk());
    services_.notifier = notifier_.get();
  }
  // acme gets this many shares, and a notification of each.
  void Give(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string name = "s" + std::to_string(i);
      MakeShare(name, {{.name = "main.sales.orders"}});
      GiveShare(name, "acme");
    }
    ASSERT_THAT(notifier_->CompareCatalog(), IsOk());
  }
  ApiAnswer Destinations(const catalog::Caller& who, net::Method method, std::string body = {},
                         const std::string& id = {}) {
    return Call(who, method, "/2.0/notification-destinations" + (id.empty() ? "" : "/" + id),
                std::move(body));
  }
  std::string Hook() {
    const ApiAnswer made = Destinations(root, net::Method::kPost, std::string(kHook));
    EXPECT_EQ(made.status, 200) << made.text;
    return made.Text("id");
  }

  static constexpr std::string_view kHook =
      R"({"display_name":"ops","config":{"generic_webhook":{"url":"https://hooks.example/s3cret",)"
      R"("username":"u5er","password":"p4ss"}}})";

  audit::testing::TempFolder folder_;
  notify::testing::FakeTransport transport_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<notify::Notifier> notifier_;
};

TEST_F(NotificationRoutes, AnInboxIsForItsHolder) {
  Give(2);
  const ApiAnswer inbox = GetAs("acme", "notifications");
  EXPECT_EQ(inbox.Text("unread_count"), "2");
  EXPECT_THAT(Each(inbox, "notifications", "kind"),
              ElementsAre("access_granted", "access_granted"));
  EXPECT_THAT(Each(inbox, "notifications", "read"), ElementsAre("false", "false"));
  EXPECT_EQ(GetAs("umbrella", "notifications").text, R"({"unread_count":0,"notifications":[]})");
  EXPECT_THAT(Each(Get(bob, "notifications"), "notifications", "id"), IsEmpty());
  // What is another's stays unread, and nothing tells that it is there.
  const std::string id = Each(inbox, "notifications", "id").at(0);
  EXPECT_EQ(PostAs("umbrella", "notifications/read", R"({"ids":[")" + id + "\"]}").text,
            R"({"unread_count":0})");
  EXPECT_EQ(PostAs("umbrella", "notifications/read", R"({"all":true})").status, 200);
  EXPECT_EQ(GetAs("acme", "notifications").Text("unread_count"), "2");
  EXPECT_EQ(PostAs("acme", "notifications/read", R"({"ids":[")" + id + "\"]}").text,
            R"({"unread_count":1})");
  EXPECT_THAT(Each(GetAs("acme", "notifications?unread=true"), "notifications", "id"), SizeIs(1));
  EXPECT_EQ(PostAs("acme", "notifications/read", R"({"all":true})").text, R"({"unread_count":0})");
}

TEST_F(NotificationRoutes, AnInboxComesInPages) {
  Give(3);
  const ApiAnswer first = GetAs("acme", "notifications?max_results=2");
  EXPECT_THAT(Each(first, "notifications", "id"), SizeIs(2));
  const std::string behind = "page_token=" + first.Text("next_page_token");
  const ApiAnswer second = GetAs("acme", "notifications?max_results=2&" + behind);
  EXPECT_THAT(Each(second, "notifications", "id"), SizeIs(1));
  EXPECT_EQ(second.Text("next_page_token"), "(none)");
  EXPECT_EQ(second.Text("unread_count"), "3");
  EXPECT_EQ(GetAs("acme", "notifications?unread=true&" + behind).status, 400);
  EXPECT_THAT(Each(GetAs("umbrella", "notifications?" + behind), "notifications", "id"), IsEmpty());
  EXPECT_EQ(GetAs("acme", "notifications?unread=maybe").status, 400);
}

TEST_F(NotificationRoutes, MoreThanAPageIsNeverCutOff) {
  Give(101);
  const ApiAnswer first = GetAs("acme", "notifications");
  EXPECT_THAT(Each(first, "notifications", "id"), SizeIs(100));
  const ApiAnswer rest = GetAs("acme", "notifications?page_token=" + first.Text("next_page_token"));
  EXPECT_THAT(Each(rest, "notifications", "id"), SizeIs(1));
}

TEST_F(NotificationRoutes, WhatIsReadIsNamedRightly) {
  std::string many = R"("x")";
  for (int i = 0; i < 1000; ++i) many += R"(,"x")";
  const std::vector<std::string> bad = {"{}",
                                        R"({"all":false})",
                                        R"({"all":true,"ids":["x"]})",
                                        R"({"ids":[]})",
                                        R"({"ids":[7]})",
                                        R"({"all":1})",
                                        R"({"ids":[)" + many + "]}",
                                        R"({"ids":[")" + std::string(65, 'x') + "\"]}"};
  for (const std::string& body : bad) {
    EXPECT_EQ(PostAs("acme", "notifications/read", body).Text("error_code"),
              "INVALID_PARAMETER_VALUE")
        << body.substr(0, 60);
  }
  EXPECT_EQ(
      PostAs("acme", "notifications/read", R"({"ids":[")" + std::string(64, 'x') + "\"]}").status,
      200);
}

TEST_F(NotificationRoutes, WithoutANotifierThereIsNone) {
  services_.notifier = nullptr;
  EXPECT_EQ(GetAs("acme", "notifications").status, 503);
  EXPECT_EQ(Destinations(root, net::Method::kGet).status, 503);
  // Rights are looked at first.
  EXPECT_EQ(Destinations(bob, net::Method::kPost, std::string(kHook)).status, 403);
}

TEST_F(NotificationRoutes, DestinationsAreTheAdministrators) {
  const std::string id = Hook();
  const std::string subscription =
      Post(root, "notification-subscriptions",
           fmt::format(R"({{"destination_id":"{}","kinds":["access_granted"]}})", id))
          .Text("id");
  EXPECT_EQ(Destinations(bob, net::Method::kPost, std::string(kHook)).status, 403);
  EXPECT_EQ(Destinations(bob, net::Method::kPatch, R"({"display_name":"x"})", id).status, 403);
  EXPECT_EQ(Destinations(bob, net::Method::kDelete, {}, id).status, 403);
  // Nor does the refusal tell what is there.
  EXPECT_EQ(Destinations(bob, net::Method::kDelete, {}, "none").status, 403);
  EXPECT_EQ(Post(bob, "notification-destinations/" + id + "/test", "").status, 403);
  EXPECT_EQ(Get(bob, "notification-subscriptions").status, 403);
  EXPECT_EQ(Post(bob, "notification-subscriptions", "{}").status, 403);
  const std::string one = "/2.1/sluice/notification-subscriptions/" + subscription;
  EXPECT_EQ(Call(bob, net::Method::kDelete, one).status, 403);
  EXPECT_THAT(transport_.sent, IsEmpty());
  // Names are for all users, as Databricks has it; what is behind them is not.
  EXPECT_EQ(
      Destinations(bob, net::Method::kGet).text,
      R"({"results":[{"id":")" + id + R"(","display_name":"ops","destination_type":"WEBHOOK"}]})");
  EXPECT_EQ(Destinations(bob, net::Method::kGet, {}, id).Text("config"), "(none)");
  EXPECT_EQ(Destinations(root, net::Method::kGet, {}, id).Text("config"),
            R"({"generic_webhook":{"url_set":true,"username_set":true,"password_set":true}})");
  EXPECT_EQ(Call(root, net::Method::kDelete, one).status, 200);
  EXPECT_EQ(Call(root, net::Method::kDelete, one).status, 404);
}

TEST_F(NotificationRoutes, SecretsAreToldOnceAtMost) {
  const ApiAnswer made = Destinations(root, net::Method::kPost, std::string(kHook));
  EXPECT_NE(made.Text("signing_secret"), "(none)");
  const std::string id = made.Text("id");
  transport_.failing = true;
  const ApiAnswer tried = Post(root, "notification-destinations/" + id + "/test", "");
  EXPECT_EQ(tried.text, R"({"delivered":false,"message":"nobody there"})");
  const std::string all =
      Destinations(root, net::Method::kGet).text +
      Destinations(root, net::Method::kGet, {}, id).text +
      Destinations(root, net::Method::kPatch, R"({"display_name":"x"})", id).text + tried.text;
  for (const std::string& secret : {std::string("s3cret"), std::string("u5er"), std::string("p4ss"),
                                    made.Text("signing_secret")}) {
    EXPECT_THAT(all, Not(HasSubstr(secret)));
  }
}

TEST_F(NotificationRoutes, DestinationsAreChecked) {
  for (const std::string_view bad :
       {R"({})", R"({"display_name":"x"})", R"({"display_name":7,"config":{}})",
        R"({"display_name":"x","config":[]})", R"({"display_name":"x","config":{"slack":{}}})",
        R"({"display_name":"x","config":{"email":{"addresses":[]}}})",
        R"({"display_name":"x","config":{"email":{"addresses":["Ada <ada@example.org>"]}}})",
        R"({"display_name":"x","config":{"generic_webhook":{}}})",
        R"({"display_name":"x","config":{"generic_webhook":{"url":"file:///etc/passwd"}}})",
        R"({"display_name":"x","config":{"generic_webhook":{"url":"https://u:p@h/"}}})",
        R"({"display_name":"x","config":{"email":{"addresses":["a@b"]},)"
        R"("generic_webhook":{"url":"https://h/"}}})"}) {
    EXPECT_EQ(Destinations(root, net::Method::kPost, std::string(bad)).Text("error_code"),
              "INVALID_PARAMETER_VALUE")
        << bad;
  }
  EXPECT_EQ(Destinations(root, net::Method::kGet).text, R"({"results":[]})");
  EXPECT_EQ(Destinations(root, net::Method::kGet, {}, "none").status, 404);
  EXPECT_EQ(Destinations(root, net::Method::kPatch, "{}", "none").status, 404);
  EXPECT_EQ(Destinations(root, net::Method::kDelete, {}, "none").status, 404);
  EXPECT_EQ(Post(root, "notification-destinations/none/test", "").status, 404);
}

TEST_F(NotificationRoutes, DestinationsAreBounded) {
  for (int i = 0; i < 100; ++i) Hook();
  const ApiAnswer more = Destinations(root, net::Method::kPost, std::string(kHook));
  EXPECT_EQ(more.Text("error_code"), "INVALID_PARAMETER_VALUE");
}

TEST_F(NotificationRoutes, SubscriptionsAreToWhatIsThere) {
  MakeShare("retail", {{.name = "main.sales.orders"}});
  const std::string id = Hook();
  const auto subscribe = [&](std::string_view more) {
    return Post(root, "notification-subscriptions",
                fmt::format(R"({{"destination_id":"{}"{}}})", id, more));
  };
  EXPECT_EQ(subscribe("").status, 400);
  EXPECT_EQ(subscribe(R"(,"kinds":["poems"])").status, 400);
  EXPECT_EQ(subscribe(R"(,"kinds":["access_granted"],"share":"none")").status, 404);
  EXPECT_EQ(subscribe(R"(,"kinds":["access_granted"],"recipient":"none")").status, 404);
  EXPECT_EQ(Post(root, "notification-subscriptions",
                 R"({"destination_id":"none","kinds":["access_granted"]})")
                .status,
            404);
  const ApiAnswer made =
      subscribe(R"(,"kinds":["access_granted","access_granted"],"share":"RETAIL")");
  EXPECT_EQ(made.Text("kinds"), R"(["access_granted"])");
  EXPECT_EQ(made.Text("share"), "retail");
  // By its id: it is shown by the name of now, and by the id when it is gone.
  Alter(Kind::kShare, "retail", [](catalog::Securable& share) { share.name = "shop"; });
  EXPECT_THAT(Each(Get(root, "notification-subscriptions"), "subscriptions", "share"),
              ElementsAre("shop"));
  const std::string share_id = ShareOf("shop").id;
  Erase(Kind::kShare, "shop");
  EXPECT_THAT(Each(Get(root, "notification-subscriptions"), "subscriptions", "share"),
              ElementsAre(share_id));
  EXPECT_EQ(Destinations(root, net::Method::kDelete, {}, id).status, 200);
  EXPECT_THAT(Each(Get(root, "notification-subscriptions"), "subscriptions", "id"), IsEmpty());
}

}  // namespace
}  // namespace sluice::unity
