// w.recipients and w.recipient_activation, as the SDK sends them.
#include "base/json.h"
#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"
#include "base/timestamp.h"
#include "catalog/activation.h"
#include "catalog/recipients.h"
#include "catalog/testing/memory_store.h"
#include "delta/testing/line_checkpoint_reader.h"
#include "net/parse_request.h"
#include "unity/errors.h"
#include "unity/routes.h"

namespace sluice::unity {
namespace {

using sluice::testing::IsOk;
using std::chrono::hours;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

struct Answer {
  int status = 0;
  json::Object body{};
  std::string cache_control{};
  net::Access access{};

  std::string Text(std::string_view name) const {
    const json::Value* value = body.if_contains(name);
    if (value == nullptr) return "(nothing)";
    return value->is_string() ? std::string(value->as_string()) : json::Serialize(*value);
  }
};

class RecipientRoutesTest : public ::testing::Test {
 protected:
  RecipientRoutesTest() {
    const Status made = catalog_->Change({}, [&](catalog::Edit& edit) -> Status {
      ada_ = edit.Create(catalog::Principal{.name = "ada@example.org"});
      eve_ = edit.Create(catalog::Principal{.name = "eve@example.org"});
      catalog::Securable metastore = edit.picture().metastore();
      metastore.grants = {{ada_, catalog::Privilege::kCreateRecipient}};
      edit.Update(std::move(metastore));
      return {};
    });
    EXPECT_THAT(made, IsOk());
  }

  void MakeAdministrator(const catalog::Id& user) {
    const Status made = catalog_->Change({}, [&](catalog::Edit& edit) -> Status {
      catalog::Securable metastore = edit.picture().metastore();
      metastore.owner = user;
      edit.Update(std::move(metastore));
      return {};
    });
    EXPECT_THAT(made, IsOk());
  }

  Answer Call(std::string_view method, std::string_view target, std::string_view body = "") {
    return CallAs(ada_, method, target, body);
  }
  // From the bytes of a request to those of the answer.
  Answer CallAs(const catalog::Id& user, std::string_view method, std::string_view target,
                std::string_view body = "") {
    const std::string bytes = std::string(method) + " " + std::string(target) +
                              " HTTP/1.1\r\nHost: share.example.org\r\nContent-Type: "
                              "application/json\r\nContent-Length: " +
                              std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
    net::Request request = *net::ParseRequest(bytes, {});
    request.client = from_;
    const Status matched = router_.Match(request);
    if (!matched) return {net::HttpStatus(matched.error()), {}};
    if (request.route->access == net::Access::kUser) request.principal = "user:" + user;
    if (request.route->describe) facts_ = request.route->describe(request);
    Result<net::Response> response = request.route->handler(request);
    if (!response) response = request.route->render_error(response.error());
    const auto value = json::Parse(std::get<std::string>(response->body));
    return {response->status, value->as_object(),
            std::string(response->headers.Find("cache-control").value_or("")),
            request.route->access};
  }
  Answer Create(std::string_view fields) {
    return Call("POST", kRecipients,
                R"({"authentication_type":"TOKEN",)" + std::string(fields) + "}");
  }
  // The nonce in the link that recipient `name` shows now.
  std::string NonceOf(const std::string& name) {
    const std::string link =
        Call("GET", std::string(kRecipients) + "/" + name).Text("activation_url");
    return std::string(catalog::NonceOfLink(link));
  }

  static constexpr std::string_view kRecipients = "/api/2.1/unity-catalog/recipients";
  static constexpr std::string_view kRetrieve =
      "/api/2.1/unity-catalog/public/data_sharing_activation/";
  static constexpr std::string_view kInfo =
      "/api/2.1/unity-catalog/public/data_sharing_activation_info/";

