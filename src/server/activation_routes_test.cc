#include "server/activation_routes.h"

#include "base/json.h"
#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"
#include "catalog/activation.h"
#include "catalog/recipients.h"
#include "catalog/testing/memory_store.h"
#include "delta/testing/line_checkpoint_reader.h"

namespace sluice::server {
namespace {

using sluice::testing::IsOk;
using std::chrono::hours;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Fields = std::vector<std::pair<std::string, std::string>>;

class ActivationRoutesTest : public ::testing::Test {
 protected:
  std::string NewLink(catalog::NewRecipient recipient) {
    const auto made = catalog::CreateRecipient(*catalog_, {}, std::move(recipient));
    EXPECT_THAT(made, IsOk());
    return *catalog::NonceOfToken(*catalog_, (*made)->As<catalog::Recipient>().tokens[0]);
  }
  net::Response Call(net::Method method, std::string_view nonce, const Fields& headers = {},
                     std::string body = "") {
    net::Request request;
    request.method = method;
    request.path = "/activate/" + std::string(nonce);
    request.client = from_;
    request.body = std::move(body);
    request.headers.Add("Host", "share.example.org");
    for (const auto& [name, value] : headers) request.headers.Add(name, value);
    const Status matched = router_.Match(request);
    if (!matched) return router_.RenderError(request.path, matched.error());
    EXPECT_EQ(request.route->access, net::Access::kSignedLink);
    facts_ = request.route->describe(request);
    Result<net::Response> response = request.route->handler(request);
    return response ? *std::move(response) : request.route->render_error(response.error());
  }
  net::Response Get(std::string_view nonce) { return Call(net::Method::kGet, nonce); }
  net::Response Post(std::string_view nonce, const Fields& headers = {}, std::string body = "") {
    return Call(net::Method::kPost, nonce, headers, std::move(body));
  }
  static std::string Text(const net::Response& response) {
    return std::get<std::string>(response.body);
  }

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
  unity::Services services_{*catalog_, snapshots_, clock_, {.public_url = "https://open.example"}};
  net::Router router_{{ActivationPages(services_, "/sign-in?as=recipient")}};
};

TEST_F(ActivationRoutesTest, LookingChangesNothing) {
  const std::string nonce = NewLink({.name = "acme"});
  for (int i = 0; i < 3; ++i) {
    const net::Response page = Get(nonce);
    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(Text(page), HasSubstr("acme"));
    EXPECT_THAT(Text(page), HasSubstr("https://open.example/delta-sharing"));
    EXPECT_THAT(Text(page), Not(HasSubstr("slr_")));
    EXPECT_EQ(page.headers.Find("cache-control"), "no-store");
    EXPECT_TRUE(page.headers.Find("content-security-policy"));
    EXPECT_EQ(page.headers.Find("referrer-policy"), "no-referrer");
  }
  ASSERT_THAT(facts_, ::testing::SizeIs(2));
  EXPECT_EQ(facts_[0].second, "acme");
  EXPECT_EQ(Post(nonce).status, 200);
}

TEST_F(ActivationRoutesTest, TheButtonGivesTheFileOnce) {
  const std::string nonce = NewLink({.name = "acme"});
  const net::Response file = Post(nonce,
                                  {{"Content-Type", "application/x-www-form-urlencoded"},
                                   {"Origin", "null"},
                                   {"Sec-Fetch-Site", "same-origin"}},
                                  "as=file");
  EXPECT_EQ(file.status, 200);
  EXPECT_THAT(std::string(file.headers.Find("content-disposition").value_or("")),
              HasSubstr("config.share"));
  EXPECT_EQ(file.headers.Find("cache-control"), "no-store");
  const auto profile = json::Parse(Text(file));
  ASSERT_THAT(profile, IsOk());
  EXPECT_EQ(profile->at("endpoint").as_string(), "https://open.example/delta-sharing");
  const std::string token(profile->at("bearerToken").as_string());
  EXPECT_TRUE(catalog_->Now()->FindRecipientToken(crypto::Sha256(token)));
  for (const net::Response& again : {Post(nonce), Get(nonce)}) {
    EXPECT_EQ(again.status, 410);
    EXPECT_THAT(Text(again), Not(HasSubstr(token)));
    ASSERT_TRUE(again.error);
    EXPECT_THAT(again.error->message, HasSubstr("used already"));
  }
}

TEST_F(ActivationRoutesTest, OrAPageThatShowsIt) {
  const net::Response page = Post(NewLink({.name = "acme"}), {}, "as=page");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(Text(page), HasSubstr("slr_"));
  EXPECT_THAT(Text(page), HasSubstr("<textarea"));
}

TEST_F(ActivationRoutesTest, LeadsOnToThePortal) {
  constexpr const char* kLink = "href=\"/sign-in?as=recipient\" target=\"_blank\"";
  const std::string nonce = NewLink({.name = "acme"});
  EXPECT_THAT(Text(Get(nonce)), HasSubstr(kLink));
  const std::string page = Text(Post(nonce, {}, "as=page"));
  EXPECT_THAT(page, HasSubstr(kLink));
  // The token stands in the text to be saved, and in no address.
  EXPECT_THAT(page, Not(::testing::ContainsRegex("href=\"[^\"]*slr_")));
  EXPECT_THAT(page, Not(HasSubstr("href=\"/activate")));
}

TEST_F(ActivationRoutesTest, WithoutAPortalItDoesNot) {
  router_ = net::Router({ActivationPages(services_, "")});
  const std::string nonce = NewLink({.name = "acme"});
  EXPECT_THAT(Text(Get(nonce)), Not(HasSubstr("/sign-in")));
  EXPECT_THAT(Text(Post(nonce, {}, "as=page")), Not(HasSubstr("/sign-in")));
}

TEST_F(ActivationRoutesTest, NoOtherSitePressesTheButton) {
  const std::string nonce = NewLink({.name = "acme"});
  for (const Fields& foreign : std::vector<Fields>{
           {{"Origin", "https://evil.example"}},
           {{"Origin", "https://open.example.evil.example"}},
           {{"Sec-Fetch-Site", "cross-site"}},
           {{"Sec-Fetch-Site", "same-site"}, {"Origin", "null"}},
           {{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "same-origin"}}}) {
    EXPECT_EQ(Post(nonce, foreign).status, 403);
  }
  EXPECT_EQ(Post(nonce, {{"Content-Type", "text/plain"}}).status, 415);
  EXPECT_EQ(Post(nonce, {{"Content-Type", "multipart/form-data; boundary=x"}}).status, 415);
  EXPECT_EQ(Post(nonce, {{"Origin", "https://open.example"},
                         {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}})
                .status,
            200);
}

TEST_F(ActivationRoutesTest, SaysWhatIsWrongWithALink) {
  EXPECT_EQ(Get("nonsense").status, 404);
  EXPECT_EQ(Post("nonsense").status, 404);
  EXPECT_THAT(facts_, IsEmpty());
  const std::string late = NewLink({.name = "late"});
  const std::string far = NewLink({.name = "far", .allowed_ip_addresses = {"2001:db8::/32"}});
  EXPECT_EQ(Get(far).status, 403);
  EXPECT_EQ(Post(far).status, 403);
  EXPECT_THAT(Text(Get(far)), HasSubstr("192.0.2.1"));
  EXPECT_EQ(facts_.at(0).second, "far");
  clock_.Advance(hours(72));
  EXPECT_EQ(Get(late).status, 410);
  EXPECT_EQ(Post(late).status, 410);
  EXPECT_EQ(Call(net::Method::kDelete, late).status, 405);
}

TEST_F(ActivationRoutesTest, AFailureOfOursUsesNothingUp) {
  const std::string nonce = NewLink({.name = "acme"});
  store_.fail_next = true;
  EXPECT_EQ(Post(nonce).status, 503);
  EXPECT_EQ(Post(nonce).status, 200);
}

}  // namespace
}  // namespace sluice::server
