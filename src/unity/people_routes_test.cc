// w.users, w.groups, w.service_principals, w.current_user, w.tokens and w.grants, as the SDK,
// Terraform and directories send them.
#include "base/json.h"
#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"
#include "catalog/testing/memory_store.h"
#include "delta/testing/line_checkpoint_reader.h"
#include "net/parse_request.h"
#include "unity/errors.h"
#include "unity/routes.h"

namespace sluice::unity {
namespace {

using sluice::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;

struct Answer {
  int status = 0;
  json::Object body{};

  std::string Text(std::string_view name) const {
    const json::Value* value = body.if_contains(name);
    if (value == nullptr) return "(nothing)";
    return value->is_string() ? std::string(value->as_string()) : json::Serialize(*value);
  }
};

class PeopleRoutesTest : public ::testing::Test {
 protected:
  PeopleRoutesTest() {
    const Status made = catalog_->Change({}, [&](catalog::Edit& edit) -> Status {
      root_ = edit.Create(catalog::Principal{.name = "root@example.org"});
      eve_ = edit.Create(catalog::Principal{.name = "eve@example.org"});
      catalog::Principal admins = *edit.picture().FindPrincipalByName(catalog::kAdmins);
      admins.members = {root_};
      edit.Update(std::move(admins));
      edit.Create(catalog::Securable{.parent = edit.picture().metastore().id,
                                     .name = "main",
                                     .owner = root_,
                                     .details = catalog::CatalogDetails{}});
      return {};
    });
    EXPECT_THAT(made, IsOk());
  }

  Answer Call(std::string_view method, std::string_view target, std::string_view body = "") {
    return CallAs(root_, method, target, body);
  }
  Answer CallAs(const catalog::Id& user, std::string_view method, std::string_view target,
                std::string_view body = "") {
    const std::string bytes =
        std::string(method) + " /api" + std::string(target) +
        " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
        std::string(body);
    net::Request request = *net::ParseRequest(bytes, {});
    if (const Status matched = router_.Match(request); !matched) {
      ADD_FAILURE() << target;
      return {};
    }
    request.principal = "user:" + user;
    facts_ = request.route->describe ? request.route->describe(request) : net::Facts();
    Result<net::Response> response = request.route->handler(request);
    if (!response) response = request.route->render_error(response.error());
    const std::string& text = std::get<std::string>(response->body);
    if (text.empty()) return {response->status, {}};
    return {response->status, json::Parse(text)->as_object()};
  }
  std::string Make(std::string_view type, std::string_view body) {
    const Answer made = Call("POST", kScim + std::string(type), body);
    EXPECT_EQ(made.status, 201) << made.Text("message");
    return made.Text("id");
  }
  Answer Patch(const std::string& path, std::string_view operations) {
    return Call("PATCH", kScim + path, R"({"Operations":)" + std::string(operations) + "}");
  }
  void Grant(std::string_view privileges) {
    const Answer done = Call(
        "PATCH", kMain,
        R"({"changes":[{"principal":"eve@example.org","add":)" + std::string(privileges) + "}]}");
    EXPECT_EQ(done.status, 200) << done.Text("message");
  }