  sluice::testing::ManualClock clock_{FromUnixMillis(1'700'000'000'000)};
  SecureRandom random_;
  catalog::testing::MemoryStore store_;
  std::unique_ptr<catalog::Catalog> catalog_ =
      *catalog::Catalog::Open(store_, clock_, random_, std::string(32, 'k'));
  IpAddress from_ = *IpAddress::Parse("192.0.2.1");
  net::Facts facts_;
  Metrics metrics_;
  delta::testing::LineCheckpointReader reader_;
  storage::Stores stores_{{clock_, random_, metrics_}};
  delta::Snapshots snapshots_{stores_, reader_, clock_, metrics_, {}};
  Services services_{*catalog_, snapshots_, clock_, {}};
  net::Router router_{{{"/api", RecipientRoutes(services_), RenderError},
                       {"/api", ActivationRoutes(services_), RenderError}}};
  catalog::Id ada_;
  catalog::Id eve_;
};

TEST_F(RecipientRoutesTest, CreatesWhatTheSdkReads) {
  const Answer made = Create(
      R"("name":"acme","comment":"a partner","ip_access_list":{"allowed_ip_addresses":["192.0.2.0/24"]},
         "properties_kvpairs":{"properties":{"country":"SE"}},"expiration_time":1800000000000)");
  EXPECT_EQ(made.status, 200);
  EXPECT_EQ(made.Text("name"), "acme");
  EXPECT_EQ(made.Text("authentication_type"), "TOKEN");
  EXPECT_EQ(made.Text("owner"), "ada@example.org");
  EXPECT_EQ(made.Text("created_by"), "ada@example.org");
  EXPECT_EQ(made.Text("created_at"), "1700000000000");
  EXPECT_EQ(made.Text("comment"), "a partner");
  EXPECT_EQ(made.Text("activated"), "false");
  EXPECT_EQ(made.Text("expiration_time"), "1800000000000");
  EXPECT_EQ(made.Text("ip_access_list"), R"({"allowed_ip_addresses":["192.0.2.0/24"]})");
  EXPECT_EQ(made.Text("properties_kvpairs"), R"({"properties":{"country":"SE"}})");
  EXPECT_EQ(made.Text("metastore_id"), "(nothing)");
  EXPECT_EQ(made.Text("data_recipient_global_metastore_id"), "(nothing)");
  EXPECT_THAT(made.Text("activation_url"), StartsWith("http://share.example.org/activate/"));
  const json::Object& token = made.body.at("tokens").as_array().at(0).as_object();
  EXPECT_EQ(token.at("activation_url").as_string(), made.Text("activation_url"));
  EXPECT_EQ(token.at("created_by").as_string(), "ada@example.org");
  EXPECT_EQ(Call("GET", std::string(kRecipients) + "/acme").body, made.body);
  EXPECT_EQ(made.access, net::Access::kUser);
}

TEST_F(RecipientRoutesTest, APlatformRecipientNamesItsMetastore) {
  const Answer made = Call("POST", kRecipients, R"({"name":"far","authentication_type":"DATABRICKS",
      "sharing_code":"secret-code",
      "data_recipient_global_metastore_id":"aws:us-west-2:19a84bee-54bc-43a2-87de-023d0ec16016"})");
  EXPECT_EQ(made.status, 200) << made.Text("message");
  EXPECT_EQ(made.Text("cloud"), "aws");
  EXPECT_EQ(made.Text("region"), "us-west-2");
  EXPECT_EQ(made.Text("metastore_id"), "19a84bee-54bc-43a2-87de-023d0ec16016");
  EXPECT_EQ(made.Text("activation_url"), "(nothing)");
  EXPECT_EQ(made.Text("tokens"), "(nothing)");
  for (const auto& [name, value] : facts_) EXPECT_THAT(value, Not(HasSubstr("secret-code")));
  EXPECT_THAT(facts_, Not(IsEmpty()));
  Create(R"("name":"near")");
  const std::string filter =
      "?data_recipient_global_metastore_id=aws:us-west-2:"
      "19a84bee-54bc-43a2-87de-023d0ec16016";
  EXPECT_THAT(Call("GET", std::string(kRecipients) + filter).body.at("recipients").as_array(),
              SizeIs(1));
}

TEST_F(RecipientRoutesTest, RefusesInTheWordsOfTheApi) {
  const auto refused = [&](std::string_view body) { return Call("POST", kRecipients, body); };
  EXPECT_EQ(refused("{}").Text("message"), "CreateRecipient Missing required field: name");
  EXPECT_EQ(refused(R"({"name":"x"})").Text("message"),
            "CreateRecipient Missing required field: authentication_type");
  EXPECT_EQ(refused(R"({"name":"x","authentication_type":"OIDC_FEDERATION"})").Text("message"),
            "authentication_type OIDC_FEDERATION is not supported yet.");
  EXPECT_EQ(refused(R"({"name":"x","authentication_type":"EMAIL"})").status, 400);
  EXPECT_EQ(refused(R"({"name":"x","authentication_type":"PIGEON"})").Text("error_code"),
            "INVALID_PARAMETER_VALUE");
  for (const std::string_view bad :
       {R"("name":7)", R"("name":"x","ip_access_list":[])",
        R"("name":"x","expiration_time":"soon")",
        R"("name":"x","ip_access_list":{"allowed_ip_addresses":"10.0.0.1"})",
        R"("name":"x","ip_access_list":{"allowed_ip_addresses":["10.0.0.1.2"]})",
        R"("name":"x","properties_kvpairs":{"properties":{"a":1}})",
        R"("name":"x","properties_kvpairs":{"properties":{"databricks.name":"y"}})",
        R"("name":"x","properties_kvpairs":{"properties":{"allowed_ip_ranges":"office"}})",
        R"("name":"x","expiration_time":1600000000000)"}) {
    const Answer answer = Create(bad);
    EXPECT_EQ(answer.status, 400) << bad;
    EXPECT_EQ(answer.Text("error_code"), "INVALID_PARAMETER_VALUE") << bad;
  }
  Create(R"("name":"acme")");
  const Answer twice = Create(R"("name":"acme")");
  EXPECT_EQ(twice.status, 409);
  EXPECT_EQ(twice.Text("error_code"), "RECIPIENT_ALREADY_EXISTS");
  for (const auto& [method, path] : std::vector<std::pair<std::string_view, std::string>>{
           {"GET", "/nobody"}, {"PATCH", "/nobody"}, {"DELETE", "/nobody"}}) {
    const Answer none = Call(method, std::string(kRecipients) + path);
    EXPECT_EQ(none.status, 404);
    EXPECT_EQ(none.Text("error_code"), "RECIPIENT_DOES_NOT_EXIST");
  }
  EXPECT_EQ(CallAs(eve_, "POST", kRecipients, R"({"name":"x","authentication_type":"TOKEN"})")
                .Text("error_code"),
            "PERMISSION_DENIED");
}

TEST_F(RecipientRoutesTest, ListsWhatTheCallerSeesPageByPage) {
  for (const char* name : {"c", "a", "d", "b"}) Create(R"("name":")" + std::string(name) + '"');
  std::string seen;
  std::string token;
  do {
    const Answer page =
        Call("GET", std::string(kRecipients) + "?max_results=3&page_token=" + token);
    EXPECT_EQ(page.status, 200);
    for (const json::Value& item : page.body.at("recipients").as_array()) {
      seen += std::string(item.at("name").as_string());
    }
    token = page.body.contains("next_page_token") ? page.Text("next_page_token") : "";
  } while (!token.empty());
  EXPECT_EQ(seen, "abcd");
  EXPECT_THAT(
      Call("GET", std::string(kRecipients) + "?max_results=0").body.at("recipients").as_array(),
      SizeIs(4));
  EXPECT_THAT(CallAs(eve_, "GET", kRecipients).body.at("recipients").as_array(), IsEmpty());
  EXPECT_EQ(Call("GET", std::string(kRecipients) + "?page_token=!").status, 400);
}

TEST_F(RecipientRoutesTest, ChangesAndDeletes) {
  Create(R"("name":"acme","ip_access_list":{"allowed_ip_addresses":["10.0.0.1"],
            "denied_ip_addresses":["10.0.0.2"]})");
  const std::string acme = std::string(kRecipients) + "/acme";
  // What is not given stays as it was.
  EXPECT_EQ(Call("PATCH", acme, R"({"ip_access_list":{"denied_ip_addresses":["10.0.0.2"]}})")
                .Text("ip_access_list"),
            R"({"allowed_ip_addresses":["10.0.0.1"],"denied_ip_addresses":["10.0.0.2"]})");
  // The way in which the SDK sends an empty list.
  const Answer opened = Call("PATCH", acme, R"({"ip_access_list":{},"comment":"c"})");
  EXPECT_EQ(opened.Text("ip_access_list"), R"({"denied_ip_addresses":["10.0.0.2"]})");
  EXPECT_EQ(opened.Text("comment"), "c");
  EXPECT_EQ(Call("PATCH", acme, R"({"ip_access_list":{"denied_ip_addresses":[]}})")
                .Text("ip_access_list"),
            "(nothing)");
  Call("PATCH", acme, R"({"properties_kvpairs":{"properties":{"a":"1"}}})");
  EXPECT_EQ(Call("PATCH", acme, R"({"comment":""})").Text("properties_kvpairs"),
            R"({"properties":{"a":"1"}})");
  EXPECT_EQ(Call("PATCH", acme, R"({"properties_kvpairs":{}})").Text("properties_kvpairs"),
            "(nothing)");
  EXPECT_EQ(Call("PATCH", acme, R"({"new_name":"zenith"})").status, 403);
  MakeAdministrator(ada_);
  EXPECT_EQ(Call("PATCH", acme, R"({"new_name":"zenith"})").Text("name"), "zenith");
  EXPECT_EQ(Call("DELETE", acme).status, 404);
  EXPECT_EQ(Call("DELETE", std::string(kRecipients) + "/zenith").status, 200);
  EXPECT_EQ(Call("GET", std::string(kRecipients) + "/zenith").status, 404);
}

