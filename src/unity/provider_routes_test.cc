// What a provider shares, asked of a server that stands for it.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "net/testing/test_server.h"
#include "unity/testing/tree_api.h"

namespace sluice::unity {
namespace {

using catalog::Privilege;
using testing::ApiAnswer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ProviderRoutesTest : public net::testing::ServerTest, public testing::TreeApi {
 protected:
  ProviderRoutesTest() {
    dispatcher_.On("/sharing/shares", [this](net::Request& request) { return Say(request); });
    dispatcher_.On("/sharing/shares/a%20b/all-tables",
                   [this](net::Request& request) { return Say(request); });
    Start();
    const std::string profile =
        fmt::format(R"({{\"shareCredentialsVersion\":1,\"bearerToken\":\"hush\",)"
                    R"(\"endpoint\":\"http://127.0.0.1:{}/sharing/\"}})",
                    ServerTest::server_->port());
    const ApiAnswer made = Post(
        root, "providers",
        R"({"name":"p","authentication_type":"TOKEN","recipient_profile_str":")" + profile + "\"}");
    EXPECT_EQ(made.status, 200) << made.text;
  }

  ApiAnswer Shares(std::string_view query = {}) {
    return Get(root, fmt::format("providers/p/shares{}", query));
  }
  ApiAnswer Assets(std::string_view query = {}) { return AssetsFor(root, query); }
  ApiAnswer AssetsFor(const catalog::Caller& who, std::string_view query = {}) {
    return Call(who, net::Method::kGet,
                fmt::format("/2.1/data-sharing/providers/p/shares/a%20b{}", query));
  }

  // The provider's answers, one after the other; the last one again and again.
  void Answers(std::vector<std::string> bodies, int status = 200) {
    bodies_ = std::move(bodies);
    status_ = status;
    asked_.clear();
  }

  std::vector<std::string> asked_;  // one call at a time: nobody writes while a test reads

 private:
  net::Response Say(const net::Request& request) {
    EXPECT_EQ(request.headers.Find("authorization"), "Bearer hush");
    const std::string& body = bodies_.at(std::min(asked_.size(), bodies_.size() - 1));
    asked_.push_back(request.target);
    return net::Response::Text(status_, "application/json", body);
  }

  std::vector<std::string> bodies_;
  int status_ = 200;
};

TEST_F(ProviderRoutesTest, ListsItsSharesPageByPage) {
  Answers({R"({"items":[{"name":"open","id":"1"},7,{"name":"more"}],"nextPageToken":"a b"})"});
  const ApiAnswer first = Shares();
  EXPECT_EQ(first.status, 200) << first.text;
  EXPECT_EQ(first.Text("shares"), R"([{"name":"open"},{"name":"more"}])");
  EXPECT_EQ(first.Text("next_page_token"), "a b");
  Answers({"{}"});
  const ApiAnswer second = Shares("?max_results=2&page_token=a%20b");
  EXPECT_EQ(second.text, R"({"shares":[]})");
  EXPECT_THAT(asked_, ElementsAre("/sharing/shares?maxResults=2&pageToken=a%20b"));
  Answers({"{}"});
  EXPECT_EQ(Shares("?max_results=1000000").status, 200);
  EXPECT_THAT(asked_, ElementsAre("/sharing/shares?maxResults=500"));
  EXPECT_EQ(Shares("?max_results=x").Text("error_code"), "INVALID_PARAMETER_VALUE");
  // A token that the provider does not know.
  Answers({R"({"errorCode":"INVALID_PARAMETER_VALUE","message":"invalid"})"}, 400);
  EXPECT_EQ(Shares("?page_token=x").Text("error_code"), "INVALID_PARAMETER_VALUE");
}

TEST_F(ProviderRoutesTest, GathersTheTablesOfAShareFromAllPages) {
  const std::vector<std::string> pages = {
      R"({"items":[{"name":"t1","schema":"s","share":"a b","shareId":"x","id":"1","new":1},
                   {"name":"t2","schema":"s","share":"a b"}],"nextPageToken":"2 "})",
      R"({"items":[],"nextPageToken":"3"})", R"({"items":[{"name":"t3"},null]})"};
  Answers(pages);
  const ApiAnswer all = Assets();
  EXPECT_EQ(all.status, 200) << all.text;
  EXPECT_EQ(all.Text("share"), R"({"name":"a b"})");
  EXPECT_EQ(all.Text("tables"),
            R"([{"name":"t1","schema":"s","share":"a b","id":"1","share_id":"x"},)"
            R"({"name":"t2","schema":"s","share":"a b"},{"name":"t3"}])");
  for (const std::string_view none : {"volumes", "functions", "notebooks"}) {
    EXPECT_EQ(all.Text(none), "[]") << none;
  }
  // Of a thousand tables no more at a time than servers give.
  const std::string path = "/sharing/shares/a%20b/all-tables?maxResults=";
  EXPECT_THAT(asked_,
              ElementsAre(path + "500", path + "500&pageToken=2%20", path + "500&pageToken=3"));
  // No more than asked for, whatever the provider says.
  Answers(pages);
  EXPECT_THAT(Assets("?table_max_results=1").body.at("tables").as_array(), SizeIs(1));
  EXPECT_THAT(asked_, ElementsAre(path + "1"));
  Answers(pages);
  EXPECT_THAT(Assets("?table_max_results=2").body.at("tables").as_array(), SizeIs(2));
  EXPECT_THAT(asked_, SizeIs(1));
  EXPECT_EQ(Assets("?table_max_results=-1").Text("error_code"), "INVALID_PARAMETER_VALUE");
}

