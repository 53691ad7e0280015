#include "sharing/activation_page.h"

#include <cstdlib>
#include <fstream>
#include <regex>

#include "base/crypto/crypto.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/testing/matchers.h"

namespace sluice::sharing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

const TimePoint kMarch = FromUnixMillis(1'803'909'900'000);  // 2027-03-01T14:05:00Z

Invitation Sample() {
  return {.organization = "Northwind Retail",
          .recipient = "acme_analytics",
          .endpoint = "https://share.example.com/delta-sharing",
          .link_ends = kMarch,
          .access_ends = kMarch + std::chrono::days(365)};
}

ProfileFile SampleProfile() {
  return {.endpoint = "https://share.example.com/delta-sharing",
          .bearer_token = "a-token-of-48-characters-0123456789-abcdefghijkl",
          .expires = kMarch};
}

std::string Body(const net::Response& response) { return std::get<std::string>(response.body); }

std::string Header(const net::Response& response, std::string_view name) {
  return std::string(response.headers.Find(name).value_or(""));
}

// Every page there is, under the name of its state.
std::vector<std::pair<std::string, net::Response>> Pages() {
  Invitation long_names = Sample();
  long_names.organization = std::string(80, 'W') + " & Söhne";
  long_names.link_ends = long_names.access_ends = std::nullopt;
  std::vector<std::pair<std::string, net::Response>> pages;
  pages.emplace_back("ready", InvitationPage(Sample()));
  pages.emplace_back("ready_long", InvitationPage(long_names));
  pages.emplace_back("shown", ProfilePage(Sample(), SampleProfile()));
  pages.emplace_back("used", LinkProblemPage(LinkProblem::kUsed));
  pages.emplace_back("expired", LinkProblemPage(LinkProblem::kExpired));
  pages.emplace_back("unknown", LinkProblemPage(LinkProblem::kUnknown));
  pages.emplace_back("address", LinkProblemPage(LinkProblem::kWrongAddress, "203.0.113.9"));
  pages.emplace_back("error",
                     ErrorPage(Error{Code::kUnavailable, "Try again in a minute.", "x", {}}));
  return pages;
}

