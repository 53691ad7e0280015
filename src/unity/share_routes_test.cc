// w.shares, w.recipients.share_permissions and w.resource_quotas, as the SDK sends them.
#include <fmt/format.h>

#include "base/json.h"
#include "base/testing/matchers.h"
#include "catalog/testing/share_catalog.h"
#include "delta/testing/line_checkpoint_reader.h"
#include "net/parse_request.h"
#include "unity/errors.h"
#include "unity/routes.h"

namespace sluice::unity {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Answer {
  int status = 0;
  json::Object body{};

  // "objects.0.name"; what is no text as JSON.
  std::string At(std::string_view path) const {
    const json::Value whole(body);
    boost::system::error_code failure;
    std::string pointer;
    for (const char c : path) pointer += c == '.' ? '/' : c;
    const json::Value* value = whole.find_pointer('/' + pointer, failure);
    if (value == nullptr) return "(nothing)";
    return value->is_string() ? std::string(value->as_string()) : json::Serialize(*value);
  }
  // The member `name` of each item of a list.
  std::vector<std::string> Each(std::string_view list, std::string_view name) const {
    std::vector<std::string> texts;
    if (const json::Value* items = body.if_contains(list)) {
      for (const json::Value& item : items->as_array()) {
        texts.emplace_back(item.as_object().at(name).as_string());
      }
    }
    return texts;
  }
  std::string error() const { return At("error_code") + ": " + At("message"); }
};

class ShareRoutesTest : public ::testing::Test {
 protected:
  // From the bytes of a request to those of the answer.
  Answer CallAs(const catalog::Caller& user, std::string_view method, std::string_view target,
                std::string_view body = "") {
    const std::string bytes = fmt::format(
        "{} /api/2.1/unity-catalog{} HTTP/1.1\r\nHost: share.example.org\r\n"
        "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
        method, target, body.size(), body);
    net::Request request = *net::ParseRequest(bytes, {});
    if (const Status matched = router_.Match(request); !matched) {
      return {net::HttpStatus(matched.error()), {}};
    }
    EXPECT_EQ(request.route->access, net::Access::kUser);
    request.principal = "user:" + user.principal;
    facts_ = request.route->describe ? request.route->describe(request) : net::Facts();
    Result<net::Response> response = request.route->handler(request);
    if (!response) response = request.route->render_error(response.error());
    const auto value = json::Parse(std::get<std::string>(response->body));
    return {response->status, value->as_object()};
  }
  Answer Call(std::string_view method, std::string_view target, std::string_view body = "") {
    return CallAs(world_.ada, method, target, body);
  }
  Answer Add(std::string_view object) {
    return Call("PATCH", "/shares/s",
                fmt::format(R"({{"updates":[{{"action":"ADD","data_object":{}}}]}})", object));
  }