  const std::string kScim = "/2.0/preview/scim/v2/";
  const std::string kMain = "/2.1/unity-catalog/permissions/catalog/main";
  sluice::testing::ManualClock clock_{FromUnixMillis(1'700'000'000'000)};
  SecureRandom random_;
  catalog::testing::MemoryStore store_;
  std::unique_ptr<catalog::Catalog> catalog_ =
      *catalog::Catalog::Open(store_, clock_, random_, std::string(32, 'k'));
  Metrics metrics_;
  delta::testing::LineCheckpointReader reader_;
  storage::Stores stores_{{clock_, random_, metrics_}};
  delta::Snapshots snapshots_{stores_, reader_, clock_, metrics_, {}};
  Services services_{*catalog_, snapshots_, clock_, {}};
  net::Router router_{{{"/api", ScimRoutes(services_), RenderError},
                       {"/api", TokenRoutes(services_), RenderError},
                       {"/api", GrantRoutes(services_), RenderError}}};
  net::Facts facts_;
  catalog::Id root_, eve_;
};

TEST_F(PeopleRoutesTest, AUserAsTheSdkReadsOne) {
  const std::string id = Make("Users", R"({"userName":"ada@example.org","displayName":"Ada",
      "externalId":"x-1","entitlements":[{"value":"allow-cluster-create"}],"new":{"field":1}})");
  const Answer got = Call("GET", kScim + "Users/" + id);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.Text("userName"), "ada@example.org");
  EXPECT_EQ(got.Text("displayName"), "Ada");
  EXPECT_EQ(got.Text("externalId"), "x-1");
  EXPECT_EQ(got.Text("active"), "true");
  EXPECT_EQ(got.Text("emails"), R"([{"value":"ada@example.org","type":"work","primary":true}])");
  EXPECT_EQ(got.Text("schemas"), R"(["urn:ietf:params:scim:schemas:core:2.0:User"])");
  const Answer some = Call("GET", kScim + "Users/" + id + "?attributes=userName");
  EXPECT_EQ(some.Text("displayName"), "(nothing)");
  EXPECT_EQ(some.Text("userName"), "ada@example.org");
  const Answer others = CallAs(eve_, "GET", kScim + "Users/" + id);
  EXPECT_EQ(others.Text("displayName"), "Ada");
  EXPECT_EQ(others.Text("externalId"), "(nothing)");
  EXPECT_EQ(others.Text("emails"), "(nothing)");
  EXPECT_EQ(Call("DELETE", kScim + "Users/" + id).status, 204);
  EXPECT_EQ(Call("GET", kScim + "Users/" + id).status, 404);
}

TEST_F(PeopleRoutesTest, MeIsTheCaller) {
  const Answer me = CallAs(eve_, "GET", kScim + "Me");
  EXPECT_EQ(me.Text("id"), eve_);
  EXPECT_EQ(me.Text("userName"), "eve@example.org");
  EXPECT_THAT(Call("GET", kScim + "Me").Text("groups"), HasSubstr("admins"));
}

TEST_F(PeopleRoutesTest, PutReplacesAll) {
  const std::string id = Make("Users", R"({"userName":"a","displayName":"A","externalId":"x"})");
  const Answer put = Call("PUT", kScim + "Users/" + id, R"({"userName":"b","active":false})");
  EXPECT_EQ(put.status, 200) << put.Text("message");
  EXPECT_EQ(put.Text("userName"), "b");
  EXPECT_EQ(put.Text("displayName"), "(nothing)");
  EXPECT_EQ(put.Text("externalId"), "(nothing)");
  EXPECT_EQ(put.Text("active"), "false");
  // Nobody comes in again because a client says nothing of it.
  const std::string one = kScim + "Users/" + id;
  EXPECT_EQ(Call("PUT", one, R"({"userName":"b"})").Text("active"), "false");
  EXPECT_EQ(Call("PUT", one, R"({"userName":"b","active":true})").Text("active"), "true");
  EXPECT_EQ(Call("PUT", one, R"({"userName":"b"})").Text("active"), "true");
  EXPECT_EQ(Call("PUT", one, "{}").status, 400);
}

TEST_F(PeopleRoutesTest, GroupsArePatchedAsClientsDo) {
  const std::string ada = Make("Users", R"({"userName":"ada"})");
  const std::string id =
      Make("Groups", R"({"displayName":"crew","members":[{"value":")" + ada + R"("}]})");
  const std::string path = "Groups/" + id;
  // The SDK
  Answer got =
      Patch(path, R"([{"op":"add","path":"members","value":[{"value":")" + eve_ + "\"}]}]");
  EXPECT_EQ(got.body.at("members").as_array().size(), 2u);
  // Terraform
  got = Patch(path, R"([{"op":"remove","path":"members[value eq \")" + ada + R"(\"]"}])");
  EXPECT_EQ(got.body.at("members").as_array().size(), 1u);
  EXPECT_THAT(got.Text("members"), HasSubstr(eve_));
  // Okta, Entra
  got = Patch(path, R"([{"op":"Replace","value":{"id":")" + id + R"(","displayName":"team"}}])");
  EXPECT_EQ(got.Text("displayName"), "team");
  got = Patch(path, R"([{"op":"Remove","path":"members","value":[{"value":")" + eve_ + "\"}]}]");
  EXPECT_EQ(got.Text("members"), "(nothing)");
  got = Patch("Users/" + ada, R"([{"op":"Replace","path":"active","value":"False"}])");
  EXPECT_EQ(got.Text("active"), "false");
  got = Patch("Users/" + ada,
              R"([{"op":"replace","path":"emails[type eq \"work\"].value","value":"a@b.c"}])");
  EXPECT_THAT(got.Text("emails"), HasSubstr("a@b.c"));
}