TEST_F(ProviderRoutesTest, AProviderThatMisbehavesIsToldAsSuch) {
  Answers({"not even that"});
  const ApiAnswer nonsense = Assets();
  EXPECT_EQ(nonsense.status, 503);
  EXPECT_THAT(nonsense.Text("message"), HasSubstr("no answer that is understood"));
  Answers({R"({"secret":"inside"})"}, 500);
  EXPECT_EQ(Assets().status, 503);
  EXPECT_EQ(Shares().text.find("inside"), std::string::npos);
  Answers({"{}"}, 401);
  EXPECT_EQ(Assets().Text("error_code"), "PERMISSION_DENIED");
  Answers({"{}"}, 404);
  EXPECT_EQ(Assets().status, 404);
  // A list without an end.
  Answers({R"({"items":[],"nextPageToken":"again"})"});
  EXPECT_EQ(Assets().status, 503);
  EXPECT_THAT(asked_, SizeIs(100));
}

TEST_F(ProviderRoutesTest, OnlyWhoMayUseTheProviderAsksIt) {
  Answers({"{}"});
  EXPECT_EQ(AssetsFor(bob).Text("error_code"), "PROVIDER_DOES_NOT_EXIST");
  EXPECT_THAT(asked_, SizeIs(0));
  GrantOnMetastore(bob, Privilege::kUseProvider);
  EXPECT_EQ(AssetsFor(bob).status, 200);
}

TEST_F(ProviderRoutesTest, ANewProfileIsUsedFromThenOn) {
  Answers({"{}"});
  const ApiAnswer changed = Patch(
      root, "providers/p",
      R"({"comment":"c","new_name":"q","recipient_profile_str":"{\"shareCredentialsVersion\":1,)"
      R"(\"bearerToken\":\"new\",\"endpoint\":\"http://127.0.0.1:1/x\"}"})");
  EXPECT_EQ(changed.status, 200) << changed.text;
  EXPECT_EQ(changed.Text("name"), "q");
  EXPECT_EQ(changed.Text("comment"), "c");
  EXPECT_THAT(changed.Text("recipient_profile"), HasSubstr("http://127.0.0.1:1/x"));
  EXPECT_EQ(Get(root, "providers/q/shares").status, 503);  // nobody listens there
  EXPECT_THAT(asked_, SizeIs(0));
}

}  // namespace
}  // namespace sluice::unity