  catalog::testing::ShareCatalog world_;
  Metrics metrics_;
  delta::testing::LineCheckpointReader reader_;
  storage::Stores stores_{{world_.clock, world_.random, metrics_}};
  delta::Snapshots snapshots_{stores_, reader_, world_.clock, metrics_, {}};
  Services services_{*world_.catalog, snapshots_, world_.clock, {}};
  net::Router router_{{Routes(services_)}};
  net::Facts facts_;
};

TEST_F(ShareRoutesTest, CreatesAndShowsAShare) {
  const Answer made = Call("POST", "/shares", R"({"name":"s","comment":"c","storage_root":"r"})");
  EXPECT_EQ(made.status, 200);
  EXPECT_EQ(facts_, (net::Facts{{"name", "s"}, {"comment", "c"}, {"storage_root", "r"}}));
  const Answer shown = Call("GET", "/shares/S");
  EXPECT_EQ(shown.body, made.body);
  EXPECT_EQ(shown.At("name"), "s");
  EXPECT_EQ(shown.At("comment"), "c");
  EXPECT_EQ(shown.At("storage_root"), "r");
  EXPECT_EQ(shown.At("owner"), "ada@example.org");
  EXPECT_EQ(shown.At("created_at"), "1700000000000");
  EXPECT_EQ(shown.At("created_by"), "ada@example.org");
  EXPECT_EQ(shown.At("objects"), "(nothing)");
  EXPECT_EQ(Call("GET", "/shares/s?include_shared_data=true").At("objects"), "[]");
  EXPECT_EQ(Call("GET", "/shares/s?include_shared_data=yes").status, 400);
}

TEST_F(ShareRoutesTest, RefusesInTheWordsOfTheDialect) {
  EXPECT_EQ(Call("POST", "/shares", "{}").error(),
            "INVALID_PARAMETER_VALUE: CreateShare Missing required field: name");
  EXPECT_EQ(Call("POST", "/shares", R"({"name":7})").error(),
            "INVALID_PARAMETER_VALUE: Field 'name' must be a string.");
  EXPECT_EQ(Call("POST", "/shares", "{").At("error_code"), "MALFORMED_REQUEST");
  EXPECT_EQ(CallAs(world_.bob, "POST", "/shares", R"({"name":"s"})").status, 403);
  ASSERT_EQ(Call("POST", "/shares", R"({"name":"s"})").status, 200);
  const Answer taken = Call("POST", "/shares", R"({"name":"s"})");
  EXPECT_EQ(taken.status, 409);
  EXPECT_EQ(taken.error(), "SHARE_ALREADY_EXISTS: Share 's' already exists");
  const Answer unseen = CallAs(world_.bob, "GET", "/shares/s");
  EXPECT_EQ(unseen.status, 404);
  EXPECT_EQ(unseen.error(), "SHARE_DOES_NOT_EXIST: Share 's' does not exist.");
  EXPECT_EQ(CallAs(world_.bob, "DELETE", "/shares/s").status, 404);
  EXPECT_EQ(CallAs(world_.root, "DELETE", "/shares/s").status, 403);
}

TEST_F(ShareRoutesTest, ChangesWhatIsInAShare) {
  world_.MakeShare("s", {});
  const Answer added = Add(R"({"name":"main.sales.orders","data_object_type":"TABLE",
      "shared_as":"sold","comment":"c","cdf_enabled":true,"start_version":3,
      "history_data_sharing_status":"ENABLED","partitions":[
        {"values":[{"name":"country","op":"EQUAL","value":"CH"},{"name":"day"}]},
        {"values":[{"name":"country","op":"LIKE","recipient_property_key":"country"}]},
        {"values":[{"name":"country","op":"IN","values":["AT","DE"]}]}]})");
  EXPECT_EQ(added.status, 200) << added.error();
  EXPECT_EQ(Add(R"({"name":"main.hr","data_object_type":"SCHEMA"})").status, 200);
  const Answer shown = Call("GET", "/shares/s?include_shared_data=true");
  EXPECT_THAT(shown.Each("objects", "name"), ElementsAre("main.sales.orders", "main.hr"));
  EXPECT_THAT(shown.Each("objects", "status"), ElementsAre("ACTIVE", "ACTIVE"));
  EXPECT_EQ(shown.At("objects.0.data_object_type"), "TABLE");
  EXPECT_EQ(shown.At("objects.0.shared_as"), "sales.sold");
  EXPECT_EQ(shown.At("objects.0.comment"), "c");
  EXPECT_EQ(shown.At("objects.0.cdf_enabled"), "true");
  EXPECT_EQ(shown.At("objects.0.start_version"), "3");
  EXPECT_EQ(shown.At("objects.0.history_data_sharing_status"), "ENABLED");
  EXPECT_EQ(shown.At("objects.0.added_at"), "1700000000000");
  EXPECT_EQ(shown.At("objects.0.added_by"), "ada@example.org");
  EXPECT_EQ(shown.At("objects.0.partitions"),
            R"([{"values":[{"name":"country","op":"EQUAL","value":"CH"},)"
            R"({"name":"day","op":"EQUAL"}]},)"
            R"({"values":[{"name":"country","op":"LIKE","recipient_property_key":"country"}]},)"
            R"({"values":[{"name":"country","op":"IN","values":["AT","DE"]}]}])");
  EXPECT_EQ(shown.At("objects.1.data_object_type"), "SCHEMA");
  EXPECT_EQ(shown.At("objects.1.shared_as"), "(nothing)");
  world_.TakeAll(world_.ada, catalog::Kind::kCatalog, "main");
  EXPECT_THAT(Call("GET", "/shares/s?include_shared_data=true").Each("objects", "status"),
              ElementsAre("PERMISSION_DENIED", "PERMISSION_DENIED"));
  const Answer removed = Call("PATCH", "/shares/s",
                              R"({"updates":[{"action":"REMOVE","data_object":
                                  {"name":"main.sales.orders"}}]})");
  EXPECT_THAT(removed.Each("objects", "name"), ElementsAre("main.hr"));
}