TEST_F(PeopleRoutesTest, APatchIsAllOrNothing) {
  const std::string path = "Groups/" + Make("Groups", R"({"displayName":"crew"})");
  const std::string_view wrong[] = {
      R"([{"op":"add","path":"members","value":[{"value":"nobody"}]}])",
      R"([{"op":"replace","path":"displayName","value":"x"},{"op":"jump"}])",
      R"([{"op":"replace","path":"displayName","value":5}])",
      R"([{"op":"replace","path":"nickName","value":"x"}])",
      R"([{"op":"add","path":"members"}])",
      R"([{"op":"add","path":"members","value":[5]}])",
      R"([{"op":"add","path":"members","value":[[{"value":"x"}]]}])",
      R"([{"op":"remove"}])",
      R"([{"op":"replace","path":"members[","value":"x"}])",
      R"(["replace"])",
      "[]",
      "{}"};
  for (const std::string_view operations : wrong) {
    const Answer got = Patch(path, operations);
    EXPECT_EQ(got.status, 400) << operations;
    EXPECT_EQ(got.Text("error_code"), "INVALID_PARAMETER_VALUE") << operations;
  }
  EXPECT_EQ(Call("GET", kScim + path).Text("displayName"), "crew");
  EXPECT_EQ(Call("PATCH", kScim + path, "{").Text("error_code"), "MALFORMED_REQUEST");
}

TEST_F(PeopleRoutesTest, ErrorsAreScimsAndDatabricks) {
  const Answer gone = Call("GET", kScim + "Users/1");
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(gone.Text("status"), "404");
  EXPECT_EQ(gone.Text("schemas"), R"(["urn:ietf:params:scim:api:messages:2.0:Error"])");
  EXPECT_EQ(gone.Text("error_code"), "RESOURCE_DOES_NOT_EXIST");
  const Answer twice = Call("POST", kScim + "Users", R"({"userName":"EVE@example.org"})");
  EXPECT_EQ(twice.status, 409);
  EXPECT_EQ(twice.Text("error_code"), "RESOURCE_ALREADY_EXISTS");
  EXPECT_EQ(CallAs(eve_, "POST", kScim + "Users", R"({"userName":"x"})").status, 403);
  EXPECT_EQ(Call("GET", kScim + "Groups/" + eve_).status, 404);
}

TEST_F(PeopleRoutesTest, ListsPageAndFilter) {
  for (int i = 0; i < 5; ++i) {
    Make("Users", R"({"userName":"page)" + std::to_string(4 - i) + "\"}");
  }
  const std::string filter = "Users?filter=userName%20sw%20%22PAGE%22";
  const Answer page = Call("GET", kScim + filter + "&startIndex=2&count=2");
  EXPECT_EQ(page.Text("totalResults"), "5");
  EXPECT_EQ(page.Text("startIndex"), "2");
  EXPECT_EQ(page.Text("itemsPerPage"), "2");
  const json::Array& found = page.body.at("Resources").as_array();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].as_object().at("userName").as_string(), "page1");
  EXPECT_EQ(found[1].as_object().at("userName").as_string(), "page2");
  EXPECT_EQ(Call("GET", kScim + filter + "&startIndex=6").Text("Resources"), "[]");
  EXPECT_EQ(Call("GET", kScim + "Users?startIndex=x").status, 400);
  EXPECT_EQ(Call("GET", kScim + "Users?filter=userName").status, 400);
  EXPECT_EQ(Call("GET", kScim + "Users?filter=nickName%20pr").status, 400);
  // A filter finds nothing by what its caller may not see.
  const std::string secret = "Users?filter=emails.value%20co%20%22example%22";
  EXPECT_EQ(CallAs(eve_, "GET", kScim + secret).Text("totalResults"), "1");
  EXPECT_EQ(Call("GET", kScim + secret).Text("totalResults"), "2");
}