TEST_F(RecipientRoutesTest, AProgramOpensALinkOnce) {
  Create(R"("name":"acme")");
  const std::string nonce = NonceOf("acme");
  const Answer info = Call("GET", std::string(kInfo) + nonce);
  EXPECT_EQ(info.status, 200);
  EXPECT_THAT(info.body, IsEmpty());
  // Its path is in no log.
  EXPECT_EQ(info.access, net::Access::kSignedLink);
  EXPECT_EQ(facts_.at(0).second, "acme");

  const Answer token = Call("GET", std::string(kRetrieve) + nonce);
  EXPECT_EQ(token.status, 200);
  EXPECT_EQ(token.Text("shareCredentialsVersion"), "1");
  EXPECT_THAT(token.Text("bearerToken"), MatchesRegex("slr_[A-Za-z0-9_-]{43}"));
  EXPECT_EQ(token.Text("endpoint"), "http://share.example.org/delta-sharing");
  EXPECT_EQ(token.Text("expirationTime"), FormatTimestamp(clock_.Now() + hours(24 * 365)));
  EXPECT_EQ(token.cache_control, "no-store");
  EXPECT_EQ(token.access, net::Access::kSignedLink);

  for (const std::string_view path : {kInfo, kRetrieve}) {
    const Answer again = Call("GET", std::string(path) + nonce);
    EXPECT_EQ(again.status, 404);
    EXPECT_EQ(again.Text("error_code"), "RESOURCE_DOES_NOT_EXIST");
    EXPECT_THAT(again.Text("message"), HasSubstr("was used already"));
    EXPECT_EQ(facts_.at(0).second, "acme");
  }
  const Answer after = Call("GET", std::string(kRecipients) + "/acme");
  EXPECT_EQ(after.Text("activated"), "true");
  EXPECT_EQ(after.Text("activation_url"), "(nothing)");
  EXPECT_THAT(json::Serialize(after.body), Not(HasSubstr(token.Text("bearerToken"))));
  EXPECT_EQ(after.body.at("tokens").at(0).at("expiration_time").as_int64(),
            ToUnixMillis(clock_.Now() + hours(24 * 365)));
}