TEST_F(ShareRoutesTest, ClearsPartitionsOnlyWhenToldTo) {
  world_.MakeShare("s", {});
  ASSERT_EQ(Add(R"({"name":"main.sales.orders","partitions":[{"values":[
      {"name":"country","value":"CH"}]}]})")
                .status,
            200);
  const auto update = [&](std::string_view fields) {
    return Call("PATCH", "/shares/s",
                fmt::format(R"({{"updates":[{{"action":"UPDATE","data_object":
                    {{"name":"main.sales.orders"{}}}}}]}})",
                            fields));
  };
  EXPECT_NE(update(R"(,"comment":"x")").At("objects.0.partitions"), "(nothing)");
  EXPECT_NE(update(R"(,"partitions":null)").At("objects.0.partitions"), "(nothing)");
  EXPECT_EQ(update(R"(,"partitions":[])").At("objects.0.partitions"), "(nothing)");
}

TEST_F(ShareRoutesTest, RefusesWhatCannotBeShared) {
  world_.MakeShare("s", {});
  const auto refused = [&](std::string_view object) {
    const Answer answer = Add(object);
    EXPECT_EQ(answer.status, 400) << object;
    return answer.error();
  };
  EXPECT_THAT(refused(R"({"name":"main.sales.v","data_object_type":"VIEW"})"),
              HasSubstr("VIEW is not supported yet"));
  EXPECT_THAT(refused("{}"), HasSubstr("data_object.name"));
  EXPECT_THAT(refused(R"({"name":"main.sales.orders","history_data_sharing_status":"YES"})"),
              HasSubstr("ENABLED or DISABLED"));
  EXPECT_THAT(refused(R"({"name":"main.sales.orders","start_version":"1"})"),
              HasSubstr("start_version"));
  EXPECT_THAT(refused(R"({"name":"main.sales.orders","partitions":[{"values":[{"value":"x"}]}]})"),
              HasSubstr("partitions.values.name"));
  EXPECT_THAT(refused(R"({"name":"main.sales.orders","partitions":[{}]})"),
              HasSubstr("INVALID_PARAMETER_VALUE"));
  EXPECT_THAT(refused(R"({"name":"main.sales.orders","partitions":[{"values":[
                  {"name":"a","op":"BETWEEN","value":"x"}]}]})"),
              HasSubstr("'BETWEEN' is not an operation"));
  EXPECT_THAT(refused(R"({"name":"main.sales.orders","partitions":[{"values":[
                  {"name":"a","value":"x","recipient_property_key":"k"}]}]})"),
              HasSubstr("not both"));
  EXPECT_THAT(
      Call("PATCH", "/shares/s", R"({"updates":[{"action":"TOUCH","data_object":{}}]})").error(),
      HasSubstr("'TOUCH' is not an action"));
  EXPECT_THAT(Call("PATCH", "/shares/s", R"({"updates":[{"action":"ADD"}]})").error(),
              HasSubstr("data_object"));
  EXPECT_EQ(Call("PATCH", "/shares/s", R"({"updates":{}})").status, 400);
  EXPECT_EQ(Call("PATCH", "/shares/s", R"({"updates":[7]})").status, 400);
  const Answer missing = Add(R"({"name":"main.sales.nothing"})");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.At("error_code"), "TABLE_DOES_NOT_EXIST");
  EXPECT_EQ(Add(R"({"name":"main.sales.orders"})").status, 200);
  const Answer twice = Add(R"({"name":"main.sales.orders"})");
  EXPECT_EQ(twice.status, 409);
  EXPECT_EQ(twice.error(), "RESOURCE_ALREADY_EXISTS: Shared Table 'sales.orders' already exists");
}