TEST_F(PeopleRoutesTest, ServicePrincipals) {
  const std::string id = Make("ServicePrincipals", R"({"displayName":"etl"})");
  const Answer got = Call("GET", kScim + "ServicePrincipals/" + id);
  EXPECT_EQ(got.Text("applicationId").size(), 36u);
  EXPECT_EQ(got.Text("displayName"), "etl");
  const Answer put = Call("PUT", kScim + "ServicePrincipals/" + id, R"({"displayName":"e"})");
  EXPECT_EQ(put.Text("applicationId"), got.Text("applicationId"));
  EXPECT_EQ(Patch("ServicePrincipals/" + id,
                  R"([{"op":"replace","path":"applicationId","value":"other"}])")
                .status,
            400);
  EXPECT_EQ(Patch("ServicePrincipals/" + id, R"([{"op":"replace","path":"active","value":false}])")
                .Text("active"),
            "false");
  EXPECT_EQ(Call("GET", kScim + "ServicePrincipals").Text("totalResults"), "1");
  EXPECT_EQ(CallAs(eve_, "DELETE", kScim + "ServicePrincipals/" + id).status, 403);
  EXPECT_EQ(Call("DELETE", kScim + "ServicePrincipals/" + id).status, 204);
  EXPECT_EQ(Call("GET", kScim + "ServicePrincipals/" + id).status, 404);
}

TEST_F(PeopleRoutesTest, GroupsAreReplacedAndDeleted) {
  const std::string id = Make("Groups", R"({"displayName":"team"})");
  const Answer put = Call("PUT", kScim + "Groups/" + id,
                          R"({"displayName":"crew","members":[{"value":")" + eve_ + R"("}]})");
  EXPECT_EQ(put.status, 200) << put.Text("message");
  EXPECT_EQ(put.Text("displayName"), "crew");
  EXPECT_THAT(Call("GET", kScim + "Groups/" + id).Text("members"), HasSubstr(eve_));
  EXPECT_EQ(CallAs(eve_, "DELETE", kScim + "Groups/" + id).status, 403);
  EXPECT_EQ(Call("DELETE", kScim + "Groups/" + id).status, 204);
  EXPECT_EQ(Call("GET", kScim + "Groups/" + id).status, 404);
}

TEST_F(PeopleRoutesTest, Tokens) {
  const Answer made =
      CallAs(eve_, "POST", "/2.0/token/create", R"({"comment":"mine","lifetime_seconds":60})");
  EXPECT_EQ(made.status, 200);
  const std::string secret = made.Text("token_value");
  EXPECT_THAT(secret, ::testing::StartsWith("slu_"));
  const json::Object& info = made.body.at("token_info").as_object();
  EXPECT_EQ(info.at("expiry_time").as_int64(), 1'700'000'060'000);
  for (const auto& [name, value] : facts_) EXPECT_THAT(value, Not(HasSubstr(secret))) << name;
  const Answer listed = CallAs(eve_, "GET", "/2.0/token/list");
  EXPECT_EQ(listed.body.at("token_infos").as_array().size(), 1u);
  EXPECT_THAT(json::Serialize(listed.body), Not(HasSubstr(secret)));
  const std::string id(info.at("token_id").as_string());
  const Answer changed = CallAs(eve_, "PATCH", "/2.0/token/" + id,
                                R"({"token":{"comment":"his"},"update_mask":"comment"})");
  EXPECT_EQ(changed.Text("comment"), "his");
  EXPECT_EQ(CallAs(eve_, "PATCH", "/2.0/token/" + id,
                   R"({"token":{"expiry_time":5},"update_mask":"expiry_time"})")
                .status,
            400);
  EXPECT_EQ(CallAs(eve_, "POST", "/2.0/token/delete", R"({"token_id":"nope"})").Text("error_code"),
            "RESOURCE_DOES_NOT_EXIST");
  EXPECT_EQ(CallAs(eve_, "POST", "/2.0/token/create", R"({"principal":"root@example.org"})").status,
            403);
  EXPECT_EQ(CallAs(eve_, "POST", "/2.0/token/delete", R"({"token_id":")" + id + "\"}").status, 200);
  EXPECT_EQ(CallAs(eve_, "GET", "/2.0/token/list").Text("token_infos"), "[]");
}