TEST_F(RecipientRoutesTest, AWholeLinkOpensToo) {
  int number = 0;
  for (const std::string_view before :
       {"https://share.example.org/activate/", "http://[::1]:8080/activate/",
        "https:/share.example.org/activate/"}) {
    const std::string name = "r" + std::to_string(++number);
    Create(R"("name":")" + name + '"');
    const std::string link = std::string(before) + NonceOf(name);
    EXPECT_EQ(Call("GET", std::string(kInfo) + link).status, 200) << link;
    EXPECT_EQ(Call("GET", std::string(kRetrieve) + link).status, 200) << link;
  }
  Create(R"("name":"open")");
  const std::string path = "/api/2.1/opensharing/activation/" + NonceOf("open");
  EXPECT_EQ(Call("GET", path).status, 200);
  EXPECT_EQ(Call("GET", path).status, 404);
}

TEST_F(RecipientRoutesTest, ALinkThatIsNoneIsNotFound) {
  for (const std::string_view bad : {"x", "%00", "https://a/activate/x",
                                     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "..", "%2F"}) {
    EXPECT_EQ(Call("GET", std::string(kRetrieve) + std::string(bad)).status, 404) << bad;
    EXPECT_EQ(Call("GET", std::string(kInfo) + std::string(bad)).status, 404) << bad;
  }
}