TEST_F(ShareRoutesTest, ListsTheSharesThatTheCallerMaySee) {
  for (const std::string name : {"b", "a", "C"}) world_.MakeShare(name, {});
  EXPECT_THAT(Call("GET", "/shares?max_results=0").Each("shares", "name"),
              ElementsAre("a", "b", "C"));
  EXPECT_THAT(CallAs(world_.bob, "GET", "/shares").Each("shares", "name"), IsEmpty());
  EXPECT_EQ(CallAs(world_.bob, "GET", "/shares").status, 200);
  const Answer first = CallAs(world_.root, "GET", "/shares?max_results=2");
  EXPECT_THAT(first.Each("shares", "name"), ElementsAre("a", "b"));
  const Answer second =
      Call("GET", "/shares?max_results=2&page_token=" + first.At("next_page_token"));
  EXPECT_THAT(second.Each("shares", "name"), ElementsAre("C"));
  EXPECT_EQ(second.At("next_page_token"), "(nothing)");
  EXPECT_EQ(Call("GET", "/shares?max_results=-1").status, 400);
  EXPECT_EQ(Call("GET", "/shares?page_token=!").status, 400);
}

TEST_F(ShareRoutesTest, GivesAndTakesAShare) {
  world_.MakeShare("s", {});
  const std::string_view changes =
      R"({"changes":[{"principal":"acme","add":["SELECT"]},
                     {"principal":"umbrella","add":["SELECT"],"expires_at":1700000009000}]})";
  const Answer refused = Call("PATCH", "/shares/s/permissions", changes);
  EXPECT_EQ(refused.status, 404);
  EXPECT_EQ(refused.At("error_code"), "RECIPIENT_DOES_NOT_EXIST");
  const Answer given = CallAs(world_.root, "PATCH", "/shares/s/permissions", changes);
  EXPECT_EQ(given.status, 200) << given.error();
  EXPECT_THAT(facts_, ElementsAre(::testing::Pair("changes", HasSubstr("acme"))));
  EXPECT_THAT(given.Each("privilege_assignments", "principal"),
              ::testing::UnorderedElementsAre("acme", "umbrella"));
  EXPECT_EQ(given.At("privilege_assignments.0.privileges"), R"(["SELECT"])");
  const Answer page = Call("GET", "/shares/s/permissions?max_results=1");
  const Answer rest =
      Call("GET", "/shares/s/permissions?max_results=1&page_token=" + page.At("next_page_token"));
  EXPECT_EQ(rest.At("next_page_token"), "(nothing)");
  auto both = page.Each("privilege_assignments", "principal");
  both.push_back(rest.Each("privilege_assignments", "principal").at(0));
  EXPECT_THAT(both, ::testing::UnorderedElementsAre("acme", "umbrella"));
  const bool acme_first = both[0] == "acme";
  EXPECT_EQ((acme_first ? rest : page).At("privilege_assignments.0.expires_at"),
            R"({"SELECT":1700000009000})");
  EXPECT_EQ((acme_first ? page : rest).At("privilege_assignments.0.expires_at"), "(nothing)");
  const Answer taken = Call(
      "PATCH", "/shares/s/permissions",
      R"({"omit_permissions_list":true,"changes":[{"principal":"acme","remove":["SELECT"]}]})");
  EXPECT_EQ(taken.status, 200);
  EXPECT_THAT(taken.body, IsEmpty());
  EXPECT_THAT(Call("GET", "/shares/s/permissions").Each("privilege_assignments", "principal"),
              ElementsAre("umbrella"));
  EXPECT_EQ(CallAs(world_.bob, "GET", "/shares/s/permissions").status, 404);
}