TEST(ActivationPages, AreToThemselves) {
  for (const auto& [name, page] : Pages()) {
    SCOPED_TRACE(name);
    EXPECT_EQ(Header(page, "Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(Header(page, "Cache-Control"), "no-store");
    EXPECT_EQ(Header(page, "Referrer-Policy"), "no-referrer");
    EXPECT_EQ(Header(page, "X-Frame-Options"), "DENY");
    EXPECT_EQ(Header(page, "X-Content-Type-Options"), "nosniff");
    const std::string html = Body(page);
    EXPECT_THAT(html, HasSubstr("<html lang=\"en\">"));
    EXPECT_THAT(html, HasSubstr("<h1>"));
    for (const char* outside : {"<script", "src=", "href=", "url(", "@import", "style="}) {
      EXPECT_THAT(html, Not(HasSubstr(outside)));
    }
    EXPECT_THAT(html, Not(ContainsRegex("[ \"']on[a-z]+=")));
  }
}

TEST(ActivationPages, ThePolicyAllowsTheirStyleAndNothingElse) {
  for (const auto& [name, page] : Pages()) {
    SCOPED_TRACE(name);
    const std::string html = Body(page);
    const size_t begin = html.find("<style>") + 7;
    const std::string style = html.substr(begin, html.find("</style>") - begin);
    EXPECT_EQ(html.find("<style", begin), std::string::npos);
    const std::string policy = Header(page, "Content-Security-Policy");
    EXPECT_THAT(policy, HasSubstr("default-src 'none'; style-src 'sha256-"));
    EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
    EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
    std::smatch hash;
    ASSERT_TRUE(std::regex_search(policy, hash, std::regex("'sha256-([A-Za-z0-9+/]{43})='")));
    std::string url = hash[1];
    std::ranges::replace(url, '+', '-');
    std::ranges::replace(url, '/', '_');
    EXPECT_EQ(url, Base64Url(crypto::View(crypto::Sha256(style))));
  }
}

TEST(InvitationPage, SaysWhoSharesWithWhomAndUntilWhen) {
  const net::Response page = InvitationPage(Sample());
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(Body(page), HasSubstr("<title>Northwind Retail shares data with you</title>"));
  EXPECT_THAT(Body(page), HasSubstr("<bdi>acme_analytics</bdi>"));
  EXPECT_THAT(Body(page), HasSubstr("<time datetime=\"2027-03-01T14:05:00.000Z\">1 March 2027, "
                                    "14:05 UTC</time>"));
  EXPECT_THAT(Body(page), HasSubstr("29 February 2028, 14:05 UTC"));
  const net::Response bare =
      InvitationPage({.organization = "", .recipient = "r", .endpoint = "e"});
  EXPECT_THAT(Body(bare), HasSubstr("A data provider</bdi> shares data with you"));
  EXPECT_THAT(Body(bare), Not(HasSubstr("Link is good until")));
  EXPECT_THAT(Body(bare), HasSubstr("when the provider ends it"));
}

TEST(InvitationPage, OnlyPostsAndToItsOwnAddress) {
  const std::string html = Body(InvitationPage(Sample()));
  EXPECT_THAT(html, HasSubstr("<form method=\"post\""));
  EXPECT_THAT(html, Not(HasSubstr("action=")));
  EXPECT_THAT(html, HasSubstr("<button name=\"as\" value=\"file\">"));
  EXPECT_THAT(html, HasSubstr("<button name=\"as\" value=\"page\""));
}

TEST(InvitationPage, TellsHowEachToolReads) {
  const std::string html = Body(InvitationPage(Sample()));
  for (const char* tool :
       {"pandas", "Spark", "Power BI", "Tableau", "Excel", "R", "DuckDB", "psql"}) {
    EXPECT_THAT(html, ContainsRegex(std::string("<summary>[A-Za-z ]*") + tool + "</summary>"));
  }
  EXPECT_THAT(html, HasSubstr("<code>https://share.example.com/delta-sharing</code>"));
}

TEST(ActivationPages, TextOfPeopleIsText) {
  const std::string evil = "</textarea><img src=x onerror=\"alert('1')\">&amp;\xff";
  const Invitation invitation{.organization = evil, .recipient = evil, .endpoint = evil};
  const ProfileFile profile{.endpoint = evil, .bearer_token = evil};
  for (const net::Response& page : {InvitationPage(invitation), ProfilePage(invitation, profile),
                                    LinkProblemPage(LinkProblem::kWrongAddress, evil),
                                    ErrorPage(Error{Code::kNotFound, evil, "", {}})}) {
    const std::string html = Body(page);
    EXPECT_THAT(html, Not(HasSubstr("<img")));
    EXPECT_THAT(html, Not(HasSubstr("\xff")));
    EXPECT_THAT(html, HasSubstr("&lt;/textarea&gt;&lt;img src=x onerror="));
    EXPECT_THAT(html, HasSubstr("&amp;amp;"));
  }
}

TEST(AskedDelivery, IsAFileUnlessThePageWasAskedFor) {
  EXPECT_EQ(AskedDelivery("as=file"), Delivery::kFile);
  EXPECT_EQ(AskedDelivery("as=page"), Delivery::kPage);
  EXPECT_EQ(AskedDelivery("x=1&as=page"), Delivery::kPage);
  for (const char* other : {"", "as", "as=PAGE", "as=page2", "%", "as=%zz&as=page", "{}"}) {
    EXPECT_EQ(AskedDelivery(other), Delivery::kFile) << other;
  }
}

TEST(ProfileDownload, IsTheFileThatClientsRead) {
  const net::Response file = ProfileDownload(SampleProfile());
  EXPECT_EQ(file.status, 200);
  EXPECT_EQ(Header(file, "Content-Disposition"), "attachment; filename=\"config.share\"");
  EXPECT_EQ(Header(file, "Cache-Control"), "no-store");
  EXPECT_EQ(Header(file, "Referrer-Policy"), "no-referrer");
  const auto json = json::Parse(Body(file));
  ASSERT_TRUE(json.has_value());
  const json::Object& fields = json->get_object();
  EXPECT_EQ(fields.size(), 4U);
  EXPECT_EQ(fields.at("shareCredentialsVersion"), 1);
  EXPECT_EQ(fields.at("endpoint"), "https://share.example.com/delta-sharing");
  EXPECT_EQ(fields.at("bearerToken"), "a-token-of-48-characters-0123456789-abcdefghijkl");
  EXPECT_EQ(fields.at("expirationTime"), "2027-03-01T14:05:00.000Z");
}

TEST(RenderProfile, LeavesOutAnEndThatThereIsNot) {
  const auto json = json::Parse(RenderProfile({.endpoint = "e\"\n", .bearer_token = "t"}));
  ASSERT_TRUE(json.has_value());
  EXPECT_EQ(json->get_object().size(), 3U);
  EXPECT_EQ(json->get_object().at("endpoint"), "e\"\n");
}

TEST(ProfilePage, HoldsTheWholeFileUnderALabel) {
  const net::Response page = ProfilePage(Sample(), SampleProfile());
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(Body(page), HasSubstr("<label for=\"profile\">"));
  EXPECT_THAT(Body(page), HasSubstr("&quot;bearerToken&quot;: &quot;a-token-of-48-characters-"));
  EXPECT_THAT(Body(page), Not(HasSubstr("<form")));
}

TEST(LinkProblemPage, HasTheStatusOfItsProblemAndNoButton) {
  using enum LinkProblem;
  const std::tuple<LinkProblem, int, const char*> expected[] = {{kUsed, 410, "used already"},
                                                                {kExpired, 410, "expired"},
                                                                {kUnknown, 404, "not known"},
                                                                {kWrongAddress, 403, "from here"}};
  for (const auto& [problem, status, words] : expected) {
    const net::Response page = LinkProblemPage(problem);
    EXPECT_EQ(page.status, status);
    EXPECT_THAT(Body(page), HasSubstr(words));
    EXPECT_THAT(Body(page), Not(HasSubstr("<button")));
  }
  EXPECT_THAT(Body(LinkProblemPage(kWrongAddress, "203.0.113.9")), HasSubstr("<b>203.0.113.9</b>"));
}

TEST(ErrorPage, TellsTheMessageAndNotTheDetail) {
  const net::Response page =
      ErrorPage(Error{Code::kResourceExhausted, "Slowly, please.", "/secret/path", {}});
  EXPECT_EQ(page.status, 429);
  EXPECT_EQ(Header(page, "Retry-After"), "1");
  EXPECT_THAT(Body(page), HasSubstr("Slowly, please."));
  EXPECT_THAT(Body(page), Not(HasSubstr("secret")));
  ASSERT_TRUE(page.error.has_value());
  EXPECT_EQ(page.error->detail, "/secret/path");
}

// For looking at them: SLUICE_PAGES=FOLDER sharing_test --gtest_filter=ActivationPages.*
TEST(ActivationPages, CanBeWrittenToAFolder) {
  const char* folder = std::getenv("SLUICE_PAGES");
  if (folder == nullptr) GTEST_SKIP() << "SLUICE_PAGES names no folder";
  for (const auto& [name, page] : Pages()) {
    std::ofstream(std::string(folder) + "/" + name + ".html") << Body(page);
  }
}

}  // namespace
}  // namespace sluice::sharing
