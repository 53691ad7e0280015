#include "base/testing/matchers.h"
#include "catalog/access_tokens.h"
#include "catalog/activation.h"
#include "catalog/recipients.h"
#include "unity/testing/tree_api.h"

namespace sluice::unity {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Answered {
  int status = 0;
  std::string text;
  std::string cookie;  // the value of Set-Cookie
  std::string caller;  // of the log
};

class SessionRoutesTest : public ::testing::Test {
 protected:
  SessionRoutesTest() {
    token_ = catalog::CreateAccessToken(*api_.catalog, api_.ada, {})->token;
    admin_ = catalog::CreateAccessToken(*api_.catalog, api_.root, {})->token;
  }

  // With the cookie of a session, as the portal sends it.
  Answered Call(net::Method method, std::string body = {}, const std::string& secret = {}) {
    net::Request request;
    request.method = method;
    request.target = request.path = "/api/2.1/sluice/session";
    request.headers.Add("Host", "share.example.org");
    if (!secret.empty()) {
      request.headers.Add("Cookie", "sluice_session=" + secret);
      request.headers.Add("X-Sluice-Portal", "1");
    }
    for (const auto& [name, value] : more_) request.headers.Add(name, value);
    request.body = std::move(body);
    const net::Response answer = api_.Answer(request);
    Answered answered;
    answered.status = answer.status;
    answered.text = std::get<std::string>(answer.body);
    answered.cookie = answer.headers.Find("set-cookie").value_or("");
    for (const auto& [name, value] : answer.log_fields) {
      if (name == "principal") answered.caller = value;
    }
    return answered;
  }
  Answered SignIn(const std::string& token, const std::string& secret = {}) {
    return Call(net::Method::kPost, R"({"token":")" + token + R"("})", secret);
  }
  static std::string SecretIn(const std::string& cookie) {
    const size_t from = cookie.find('=') + 1;
    return cookie.substr(from, cookie.find(';') - from);
  }

  testing::TreeApi api_;
  std::string token_;
  std::string admin_;
  std::vector<std::pair<std::string, std::string>> more_;
};

TEST_F(SessionRoutesTest, TellsWhoSignedIn) {
  const Answered in = SignIn(token_);
  ASSERT_EQ(in.status, 200) << in.text;
  EXPECT_THAT(in.text, HasSubstr(R"("principal_type":"user","name":"ada@example.org",)"
                                 R"("display_name":"ada@example.org","is_metastore_admin":false,)"
                                 R"("expires_at":1700043200000,"token_expires_at":null)"));
  EXPECT_THAT(in.text, Not(HasSubstr(token_)));
  EXPECT_THAT(in.cookie, StartsWith("sluice_session="));
  EXPECT_THAT(in.cookie, HasSubstr("; Max-Age=43200"));
  EXPECT_EQ(in.caller, "\"user:" + api_.ada.principal + "\"");
  const Answered who = Call(net::Method::kGet, {}, SecretIn(in.cookie));
  EXPECT_EQ(who.text, in.text);
  EXPECT_EQ(who.cookie, "");
  EXPECT_EQ(who.caller, in.caller);
  EXPECT_THAT(SignIn(admin_).text, HasSubstr(R"("is_metastore_admin":true)"));
}

TEST_F(SessionRoutesTest, TakesRecipientsToo) {
  ASSERT_TRUE(catalog::CreateRecipient(*api_.catalog, {}, {.name = "acme"}).has_value());
  const auto recipient = *catalog::FindRecipient(*api_.catalog, {}, "acme");
  const auto& link = recipient->As<catalog::Recipient>().tokens.back();
  const auto minted =
      *catalog::Activate(*api_.catalog, *catalog::NonceOfToken(*api_.catalog, link), {});
  const Answered in = SignIn(minted.token);
  EXPECT_THAT(in.text, HasSubstr(R"("principal_type":"recipient","name":"acme",)"
                                 R"("display_name":"acme","is_metastore_admin":false)"));
  EXPECT_THAT(in.text,
              HasSubstr("\"token_expires_at\":" + std::to_string(ToUnixMillis(minted.expires_at))));
  EXPECT_EQ(in.caller, "\"recipient:" + recipient->id + "\"");
}

TEST_F(SessionRoutesTest, RefusesWhatIsNoTokenAndNoSession) {
  const Answered refused = SignIn(token_ + "x");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.cookie, "");
  EXPECT_THAT(refused.text, Not(HasSubstr(token_)));
  EXPECT_EQ(SignIn("slu_x").text, refused.text);
  EXPECT_EQ(Call(net::Method::kPost, "{}").status, 400);
  EXPECT_EQ(Call(net::Method::kPost, R"({"token":5})").status, 400);
  EXPECT_EQ(Call(net::Method::kGet).status, 401);
  EXPECT_EQ(Call(net::Method::kGet, {}, "x").status, 401);
}

TEST_F(SessionRoutesTest, RefusesPagesOfOtherSites) {
  more_ = {{"Sec-Fetch-Site", "cross-site"}};
  const Answered refused = SignIn(token_);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.cookie, "");
  more_ = {{"Origin", "http://evil.example.org"}};
  EXPECT_EQ(SignIn(token_).status, 403);
  more_ = {{"Origin", "http://share.example.org"}};
  EXPECT_EQ(SignIn(token_).status, 200);
}

TEST_F(SessionRoutesTest, ASecondSignInEndsTheFirst) {
  const std::string first = SecretIn(SignIn(token_).cookie);
  const std::string second = SecretIn(SignIn(admin_, first).cookie);
  EXPECT_NE(first, second);
  EXPECT_EQ(Call(net::Method::kGet, {}, first).status, 401);
  EXPECT_THAT(Call(net::Method::kGet, {}, second).text, HasSubstr("root@example.org"));
}

TEST_F(SessionRoutesTest, SignsOutAsOftenAsOneLikes) {
  const std::string secret = SecretIn(SignIn(token_).cookie);
  const Answered out = Call(net::Method::kDelete, {}, secret);
  EXPECT_EQ(out.status, 200);
  EXPECT_EQ(out.text, "{}");
  EXPECT_THAT(out.cookie, StartsWith("sluice_session=; "));
  EXPECT_THAT(out.cookie, HasSubstr("Max-Age=0"));
  EXPECT_EQ(out.caller, "\"user:" + api_.ada.principal + "\"");
  EXPECT_EQ(Call(net::Method::kGet, {}, secret).status, 401);
  EXPECT_EQ(Call(net::Method::kDelete, {}, secret).status, 200);
  EXPECT_EQ(Call(net::Method::kDelete).status, 200);
}

TEST_F(SessionRoutesTest, SignsNobodyElseOut) {
  const std::string secret = SecretIn(SignIn(token_).cookie);
  const std::string other = SecretIn(SignIn(token_).cookie);
  Call(net::Method::kDelete, {}, other);
  Call(net::Method::kDelete, {}, other + "x");
  EXPECT_EQ(Call(net::Method::kGet, {}, secret).status, 200);
}

}  // namespace
}  // namespace sluice::unity