TEST_F(RecipientRoutesTest, ALinkOpensFromWhereTheRecipientMayCome) {
  Create(
      R"("name":"acme","properties_kvpairs":{"properties":{"allowed_ip_ranges":"2001:db8::/32"}})");
  const std::string nonce = NonceOf("acme");
  for (const std::string_view path : {kInfo, kRetrieve}) {
    const Answer refused = Call("GET", std::string(path) + nonce);
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.Text("error_code"), "PERMISSION_DENIED");
  }
  from_ = *IpAddress::Parse("2001:db8::1");
  EXPECT_EQ(Call("GET", std::string(kRetrieve) + nonce).status, 200);
}

TEST_F(RecipientRoutesTest, RotatesAtMostTwice) {
  Create(R"("name":"acme")");
  const std::string rotate = std::string(kRecipients) + "/acme/rotate-token";
  const std::string unopened = NonceOf("acme");
  EXPECT_EQ(Call("POST", rotate, "{}").Text("message"),
            "RotateRecipientToken Missing required field: existing_token_expire_in_seconds");
  EXPECT_EQ(Call("POST", rotate, R"({"existing_token_expire_in_seconds":-1})").status, 400);
  const Answer rotated = Call("POST", rotate, R"({"existing_token_expire_in_seconds":60})");
  EXPECT_EQ(rotated.status, 200);
  EXPECT_NE(NonceOf("acme"), unopened);
  EXPECT_EQ(Call("GET", std::string(kRetrieve) + unopened).status, 404);
  EXPECT_EQ(Call("GET", std::string(kRetrieve) + NonceOf("acme")).status, 200);
  const Answer both = Call("POST", rotate, R"({"existing_token_expire_in_seconds":60})");
  EXPECT_THAT(both.body.at("tokens").as_array(), SizeIs(2));
  EXPECT_EQ(both.body.at("tokens").at(0).at("expiration_time").as_int64(),
            ToUnixMillis(clock_.Now()) + 60'000);
  EXPECT_EQ(both.Text("activated"), "false");
  EXPECT_EQ(Call("GET", std::string(kRetrieve) + NonceOf("acme")).status, 200);
  const Answer third = Call("POST", rotate, R"({"existing_token_expire_in_seconds":0})");
  EXPECT_EQ(third.status, 400);
  EXPECT_EQ(third.Text("error_code"), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(third.Text("message"), "There are already two active tokens for recipient acme");
}

}  // namespace
}  // namespace sluice::unity