TEST_F(PeopleRoutesTest, Grants) {
  Grant(R"(["USE CATALOG","SELECT"])");
  EXPECT_EQ(Call("GET", kMain).Text("privilege_assignments"),
            R"([{"principal":"eve@example.org","privileges":["SELECT","USE_CATALOG"]}])");
  const Answer done = Call("PATCH", "/2.1/unity-catalog/permissions/CATALOG/main",
                           R"({"changes":[{"principal":"eve@example.org","remove":["SELECT"],
                               "add":["BROWSE"],"expires_at":1700000001000}]})");
  EXPECT_THAT(done.Text("privilege_assignments"),
              HasSubstr(R"("expires_at":{"BROWSE":1700000001000})"));
  EXPECT_EQ(Call("PATCH", kMain, R"({"omit_permissions_in_response":true})").body, json::Object());
  EXPECT_EQ(Call("GET", "/2.1/unity-catalog/effective-permissions/catalog/main")
                .Text("privilege_assignments"),
            R"([{"principal":"eve@example.org","privileges":[{"privilege":"BROWSE"},)"
            R"({"privilege":"USE_CATALOG"}]}])");
  EXPECT_EQ(Call("GET", "/2.1/unity-catalog/permissions/pipeline/main").status, 400);
  EXPECT_EQ(Call("GET", "/2.1/unity-catalog/permissions/table/a.b.c").Text("error_code"),
            "TABLE_DOES_NOT_EXIST");
  EXPECT_EQ(Call("PATCH", kMain, R"({"changes":[{"add":["SELECT"]}]})").status, 400);
  EXPECT_EQ(Call("PATCH", kMain, R"({"changes":[{"principal":"x","add":["SELECT"]}]})")
                .Text("error_code"),
            "PRINCIPAL_DOES_NOT_EXIST");
}

TEST_F(PeopleRoutesTest, GrantsComeInWholePrincipals) {
  const Status made = catalog_->Change({}, [&](catalog::Edit& edit) -> Status {
    catalog::Securable main = *edit.picture().FindByName(catalog::Kind::kCatalog, "main");
    for (int i = 0; i < 100; ++i) {
      const catalog::Id id = edit.Create(catalog::Principal{.name = "u" + std::to_string(i)});
      main.grants.push_back({id, catalog::Privilege::kSelect});
      main.grants.push_back({id, catalog::Privilege::kModify});
    }
    edit.Update(std::move(main));
    return {};
  });
  ASSERT_THAT(made, IsOk());
  for (const std::string_view bad : {"-1", "1", "149", "x", "99999999999999999999"}) {
    EXPECT_EQ(Call("GET", kMain + "?max_results=" + std::string(bad)).status, 400) << bad;
  }
  EXPECT_EQ(Call("GET", kMain).body.at("privilege_assignments").as_array().size(), 100u);
  const std::string list = "/2.1/unity-catalog/privilege-assignments/catalog/main?page_size=150";
  const Answer first = Call("GET", list);
  EXPECT_EQ(first.body.at("privilege_assignments").as_array().size(), 75u);
  const std::string token = first.Text("next_page_token");
  const Answer second = Call("GET", list + "&page_token=" + token);
  EXPECT_EQ(second.body.at("privilege_assignments").as_array().size(), 25u);
  EXPECT_EQ(second.Text("next_page_token"), "(nothing)");
  EXPECT_EQ(Call("GET", list + "&principal=u99&page_token=" + token).status, 400);
  const Answer effective =
      Call("GET", "/2.1/unity-catalog/effective-privilege-assignments/catalog/main?page_size=150");
  EXPECT_EQ(effective.body.at("effective_privilege_assignments").as_array().size(), 75u);
  EXPECT_EQ(
      Call("GET",
           "/2.1/unity-catalog/effective-privilege-assignments/catalog/main?page_token=" + token)
          .status,
      400);
  const std::string other = "/2.1/unity-catalog/permissions/metastore/sluice?max_results=0";
  EXPECT_EQ(Call("GET", other + "&page_token=" + token).status, 400);
}

}  // namespace
}  // namespace sluice::unity