TEST_F(ShareRoutesTest, RefusesGrantsThatAreNone) {
  world_.MakeShare("s", {});
  const auto refused = [&](std::string_view change) {
    const Answer answer = CallAs(world_.root, "PATCH", "/shares/s/permissions",
                                 fmt::format(R"({{"changes":[{}]}})", change));
    EXPECT_EQ(answer.status, 400) << change;
    return answer.error();
  };
  EXPECT_THAT(refused(R"({"add":["SELECT"]})"), HasSubstr("principal"));
  EXPECT_THAT(refused(R"({"principal":"acme","add":["MODIFY"]})"), HasSubstr("MODIFY"));
  EXPECT_THAT(refused(R"({"principal":"acme","add":"SELECT"})"), HasSubstr("add"));
  EXPECT_THAT(refused(R"({"principal":"acme","add":["SELECT"],"expires_at":"soon"})"),
              HasSubstr("expires_at"));
  EXPECT_THAT(world_.ShareOf("s").grants, IsEmpty());
}

TEST_F(ShareRoutesTest, ListsTheSharesOfARecipient) {
  for (const std::string name : {"b", "A", "c"}) world_.MakeShare(name, {});
  for (const std::string name : {"b", "A", "c"}) world_.GiveShare(name, "acme");
  const std::string path = "/recipients/acme/share-permissions";
  const Answer all = CallAs(world_.root, "GET", path);
  EXPECT_THAT(all.Each("permissions_out", "share_name"), ElementsAre("A", "b", "c"));
  EXPECT_EQ(all.At("permissions_out.0.privilege_assignments"),
            R"([{"principal":"acme","privileges":["SELECT"]}])");
  const Answer first = CallAs(world_.root, "GET", path + "?max_results=2");
  EXPECT_THAT(first.Each("permissions_out", "share_name"), ElementsAre("A", "b"));
  const Answer second =
      CallAs(world_.root, "GET", path + "?max_results=2&page_token=" + first.At("next_page_token"));
  EXPECT_THAT(second.Each("permissions_out", "share_name"), ElementsAre("c"));
  EXPECT_EQ(second.At("next_page_token"), "(nothing)");
  const Answer unseen = Call("GET", path);
  EXPECT_EQ(unseen.status, 404);
  EXPECT_EQ(unseen.error(), "RECIPIENT_DOES_NOT_EXIST: Recipient 'acme' does not exist.");
  EXPECT_EQ(CallAs(world_.root, "GET", "/recipients/none/share-permissions").status, 404);
  EXPECT_EQ(CallAs(world_.root, "GET", "/recipients/umbrella/share-permissions").body,
            json::Object({{"permissions_out", json::Array()}}));
}

TEST_F(ShareRoutesTest, TellsQuotas) {
  const Answer one = CallAs(world_.root, "GET", "/resource-quotas/schema/main.sales/table-quota");
  EXPECT_EQ(one.status, 200);
  EXPECT_EQ(one.At("quota_info"),
            R"({"parent_securable_type":"SCHEMA","parent_full_name":"main.sales",)"
            R"("quota_name":"table-quota","quota_count":2,"quota_limit":10000,)"
            R"("last_refreshed_at":1700000000000})");
  EXPECT_EQ(CallAs(world_.root, "GET", "/resource-quotas/schema/main.sales/share-quota").status,
            400);
  EXPECT_EQ(CallAs(world_.bob, "GET", "/resource-quotas/schema/main.sales/table-quota").status,
            404);
  const std::string all = "/resource-quotas/all-resource-quotas";
  EXPECT_EQ(Call("GET", all).status, 403);
  std::vector<std::string> names;
  std::string token;
  do {
    const Answer page =
        CallAs(world_.root, "GET", fmt::format("{}?max_results=4&page_token={}", all, token));
    for (std::string& name : page.Each("quotas", "quota_name")) names.push_back(std::move(name));
    token = page.At("next_page_token");
  } while (token != "(nothing)" && names.size() < 100);
  EXPECT_EQ(names.size(), 12U);
  EXPECT_EQ(names.front(), "catalog-quota");
  EXPECT_EQ(names.back(), "table-quota");
}

TEST_F(ShareRoutesTest, StopsAtAQuotaWithAnAnswerThatIsNotRetried) {
  catalog::Quotas quotas;
  quotas.shares = 0;
  world_.catalog->SetQuotas(quotas);
  const Answer full = Call("POST", "/shares", R"({"name":"s"})");
  EXPECT_EQ(full.status, 400);
  EXPECT_EQ(full.At("error_code"), "QUOTA_EXCEEDED");
}

}  // namespace
}  // namespace sluice::unity
